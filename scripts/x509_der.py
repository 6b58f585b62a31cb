"""DER by hand, and certificates made of it, so that every rule of RFC 5280 can be kept or broken. See make-x509-vectors.py."""
import datetime
import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from vector_inputs import HASHES, number, octets
from vector_public_keys import RSAKey, pkcs1, pss


def tlv(tag, *parts):
    body = b"".join(parts)
    length = len(body)
    if length < 0x80:
        return bytes([tag, length]) + body
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + body


def sequence(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *sorted(parts))


def integer(value):
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octet_string(*parts):
    return tlv(0x04, *parts)


def bit_string(body, unused=0):
    return tlv(0x03, bytes([unused]), body)


def arcs(dotted):
    numbers = [int(part) for part in dotted.split(".")]
    out = b""
    for value in [numbers[0] * 40 + numbers[1]] + numbers[2:]:
        groups = [value & 0x7F]
        while value := value >> 7:
            groups.append(value & 0x7F | 0x80)
        out += bytes(reversed(groups))
    return out


def oid(dotted):
    return tlv(0x06, arcs(dotted))


NULL = b"\x05\x00"
TRUE = b"\x01\x01\xff"
FALSE = b"\x01\x01\x00"


def utc_time(when):
    return tlv(0x17, when.strftime("%y%m%d%H%M%SZ").encode())


def generalized_time(when):
    return tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode())


def time(when):
    return utc_time(when) if when.year < 2050 else generalized_time(when)


def day(year, month=1, date=1):
    return datetime.datetime(year, month, date, tzinfo=datetime.timezone.utc)


ATTRIBUTES = {"CN": "2.5.4.3", "C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "serialNumber": "2.5.4.5"}


def name(*parts, tag=0x0C):
    """name("O=Example", "CN=a") most significant first; a tuple is one RDN of several attributes."""
    rdns = []
    for part in parts:
        attributes = []
        for text in part if isinstance(part, tuple) else (part,):
            key, value = text.split("=", 1)
            attributes.append(sequence(oid(ATTRIBUTES[key]), tlv(tag, value.encode("utf-16-be" if tag == 0x1E else "utf-8"))))
        rdns.append(set_of(*attributes))
    return sequence(*rdns)


# Keys. All are derived from labels: test data that protects nothing.

CURVES = {"p256": (ec.SECP256R1(), "1.2.840.10045.3.1.7"), "p384": (ec.SECP384R1(), "1.3.132.0.34"),
          "p521": (ec.SECP521R1(), "1.3.132.0.35")}
RSA_ENCRYPTION, RSA_PSS, EC_KEY = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
HASH_OIDS = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2",
             "sha512": "2.16.840.1.101.3.4.2.3"}


def pss_parameters(hash_name, salt=None, mask=None):
    def algorithm(which):
        return sequence(oid(HASH_OIDS[which]), NULL)
    salt = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}[hash_name] if salt is None else salt
    return sequence(tlv(0xA0, algorithm(hash_name)),
                    tlv(0xA1, sequence(oid("1.2.840.113549.1.1.8"), algorithm(mask or hash_name))),
                    tlv(0xA2, integer(salt)))


class Key:
    """kind: p256, p384, p521, ed25519, ed448, rsa or rsa-pss (with `bits`; `parameters` go into the key)."""
    made = {}

    def __init__(self, label, kind="p256", bits=2048, parameters=None):
        self.kind, self.parameters = kind, parameters
        if kind in CURVES:
            curve, self.curve_oid = CURVES[kind]
            self.private = ec.derive_private_key(number(f"x509/{label}", 1, 1 << 255), curve)
            point = self.private.public_key().public_bytes(serialization.Encoding.X962,
                                                           serialization.PublicFormat.UncompressedPoint)
            self.spki = sequence(sequence(oid(EC_KEY), oid(self.curve_oid)), bit_string(point))
        elif kind == "ed25519":
            self.private = ed25519.Ed25519PrivateKey.from_private_bytes(octets(f"x509/{label}", 32))
            self.spki = sequence(sequence(oid("1.3.101.112")), bit_string(self.private.public_key().public_bytes_raw()))
        elif kind == "ed448":
            self.private = ed448.Ed448PrivateKey.from_private_bytes(octets(f"x509/{label}", 57))
            self.spki = sequence(sequence(oid("1.3.101.113")), bit_string(self.private.public_key().public_bytes_raw()))
        else:
            self.numbers = Key.made.setdefault(bits, RSAKey(bits))
            n = self.numbers
            self.private = rsa.RSAPrivateNumbers(
                n.p, n.q, n.d, n.d % (n.p - 1), n.d % (n.q - 1), pow(n.q, -1, n.p),
                rsa.RSAPublicNumbers(n.e, n.n)).private_key() if bits >= 1024 else None
            algorithm = sequence(oid(RSA_ENCRYPTION), NULL) if kind == "rsa" else sequence(oid(RSA_PSS), parameters or b"")
            self.spki = sequence(algorithm, bit_string(sequence(integer(n.n), integer(n.e))))
        self.identifier = hashlib.sha256(self.spki).digest()[:20]

    def default_algorithm(self):
        return {"p256": "ecdsa-sha256", "p384": "ecdsa-sha384", "p521": "ecdsa-sha512", "rsa": "rsa-sha256",
                "rsa-pss": "pss-sha256"}.get(self.kind, self.kind)

    def sign(self, algorithm, message):
        kind, _, hash_name = algorithm.partition("-")
        if kind in ("ed25519", "ed448"):
            return self.private.sign(message)
        if hash_name == "md5" or (kind == "rsa" and hash_name == "sha1"):
            prefix = {"md5": "3020300c06082a864886f70d020505000410", "sha1": "3021300906052b0e03021a05000414"}[hash_name]
            digest = bytes.fromhex(prefix) + hashlib.new(hash_name, message).digest()
            size = self.numbers.size
            return self.numbers.raw(b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest)
        if kind == "ecdsa":
            algorithm = hashes.SHA1() if hash_name == "sha1" else HASHES[hash_name]()
            return self.private.sign(message, ec.ECDSA(algorithm, deterministic_signing=True))
        if kind == "rsa":
            return self.numbers.raw(pkcs1(self.numbers, hash_name, message))
        salt = octets(f"x509/salt/{hashlib.sha256(message).hexdigest()}", HASHES[hash_name]().digest_size)
        return self.numbers.raw(pss(self.numbers, hash_name, message, salt))


SIGNATURES = {
    "rsa-md5": sequence(oid("1.2.840.113549.1.1.4"), NULL), "rsa-sha1": sequence(oid("1.2.840.113549.1.1.5"), NULL),
    "rsa-sha256": sequence(oid("1.2.840.113549.1.1.11"), NULL), "rsa-sha384": sequence(oid("1.2.840.113549.1.1.12"), NULL),
    "rsa-sha512": sequence(oid("1.2.840.113549.1.1.13"), NULL), "ecdsa-sha1": sequence(oid("1.2.840.10045.4.1")),
    "ecdsa-sha256": sequence(oid("1.2.840.10045.4.3.2")), "ecdsa-sha384": sequence(oid("1.2.840.10045.4.3.3")),
    "ecdsa-sha512": sequence(oid("1.2.840.10045.4.3.4")), "ed25519": sequence(oid("1.3.101.112")),
    "ed448": sequence(oid("1.3.101.113")),
} | {f"pss-{which}": sequence(oid(RSA_PSS), pss_parameters(which)) for which in HASHES}


# Extensions: (dotted identifier, critical, contents of extnValue).

def basic_constraints(ca=True, path_length=None, critical=True):
    body = (TRUE if ca else b"") + (integer(path_length) if path_length is not None else b"")
    return "2.5.29.19", critical, sequence(body)


USAGES = ["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign",
          "encipherOnly", "decipherOnly"]


def key_usage(*usages):
    bits = sum(1 << (15 - USAGES.index(usage)) for usage in usages)
    body = bits.to_bytes(2, "big").rstrip(b"\x00")
    unused = (body[-1] & -body[-1]).bit_length() - 1 if body else 0
    return "2.5.29.15", True, bit_string(body, unused)


def extended_key_usage(*purposes, critical=False):
    numbers = {"serverAuth": "1.3.6.1.5.5.7.3.1", "clientAuth": "1.3.6.1.5.5.7.3.2", "codeSigning": "1.3.6.1.5.5.7.3.3",
               "any": "2.5.29.37.0"}
    return "2.5.29.37", critical, sequence(*[oid(numbers.get(purpose, purpose)) for purpose in purposes])


def general_name(text):
    """DNS:…, IP:hex, email:…, URI:…, dir:CN=…, RID:dotted, other:"""
    form, _, value = text.partition(":") if isinstance(text, str) else (None, None, None)
    if form is None:
        return text
    if form == "IP":
        return tlv(0x87, bytes.fromhex(value))
    if form == "dir":
        return tlv(0xA4, name(*value.split(",")))
    if form == "RID":
        return tlv(0x88, arcs(value))
    if form == "other":
        return tlv(0xA0, oid("1.3.6.1.4.1.311.20.2.3"), tlv(0xA0, tlv(0x0C, b"user")))
    return tlv({"DNS": 0x82, "email": 0x81, "URI": 0x86}[form], value.encode("latin-1"))


def subject_alternative_name(*names, critical=False):
    return "2.5.29.17", critical, sequence(*[general_name(each) for each in names])


def name_constraints(permitted=(), excluded=(), critical=True):
    parts = [tlv(tag, *[sequence(general_name(each)) for each in names])
             for tag, names in ((0xA0, permitted), (0xA1, excluded)) if names]
    return "2.5.29.30", critical, sequence(*parts)


def extension(item):
    if isinstance(item, bytes):
        return item
    identifier, critical, value = item
    return sequence(oid(identifier), TRUE if critical else b"", octet_string(value))


def certificate(subject, key, issuer, issuer_key, extensions=(), *, serial=b"\x11", version=3, algorithm=None, inner=None,
                outer=None, not_before=day(2025), not_after=day(2035), times=None, spki=None, before_extensions=b"",
                raw_extensions=None, raw_version=None, after=b"", change=None, unused=0):
    """The DER of one certificate. Every argument with a default breaks or bends something."""
    algorithm = algorithm or issuer_key.default_algorithm()
    versions = {1: b"", 2: tlv(0xA0, integer(1)), 3: tlv(0xA0, integer(2))}
    block = tlv(0xA3, sequence(*[extension(each) for each in extensions])) if extensions else b""
    body = sequence(
        versions[version] if raw_version is None else raw_version, tlv(0x02, serial), inner or SIGNATURES[algorithm], issuer,
        sequence(*(times or (time(not_before), time(not_after)))), subject, key.spki if spki is None else spki,
        before_extensions, block if raw_extensions is None else raw_extensions)
    signature = issuer_key.sign(algorithm, body)
    if change:
        body, signature = change(body, signature)
    return sequence(body, outer or inner or SIGNATURES[algorithm], bit_string(signature, unused), after)
