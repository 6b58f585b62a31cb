#!/usr/bin/env python3
"""Writes TestVectors/primitives/*.json with an implementation that shares nothing with this project.

    scripts/make-primitive-vectors.py            write the files
    scripts/make-primitive-vectors.py --check    compare with what is there; exit 1 when they differ

Needs PyPI's `cryptography` (48 or later; OpenSSL inside). Inputs come from SHA-256 over a label and a counter, so every run writes
the same octets. What OpenSSL does only with fresh randomness (RSA keys, PSS salts) is built here with integers
and then checked with `cryptography` before it is written.
"""
import argparse
import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

sys.dont_write_bytecode = True
from vector_inputs import DIGEST_LENGTH, HASHES, big, case, flip, octets, pattern
from vector_public_keys import make_ecdh, make_ecdsa, make_eddsa, make_ffdhe, make_montgomery, make_rsa

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "TestVectors" / "primitives"


# Hashes, HMAC, HKDF

def make_hash():
    for name, algorithm in HASHES.items():
        for length in (0, 1, 3, 55, 56, 57, 63, 64, 65, 111, 112, 113, 119, 127, 128, 129, 1000, 16384, 100000):
            digest = hashes.Hash(algorithm())
            digest.update(pattern(length, length & 0xFF))
            yield case("valid", hash=name, length=length, seed=length & 0xFF, digest=digest.finalize())


def mac(name, key, message):
    code = hmac.HMAC(key, HASHES[name]())
    code.update(message)
    return code.finalize()


def make_hmac():
    for name in HASHES:
        for key_length in (0, 1, 20, 32, 48, 63, 64, 65, 127, 128, 129, 200):
            for length in (0, 1, 64, 200):
                key = octets(f"hmac/{name}/{key_length}/{length}", key_length)
                yield case("valid", hash=name, key=key, length=length, seed=9, mac=mac(name, key, pattern(length, 9)))


def extract(name, salt, secret):
    return mac(name, salt if salt else bytes(DIGEST_LENGTH[name]), secret)


def expand(name, secret, info, length):
    return HKDFExpand(HASHES[name](), length, info).derive(secret)


def make_hkdf():
    for name, size in DIGEST_LENGTH.items():
        for salt_length, secret_length, info_length, length in (
            (0, 0, 0, size), (0, 1, 0, 1), (13, 22, 10, 42), (size, size, 1, size - 1), (size + 1, 80, 80, 82),
            (200, 32, 0, size), (32, 56, 17, size + 1), (32, 200, 200, 3 * size), (0, 32, 5, 255 * size),
        ):
            label = f"hkdf/{name}/{salt_length}/{secret_length}/{length}"
            salt, secret = octets(label + "/salt", salt_length), octets(label + "/secret", secret_length)
            info = octets(label + "/info", info_length)
            prk = extract(name, salt, secret)
            okm = expand(name, prk, info, length)
            short = {"okm": okm} if length <= 300 else {"okmSHA256": hashlib.sha256(okm).digest()}
            yield case("valid", hash=name, salt=salt, ikm=secret, info=info, length=length, prk=prk, **short)
        yield case("invalid", "more than 255 blocks", hash=name, salt=b"", ikm=b"1", info=b"", length=255 * size + 1,
                   prk=extract(name, b"", b"1"), okm=b"")


# TLS 1.3's derivations (RFC 8446 §7)

def expand_label(name, secret, label, context, length):
    full = b"tls13 " + label.encode()
    info = big(length, 2) + bytes([len(full)]) + full + bytes([len(context)]) + context
    return expand(name, secret, info, length)


def derive(name, secret, label, transcript_hash):
    return expand_label(name, secret, label, transcript_hash, DIGEST_LENGTH[name])


def traffic(name, secret, key_length):
    size = DIGEST_LENGTH[name]
    finished = expand_label(name, secret, "finished", b"", size)
    return {
        "secret": secret.hex(),
        "key": expand_label(name, secret, "key", b"", key_length).hex(),
        "iv": expand_label(name, secret, "iv", b"", 12).hex(),
        "finishedKey": finished.hex(),
        "next": derive(name, secret, "traffic upd", b"").hex(),
    }


def make_schedule():
    suites = {"TLS_AES_128_GCM_SHA256": ("sha256", 16), "TLS_AES_256_GCM_SHA384": ("sha384", 32),
              "TLS_CHACHA20_POLY1305_SHA256": ("sha256", 32), "TLS_AES_128_CCM_SHA256": ("sha256", 16),
              "TLS_AES_128_CCM_8_SHA256": ("sha256", 16)}
    for suite, (name, key_length) in suites.items():
        for shared_length, with_psk in ((32, False), (66, False), (256, True)):
            size = DIGEST_LENGTH[name]
            base = f"schedule/{suite}/{shared_length}"
            empty = hashlib.new(name).digest()
            psk = octets(base + "/psk", size) if with_psk else bytes(size)
            shared = b"\x00" + octets(base + "/shared", shared_length - 1)
            hello, finished, client = (octets(f"{base}/{part}", size) for part in ("hello", "finished", "client"))
            early = extract(name, b"", psk)
            early_derived = derive(name, early, "derived", empty)
            handshake = extract(name, early_derived, shared)
            main = extract(name, derive(name, handshake, "derived", empty), bytes(size))
            server_handshake = derive(name, handshake, "s hs traffic", hello)
            client_handshake = derive(name, handshake, "c hs traffic", hello)
            exporter = derive(name, main, "exp master", finished)
            exports = []
            for label, context, length in (("EXPORTER-test", b"", 32), ("EXPORTER-test", b"context", 64),
                                           ("EXPORTER-Channel-Binding", b"", 32), ("x", octets("export", 200), 100)):
                value = expand_label(name, derive(name, exporter, label, empty), "exporter",
                                     hashlib.new(name, context).digest(), length)
                exports.append({"label": label, "context": context.hex(), "length": length, "value": value.hex()})
            resumption = derive(name, main, "res master", client)
            yield case(
                "valid", suite=suite, hash=name, psk=psk if with_psk else b"", sharedSecret=shared,
                helloHash=hello, finishedHash=finished, clientFinishedHash=client,
                early=early, externalBinder=derive(name, early, "ext binder", empty),
                resumptionBinder=derive(name, early, "res binder", empty),
                clientEarlyTraffic=derive(name, early, "c e traffic", hello),
                earlyExporter=derive(name, early, "e exp master", hello),
                handshake=handshake, main=main,
                clientHandshake=traffic(name, client_handshake, key_length),
                serverHandshake=traffic(name, server_handshake, key_length),
                serverVerifyData=mac(name, expand_label(name, server_handshake, "finished", b"", size), finished),
                clientVerifyData=mac(name, expand_label(name, client_handshake, "finished", b"", size), client),
                clientApplication=traffic(name, derive(name, main, "c ap traffic", finished), key_length),
                serverApplication=traffic(name, derive(name, main, "s ap traffic", finished), key_length),
                exporter=exporter, exports=exports, resumption=resumption,
                ticketPSK=expand_label(name, resumption, "resumption", b"\x00\x01", size))


# AEADs

AEADS = {
    "aes128GCM": (16, 16, AESGCM), "aes256GCM": (32, 16, AESGCM), "chaCha20Poly1305": (32, 16, ChaCha20Poly1305),
    "aes128CCM": (16, 16, lambda key: AESCCM(key, 16)), "aes128CCM8": (16, 8, lambda key: AESCCM(key, 8)),
    "aes256CCM": (32, 16, lambda key: AESCCM(key, 16)), "aes256CCM8": (32, 8, lambda key: AESCCM(key, 8)),
}


def make_aead():
    for name, (key_length, tag_length, cipher) in AEADS.items():
        for length in (0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1024, 4096,
                       16383, 16384, 16385, 16640):
            for header in ((0, 5, 13, 16, 20, 100) if length in (0, 1, 16, 64, 1024) else (5,)):
                label = f"aead/{name}/{length}/{header}"
                key, nonce = octets(label + "/key", key_length), octets(label + "/nonce", 12)
                aad = octets(label + "/aad", header)
                sealed = cipher(key).encrypt(nonce, pattern(length, header), aad)
                known = {"sealed": sealed} if length < 300 else {"sealedSHA256": hashlib.sha256(sealed).digest()}
                yield case("valid", algorithm=name, key=key, nonce=nonce, aad=aad, length=length, seed=header, **known)
        key, nonce, aad = octets(name + "/key", key_length), octets(name + "/nonce", 12), octets(name + "/aad", 5)
        for length in (0, 1, 16, 40):
            sealed = cipher(key).encrypt(nonce, pattern(length, 1), aad)
            tag_bit = 8 * length
            broken = [("first bit of the tag", tag_bit), ("last bit of the tag", 8 * len(sealed) - 1),
                      ("middle of the tag", tag_bit + 4 * tag_length)]
            if length:
                broken += [("first bit of the ciphertext", 0), ("last bit of the ciphertext", tag_bit - 1)]
            for why, bit in broken:
                yield case("invalid", why, algorithm=name, key=key, nonce=nonce, aad=aad, length=length, seed=1,
                           sealed=flip(sealed, bit))
            for why, fields in (("other nonce", {"nonce": flip(nonce, 95)}), ("other key", {"key": flip(key, 0)}),
                                ("other additional data", {"aad": flip(aad, 39)}),
                                ("shorter additional data", {"aad": aad[:4]})):
                entry = {"algorithm": name, "key": key, "nonce": nonce, "aad": aad, "length": length, "seed": 1,
                         "sealed": sealed} | fields
                yield case("invalid", why, **entry)


FILES = {
    "hash": make_hash, "hmac": make_hmac, "hkdf": make_hkdf, "tls13-key-schedule": make_schedule, "aead": make_aead,
    "montgomery": make_montgomery, "ecdh": make_ecdh, "ffdhe": make_ffdhe, "rsa": make_rsa, "ecdsa": make_ecdsa,
    "eddsa": make_eddsa,
}


def render(generate):
    cases, extra = [], {}
    for entry in generate():
        if "keys" in entry:
            extra = entry
        else:
            cases.append(json.dumps(entry, separators=(",", ":")))
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
