#!/usr/bin/env python3
"""Makes the seeds of the fuzzers (scripts/fuzz) out of the vectors of certificates: TestVectors/fuzz.

    scripts/make-fuzz-corpus.py            write the seeds; what a fuzzer found stays
    scripts/make-fuzz-corpus.py --check    compare with what is there; exit 1 when they differ
"""

import json
import pathlib
import re
import sys

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "TestVectors"
# Certificates of many kilobytes make a fuzzer slow and teach it nothing.
LONGEST = 6000


def parsing():
    for case in json.loads((VECTORS / "x509/parsing.json").read_text())["cases"]:
        der = bytes.fromhex(case["der"])
        if len(der) <= 1500:
            yield case["name"], der


def building():
    for file in ("paths.json", "policies.json"):
        vectors = json.loads((VECTORS / "x509" / file).read_text())
        for index, case in enumerate(vectors["cases"]):
            if "chain" not in case or index % 3:
                continue
            names = case["chain"] + (case["anchors"] or case["chain"])[-1:]
            parts = [bytes.fromhex(vectors["certificates"][name]) for name in names]
            flags = (1 if case.get("pins") else 0) | (2 if case.get("identity") else 0)
            flags |= (4 if case["purpose"] == "client" else 0) | (16 if index % 2 else 0)
            octets = bytes([flags, 10, 0]) + min(max(case["at"], 0), 2**32 - 1).to_bytes(4, "big")
            octets += b"".join(len(part).to_bytes(2, "big") + part for part in parts)
            if len(octets) <= LONGEST:
                yield case["name"], octets


def seeds():
    for folder, make in (("parsing", parsing), ("building", building)):
        for name, octets in make():
            yield VECTORS / "fuzz" / folder / ("seed-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]), octets


def main():
    differing = []
    for path, octets in seeds():
        if path.exists() and path.read_bytes() == octets:
            continue
        differing.append(path.name)
        if "--check" not in sys.argv[1:]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(octets)
    print(f"{len(differing)} seeds " + ("differ" if "--check" in sys.argv[1:] else "written"))
    return 1 if differing and "--check" in sys.argv[1:] else 0


sys.exit(main())
