#!/usr/bin/env python3
"""Writes TestVectors/legacy/*.json: SSL 3.0, TLS 1.0 and TLS 1.1 by an implementation that shares nothing with this project.

    scripts/make-legacy-vectors.py            write the files
    scripts/make-legacy-vectors.py --check    compare with what is there; exit 1 when they differ

Needs PyPI's `tlslite-ng`, whose own derivations, MACs and record layer make the answers, and `cryptography` for the modules
shared with the other scripts. Inputs come from SHA-256 over a label and a counter, so every run writes the same octets. Each
derivation is computed a second time from the words of the RFCs with Python's hashlib and hmac; a difference ends the script.
"""
import argparse
import hashlib
import hmac
import json
import pathlib
import sys
import warnings

from tlslite.constants import CipherSuite
from tlslite.handshakehashes import HandshakeHashes
from tlslite.mathtls import PRF, calc_key, createMAC_SSL
from tlslite.messages import Message
from tlslite.recordlayer import RecordLayer
from tlslite.utils import tlshashlib

sys.dont_write_bytecode = True
from vector_inputs import octets, pattern

warnings.simplefilter("ignore")
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "TestVectors" / "legacy"
VERSIONS = {"SSL 3.0": (3, 0), "TLS 1.0": (3, 1), "TLS 1.1": (3, 2)}


# The second opinion: RFC 6101 §5.6.8, §6.1; RFC 2246 §5

def p_hash(name, secret, seed, length):
    out, a = b"", seed
    while len(out) < length:
        a = hmac.new(secret, a, name).digest()
        out += hmac.new(secret, a + seed, name).digest()
    return out[:length]


def prf(secret, label, seed, length):
    half = (len(secret) + 1) // 2
    left = p_hash("md5", secret[:half], label + seed, length)
    right = p_hash("sha1", secret[len(secret) - half:], label + seed, length)
    return bytes(a ^ b for a, b in zip(left, right))


def ssl30(secret, seed, length):
    out = b""
    for index in range(26):
        letters = bytes([65 + index]) * (index + 1)
        out += hashlib.md5(secret + hashlib.sha1(letters + secret + seed).digest()).digest()
    return out[:length]


def ssl30_hash(messages, sender, master):
    out = b""
    for name, count in (("md5", 48), ("sha1", 40)):
        inner = hashlib.new(name, messages + sender + master + b"\x36" * count).digest()
        out += hashlib.new(name, master + b"\x5c" * count + inner).digest()
    return out


def both(maker, other):
    maker, other = bytes(maker), bytes(other)
    if maker != other:
        sys.exit(f"two implementations differ: {maker.hex()} and {other.hex()}")
    return maker


# Derivations

def make_derivations():
    for name, version in VERSIONS.items():
        # 33 octets: the halves share one (RFC 2246 §5). 256 and more: Diffie-Hellman.
        for length in (48, 32, 33, 256, 511):
            base = f"legacy/derivation/{name}/{length}"
            premaster = octets(base + "/premaster", length)
            client, server = octets(base + "/client", 32), octets(base + "/server", 32)
            messages = octets(base + "/messages", 700 + length)
            hashes = HandshakeHashes()
            hashes.update(bytearray(messages))
            session = both(hashes.digest(), hashlib.md5(messages).digest() + hashlib.sha1(messages).digest())
            suite = CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA
            args = {"client_random": bytearray(client), "server_random": bytearray(server)}
            master = calc_key(version, bytearray(premaster), suite, b"master secret", output_length=48, **args)
            block = calc_key(version, master, suite, b"key expansion", output_length=136, **args)
            finished = [calc_key(version, master, suite, label, handshake_hashes=hashes, output_length=12)
                        for label in (b"client finished", b"server finished")]
            entry = {"version": name, "premaster": premaster, "clientRandom": client, "serverRandom": server,
                     "messages": messages}
            if version == (3, 0):
                entry["masterSecret"] = both(master, ssl30(premaster, client + server, 48))
                secret = entry["masterSecret"]
                entry["keyBlock"] = both(block, ssl30(secret, server + client, 136))
                entry["clientFinished"] = both(finished[0], ssl30_hash(messages, b"CLNT", secret))
                entry["serverFinished"] = both(finished[1], ssl30_hash(messages, b"SRVR", secret))
                entry["certificateVerify"] = both(hashes.digestSSL(master, b""), ssl30_hash(messages, b"", secret))
            else:
                entry["masterSecret"] = both(master, prf(premaster, b"master secret", client + server, 48))
                secret = entry["masterSecret"]
                entry["keyBlock"] = both(block, prf(secret, b"key expansion", server + client, 136))
                entry["clientFinished"] = both(finished[0], prf(secret, b"client finished", session, 12))
                entry["serverFinished"] = both(finished[1], prf(secret, b"server finished", session, 12))
                entry["certificateVerify"] = session
                extended = calc_key(version, bytearray(premaster), suite, b"extended master secret",
                                    handshake_hashes=hashes, output_length=48)
                entry["extendedMasterSecret"] = both(
                    extended, prf(premaster, b"extended master secret", session, 48))
                exported = PRF(master, b"EXPERIMENTAL legacy", bytearray(client + server), 32)
                entry["exported"] = both(exported, prf(secret, b"EXPERIMENTAL legacy", client + server, 32))
            yield entry


# The MAC of SSL 3.0

def make_mac():
    for name, count in (("md5", 48), ("sha1", 40)):
        for length in (0, 1, 31, 32, 33, 64, 1000):
            base = f"legacy/mac/{name}/{length}"
            key, number = octets(base + "/key", hashlib.new(name).digest_size), octets(base + "/number", 8)
            content = octets(base + "/content", length)
            covered = number + b"\x17" + length.to_bytes(2, "big") + content
            made = createMAC_SSL(key, digestmod=getattr(tlshashlib, name))
            made.update(covered)
            inner = hashlib.new(name, key + b"\x36" * count + covered).digest()
            yield {"hash": name, "key": key, "message": covered,
                   "code": both(made.digest(), hashlib.new(name, key + b"\x5c" * count + inner).digest())}


# Records

class Wire:
    """What a socket would have sent."""
    def __init__(self):
        self.octets = b""

    def send(self, data):
        self.octets += bytes(data)
        return len(data)


SUITES = {
    "TLS_RSA_WITH_RC4_128_MD5": CipherSuite.TLS_RSA_WITH_RC4_128_MD5,
    "TLS_RSA_WITH_RC4_128_SHA": CipherSuite.TLS_RSA_WITH_RC4_128_SHA,
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA": CipherSuite.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
    "TLS_RSA_WITH_AES_128_CBC_SHA": CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA,
    "TLS_RSA_WITH_AES_256_CBC_SHA": CipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA,
}
# Type, length and seed. The last two are one message of 64 octets in the two records that a sender makes of it (T-05).
CONTENTS = ((22, 16, 1), (22, 1, 2), (22, 20, 3), (21, 2, 4), (22, 43, 5), (22, 44, 6), (22, 255, 7), (22, 1000, 8),
            (23, 1, 9), (23, 63, 9 + 167))


def make_records():
    for name, version in VERSIONS.items():
        for suite, code in SUITES.items():
            if "RC4" in suite and version > (3, 0):
                continue
            for outside in (False,) if version == (3, 0) else (False, True):
                for by_client in (True, False):
                    base = f"legacy/records/{name}/{suite}/{outside}/{by_client}"
                    master = octets(base + "/master", 48)
                    client, server = octets(base + "/client", 32), octets(base + "/server", 32)
                    wire = Wire()
                    layer = RecordLayer(wire)
                    layer.version = version
                    layer.client = by_client
                    layer.encryptThenMAC = outside
                    layer.calcPendingStates(
                        code, bytearray(master), bytearray(client), bytearray(server), ["python"])
                    layer.fixedIVBlock = bytearray(octets(base + "/iv", 8 if "3DES" in suite else 16))
                    layer.changeWriteState()
                    records = []
                    for content_type, length, seed in CONTENTS:
                        wire.octets = b""
                        for _ in layer.sendRecord(Message(content_type, bytearray(pattern(length, seed)))):
                            pass
                        records.append({"type": content_type, "length": length, "seed": seed % 256,
                                        "record": wire.octets.hex()})
                    yield {"version": name, "suite": suite, "encryptThenMAC": outside, "byClient": by_client,
                           "masterSecret": master, "clientRandom": client, "serverRandom": server,
                           "records": records}


FILES = {"derivations": make_derivations, "mac": make_mac, "records": make_records}


def render(generate):
    cases = []
    for entry in generate():
        entry = {key: value.hex() if isinstance(value, bytes) else value for key, value in entry.items()}
        cases.append(json.dumps(entry, separators=(",", ":")))
    return '{"cases":[\n' + ",\n".join(cases) + "\n]}\n"


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
