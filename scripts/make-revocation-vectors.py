#!/usr/bin/env python3
"""Writes TestVectors/revocation/*.json: revocation lists and stapled OCSP responses, each to be accepted or refused by a named rule.

    scripts/make-revocation-vectors.py            write the files
    scripts/make-revocation-vectors.py --check    compare with what is there; exit 1 when they differ

Needs PyPI's `cryptography` (46 or later) for the keys and signatures and the `openssl` command (3.0 or later) for a second opinion:
paths whose statuses are required from lists go to `openssl verify -crl_check` too, lists and responses that must be read to
`cryptography`. Keys come from SHA-256 over labels, so every run writes the same octets.
"""
import argparse
import base64
import json
import pathlib
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.x509 import ocsp

sys.dont_write_bytecode = True
from revocation_cases import make_lists, make_status

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "TestVectors" / "revocation"


def pem(der, label):
    return f"-----BEGIN {label}-----\n{base64.encodebytes(bytes.fromhex(der)).decode()}-----END {label}-----\n".encode()


def second_opinion(case, certificates, lists):
    """What `openssl verify -crl_check` says of a path whose statuses must all come from lists; empty when it agrees."""
    with tempfile.TemporaryDirectory() as folder:
        def write(label, ders, kind="CERTIFICATE"):
            path = pathlib.Path(folder) / label
            path.write_bytes(b"".join(pem(der, kind) for der in ders))
            return str(path)
        path = [certificates[each] for each in case["path"]]
        command = ["openssl", "verify", "-no-CAfile", "-no-CApath", "-no-CAstore", "-partial_chain", "-extended_crl",
                   "-attime", str(case["at"]), "-crl_check" if case["scope"] == "peer" else "-crl_check_all",
                   "-trusted", write("anchors", path[-1:])]
        if path[1:-1]:
            command += ["-untrusted", write("chain", path[1:-1])]
        if case["lists"]:
            command += ["-CRLfile", write("lists", [lists[each] for each in case["lists"]], "X509 CRL")]
        done = subprocess.run(command + [write("leaf", path[:1])], capture_output=True, text=True, check=False)
        if case["result"] == "valid":
            return f"{case['name']}: openssl refuses: {done.stderr}" if done.returncode else ""
        wanted = "certificate revoked" if case["rule"] == "revoked" else "error"
        return "" if done.returncode and wanted in done.stderr else f"{case['name']}: openssl: {done.stderr or 'accepts'}"


def checked_status(certificates, lists, responses, cases):
    refusals = []
    for case in cases:
        reason = case.pop("openssl", None)
        if case["mode"] == "require" and "staple" not in case and len(case["path"]) > 1 and not reason:
            refusals.append(second_opinion(case, certificates, lists))
        if case["result"] == "valid" and case["mode"] != "off" and "staple" in case and not reason:
            ocsp.load_der_ocsp_response(bytes.fromhex(responses[case["staple"]])).signature
    if any(refusals):
        raise SystemExit("\n".join(filter(None, refusals)))
    return cases


def checked_lists(cases):
    for case in cases:
        reason = case.pop("python", None)
        if case["result"] == "valid" and not reason:
            parsed = x509.load_der_x509_crl(bytes.fromhex(case["der"]))
            assert len(list(parsed)) == case["count"] and parsed.issuer and parsed.extensions is not None
        yield case


def text(fields, cases):
    lines = [f"{json.dumps(key)}: {json.dumps(value, indent=0)}" for key, value in fields.items()]
    lines.append('"cases": [\n' + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]")
    return "{" + ",\n".join(lines) + "}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    certificates, lists, responses, status = make_status()
    files = {
        "status.json": text({"certificates": certificates, "lists": lists, "responses": responses},
                            checked_status(certificates, lists, responses, status)),
        "lists.json": text({}, list(checked_lists(make_lists()))),
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
