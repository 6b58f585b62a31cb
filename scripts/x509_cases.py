"""Paths and names, each kept or broken in one way. See make-x509-vectors.py."""
from vector_inputs import flip
from x509_der import (
    NULL, RSA_PSS, SIGNATURES, Key, basic_constraints, certificate, day, extended_key_usage, extension,
    generalized_time, integer, key_usage, name, name_constraints, octet_string, oid, pss_parameters, sequence,
    subject_alternative_name, tlv, utc_time)

NOW = int(day(2026, 6).timestamp())
HOST = "server.example.org"


class World:
    """Certificates by name, and the cases that use them."""

    def __init__(self):
        self.der, self.keys, self.subjects, self.cases = {}, {}, {}, []

    def issue(self, label, issuer, extensions, *, key=None, subject=None, identifiers=True, **options):
        """A certificate for `label`; `issuer` None is itself. `identifiers` adds SKI and AKI."""
        key = key or Key(label)
        subject = subject or name("O=Example", f"CN={label}")
        self.keys[label], self.subjects[label] = key, subject
        issuer_key, issuer_name = self.keys[issuer or label], self.subjects[issuer or label]
        if identifiers:
            extensions = list(extensions) + [("2.5.29.14", False, octet_string(key.identifier)),
                                             ("2.5.29.35", False, sequence(tlv(0x80, issuer_key.identifier)))]
        self.der[label] = certificate(subject, key, issuer_name, issuer_key, extensions, **options).hex()

    def authority(self, label, issuer=None, *more, path_length=None, usage=("keyCertSign", "cRLSign"), **options):
        self.issue(label, issuer, [basic_constraints(True, path_length), key_usage(*usage), *more], **options)

    def leaf(self, label, issuer, *more, names=(f"DNS:{HOST}",), usage=("digitalSignature",), purposes=("serverAuth",), **options):
        extensions = list(more)
        extensions += [key_usage(*usage)] if usage else []
        extensions += [extended_key_usage(*purposes)] if purposes else []
        extensions += [subject_alternative_name(*names)] if names else []
        self.issue(label, issuer, extensions, **options)

    def case(self, title, chain, anchors, *, rule=None, path=None, identity=HOST, purpose="server", at=NOW, **more):
        fields = {"name": title, "chain": chain.split(), "anchors": anchors.split(), "purpose": purpose, "at": at}
        if identity:
            fields["identity"] = identity
        fields |= {"result": "invalid", "rule": rule} if rule else {"result": "valid", "path": (path or "").split()}
        if "pins" in more and not anchors:
            fields["openssl"] = "it has no pins"
        self.cases.append(fields | more)


def make_paths():
    world = World()
    world.authority("root")
    world.authority("issuing", "root", path_length=0)
    world.leaf("leaf", "issuing")
    world.leaf("direct", "root")
    world.authority("other root")
    world.authority("other issuing", "other root")
    for make in (shapes, anchors, algorithms, times, authorities, usages, extensions, backtracking, explosion, constraints):
        make(world)
    for label in list(world.der):
        if " " in label:
            world.der[label.replace(" ", "-")] = world.der.pop(label)
    return world.der, world.cases


def shapes(world):
    case = world.case
    case("an issuer that is an anchor", "direct", "root", path="direct root")
    case("one intermediate", "leaf issuing", "root", path="leaf issuing root")
    case("the anchor is sent along", "leaf issuing root", "root", path="leaf issuing root")
    case("intermediates in any order, with strangers", "leaf other-issuing root issuing other-root", "root",
         path="leaf issuing root")
    case("several anchors", "leaf issuing", "other-root root", path="leaf issuing root")
    case("an intermediate is the anchor", "leaf", "issuing", path="leaf issuing")
    case("an intermediate is the anchor and is sent along", "leaf issuing", "issuing", path="leaf issuing")
    case("the intermediate is missing", "leaf", "root", rule="unknownIssuer")
    case("the root is sent along but is no anchor", "leaf issuing root", "other-root", rule="unknownIssuer")
    world.issue("flipped", "root", [subject_alternative_name(f"DNS:{HOST}")],
                change=lambda body, signature: (body, flip(signature, 8 * len(signature) - 1)))
    case("a bit of the signature is flipped", "flipped", "root", rule="signature")
    world.issue("changed", "root", [subject_alternative_name(f"DNS:{HOST}")],
                change=lambda body, signature: (body.replace(b"server.", b"serves."), signature))
    case("a byte of the signed part is changed", "changed", "root", rule="signature", identity="serves.example.org")
    world.issue("signed by another", "root", [subject_alternative_name(f"DNS:{HOST}")], identifiers=False,
                change=lambda body, _: (body, Key("somebody").sign("ecdsa-sha256", body)))
    case("signed with another key", "signed-by-another", "root", rule="signature")
    world.authority("root again", subject=name("O=Example", "CN=root"), key=Key("root again"))
    case("an anchor of the same name with another key", "direct", "root-again", rule="unknownIssuer")
    world.authority("ROOT", subject=name("O=EXAMPLE", "CN=  Root ", tag=0x13), key=Key("root"))
    case("RFC 5280 §7.1: names of other case, spaces and string types are equal", "direct", "ROOT", path="direct ROOT")
    previous = "root"
    chain = []
    for depth in range(1, 10):
        world.authority(f"deep{depth}", previous)
        world.leaf(f"deepleaf{depth}", f"deep{depth}")
        previous = f"deep{depth}"
        chain.insert(0, previous)
    case("ten certificates", "deepleaf8 " + " ".join(chain[1:]), "root", path="deepleaf8 " + " ".join(chain[1:]) + " root")
    case("eleven certificates", "deepleaf9 " + " ".join(chain), "root", rule="pathDepth")
    world.issue("no names", "root", [("2.5.29.17", True, sequence(tlv(0x82, HOST.encode())))], subject=sequence())
    case("an empty subject with a critical subjectAltName", "no-names", "root", path="no-names root")
    world.issue("no names uncritical", "root", [("2.5.29.17", False, sequence(tlv(0x82, HOST.encode())))], subject=sequence())
    case("an empty subject with a subjectAltName that is not critical", "no-names-uncritical", "root", rule="structure")
    san = subject_alternative_name(f"DNS:{HOST}")
    world.issue("signing leaf", "root", [san, key_usage("digitalSignature", "keyCertSign")])
    case("a leaf with keyCertSign and no cA", "signing-leaf", "root", rule="structure")
    world.issue("constraining leaf", "root", [san, name_constraints(permitted=["DNS:example.org"])])
    case("a leaf with nameConstraints", "constraining-leaf", "root", rule="structure")


def anchors(world):
    case, san = world.case, subject_alternative_name(f"DNS:{HOST}", "IP:7f000001")
    world.issue("req-x509", None, [san, basic_constraints(True)])
    pinned = {"pins": ["req-x509"]}
    case("T-45: a self-signed authority whose key is pinned, as openssl req -x509 makes it", "req-x509", "", path="req-x509",
         **pinned)
    case("the same, by address", "req-x509", "", path="req-x509", identity="127.0.0.1", **pinned)
    case("the same under another name", "req-x509", "", rule="nameMatch", identity="other.example.org", **pinned)
    case("the same, expired", "req-x509", "", rule="expired", at=int(day(2036).timestamp()), **pinned)
    case("the same, with another key pinned", "req-x509", "", rule="unknownIssuer", pins=["root"])
    case("T-45: a self-signed authority that is an anchor, without a pin", "req-x509", "req-x509", rule="leafIsAuthority")
    case("the same, not an anchor", "req-x509", "root", rule="unknownIssuer")
    world.issue("plain", None, [san])
    case("T-45: a self-signed end-entity certificate that is an anchor, without a pin", "plain", "plain",
         rule="leafIsAuthority")
    case("a self-signed end-entity certificate whose key is pinned", "plain", "plain", path="plain", pins=["plain"])
    case("a pinned key in a certificate that an authority issued", "leaf issuing", "", path="leaf", pins=["leaf"])
    case("a pinned intermediate is no anchor", "leaf issuing", "", rule="unknownIssuer", pins=["issuing"])
    world.issue("wrong purpose", None, [san, extended_key_usage("clientAuth")])
    case("a pinned key keeps its certificate's purposes", "wrong-purpose", "", rule="extendedKeyUsage",
         pins=["wrong-purpose"])
    world.issue("signed by anchor", "plain", [san])
    case("an anchor without basicConstraints issues nothing", "signed-by-anchor", "plain", rule="certificateAuthority")
    world.issue("ca leaf", "root", [san, basic_constraints(True)])
    case("T-45: an authority's certificate as the peer's own", "ca-leaf", "root", rule="leafIsAuthority")
    world.issue("v1 root", None, [], version=1, identifiers=False)
    world.leaf("under v1", "v1 root")
    case("an anchor of version 1", "under-v1", "v1-root", path="under-v1 v1-root")
    world.issue("v1 issuing", "root", [], version=1, identifiers=False)
    world.leaf("under v1 issuing", "v1 issuing")
    case("an intermediate of version 1", "under-v1-issuing v1-issuing", "root", rule="version")
    world.issue("v1 leaf", "root", [], version=1, identifiers=False)
    case("a leaf of version 1", "v1-leaf", "root", rule="version", identity=None, purpose="client")
    for label, serial in (("negative", b"\x80"), ("zero", b"\x00"), ("long", b"\x01" + bytes(20))):
        world.authority(f"{label} root", serial=serial)
        world.leaf(f"under {label}", f"{label} root")
        case(f"an anchor with a {label} serial number", f"under-{label}", f"{label}-root", path=f"under-{label} {label}-root")
        world.leaf(f"{label} leaf", "root", serial=serial)
        case(f"a leaf with a {label} serial number", f"{label}-leaf", "root", rule="serialNumber")
    world.leaf("serial of 20", "root", serial=b"\x7f" * 20)
    case("a serial number of 20 bytes", "serial-of-20", "root", path="serial-of-20 root")


def algorithms(world):
    case = world.case
    pairs = [("p256", "ecdsa-sha256", "ecdsa_secp256r1_sha256"), ("p384", "ecdsa-sha384", "ecdsa_secp384r1_sha384"),
             ("p521", "ecdsa-sha512", "ecdsa_secp521r1_sha512"), ("p256", "ecdsa-sha512", "ecdsa_secp521r1_sha512"),
             ("p521", "ecdsa-sha256", "ecdsa_secp256r1_sha256"), ("p384", "ecdsa-sha256", "ecdsa_secp256r1_sha256"),
             ("ed25519", "ed25519", "ed25519"), ("ed448", "ed448", "ed448")]
    for which in ("sha256", "sha384", "sha512"):
        pairs += [("rsa", f"rsa-{which}", f"rsa_pkcs1_{which}"), ("rsa", f"pss-{which}", f"rsa_pss_rsae_{which}"),
                  ("rsa-pss", f"pss-{which}", f"rsa_pss_pss_{which}")]
    every = sorted({scheme for _, _, scheme in pairs})
    for kind, algorithm, scheme in pairs:
        label = f"{kind}-{algorithm}"
        world.authority(f"{label}-root", key=Key(f"{kind} root", kind), algorithm=algorithm)
        world.leaf(label, f"{label}-root", algorithm=algorithm)
        case(f"{algorithm} by a key of kind {kind} is {scheme}", label, f"{label}-root", path=f"{label} {label}-root",
             schemes=[scheme])
        case(f"{algorithm} by a key of kind {kind} when all but {scheme} are offered", label, f"{label}-root",
             rule="signatureAlgorithmPermitted", schemes=[each for each in every if each != scheme])
    restricted = Key("restricted", "rsa-pss", parameters=pss_parameters("sha384"))
    world.authority("restricted root", key=restricted, algorithm="pss-sha384")
    world.leaf("restricted", "restricted root", algorithm="pss-sha384")
    case("an RSASSA-PSS key with parameters", "restricted", "restricted-root", path="restricted restricted-root")
    world.leaf("not as restricted", "restricted root", algorithm="pss-sha256")
    case("a hash that the RSASSA-PSS key does not permit", "not-as-restricted", "restricted-root", rule="signature")
    for algorithm in ("rsa-md5", "rsa-sha1", "ecdsa-sha1"):
        kind = algorithm.split("-")[0].replace("ecdsa", "p256")
        world.authority(f"{algorithm}-root", key=Key(f"{algorithm} root", kind), algorithm=algorithm)
        world.leaf(f"{algorithm}-leaf", f"{algorithm}-root", algorithm=algorithm)
        case(f"T-11: a leaf signed with {algorithm}", f"{algorithm}-leaf", f"{algorithm}-root", rule="weakHash")
        world.authority(f"{algorithm}-issuing", f"{algorithm}-root", algorithm=algorithm)
        world.leaf(f"below-{algorithm}", f"{algorithm}-issuing")
        case(f"T-11: an intermediate signed with {algorithm}", f"below-{algorithm} {algorithm}-issuing", f"{algorithm}-root",
             rule="weakHash")
        good = "rsa-sha256" if kind == "rsa" else "ecdsa-sha256"
        world.leaf(f"above-{algorithm}", f"{algorithm}-root", algorithm=good)
        case(f"an anchor's own signature, {algorithm}, is not looked at", f"above-{algorithm}", f"{algorithm}-root",
             path=f"above-{algorithm} {algorithm}-root")
    world.issue("pss with sha1", "rsa-rsa-sha256-root", [subject_alternative_name(f"DNS:{HOST}")], algorithm="rsa-sha256",
                inner=sequence(oid(RSA_PSS), pss_parameters("sha1")))
    case("T-11: RSASSA-PSS with SHA-1", "pss-with-sha1", "rsa-rsa-sha256-root", rule="weakHash")
    world.issue("pss by default", "rsa-rsa-sha256-root", [subject_alternative_name(f"DNS:{HOST}")], algorithm="rsa-sha256",
                inner=sequence(oid(RSA_PSS), sequence()))
    case("T-11: RSASSA-PSS with default parameters, which are SHA-1", "pss-by-default", "rsa-rsa-sha256-root", rule="weakHash")
    for label, parameters in (("mixed", pss_parameters("sha256", mask="sha384")), ("short salt", pss_parameters("sha256", salt=20))):
        world.issue(f"pss {label}", "rsa-rsa-sha256-root", [subject_alternative_name(f"DNS:{HOST}")], algorithm="rsa-sha256",
                    inner=sequence(oid(RSA_PSS), parameters))
        case(f"RSASSA-PSS with {label}", f"pss-{label.replace(' ', '-')}", "rsa-rsa-sha256-root",
             rule="signatureAlgorithmPermitted")
    world.issue("unknown algorithm", "root", [subject_alternative_name(f"DNS:{HOST}")], inner=sequence(oid("1.3.6.1.4.1.99999.1")))
    case("an unknown signature algorithm", "unknown-algorithm", "root", rule="signatureAlgorithmPermitted")
    world.issue("misfit", "root", [subject_alternative_name(f"DNS:{HOST}")], inner=SIGNATURES["rsa-sha256"])
    case("an RSA algorithm with an issuer's key that is no RSA key", "misfit", "root", rule="signature")
    bad_point = bytearray(world.keys["root"].spki)
    bad_point[-1] ^= 1
    world.authority("off curve", spki=bytes(bad_point), subject=name("O=Example", "CN=root"), key=Key("root"))
    case("an issuer's point off the curve", "direct", "off-curve", rule="signature")
    small = Key("small", "rsa", 1024)
    world.authority("small root", key=small)
    world.leaf("under small", "small root")
    world.leaf("small leaf", "root", key=small)
    world.authority("small issuing", "root", key=small)
    world.leaf("under small issuing", "small issuing")
    case("RSA-1024 in the leaf", "small-leaf", "root", rule="keySize")
    case("RSA-1024 in an intermediate", "under-small-issuing small-issuing", "root", rule="keySize")
    case("RSA-1024 in the anchor", "under-small", "small-root", rule="keySize")
    world.leaf("rsa leaf", "root", key=Key("rsa leaf", "rsa", 3072))
    case("RSA-3072 in the leaf", "rsa-leaf", "root", path="rsa-leaf root")


def times(world):
    case = world.case
    before, after = int(day(2025).timestamp()), int(day(2035).timestamp())
    case("the first second of validity", "direct", "root", path="direct root", at=before)
    case("the last second of validity", "direct", "root", path="direct root", at=after,
         openssl="leaves the last second out, against RFC 5280 §4.1.2.5")
    case("one second early", "direct", "root", rule="notYetValid", at=before - 1)
    case("one second late", "direct", "root", rule="expired", at=after + 1)
    late, early = {"not_after": day(2026)}, {"not_before": day(2027)}
    for label, options, rule in (("expired", late, "expired"), ("future", early, "notYetValid")):
        world.authority(f"{label} issuing", "root", **options)
        world.leaf(f"under {label} issuing", f"{label} issuing")
        case(f"an intermediate that is {label}", f"under-{label}-issuing {label}-issuing", "root", rule=rule)
        world.authority(f"{label} root", **options)
        world.leaf(f"under {label} root", f"{label} root")
        case(f"an anchor that is {label}", f"under-{label}-root", f"{label}-root", rule=rule)
    world.leaf("for ever", "root", not_after=day(9999, 12, 31))
    early = {"times": (generalized_time(day(2025)), utc_time(day(2035)))}
    world.authority("misplaced root", **early)
    world.leaf("under misplaced root", "misplaced root")
    world.leaf("misplaced leaf", "root", **early)
    case("GeneralizedTime before 2050 in an anchor", "under-misplaced-root", "misplaced-root",
         path="under-misplaced-root misplaced-root")
    case("GeneralizedTime before 2050 in a leaf", "misplaced-leaf", "root", rule="structure")
    case("no well-defined end", "for-ever", "root", path="for-ever root")


def authorities(world):
    case = world.case
    def broken(label, rule, extensions, title):
        world.issue(label, "root", extensions)
        world.leaf(f"under {label}", label)
        dashed = label.replace(" ", "-")
        case(title, f"under-{dashed} {dashed}", "root", rule=rule)
    broken("no ca", "certificateAuthority", [basic_constraints(False), key_usage("keyCertSign")], "an intermediate without cA")
    broken("no constraints", "certificateAuthority", [key_usage("keyCertSign")], "an intermediate without basicConstraints")
    broken("no sign", "certificateSigning", [basic_constraints(), key_usage("cRLSign", "digitalSignature")],
           "an intermediate without keyCertSign")
    world.issue("no usage", "root", [basic_constraints()])
    world.leaf("under no usage", "no usage")
    case("an intermediate without keyUsage", "under-no-usage no-usage", "root", path="under-no-usage no-usage root")
    world.issue("root no sign", None, [basic_constraints(), key_usage("cRLSign")])
    world.leaf("under root no sign", "root no sign")
    case("an anchor without keyCertSign", "under-root-no-sign", "root-no-sign", rule="certificateSigning")
    world.authority("below zero", "issuing")
    world.leaf("two below zero", "below zero")
    case("pathLenConstraint 0 and an intermediate below", "two-below-zero below-zero issuing", "root", rule="pathLength")
    world.authority("zero root", path_length=0)
    world.leaf("under zero root", "zero root")
    world.authority("zero issuing", "zero root")
    world.leaf("too deep", "zero issuing")
    case("an anchor's pathLenConstraint 0", "under-zero-root", "zero-root", path="under-zero-root zero-root")
    case("an anchor's pathLenConstraint 0 and an intermediate", "too-deep zero-issuing", "zero-root", rule="pathLength")
    world.authority("one", "root", path_length=1, subject=name("O=Example", "CN=rolls over"), key=Key("one"))
    world.authority("one next", "one", path_length=0, subject=name("O=Example", "CN=rolls over"), key=Key("one next"))
    world.authority("one below", "one next", subject=name("O=Example", "CN=rolls over"), key=Key("one below"))
    world.leaf("one leaf", "one below")
    case("self-issued intermediates do not count", "one-leaf one-below one-next one", "root",
         path="one-leaf one-below one-next one root")
    world.authority("large", "root", path_length=1 << 70)
    world.leaf("under large", "large")
    case("a pathLenConstraint beyond any integer", "under-large large", "root", path="under-large large root",
         openssl="reads it as a long")


def usages(world):
    case = world.case
    world.leaf("encipher", "root", usage=("keyEncipherment",))
    case("a leaf for keyEncipherment only", "encipher", "root", rule="leafKeyUsage")
    world.leaf("free", "root", usage=None, purposes=None)
    case("a leaf without keyUsage and extendedKeyUsage", "free", "root", path="free root")
    case("the same as a client", "free", "root", path="free root", purpose="client", identity=None)
    world.leaf("client", "root", purposes=("clientAuth",))
    case("a client's certificate as a server's", "client", "root", rule="extendedKeyUsage")
    case("a client's certificate as a client's", "client", "root", path="client root", purpose="client", identity=None)
    case("a server's certificate as a client's", "direct", "root", rule="extendedKeyUsage", purpose="client", identity=None)
    case("a server without a name to check", "direct", "root", rule="nameMatch", identity=None)
    world.leaf("any", "root", purposes=("codeSigning", "any"))
    case("anyExtendedKeyUsage in the leaf", "any", "root", path="any root", openssl="does not count it")
    for label, purposes, rule in (("server", ("serverAuth",), None), ("mail", ("clientAuth", "codeSigning"), "extendedKeyUsage"),
                                  ("any", ("any",), None)):
        world.authority(f"{label} issuing", "root", extended_key_usage(*purposes))
        world.leaf(f"under {label} issuing", f"{label} issuing")
        chain = f"under-{label}-issuing {label}-issuing"
        case(f"an intermediate for {' and '.join(purposes)}", chain, "root", rule=rule, path=f"{chain} root",
             **({"openssl": "does not count it"} if label == "any" else {}))
        world.authority(f"{label} root", None, extended_key_usage(*purposes))
        world.leaf(f"under {label} root", f"{label} root")
        case(f"an anchor for {' and '.join(purposes)}", f"under-{label}-root", f"{label}-root", rule=rule,
             path=f"under-{label}-root {label}-root", **({"openssl": "does not count it"} if label == "any" else {}))


def extensions(world):
    case, policy = world.case, "2.5.29.32"
    unknown = ("1.3.6.1.4.1.99999.2", True, NULL)
    def both(label, title, item, rule, **more):
        world.leaf(f"leaf {label}", "root", item)
        dashed = label.replace(" ", "-")
        case(f"{title} in the leaf", f"leaf-{dashed}", "root", rule=rule, path=f"leaf-{dashed} root", **more)
        world.authority(f"issuing {label}", "root", item)
        world.leaf(f"under {label}", f"issuing {label}")
        case(f"{title} in an intermediate", f"under-{dashed} issuing-{dashed}", "root", rule=rule,
             path=f"under-{dashed} issuing-{dashed} root", **more)
    both("unknown critical", "an unknown critical extension", unknown, "criticalExtension")
    both("unknown", "an unknown extension that is not critical", ("1.3.6.1.4.1.99999.2", False, b"anything"), None)
    both("uuid", "an extension named by a UUID", ("2.25.329800735698586629295641978511506172918", False, NULL), None)
    world.authority("root unknown", None, unknown)
    world.leaf("under root unknown", "root unknown")
    case("an unknown critical extension in the anchor", "under-root-unknown", "root-unknown", rule="criticalExtension")
    some = sequence(sequence(oid("1.3.6.1.4.1.99999.3")))
    qualified = sequence(sequence(oid("1.3.6.1.4.1.99999.3"),
                                  sequence(sequence(oid("1.3.6.1.5.5.7.2.1"), tlv(0x16, b"https://example.org/")))))
    odd = sequence(sequence(oid("1.3.6.1.4.1.99999.3"), sequence(sequence(oid("1.3.6.1.4.1.99999.4"), NULL))))
    both("policy", "a critical policy", (policy, True, some), None)
    both("qualified policy", "a critical policy with a known qualifier", (policy, True, qualified), None)
    both("odd policy", "a critical policy with an unknown qualifier", (policy, True, odd), "criticalExtension")
    both("free policy", "a policy with an unknown qualifier, not critical", (policy, False, odd), None)
    both("inhibit", "a critical inhibitAnyPolicy", ("2.5.29.54", True, integer(0)), None)
    both("policy constraints", "critical policyConstraints", ("2.5.29.36", True, sequence(tlv(0x80, b"\x00"))), "certificatePolicy")
    both("policy mappings", "critical policyMappings", ("2.5.29.33", True, sequence(sequence(oid("1.2.3"), oid("1.2.4")))), None)
    both("critical identifier", "a critical subjectKeyIdentifier", ("2.5.29.14", True, octet_string(b"id")), "criticalExtension")

    for title in ("leaf critical identifier", "issuing critical identifier"):
        # The World adds an identifier of its own, which would be a duplicate.
        subject, key = world.subjects[title], world.keys[title]
        more = [("2.5.29.14", True, octet_string(key.identifier))]
        more += [basic_constraints(), key_usage("keyCertSign")] if title.startswith("issuing") else []
        more += [subject_alternative_name(f"DNS:{HOST}")] if title.startswith("leaf") else []
        world.der[title] = certificate(subject, key, world.subjects["root"], world.keys["root"], more).hex()


def backtracking(world):
    case, twin = world.case, name("O=Example", "CN=twin")
    no_way_back = "takes the first of the name and never goes back"
    for label, options in (("twin old", {"not_after": day(2026)}), ("twin new", {})):
        world.authority(label, "root", subject=twin, key=Key("twin"), **options)
    world.leaf("twin leaf", "twin new")
    case("an expired twin of the issuer is passed over", "twin-leaf twin-old twin-new", "root", path="twin-leaf twin-new root")
    case("only the expired twin is there", "twin-leaf twin-old", "root", rule="expired")
    world.authority("twin other", "other root", subject=twin, key=Key("twin"))
    case("a twin that leads nowhere is passed over", "twin-leaf twin-other twin-new", "root", path="twin-leaf twin-new root",
         openssl=no_way_back)
    case("the other way, the other anchor", "twin-leaf twin-new twin-other", "other-root", path="twin-leaf twin-other other-root",
         openssl=no_way_back)
    world.authority("twin stranger", "root", subject=twin, key=Key("stranger"), identifiers=False)
    world.leaf("anonymous leaf", "twin new", identifiers=False)
    case("a namesake with another key is passed over", "anonymous-leaf twin-stranger twin-new", "root",
         path="anonymous-leaf twin-new root", openssl=no_way_back)
    policy = ("2.5.29.32", False, sequence(sequence(oid("1.3.6.1.4.1.99999.3"))))
    for label, items in (("twin bare", []), ("twin policed", [policy])):
        world.authority(label, "root", *items, subject=name("O=Example", "CN=policed"), key=Key("twin policed"))
    world.leaf("policed leaf", "twin policed", policy, ("2.5.29.36", True, sequence(tlv(0x80, b"\x00"))))
    case("a twin without policies is passed over", "policed-leaf twin-bare twin-policed", "root",
         path="policed-leaf twin-policed root", openssl=no_way_back)
    case("only the twin without policies is there", "policed-leaf twin-bare", "root", rule="certificatePolicy")
    world.authority("cross", "other root", subject=world.subjects["root"], key=world.keys["root"])
    case("a cross-signed root", "leaf issuing cross", "other-root", path="leaf issuing cross other-root")
    case("the root is preferred to its cross-signed form", "leaf cross issuing", "other-root root", path="leaf issuing root")
    world.keys["loop b"], world.subjects["loop b"] = Key("loop b"), name("O=Example", "CN=loop b")
    world.authority("loop a", "loop b")
    world.authority("loop b", "loop a")
    world.leaf("loop leaf", "loop a")
    case("two authorities that issue each other", "loop-leaf loop-a loop-b", "root", rule="unknownIssuer")
    world.issue("misled", "root", [subject_alternative_name(f"DNS:{HOST}"), ("2.5.29.35", False, sequence(tlv(0x80, b"wrong")))],
                identifiers=False)
    case("a wrong authorityKeyIdentifier is a hint, no more", "misled", "root", path="misled root",
         openssl="takes it for a reason to refuse")


def explosion(world):
    """Eight keys of one name that all sign each other, below an anchor that none of them leads to."""
    ring = name("O=Example", "CN=ring")
    keys = [Key(f"ring {index}") for index in range(8)]
    labels = []
    for index, key in enumerate(keys):
        for other, issuer_key in enumerate(keys):
            if index != other:
                label = f"ring-{index}-{other}"
                labels.append(label)
                world.der[label] = certificate(ring, key, ring, issuer_key, [basic_constraints(), key_usage("keyCertSign")]).hex()
    world.keys["ring"], world.subjects["ring"] = keys[0], ring
    world.leaf("ring leaf", "ring", identifiers=False)
    world.case("T-40: authorities of one name that sign each other", "ring-leaf " + " ".join(labels), "root",
               rule="signatureBudget")
    world.leaf("ring client", "ring", purposes=("clientAuth",), identifiers=False)
    world.case("T-40: a client's authorities of one name that sign each other", "ring-client " + " ".join(labels), "root",
               rule="signatureBudget", purpose="client", identity=None)
    labels = []
    for index in range(20):
        label = f"same-{index}"
        labels.append(label)
        world.der[label] = certificate(ring, Key(label), world.subjects["root"], world.keys["root"],
                                       [basic_constraints(), key_usage("keyCertSign")]).hex()
    world.case("T-40: twenty authorities of one name, none of which signed", "ring-leaf " + " ".join(labels), "root",
               rule="signature")
    many = ("2.5.29.32", False, sequence(*[sequence(oid(f"1.3.6.1.4.1.99999.{index}")) for index in range(250)]))
    policed = [f"policed-{index}" for index in range(17)]
    for index, label in enumerate(policed):
        world.der[label] = certificate(name("O=Example", "CN=many policies"), Key("many policies"), world.subjects["root"],
                                       world.keys["root"], [basic_constraints(), key_usage("keyCertSign"), many],
                                       serial=bytes([1, index])).hex()
    world.keys["many"], world.subjects["many"] = Key("many policies"), name("O=Example", "CN=many policies")
    world.leaf("many leaf", "many", ("2.5.29.36", True, sequence(tlv(0x80, b"\x00"))), identifiers=False)
    world.case("T-40: seventeen authorities with 250 policies each", "many-leaf " + " ".join(policed), "root",
               rule="policyBudget")
    world.case("one authority with 250 policies, none of which its peer's certificate has", "many-leaf policed-0", "root",
               rule="certificatePolicy")
    world.keys["same"], world.subjects["same"] = Key("same-19"), ring
    world.leaf("same leaf", "same", identifiers=False)
    world.case("T-40: twenty authorities of one name, the last of which signed", "same-leaf " + " ".join(labels), "root",
               path="same-leaf same-19 root", openssl="takes the first of the name and never goes back")


def constraints(world):
    case = world.case
    count = 0
    def under(title, limits, names, rule=None, subject=None, identity=HOST, **more):
        nonlocal count
        count += 1
        world.authority(f"nc{count}", "root", name_constraints(**limits))
        world.leaf(f"ncleaf{count}", f"nc{count}", names=names, subject=subject)
        case(title, f"ncleaf{count} nc{count}", "root", rule=rule, path=f"ncleaf{count} nc{count} root", identity=identity, **more)
    host, broken = [f"DNS:{HOST}"], "nameConstraints"
    under("a permitted domain", {"permitted": ["DNS:example.org"]}, host)
    under("a permitted domain in capitals", {"permitted": ["DNS:EXAMPLE.org"]}, host)
    under("the permitted host itself", {"permitted": [f"DNS:{HOST}"]}, host)
    under("a permitted domain with a leading dot", {"permitted": ["DNS:.example.org"]}, host)
    under("a leading dot leaves out the domain itself", {"permitted": [f"DNS:.{HOST}"]}, host, broken)
    under("another domain is permitted", {"permitted": ["DNS:example.net"]}, host, broken)
    under("a domain whose end is alike is no subdomain", {"permitted": ["DNS:xample.org"]}, host, broken)
    under("one name of two is not permitted", {"permitted": ["DNS:example.org"]}, host + ["DNS:example.net"], broken)
    under("a name that is no host name, under a constraint", {"permitted": ["DNS:example.org"]}, host + ["DNS:.example.org"], broken)
    under("a name that is no host name, without a constraint on its form", {"permitted": ["IP:c0000200ffffff00"]},
          host + ["DNS:.example.org"])
    under("an excluded domain", {"excluded": ["DNS:example.org"]}, host, broken)
    under("an excluded sibling", {"excluded": ["DNS:other.example.org"]}, host)
    under("permitted, but excluded below", {"permitted": ["DNS:example.org"], "excluded": [f"DNS:{HOST}"]}, host, broken)
    under("all names are excluded", {"excluded": ["DNS:"]}, host, broken)
    under("a wildcard within the permitted domain", {"permitted": ["DNS:example.org"]}, ["DNS:*.example.org"])
    under("a wildcard over the permitted host", {"permitted": [f"DNS:{HOST}"]}, ["DNS:*.example.org"], broken)
    under("a wildcard over an excluded host", {"excluded": ["DNS:a.example.org"]}, ["DNS:*.example.org"], broken)
    under("a wildcard does not reach two labels down", {"excluded": ["DNS:a.b.example.org"]}, ["DNS:*.example.org"])
    under("names of other forms are not constrained", {"permitted": ["DNS:example.org"]}, ["IP:c0000201"] + host, identity="192.0.2.1")
    under("a permitted network", {"permitted": ["IP:c0000200ffffff00"]}, ["IP:c0000201"], identity="192.0.2.1")
    under("an address outside the permitted network", {"permitted": ["IP:c0000200ffffff00"]}, ["IP:c6336401"], broken,
          identity="198.51.100.1")
    under("an excluded network", {"excluded": ["IP:c0000200ffffff00"]}, ["IP:c0000201"], broken, identity="192.0.2.1")
    under("IPv6 under an IPv4 network", {"permitted": ["IP:c0000200ffffff00"]}, ["IP:20010db8" + "00" * 11 + "01"], broken,
          identity="2001:db8::1")
    under("a permitted IPv6 network", {"permitted": ["IP:20010db8" + "00" * 12 + "ffffffff" + "00" * 12]},
          ["IP:20010db8" + "00" * 11 + "01"], identity="2001:db8::1")
    under("a permitted directory", {"permitted": ["dir:O=Example"]}, host)
    under("a permitted directory in capitals", {"permitted": ["dir:O=EXAMPLE"]}, host)
    under("another directory is permitted", {"permitted": ["dir:O=Else"]}, host, broken)
    under("a directory whose value is a prefix", {"permitted": ["dir:O=Exam"]}, host, broken)
    under("an excluded directory", {"excluded": ["dir:O=Example"]}, host, broken)
    under("an excluded directoryName in subjectAltName", {"excluded": ["dir:O=Else"]}, host + ["dir:O=Else,CN=x"], broken)
    under("a constraint on mail, and no mail address", {"permitted": ["email:example.org"]}, host)
    under("a constraint on mail, and a mail address", {"permitted": ["email:example.org"]}, host + ["email:a@example.org"],
          None)
    mails = [
        ("a permitted mail address", {"permitted": ["email:a@example.org"]}, "a@EXAMPLE.org", None),
        ("another mail address is permitted", {"permitted": ["email:a@example.org"]}, "b@example.org", broken),
        ("a mail address is told by its letters' case", {"permitted": ["email:a@example.org"]}, "A@example.org", broken),
        ("mail of a host leaves out those below", {"permitted": ["email:example.org"]}, "a@b.example.org", broken),
        ("mail below a domain", {"permitted": ["email:.example.org"]}, "a@b.example.org", None),
        ("mail below a domain leaves out the domain itself", {"permitted": ["email:.example.org"]}, "a@example.org", broken),
        ("mail below a domain whose end is alike", {"permitted": ["email:.example.org"]}, "a@b.anexample.org", broken),
        ("an excluded host's mail", {"excluded": ["email:example.org"]}, "a@Example.org", broken),
        ("mail of another host than the excluded", {"excluded": ["email:example.org"]}, "a@example.net", None),
        ("an excluded mail address", {"excluded": ["email:a@example.org"]}, "a@example.org", broken),
        ("all mail is excluded", {"excluded": ["email:"]}, "a@example.org", broken),
        ("a mail address without a host under an excluded one", {"excluded": ["email:example.net"]}, "a", broken),
        ("a quoted mail address under an excluded one", {"excluded": ["email:a@example.org"]}, '"a"@example.org', broken),
        ("two hosts in a mail address", {"permitted": ["email:example.org"]}, "a@example.net@example.org", broken),
        ("a constraint on mail that makes no sense, excluding", {"excluded": ["email:a@b@c"]}, "a@example.org", broken),
        ("a constraint on mail that makes no sense, permitting", {"permitted": ["email:-"]}, "a@example.org", broken),
    ]
    for title, limits, address, rule in mails:
        under(title, limits, host + [f"email:{address}"], rule)
    under("a constraint on mail that is not critical counts too", {"permitted": ["email:example.org"], "critical": False},
          host + ["email:a@example.net"], broken)
    uris = [
        ("a URI at a permitted host", {"permitted": ["URI:example.org"]}, "https://Example.org/a?b", None),
        ("a URI at another host", {"permitted": ["URI:example.org"]}, "https://example.net/example.org", broken),
        ("a URI below a permitted host", {"permitted": ["URI:example.org"]}, "https://a.example.org/", broken),
        ("a URI below a permitted domain", {"permitted": ["URI:.example.org"]}, "https://a.example.org", None),
        ("a URI at a permitted domain itself", {"permitted": ["URI:.example.org"]}, "https://example.org", broken),
        ("a URI with a port", {"permitted": ["URI:example.org"]}, "ldap://example.org:389/", None),
        ("a URI with a user who looks like a host", {"permitted": ["URI:example.org"]}, "https://example.org@example.net/", broken),
        ("a URI whose fragment looks like a user", {"permitted": ["URI:example.org"]}, "https://example.net#@example.org", broken),
        ("a URI at an excluded host", {"excluded": ["URI:example.org"]}, "https://u@example.ORG:1/", broken),
        ("a URI at another host than the excluded", {"excluded": ["URI:example.org"]}, "https://example.net/", None),
        ("a URI at an address under an excluded host", {"excluded": ["URI:example.org"]}, "https://192.0.2.1/", broken),
        ("a URI at an IPv6 address under an excluded host", {"excluded": ["URI:example.org"]}, "https://[2001:db8::1]/", broken),
        ("a URI without a host under an excluded one", {"excluded": ["URI:example.org"]}, "urn:example", broken),
        ("a URI without a scheme", {"permitted": ["URI:example.org"]}, "//example.org/", broken),
        ("a URI with a port that is none", {"permitted": ["URI:example.org"]}, "https://example.org:x/", broken),
    ]
    for title, limits, uri, rule in uris:
        under(title, limits, host + [f"URI:{uri}"], rule)
    registered = {"permitted": ["RID:1.2.3"]}
    under("a constraint on registered identifiers, and one of them", registered, host + ["RID:1.2.3"], "nameConstraintForm")
    under("the same, not critical", registered | {"critical": False}, host + ["RID:1.2.4"],
          openssl="refuses a form it does not know")
    mail_name = sequence(*[tlv(0x31, sequence(oid("1.2.840.113549.1.9.1"), tlv(0x16, b"a@example.org")))])
    world.authority("nc mail", "root", name_constraints(permitted=["email:example.net"]))
    world.leaf("nc mail leaf", "nc mail", subject=mail_name, names=(), purposes=("clientAuth",))
    case("a mail address in the subject's name, where there is no subjectAltName", "nc-mail-leaf nc-mail", "root", rule=broken,
         purpose="client", identity=None)
    world.leaf("nc mail beside", "nc mail", subject=mail_name)
    case("a mail address in the subject's name, where there is a subjectAltName", "nc-mail-beside nc-mail", "root",
         path="nc-mail-beside nc-mail root", openssl="looks there all the same")
    world.authority("nc root", None, name_constraints(permitted=["DNS:example.net"]))
    world.leaf("under nc root", "nc root")
    case("an anchor's constraints count", "under-nc-root", "nc-root", rule=broken)
    world.authority("nc outer", "root", name_constraints(permitted=["DNS:example.org"]))
    world.authority("nc inner", "nc outer", name_constraints(permitted=[f"DNS:{HOST}"]))
    world.leaf("nc both", "nc inner")
    world.leaf("nc outer only", "nc inner", names=["DNS:a.example.org"])
    world.leaf("nc inner only", "nc outer", names=["DNS:a.example.net"])
    case("two constraints, both kept", "nc-both nc-inner nc-outer", "root", path="nc-both nc-inner nc-outer root")
    case("two constraints, the inner broken", "nc-outer-only nc-inner nc-outer", "root", rule=broken, identity="a.example.org")
    case("two constraints, the outer broken", "nc-inner-only nc-inner nc-outer", "root", rule=broken, identity="a.example.net")
    roll = name("O=Other", "CN=rolls")
    world.authority("nc roll", "root", name_constraints(permitted=["dir:O=Example"]), subject=roll, key=Key("nc roll"))
    world.authority("nc rolled", "nc roll", subject=roll, key=Key("nc rolled"))
    world.leaf("nc roll leaf", "nc rolled")
    case("a self-issued intermediate is exempt", "nc-roll-leaf nc-rolled nc-roll", "root", path="nc-roll-leaf nc-rolled nc-roll root")
    many = [f"DNS:a{index}.example.org" for index in range(600)]
    under("T-41: 600 names under 600 constraints", {"excluded": [f"DNS:b{index}.example.org" for index in range(600)]},
          many + host, "nameConstraintBudget")
    world.leaf("nc client", f"nc{count}", purposes=("clientAuth",), names=many)
    case("T-41: a client's 600 names under 600 constraints", f"nc-client nc{count}", "root", rule="nameConstraintBudget",
         purpose="client", identity=None)
    under("400 names under 400 constraints", {"excluded": [f"DNS:b{index}.example.org" for index in range(400)]},
          many[:400] + host)


def make_names():
    """Self-signed certificates whose keys are pinned (and anchors, for openssl): only the names differ."""
    world = World()
    count = 0
    def check(identity, names, rule=None, title=None, subject=None, **more):
        nonlocal count
        count += 1
        label = f"n{count}"
        extensions = [subject_alternative_name(*names)] if names else []
        world.issue(label, None, extensions, subject=subject or name("O=Example"), identifiers=False)
        title = title or f"{identity} and {', '.join(names) or 'no names'}"
        world.case("T-43: " + title, label, label, rule=rule, path=label, identity=identity, pins=[label], **more)
    no = "nameMatch"
    check("a.example.org", ["DNS:a.example.org"])
    check("A.EXAMPLE.org", ["DNS:a.Example.ORG"])
    check("a.example.org.", ["DNS:a.example.org"], title="a trailing dot in the reference is dropped")
    check("a.example.org", ["DNS:a.example.org."], no, title="a trailing dot in the certificate matches nothing")
    check("a.example.org", ["DNS:b.example.org", "DNS:a.example.org"])
    check("a.example.org", ["DNS:b.example.org"], no)
    check("a.example.org", ["DNS:example.org"], no)
    check("example.org", ["DNS:a.example.org"], no)
    check("a.example.org", ["DNS:*.example.org"])
    check("A.example.org", ["DNS:*.EXAMPLE.org"])
    check("a.b.example.org", ["DNS:*.example.org"], no, title="a wildcard matches one label only")
    check("example.org", ["DNS:*.example.org"], no, title="a wildcard does not match the parent")
    check("a.b.example.org", ["DNS:*.b.example.org"])
    check("example.org", ["DNS:*.org"], no, title="no wildcard right below a top-level domain")
    check("org", ["DNS:*"], no, title="no wildcard alone")
    check("a.example.org", ["DNS:*"], no, title="a wildcard alone does not match any name")
    check("a.example.org", ["DNS:*.*.org"], no, title="no second wildcard")
    check("a.example.org", ["DNS:a.*.org"], no, title="no wildcard but the left-most label")
    check("foo.example.org", ["DNS:f*.example.org"], no, title="no partial wildcard, f*")
    check("foo.example.org", ["DNS:*o.example.org"], no, title="no partial wildcard, *o")
    check("foo.example.org", ["DNS:f*o.example.org"], no, title="no partial wildcard, f*o")
    check("xn--mnchen-3ya.example.org", ["DNS:xn--*.example.org"], no, title="no partial wildcard in an A-label")
    check("xn--mnchen-3ya.example.org", ["DNS:xn--mnchen-3ya.example.org"], title="A-labels match as they stand")
    check("xn--mnchen-3ya.example.org", ["DNS:XN--MNCHEN-3YA.example.org"], title="A-labels match in any case")
    check("xn--mnchen-3ya.example.org", ["DNS:*.example.org"], title="a wildcard matches an A-label")
    check("a.example.org", ["DNS:a.example.org\x00.evil.example"], no, title="NUL ends nothing")
    check("a.example.org.evil.example", ["DNS:a.example.org\x00.evil.example"], no, title="NUL is no character of a name")
    check("a.example.org", ["DNS: a.example.org"], no, title="no space in front")
    check("a.example.org", ["DNS:"], no, title="an empty dNSName")
    check("a.example.org", ["DNS:."], no, title="a dot alone")
    check("a.example.org", ["DNS:.example.org"], no, title="a leading dot matches nothing")
    check("a.example.org", ["DNS:a..example.org", "DNS:a.example..org"], no, title="empty labels match nothing")
    check("a.example.org", ["URI:https://a.example.org/", "email:root@a.example.org", "dir:CN=a.example.org"], no,
          title="names of other forms")
    check("a.example.org", [], "subjectAlternativeName", subject=name("CN=a.example.org"), title="a common name is never a name")
    check("a.example.org", ["DNS:b.example.org"], no, subject=name("CN=a.example.org"), title="a common name beside other names")
    check("a.example.org", ["email:root@a.example.org"], no, subject=name("CN=a.example.org"),
          title="a common name beside no dNSName at all")
    check("192.0.2.1", [], "subjectAlternativeName", subject=name("CN=192.0.2.1"), title="a common name is no address either")
    check("192.0.2.1", ["IP:c0000201"])
    check("192.0.2.1", ["IP:c0000202"], no)
    check("192.0.2.1", ["DNS:192.0.2.1"], no, title="an address as dNSName")
    check("192.0.2.1", ["DNS:*.0.2.1"], no, title="an address under a wildcard")
    check("192.0.2.1", ["IP:00000000000000000000ffffc0000201"], no, title="an IPv4-mapped address is another address")
    check("2001:db8::1", ["IP:20010db8000000000000000000000001"])
    check("2001:DB8:0:0::1", ["IP:20010db8000000000000000000000001"])
    check("[2001:db8::1]", ["IP:20010db8000000000000000000000001"], openssl="knows no brackets")
    check("2001:db8::2", ["IP:20010db8000000000000000000000001"], no)
    check("::ffff:192.0.2.1", ["IP:c0000201"], no, title="an IPv4 address is no IPv4-mapped one")
    check("localhost", ["DNS:localhost"])
    check("_service.example.org", ["DNS:_service.example.org"], title="an underscore")
    check("a.example.org", ["other:", "RID:1.2.3", "DNS:a.example.org"], title="other forms beside the right one")
    return world.der, world.cases
