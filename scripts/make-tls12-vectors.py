#!/usr/bin/env python3
"""Writes TestVectors/tls12/*.json with an implementation that shares nothing with this project.

    scripts/make-tls12-vectors.py            write the files
    scripts/make-tls12-vectors.py --check    compare with what is there; exit 1 when they differ

Needs PyPI's `cryptography` (48 or later; OpenSSL inside). Inputs come from SHA-256 over a label and a counter, so every run
writes the same octets. Records are put together here from the words of the RFCs, with AES, the AEADs and HMAC of
`cryptography`; Diffie-Hellman and RSA are Python's integers, checked with `cryptography` where it can do the same.
"""
import argparse
import json
import pathlib
import sys

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import dh, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

sys.dont_write_bytecode = True
from vector_inputs import HASHES, big, case, flip, number, octets, pattern
from vector_public_keys import RSAKey, ffdhe_prime

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "TestVectors" / "tls12"


def mac(algorithm, key, message):
    code = hmac.HMAC(key, algorithm())
    code.update(message)
    return code.finalize()


# The PRF (RFC 5246 §5)

def prf(name, secret, label, seed, length):
    seed, out, a = label + seed, b"", label + seed
    while len(out) < length:
        a = mac(HASHES[name], secret, a)
        out += mac(HASHES[name], secret, a + seed)
    return out[:length]


def make_prf():
    for name in HASHES:
        for label, secret_length, seed_length, length in (
            ("master secret", 48, 64, 48), ("extended master secret", 48, 48, 48), ("key expansion", 48, 64, 40),
            ("key expansion", 48, 64, 136), ("client finished", 48, 32, 12), ("server finished", 48, 48, 12),
            ("EXPORTER-Channel-Binding", 48, 64, 32), ("master secret", 256, 64, 48), ("master secret", 1024, 64, 48),
            ("x", 0, 0, 1), ("x", 1, 300, 1000), ("x", 129, 0, 0), ("x", 64, 1, 31), ("x", 128, 1, 64), ("x", 66, 7, 65),
        ):
            base = f"prf/{name}/{label}/{secret_length}/{seed_length}/{length}"
            secret, seed = octets(base + "/secret", secret_length), octets(base + "/seed", seed_length)
            yield case("valid", hash=name, secret=secret, label=label, seed=seed, length=length,
                       output=prf(name, secret, label.encode(), seed, length))


# Records

AEADS = {
    "aes128GCM": (16, 16, 4, AESGCM), "aes256GCM": (32, 16, 4, AESGCM),
    "chaCha20Poly1305": (32, 16, 12, ChaCha20Poly1305), "aes128CCM": (16, 16, 4, AESCCM),
    "aes128CCM8": (16, 8, 4, lambda key: AESCCM(key, tag_length=8)), "aes256CCM": (32, 16, 4, AESCCM),
    "aes256CCM8": (32, 8, 4, lambda key: AESCCM(key, tag_length=8)),
}
CBCS = {
    "aes128SHA1": (16, 20, hashes.SHA1), "aes256SHA1": (32, 20, hashes.SHA1), "aes128SHA256": (16, 32, hashes.SHA256),
    "aes256SHA256": (32, 32, hashes.SHA256), "aes256SHA384": (32, 48, hashes.SHA384),
}
LENGTHS = (0, 1, 15, 16, 17, 31, 32, 100, 255, 256, 300, 1000)
NUMBERS = (0, 1, 255, 0x0102030405060708, 2**64 - 2)


def header(kind, length, version=b"\x03\x03"):
    return bytes([kind]) + version + big(length, 2)


def aead_record(name, key, iv, sequence, kind, content, explicit=None, length=None):
    """RFC 5246 §6.2.3.3 with the nonces of RFC 5288 §3, RFC 6655 §3 and RFC 7905 §2."""
    _, _, _, cipher = AEADS[name]
    if name == "chaCha20Poly1305":
        nonce, explicit = bytes(a ^ b for a, b in zip(iv, big(sequence, 12))), b""
    else:
        explicit = big(sequence, 8) if explicit is None else explicit
        nonce = iv + explicit
    additional = big(sequence, 8) + header(kind, len(content) if length is None else length)
    body = explicit + cipher(key).encrypt(nonce, content, additional)
    return header(kind, len(body)) + body


def make_aead_records():
    for name, (key_length, tag_length, iv_length, _) in AEADS.items():
        key, iv = octets(f"tls12/{name}/key", key_length), octets(f"tls12/{name}/iv", iv_length)
        common = {"algorithm": name, "key": key, "iv": iv}
        for index, length in enumerate(LENGTHS):
            kind, sequence = (21, 22, 23)[index % 3], NUMBERS[index % 5]
            if length == 0:
                kind = 23
            content = pattern(length, index)
            yield case("valid", **common, number=str(sequence), type=kind, length=length, seed=index,
                       record=aead_record(name, key, iv, sequence, kind, content))
        if iv_length == 4:
            yield case("valid", "explicit nonce of the peer's own making", **common, number="7", type=23, length=33, seed=1,
                       opensOnly=True, record=aead_record(name, key, iv, 7, 23, pattern(33, 1), b"\xf0" * 8))
        content = pattern(40, 2)
        good = aead_record(name, key, iv, 3, 23, content)
        invalid = {**common, "number": "3", "type": 23, "length": 40, "seed": 2}
        for bit in range(5 * 8, len(good) * 8, 13):
            yield case("invalid", f"bit {bit}", **invalid, record=flip(good, bit))
        yield case("invalid", "another number", **{**invalid, "number": "4"}, record=good)
        yield case("invalid", "another type", **invalid, record=b"\x16" + good[1:])
        yield case("invalid", "another length in the additional data", **invalid,
                   record=aead_record(name, key, iv, 3, 23, content, length=41))
        for short in range(0, 8 + tag_length):
            if short < tag_length + (8 if iv_length == 4 else 0):
                yield case("invalid", f"{short} octets", **invalid, record=header(23, short) + good[5:5 + short])


def cbc(key, iv, plaintext):
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(plaintext) + encryptor.finalize()


class CBCRecord:
    """RFC 5246 §6.2.3.2 and RFC 7366; each part may be spoilt."""

    def __init__(self, name, outside, key, mac_key, iv):
        _, self.mac_length, self.hash = CBCS[name]
        self.outside, self.key, self.mac_key, self.iv = outside, key, mac_key, iv

    def make(self, sequence, kind, content, more=0, padding=None, code=None, change_mac=None):
        start = big(sequence, 8)
        if not self.outside:
            found = mac(self.hash, self.mac_key, start + header(kind, len(content)) + content) if code is None else code
            inner = content + (flip(found, change_mac) if change_mac is not None else found)
        else:
            inner = content
        count = 15 - len(inner) % 16 + 16 * more
        plaintext = inner + (bytes([count]) * (count + 1) if padding is None else padding(count))
        body = self.iv + cbc(self.key, self.iv, plaintext)
        if self.outside:
            found = mac(self.hash, self.mac_key, start + header(kind, len(body)) + body)
            body += flip(found, change_mac) if change_mac is not None else found
        return header(kind, len(body)) + body


def make_cbc_records():
    for name, (key_length, mac_length, _) in CBCS.items():
        for outside in (False, True):
            base = f"tls12/{name}/{outside}"
            key, mac_key = octets(base + "/key", key_length), octets(base + "/mac", mac_length)
            for index, length in enumerate(LENGTHS):
                iv = octets(f"{base}/{length}/iv", 16)
                maker = CBCRecord(name, outside, key, mac_key, iv)
                kind, sequence = (23 if length == 0 else (21, 22, 23)[index % 3], NUMBERS[index % 5])
                fields = {"algorithm": name, "encryptThenMAC": outside, "key": key, "macKey": mac_key, "iv": iv,
                          "number": str(sequence), "type": kind, "length": length, "seed": index}
                content = pattern(length, index)
                yield case("valid", **fields, record=maker.make(sequence, kind, content))
                for more in (1, 15):
                    if 15 - (length + (0 if outside else mac_length)) % 16 + 16 * more <= 255:
                        yield case("valid", f"{16 * more} octets of padding more", **fields, opensOnly=True,
                                   record=maker.make(sequence, kind, content, more=more))
            iv = octets(base + "/iv", 16)
            maker = CBCRecord(name, outside, key, mac_key, iv)
            fields = {"algorithm": name, "encryptThenMAC": outside, "key": key, "macKey": mac_key, "iv": iv,
                      "number": "5", "type": 23, "length": 50, "seed": 9}
            content = pattern(50, 9)
            for more in (0, 1, 12):
                for place in range(0, 15 - (50 + (0 if outside else mac_length)) % 16 + 16 * more + 1, 1 if more < 2 else 37):
                    def spoil(count, place=place):
                        octets_ = bytearray([count]) * (count + 1)
                        octets_[place] ^= 0x10
                        return bytes(octets_)
                    yield case("invalid", f"padding octet {place}, {more} blocks more", **fields,
                               record=maker.make(5, 23, content, more=more, padding=spoil))
            for bit in range(0, 8 * mac_length, 19):
                yield case("invalid", f"MAC bit {bit}", **fields, record=maker.make(5, 23, content, change_mac=bit))
            good = maker.make(5, 23, content)
            for bit in range(5 * 8, len(good) * 8, 37):
                yield case("invalid", f"bit {bit}", **fields, record=flip(good, bit))
            yield case("invalid", "another number", **{**fields, "number": "6"}, record=good)
            yield case("invalid", "another type", **fields, record=b"\x15" + good[1:])
            for cut in (1, 15, 16, 17, 32):
                yield case("invalid", f"{cut} octets less", **fields,
                           record=header(23, len(good) - 5 - cut) + good[5:-cut])
            for size in (0, 1, 15, 16, 17, 31, 32, 47, 48, 64):
                yield case("invalid", f"{size} octets", **fields, record=header(23, size) + octets(base + "/short", size))
            # RFC 5246 §6.2.3.2: padding_length greater than the record, with a code that fits padding read as none.
            if not outside:
                inner = pattern(15 + 48 - mac_length, 9)
                yield case("invalid", "a right MAC, but padding_length 255 in a short record", **fields,
                           record=maker.make(5, 23, inner, padding=lambda count: bytes(count) + b"\xff"))


# Diffie-Hellman (RFC 7919, RFC 3526; RFC 5246 §8.1.2)

def arctangent_of_inverse(x, unit):
    total = term = unit // x
    index, sign = 3, -1
    while term:
        term //= x * x
        total += sign * (term // index)
        index, sign = index + 2, -sign
    return total


def modp_prime(bits, x):
    """RFC 3526 §3: p = 2^b - 2^(b-64) - 1 + 2^64 (floor(2^(b-130) pi) + X), pi by Machin's formula."""
    precision = bits + 64
    pi = 4 * (4 * arctangent_of_inverse(5, 1 << precision) - arctangent_of_inverse(239, 1 << precision))
    return 2**bits - 2**(bits - 64) - 1 + 2**64 * ((pi >> (precision - bits + 130)) + x)


GROUPS = {f"ffdhe{bits}": (bits, exponent, ffdhe_prime(bits, x)) for bits, x, exponent in (
    (2048, 560316, 225), (3072, 2625351, 275), (4096, 5736041, 325), (6144, 15705020, 375), (8192, 10965728, 400))}
GROUPS |= {f"modp{bits}": (bits, exponent, modp_prime(bits, x)) for bits, x, exponent in (
    (2048, 124476, 225), (3072, 1690314, 275), (4096, 240904, 325), (6144, 929484, 375), (8192, 4743158, 400))}


def make_dh():
    for group, (bits, exponent_bits, p) in GROUPS.items():
        size, length = bits // 8, (exponent_bits + 7) // 8
        parameters = dh.DHParameterNumbers(p, 2, (p - 1) // 2)

        def exponent(label):
            return number(f"tls12/{group}/{label}", 2**(exponent_bits - 1), 2**exponent_bits - 1)

        def valid(mine, peer, why="", **more):
            shared = pow(peer, mine, p)
            own = dh.DHPrivateNumbers(mine, dh.DHPublicNumbers(pow(2, mine, p), parameters)).private_key()
            if int.from_bytes(own.exchange(dh.DHPublicNumbers(peer, parameters).public_key()), "big") != shared:
                raise SystemExit(f"{group}: cryptography disagrees")
            return case("valid", why, group=group, prime=big(p, size), private=big(mine, length),
                        publicShare=big(pow(2, mine, p), size), peerShare=more.get("share") or big(peer, size),
                        shared=big(shared, (shared.bit_length() + 7) // 8))
        mine = exponent("a")
        peer = pow(2, exponent("b"), p)
        yield valid(mine, peer)
        if bits == 2048:
            for index in range(5000):
                peer = pow(2, exponent(f"zero/{index}"), p)
                if pow(peer, mine, p) < 2**(bits - 8):
                    yield valid(mine, peer, "RFC 5246 §8.1.2: leading zero octets of Z are stripped")
                    break
            for index in range(5000):
                peer = pow(2, exponent(f"short/{index}"), p)
                if peer < 2**(bits - 8):
                    yield valid(mine, peer, "Y without its leading zero octet", share=big(peer, size - 1))
                    break
        for why, share in (("0", bytes(size)), ("1", big(1, size)), ("p - 1", big(p - 1, size)), ("p", big(p, size)),
                           ("p + 1", big(p + 1, size)), ("all ones", b"\xff" * size), ("empty", b""), ("a short 1", b"\x01"),
                           ("longer than p", b"\x01" + bytes(size))):
            yield case("invalid", why, group=group, prime=big(p, size), private=big(mine, length), peerShare=share)


# RSA key transport (RFC 8017 §7.2; RFC 5246 §7.4.7.1)

def make_rsa():
    keys = {str(bits): RSAKey(bits) for bits in (1024, 2048, 2051, 3072)}
    yield {"keys": {name: key.fields() for name, key in keys.items()}}
    for name, key in keys.items():
        size = key.size
        for length in (0, 1, 48, size - 11):
            message, drawn = octets(f"tls12/rsa/{name}/{length}", length), octets(f"tls12/rsa/{name}/{length}/random", 2 * size)
            # What a source hands out in blocks as long as the padding, zeros left out.
            ps = bytes(octet for octet in drawn if octet)[:size - length - 3]
            encrypted = big(pow(int.from_bytes(b"\x00\x02" + ps + b"\x00" + message, "big"), key.e, key.n), size)
            private = key_of(key)
            if private.decrypt(encrypted, padding.PKCS1v15()) != message:
                raise SystemExit(f"RSA {name}: cryptography disagrees")
            yield case("valid", operation="encrypt", key=name, message=message, random=drawn, encrypted=encrypted)
        yield case("invalid", "too long", operation="encrypt", key=name, message=bytes(size - 10), random=bytes(size),
                   encrypted=b"")
        premaster = b"\x03\x03" + octets(f"tls12/rsa/{name}/premaster", 46)
        substitute = octets(f"tls12/rsa/{name}/substitute", 48)
        ps = bytes(octet or 1 for octet in octets(f"tls12/rsa/{name}/ps", size - 51))
        good = b"\x00\x02" + ps + b"\x00" + premaster

        def spoilt(place, value):
            changed = bytearray(good)
            changed[place] = value
            return bytes(changed)
        yield decryption(name, key, good, premaster, substitute, "right")
        yield decryption(name, key, b"\x00\x02" + ps + b"\x00\x03\x03" + bytes(46), b"\x03\x03" + bytes(46), substitute,
                         "zeros in the secret")
        wrong = [("first octet 1", spoilt(0, 1)), ("type 1", spoilt(1, 1)), ("type 0", spoilt(1, 0)), ("type 3", spoilt(1, 3)),
                 ("no zero before the secret", spoilt(size - 49, 1)), ("version 3.2", spoilt(size - 47, 2)),
                 ("version 2.3", spoilt(size - 48, 2)), ("zero as first padding octet", spoilt(2, 0)),
                 ("zero as eighth padding octet", spoilt(9, 0)), ("zero in the middle", spoilt(size // 2, 0)),
                 ("zero as last padding octet", spoilt(size - 50, 0)),
                 ("47 octets", b"\x00\x02" + ps + b"\x07\x00" + premaster[:-1]),
                 ("49 octets", b"\x00\x02" + ps[1:] + b"\x00" + premaster + b"\x07"),
                 ("nothing but zeros", bytes(size)), ("one", big(1, size)), ("n - 1", big(key.n - 1, size))]
        for why, encoded in wrong:
            yield decryption(name, key, encoded, substitute, substitute, why)
        for why, encrypted in (("n", big(key.n, size)), ("all ones", b"\xff" * size), ("empty", b""),
                               ("one octet short", bytes(size - 1)), ("one octet long", bytes(size + 1))):
            yield case("valid", why, operation="decrypt", key=name, encrypted=encrypted, random=substitute,
                       message=substitute)


def key_of(key):
    from cryptography.hazmat.primitives.asymmetric import rsa
    return rsa.RSAPrivateNumbers(key.p, key.q, key.d, key.d % (key.p - 1), key.d % (key.q - 1), pow(key.q, -1, key.p),
                                 rsa.RSAPublicNumbers(key.e, key.n)).private_key()


def decryption(name, key, encoded, expected, substitute, why):
    encrypted = big(pow(int.from_bytes(encoded, "big"), key.e, key.n), key.size)
    return case("valid", why, operation="decrypt", key=name, encrypted=encrypted, random=substitute, message=expected)


FILES = {"prf": make_prf, "aead-records": make_aead_records, "cbc-records": make_cbc_records, "dh": make_dh, "rsa": make_rsa}


def render(generate):
    cases, extra = [], {}
    for entry in generate():
        if "keys" in entry:
            extra = entry
        else:
            cases.append(json.dumps(entry, separators=(",", ":"), ensure_ascii=False))
    head = "".join(f'"{key}":{json.dumps(value, separators=(",", ":"))},\n' for key, value in extra.items())
    return "{" + head + '"cases":[\n' + ",\n".join(cases) + "\n]}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file differs")
    check = parser.parse_args().check
    differing = []
    for name, generate in FILES.items():
        path = FOLDER / f"{name}.json"
        text = render(generate)
        if not path.exists() or path.read_text() != text:
            differing.append(path.name)
            if not check:
                path.write_text(text)
        print(f"{path.name}: {text.count(chr(10)) - 2} cases, {len(text)} octets")
    if check and differing:
        sys.exit("differs: " + ", ".join(differing))


if __name__ == "__main__":
    main()
