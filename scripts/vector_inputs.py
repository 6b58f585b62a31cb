"""Inputs and spelling that the vector scripts share. See make-primitive-vectors.py."""
import hashlib

from cryptography.hazmat.primitives import hashes

HASHES = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
DIGEST_LENGTH = {"sha256": 32, "sha384": 48, "sha512": 64}


def octets(label, count):
    """`count` octets that depend on nothing but the label."""
    out = b""
    index = 0
    while len(out) < count:
        out += hashlib.sha256(f"swift-secure-sockets/{label}/{index}".encode()).digest()
        index += 1
    return out[:count]


def number(label, low, high):
    """An integer in low...high."""
    size = (high.bit_length() + 7) // 8 + 8
    return low + int.from_bytes(octets(label, size), "big") % (high - low + 1)


def pattern(length, seed):
    """Long messages are stated by length and seed: octet i is (167 i + seed) mod 256."""
    return bytes((167 * i + seed) & 0xFF for i in range(length))


def flip(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> (bit % 8)
    return bytes(changed)


def big(value, length):
    return value.to_bytes(length, "big")


def case(result, why="", **fields):
    entry = {key: value.hex() if isinstance(value, bytes) else value for key, value in fields.items()}
    entry["result"] = result
    if why:
        entry["why"] = why
    return entry
