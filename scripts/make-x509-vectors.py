#!/usr/bin/env python3
"""Writes TestVectors/x509/*.json: certificates, paths, names and key files, each to be accepted or refused by a named rule.

    scripts/make-x509-vectors.py            write the files
    scripts/make-x509-vectors.py --check    compare with what is there; exit 1 when they differ

Needs PyPI's `cryptography` (48 or later) for the keys and signatures and the `openssl` command (3.0 or later) for a second opinion:
every path that must be accepted, or refused for its policies, is given to `openssl verify` too, every certificate that must parse
to `cryptography`. Keys come
from SHA-256 over labels, so every run writes the same octets.
"""
import argparse
import base64
import json
import pathlib
import subprocess
import sys
import tempfile

from cryptography import x509

sys.dont_write_bytecode = True
from x509_cases import make_names, make_paths
from x509_keys import make_keys
from x509_parsing import make_parsing
from x509_policies import make_policies

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "TestVectors" / "x509"


def pem(der):
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n".encode()


def second_opinion(case, certificates):
    """`openssl verify` accepts what must be accepted and refuses other policies, unless the case says why it cannot be asked."""
    with tempfile.TemporaryDirectory() as folder:
        def write(label, names):
            path = pathlib.Path(folder) / label
            path.write_bytes(b"".join(pem(bytes.fromhex(certificates[name])) for name in names))
            return str(path)
        command = ["openssl", "verify", "-no-CAfile", "-no-CApath", "-no-CAstore", "-partial_chain", "-attime", str(case["at"]),
                   "-purpose", "sslserver" if case["purpose"] == "server" else "sslclient",
                   "-policy_check", "-trusted", write("anchors", case["anchors"])]
        for option in ("explicit", "mapping", "any"):
            if option in case:
                command.append({"explicit": "-explicit_policy", "mapping": "-inhibit_map", "any": "-inhibit_any"}[option])
        for policy in case.get("accepted", ["2.5.29.32.0"]):
            command += ["-policy", policy]
        if len(case["chain"]) > 1:
            command += ["-untrusted", write("chain", case["chain"][1:])]
        if "identity" in case:
            is_address = ":" in case["identity"] or case["identity"].replace(".", "").isdigit()
            command += ["-verify_ip" if is_address else "-verify_hostname", case["identity"].rstrip(".")]
        done = subprocess.run(command + [write("leaf", case["chain"][:1])], capture_output=True, text=True, check=False)
        if case["result"] == "invalid":
            return "" if "policy" in done.stderr else f"{case['name']}: openssl accepts, or refuses otherwise: {done.stderr}"
        return f"{case['name']}: openssl refuses: {done.stderr}" if done.returncode else ""


def checked_paths(cases, certificates):
    refusals = []
    for case in cases:
        reason = case.pop("openssl", None)
        if (case["result"] == "valid" or case["rule"] == "certificatePolicy") and not reason:
            refusals.append(second_opinion(case, certificates))
    if any(refusals):
        raise SystemExit("\n".join(filter(None, refusals)))
    return cases


def checked_parsing(cases):
    for case in cases:
        reason = case.pop("python", None)
        if case["result"] == "valid" and not reason:
            parsed = x509.load_der_x509_certificate(bytes.fromhex(case["der"]))
            assert parsed.not_valid_before_utc < parsed.not_valid_after_utc and parsed.issuer and parsed.extensions is not None
        yield case


def text(fields, cases):
    lines = [f"{json.dumps(key)}: {json.dumps(value, indent=0)}" for key, value in fields.items()]
    lines.append('"cases": [\n' + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]")
    return "{" + ",\n".join(lines) + "}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    certificates, paths = make_paths()
    name_certificates, names = make_names()
    policy_certificates, policies = make_policies()
    key_certificates, keys = make_keys()
    files = {
        "paths.json": text({"certificates": certificates}, checked_paths(paths, certificates)),
        "names.json": text({"certificates": name_certificates}, checked_paths(names, name_certificates)),
        "policies.json": text({"certificates": policy_certificates}, checked_paths(policies, policy_certificates)),
        "parsing.json": text({}, list(checked_parsing(make_parsing()))),
        "keys.json": text({"certificates": key_certificates}, keys),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    differing = [name for name, body in files.items()
                 if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != body]
    if options.check:
        print("\n".join(f"{name} differs" for name in differing) or f"{len(files)} files as they should be")
        return 1 if differing else 0
    for name, body in files.items():
        (FOLDER / name).write_text(body, encoding="utf-8")
    print("\n".join(f"{name}: {body.count(chr(10))} lines{', changed' if name in differing else ''}" for name, body in files.items()))
    return 0


sys.exit(main())
