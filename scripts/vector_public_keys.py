"""Key exchange and signatures: the public-key half of make-primitive-vectors.py."""
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dh, ec, ed25519, ed448, padding, rsa, utils, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vector_inputs import DIGEST_LENGTH, HASHES, big, case, flip, number, octets


# Key exchange

def make_montgomery():
    for group, private, public, length, prime in (
        ("x25519", x25519.X25519PrivateKey, x25519.X25519PublicKey, 32, 2**255 - 19),
        ("x448", x448.X448PrivateKey, x448.X448PublicKey, 56, 2**448 - 2**224 - 1),
    ):
        for index in range(12):
            label = f"{group}/{index}"
            ours, theirs = (private.from_private_bytes(octets(f"{label}/{side}", length)) for side in "ab")
            yield case("valid", group=group, private=octets(label + "/a", length),
                       publicShare=ours.public_key().public_bytes_raw(), peerShare=theirs.public_key().public_bytes_raw(),
                       shared=ours.exchange(theirs.public_key()))
        key = octets(group + "/key", length)
        own = private.from_private_bytes(key)
        # RFC 7748 §5: a u-coordinate of p or more is taken modulo p.
        share = (prime + 9 if group == "x25519" else prime + 5).to_bytes(length, "little")
        yield case("valid", "u is not reduced", group=group, private=key, publicShare=own.public_key().public_bytes_raw(),
                   peerShare=share, shared=own.exchange(public.from_public_bytes(share)))
        low = [("zero", 0), ("one", 1), ("p - 1", prime - 1), ("p", prime), ("p + 1", prime + 1)]
        if group == "x25519":
            low += [("order 8", int("00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0", 16)),
                    ("order 8, the other", int("57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5f", 16))]
        for why, u in low:
            share = u.to_bytes(length, "little")
            try:
                own.exchange(public.from_public_bytes(share))
            except ValueError:
                yield case("invalid", f"low order: {why}", group=group, private=key, peerShare=share)
            else:
                raise SystemExit(f"{group}: {why} is not of low order")
        good = octets(group + "/good", length)
        for why, share in (("empty", b""), ("one octet short", good[:-1]), ("one octet long", good + b"\x00")):
            yield case("invalid", why, group=group, private=key, peerShare=share)


CURVES = {  # name: group, coordinate octets, p, b, n
    "p256": ("secp256r1", ec.SECP256R1(), 32, 2**256 - 2**224 + 2**192 + 2**96 - 1,
             0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
             0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551),
    "p384": ("secp384r1", ec.SECP384R1(), 48, 2**384 - 2**128 - 2**96 + 2**32 - 1,
             0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef,
             0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973),
    "p521": ("secp521r1", ec.SECP521R1(), 66, 2**521 - 1,
             0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00,
             2**521 - 2**260 + 0xa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409),
}


def point_of(key):
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def small_point(p, b, low=0):
    """The first x >= low on the curve y^2 = x^3 - 3x + b, and its y (p is 3 modulo 4 for all three)."""
    for x in range(low, low + 100):
        square = (x**3 - 3 * x + b) % p
        y = pow(square, (p + 1) // 4, p)
        if y * y % p == square:
            return x, y
    raise SystemExit("no small point")


def make_ecdh():
    for name, (group, curve, size, p, b, n) in CURVES.items():
        def exchange(scalar, peer):
            return ec.derive_private_key(scalar, curve).exchange(ec.ECDH(), peer)
        def valid(scalar, peer, why=""):
            return case("valid", why, group=group, private=big(scalar, size),
                        publicShare=point_of(ec.derive_private_key(scalar, curve).public_key()), peerShare=point_of(peer),
                        shared=exchange(scalar, peer))
        for index in range(6):
            mine, theirs = (number(f"{group}/{index}/{side}", 1, n - 1) for side in "ab")
            yield valid(mine, ec.derive_private_key(theirs, curve).public_key())
        peer = ec.derive_private_key(number(group + "/peer", 1, n - 1), curve).public_key()
        for why, scalar in (("smallest scalar", 1), ("scalar 2", 2), ("largest scalar", n - 1)):
            yield valid(scalar, peer, why)
        for index in range(10000):
            scalar = number(f"{group}/zero/{index}", 1, n - 1)
            shared = exchange(scalar, peer)
            if shared[:2 if name == "p521" else 1].count(0) == (2 if name == "p521" else 1):
                yield valid(scalar, peer, "the shared secret starts with a zero octet")
                break
        x, y = small_point(p, b)
        yield valid(number(group + "/small", 1, n - 1), ec.EllipticCurvePublicNumbers(x, y, curve).public_key(),
                    "the peer's x starts with many zero octets")
        key = big(number(group + "/key", 1, n - 1), size)
        good = point_of(peer)
        bad = [
            ("Y is off by a bit", flip(good, 8 * len(good) - 1)), ("X is off by a bit", flip(good, 8 * size)),
            ("point at infinity", b"\x00"), ("zero coordinates", b"\x04" + bytes(2 * size)), ("empty", b""),
            ("compressed", bytes([2 + (good[-1] & 1)]) + good[1:1 + size]), ("hybrid", bytes([6 + (good[-1] & 1)]) + good[1:]),
            ("one octet short", good[:-1]), ("one octet long", good + b"\x00"), ("no 04 in front", good[1:]),
            ("X + p in place of X", b"\x04" + big(x + p, size) + big(y, size)), ("X is p", b"\x04" + big(p, size) + good[1 + size:]),
            ("all ones", b"\x04" + b"\xff" * (2 * size)),
        ]
        if name == "p521":
            bad.append(("Y + p in place of Y", good[:1 + size] + big(int.from_bytes(good[1 + size:], "big") + p, size)))
        for why, share in bad:
            yield case("invalid", why, group=group, private=key, peerShare=share)


def ffdhe_prime(bits, x):
    """RFC 7919 App. A: p = 2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1."""
    precision = bits + 64
    e, term, index = 0, 1 << precision, 0
    while term:
        e += term
        index += 1
        term //= index
    return 2**bits - 2**(bits - 64) + ((e >> (precision - bits + 130)) + x) * 2**64 - 1


def make_ffdhe():
    for bits, x, exponent_bits in ((2048, 560316, 225), (3072, 2625351, 275), (4096, 5736041, 325)):
        p = ffdhe_prime(bits, x)
        if not (is_prime(p) and is_prime((p - 1) // 2)):
            raise SystemExit(f"ffdhe{bits}: not a safe prime")
        group, size, length = f"ffdhe{bits}", bits // 8, (exponent_bits + 7) // 8
        parameters = dh.DHParameterNumbers(p, 2, (p - 1) // 2)

        def exponent(label):
            return number(label, 2**(exponent_bits - 1), 2**exponent_bits - 1)

        def valid(mine, peer, why=""):
            shared = pow(peer, mine, p)
            own = dh.DHPrivateNumbers(mine, dh.DHPublicNumbers(pow(2, mine, p), parameters)).private_key()
            other = dh.DHPublicNumbers(peer, parameters).public_key()
            if own.exchange(other).rjust(size, b"\x00") != big(shared, size):
                raise SystemExit(f"{group}: cryptography disagrees")
            return case("valid", why, group=group, private=big(mine, length), publicShare=big(pow(2, mine, p), size),
                        peerShare=big(peer, size), shared=big(shared, size))
        for index in range(3):
            yield valid(exponent(f"{group}/{index}/a"), pow(2, exponent(f"{group}/{index}/b"), p))
        mine = exponent(group + "/key")
        found = {}
        for index in range(5000):
            peer = pow(2, exponent(f"{group}/zero/{index}"), p)
            if peer < 2**(bits - 8) and "peer" not in found:
                found["peer"] = valid(mine, peer, "the peer's share starts with a zero octet")
            if pow(peer, mine, p) < 2**(bits - 8) and "secret" not in found:
                found["secret"] = valid(mine, peer, "RFC 8446 §7.4.1: the shared secret keeps its leading zero octet")
            if len(found) == 2:
                break
        yield found["peer"]
        yield found["secret"]
        good = big(pow(2, exponent(group + "/peer"), p), size)
        for why, share in (("0", bytes(size)), ("1", big(1, size)), ("p - 1", big(p - 1, size)), ("p", big(p, size)),
                           ("p + 1", big(p + 1, size)), ("all ones", b"\xff" * size), ("empty", b""),
                           ("one octet short", good[:-1]), ("one octet long", b"\x00" + good)):
            yield case("invalid", why, group=group, private=big(mine, length), peerShare=share)


# Signatures

def is_prime(value):
    for small in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        if value % small == 0:
            return value == small
    odd, twos = value - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        power = pow(base, odd, value)
        if power in (1, value - 1):
            continue
        if not any((power := pow(power, 2, value)) == value - 1 for _ in range(twos - 1)):
            return False
    return True


def prime(label, bits, exponent):
    value = number(label, 3 * 2**(bits - 2), 2**bits - 1) | 1
    while not (all(value % small for small in range(3, 4000, 2)) and (value - 1) % exponent and is_prime(value)):
        value += 2
    return value


class RSAKey:
    def __init__(self, bits, exponent=65537):
        self.bits, self.e = bits, exponent
        self.p = prime(f"rsa/{bits}/p", (bits + 1) // 2, exponent)
        self.q = prime(f"rsa/{bits}/q", bits - (bits + 1) // 2, exponent)
        self.n = self.p * self.q
        if self.n.bit_length() != bits:
            raise SystemExit(f"RSA {bits}: modulus of {self.n.bit_length()} bits")
        self.d = pow(self.e, -1, (self.p - 1) * (self.q - 1))
        self.size = (bits + 7) // 8
        self.public = rsa.RSAPublicNumbers(self.e, self.n).public_key() if bits >= 1024 else None

    def raw(self, encoded):
        return big(pow(int.from_bytes(encoded, "big"), self.d, self.n), self.size)

    def fields(self):
        return {"modulus": big(self.n, self.size).hex(), "publicExponent": big(self.e, (self.e.bit_length() + 7) // 8).hex(),
                "privateExponent": big(self.d, self.size).hex(), "prime1": big(self.p, (self.p.bit_length() + 7) // 8).hex(),
                "prime2": big(self.q, (self.q.bit_length() + 7) // 8).hex()}


DIGEST_INFO = {"sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
               "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
               "sha512": bytes.fromhex("3051300d060960864801650304020305000440")}


def pkcs1(key, name, message, info=None):
    body = (DIGEST_INFO[name] if info is None else info) + hashlib.new(name, message).digest()
    return b"\x00\x01" + b"\xff" * (key.size - 3 - len(body)) + b"\x00" + body


def mgf1(name, seed, length):
    blocks = (hashlib.new(name, seed + big(index, 4)).digest() for index in range(length // 20 + 1))
    return b"".join(blocks)[:length]


def pss(key, name, message, salt, trailer=0xBC, mgf=None, first=None):
    """RFC 8017 §9.1.1 with emBits = modBits - 1. `first` overrides the leading octet before signing."""
    bits = key.bits - 1
    length = (bits + 7) // 8
    digest = hashlib.new(name, bytes(8) + hashlib.new(name, message).digest() + salt).digest()
    block = bytes(length - len(salt) - len(digest) - 2) + b"\x01" + salt
    masked = bytearray(a ^ b for a, b in zip(block, mgf1(mgf or name, digest, len(block))))
    masked[0] &= 0xFF >> (8 * length - bits)
    if first is not None:
        masked[0] |= first
    return bytes(masked) + digest + bytes([trailer])


def refuse(key, scheme, signature, message):
    """Stops unless `cryptography` refuses the signature too."""
    scheme = padding.PKCS1v15() if scheme == "pkcs1" else padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    try:
        key.public.verify(signature, message, scheme, hashes.SHA256())
    except InvalidSignature:
        return
    raise SystemExit("an invalid RSA signature verifies")


def make_rsa():
    keys = {str(bits): RSAKey(bits) for bits in (1000, 1024, 2048, 2049, 3072, 4096)}
    message = b"a message to sign"
    for label, key in keys.items():
        if key.public is None:
            yield case("invalid", "a modulus of less than 1024 bits", key=label, scheme="pkcs1", hash="sha256",
                       message=message, signature=key.raw(pkcs1(key, "sha256", message)))
            continue
        for name, algorithm in HASHES.items():
            text = octets(f"rsa/{label}/{name}", 50)
            signature = key.raw(pkcs1(key, name, text))
            key.public.verify(signature, text, padding.PKCS1v15(), algorithm())
            yield case("valid", key=label, scheme="pkcs1", hash=name, message=text, signature=signature, deterministic=True)
            size = DIGEST_LENGTH[name]
            for salt_length in (size, 0, 20):
                if key.size < size + salt_length + 2:
                    continue
                signature = key.raw(pss(key, name, text, octets(f"rsa/{label}/{name}/salt", salt_length)))
                key.public.verify(signature, text, padding.PSS(padding.MGF1(algorithm()), salt_length), algorithm())
                yield case("valid", key=label, scheme="pss", hash=name, saltLength=salt_length, message=text,
                           signature=signature)
    key = keys["2048"]
    good = pkcs1(key, "sha256", message)
    digest = hashlib.sha256(message).digest()
    no_null = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20"
    short = b"\x00\x01" + b"\xff" * 8 + b"\x00" + DIGEST_INFO["sha256"] + digest
    broken = {
        "first bit of the message digest": flip(good, 8 * (len(good) - 32)),
        "block type 2": b"\x00\x02" + good[2:], "leading octet not zero": b"\x01" + good[1:],
        "a padding octet is not ff": good[:20] + b"\xfe" + good[21:],
        "no zero after the padding": good[:len(good) - 52] + b"\xff" + good[len(good) - 51:],
        "digest of another hash": pkcs1(key, "sha384", message), "DigestInfo without NULL": pkcs1(key, "sha256", message, no_null),
        "no DigestInfo": pkcs1(key, "sha256", message, b""),
        "octets after the digest (Bleichenbacher 2006)": short + octets("garbage", key.size - len(short)),
        "octets before the digest": b"\x00\x01" + b"\xff" * 8 + b"\x00" + octets("garbage", key.size - len(short)) + short[11:],
    }
    signature = key.raw(good)
    invalid = [(why, key.raw(encoded)) for why, encoded in broken.items()]
    invalid += [("flipped bit", flip(signature, 100)), ("empty", b""), ("one octet short", signature[1:]),
                ("one octet long", b"\x00" + signature), ("zero", bytes(key.size)), ("one", big(1, key.size)),
                ("the modulus", big(key.n, key.size)), ("the modulus less one", big(key.n - 1, key.size)),
                ("signature plus modulus", big(int.from_bytes(signature, "big") + key.n, key.size + 1)),
                ("a PSS signature", key.raw(pss(key, "sha256", message, octets("salt", 32))))]
    for why, octs in invalid:
        refuse(key, "pkcs1", octs, message)
        yield case("invalid", why, key="2048", scheme="pkcs1", hash="sha256", message=message, signature=octs)
    yield case("invalid", "other message", key="2048", scheme="pkcs1", hash="sha256", message=message + b".", signature=signature)
    yield case("invalid", "other key", key="3072", scheme="pkcs1", hash="sha256", message=message,
               signature=bytes(128) + signature)
    salt = octets("salt", 32)
    good = key.raw(pss(key, "sha256", message, salt))
    invalid = [
        ("flipped bit", flip(good, 9)), ("empty", b""), ("one octet short", good[1:]), ("one octet long", b"\x00" + good),
        ("the modulus", big(key.n, key.size)), ("zero", bytes(key.size)),
        ("salt of 31 octets where 32 are asked", key.raw(pss(key, "sha256", message, salt[:31]))),
        ("salt of 33 octets", key.raw(pss(key, "sha256", message, salt + b"\x00"))),
        ("no salt", key.raw(pss(key, "sha256", message, b""))),
        ("trailer is not bc", key.raw(pss(key, "sha256", message, salt, trailer=0xCC))),
        ("mask made with SHA-384", key.raw(pss(key, "sha256", message, salt, mgf="sha384"))),
        ("a PKCS#1 v1.5 signature", key.raw(pkcs1(key, "sha256", message))),
        ("hashed with SHA-512", key.raw(pss(key, "sha512", message, salt))),
    ]
    for why, octs in invalid:
        refuse(key, "pss", octs, message)
        yield case("invalid", why, key="2048", scheme="pss", hash="sha256", saltLength=32, message=message, signature=octs)
    # RFC 8017 §9.1.2 step 6: the bits in front of the emBits must be zero. The encoded message must stay below n for RSA to carry it.
    three = keys["3072"]
    for attempt in range(64):
        encoded = pss(three, "sha256", message, octets(f"high/{attempt}", 32), first=0x80)
        if int.from_bytes(encoded, "big") < three.n:
            refuse(three, "pss", three.raw(encoded), message)
            yield case("invalid", "an unused leading bit is set", key="3072", scheme="pss", hash="sha256", saltLength=32,
                       message=message, signature=three.raw(encoded))
            break
    yield case("invalid", "other message", key="2048", scheme="pss", hash="sha256", saltLength=32, message=message + b".",
               signature=good)
    yield {"keys": {label: key.fields() for label, key in keys.items()}}


def integer(value):
    body = big(value, value.bit_length() // 8 + 1)
    return b"\x02" + length_of(body) + body


def length_of(body, long_form=False):
    if len(body) < 128 and not long_form:
        return bytes([len(body)])
    return bytes([0x81, len(body)])


def sequence(body, long_form=False):
    return b"\x30" + length_of(body, long_form) + body


def make_ecdsa():
    for name, (_, curve, size, p, b, n) in CURVES.items():
        key = ec.derive_private_key(number(f"ecdsa/{name}", 1, n - 1), curve)
        point = point_of(key.public_key())
        for hash_name, algorithm in HASHES.items():
            for index in range(4):
                message = octets(f"ecdsa/{name}/{hash_name}/{index}", (0, 1, 64, 200)[index])
                signature = key.sign(message, ec.ECDSA(algorithm(), deterministic_signing=True))
                yield case("valid", curve=name, hash=hash_name, point=point, message=message, signature=signature)
        message = b"a message to sign"
        signature = key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = utils.decode_dss_signature(signature)
        ri, si = integer(r), integer(s)
        twin = sequence(ri + integer(n - s))
        key.public_key().verify(twin, message, ec.ECDSA(hashes.SHA256()))
        yield case("valid", "n - s verifies too", curve=name, hash="sha256", point=point, message=message, signature=twin)
        padded = b"\x02" + bytes([len(ri) - 1]) + b"\x00" + ri[2:]
        negative = b"\x02" + bytes([size]) + b"\xff" + big(r, size)[1:]
        invalid = [
            ("r off by one", sequence(integer(r + 1) + si)), ("s off by one", sequence(ri + integer(s + 1))),
            ("r = 0", sequence(integer(0) + si)), ("s = 0", sequence(ri + integer(0))), ("both 0", sequence(integer(0) * 2)),
            ("r = n", sequence(integer(n) + si)), ("s = n", sequence(ri + integer(n))), ("both 1", sequence(integer(1) * 2)),
            ("r + n", sequence(integer(r + n) + si)), ("s + n", sequence(ri + integer(s + n))),
            ("r and s exchanged", sequence(si + ri)), ("r = p", sequence(integer(p) + si)),
            ("empty", b""), ("empty SEQUENCE", sequence(b"")), ("only r", sequence(ri)), ("three integers", sequence(ri + si + ri)),
            ("octet after the SEQUENCE", signature + b"\x00"), ("octet after s", sequence(ri + si + b"\x05\x00")),
            ("last octet missing", signature[:-1]), ("length in long form", sequence(ri + si, long_form=True) if len(ri + si) < 128
             else b"\x30\x82\x00" + signature[2:]),
            ("indefinite length", b"\x30\x80" + ri + si + b"\x00\x00"), ("leading zero in r", sequence(padded + si)),
            ("negative r", sequence(negative + si)), ("SET in place of SEQUENCE", b"\x31" + signature[1:]),
            ("raw r and s", big(r, size) + big(s, size)), ("flipped bit", flip(signature, 8 * len(signature) - 3)),
            ("r of no octets", sequence(b"\x02\x00" + si)),
        ]
        for why, octs in invalid:
            try:
                key.public_key().verify(octs, message, ec.ECDSA(hashes.SHA256()))
            except InvalidSignature:
                yield case("invalid", why, curve=name, hash="sha256", point=point, message=message, signature=octs)
            else:
                raise SystemExit(f"ECDSA {name}: {why} verifies")
        x, y = small_point(p, b)
        yield case("invalid", "key with a small x", curve=name, hash="sha256", point=b"\x04" + big(x, size) + big(y, size),
                   message=message, signature=signature)
        other = ec.derive_private_key(number(f"ecdsa/{name}/other", 1, n - 1), curve).public_key()
        for why, fields in (("other message", {"message": message + b"."}), ("other hash", {"hash": "sha384"}),
                            ("other key", {"point": point_of(other)}), ("key is off the curve", {"point": flip(point, 8 * len(point) - 1)}),
                            ("key is the point at infinity", {"point": b"\x00"}),
                            ("key is compressed", {"point": bytes([2 + (point[-1] & 1)]) + point[1:1 + size]})):
            yield case("invalid", why, **({"curve": name, "hash": "sha256", "point": point, "message": message,
                                           "signature": signature} | fields))


def small_x(name, size):
    """Encodings of the first points with small x, as RFC 8032 §5.1.2 and §5.2.2 write them."""
    if name == "ed25519":
        p = 2**255 - 19
        d, a = -121665 * pow(121666, -1, p) % p, -1
    else:
        p, d, a = 2**448 - 2**224 - 1, -39081, 1
    for x in range(12):
        square = (1 - a * x * x) * pow(1 - d * x * x, -1, p) % p
        root = pow(square, (p + 3) // 8 if p % 8 == 5 else (p + 1) // 4, p)
        if root * root % p != square:
            root = root * pow(2, (p - 1) // 4, p) % p if p % 8 == 5 else root
        if root * root % p == square:
            for y in sorted({root, (p - root) % p}):
                yield x, (y | (x & 1) << (8 * size - 1)).to_bytes(size, "little")


def make_eddsa():
    for name, private, size, order in (
        ("ed25519", ed25519.Ed25519PrivateKey, 32, 2**252 + 27742317777372353535851937790883648493),
        ("ed448", ed448.Ed448PrivateKey, 57, 2**446 - 13818066809895115352007386748515426880336692474882178609894547503885),
    ):
        for length in (0, 1, 2, 31, 32, 63, 64, 65, 200, 1023):
            seed, message = octets(f"{name}/{length}/seed", size), octets(f"{name}/{length}/message", length)
            key = private.from_private_bytes(seed)
            yield case("valid", algorithm=name, seed=seed, publicKey=key.public_key().public_bytes_raw(), message=message,
                       signature=key.sign(message), deterministic=True)
        key = private.from_private_bytes(octets(name + "/key", size))
        public, message = key.public_key().public_bytes_raw(), b"a message to sign"
        signature = key.sign(message)
        r, s = signature[:size], int.from_bytes(signature[size:], "little")
        other = private.from_private_bytes(octets(name + "/other", size)).public_key().public_bytes_raw()
        invalid = [
            ("flipped bit in R", {"signature": flip(signature, 3)}), ("flipped bit in S", {"signature": flip(signature, 8 * size)}),
            ("S + L", {"signature": r + (s + order).to_bytes(size, "little")}), ("S = 0", {"signature": r + bytes(size)}),
            ("R all ones", {"signature": b"\xff" * size + signature[size:]}), ("all zero", {"signature": bytes(2 * size)}),
            ("S all ones", {"signature": r + b"\xff" * size}), ("empty", {"signature": b""}),
            ("one octet short", {"signature": signature[:-1]}), ("one octet long", {"signature": signature + b"\x00"}),
            ("other message", {"message": message + b"."}), ("other key", {"publicKey": other}),
            ("key of no octets", {"publicKey": b""}), ("key one octet short", {"publicKey": public[:-1]}),
            ("key one octet long", {"publicKey": public + b"\x00"}), ("key all ones", {"publicKey": b"\xff" * size}),
        ]
        # Points with a short coordinate, and a y without a point: libgcrypt 1.10 ends the process on some of them.
        invalid += [(f"key with y = {y}", {"publicKey": y.to_bytes(size, "little")}) for y in range(12)]
        invalid += [(f"key with x = {x}", {"publicKey": key}) for x, key in small_x(name, size)]
        for why, fields in invalid:
            yield case("invalid", why, **({"algorithm": name, "publicKey": public, "message": message,
                                           "signature": signature} | fields))
