"""Single certificates, each kept or broken in one way. See make-x509-vectors.py."""
from x509_der import (
    CURVES, EC_KEY, FALSE, NULL, RSA_ENCRYPTION, RSA_PSS, SIGNATURES, TRUE, Key, bit_string, certificate, day,
    extension, generalized_time, integer, name, octet_string, oid, pss_parameters, sequence, set_of,
    subject_alternative_name, tlv, utc_time)
from x509_policies import make_policy_parsing


def make_parsing():
    key, issuer = Key("parsing"), name("O=Example", "CN=parsing")
    def case(title, rule=None, extensions=(), subject=issuer, wrap=None, **options):
        python = options.pop("python", None)
        der = certificate(subject, options.pop("key", key), options.pop("issuer", issuer), key, extensions, **options)
        fields = {"name": title, "der": (wrap(der) if wrap else der).hex(), "result": "invalid" if rule else "valid"}
        return fields | ({"rule": rule} if rule else {}) | ({"python": python} if python else {})
    def replaced(old, new):
        def change(body, signature):
            assert body.count(old) == 1, (old, body.count(old))
            return resized(body.replace(old, new), body), signature
        return change
    def resized(changed, body):
        return tlv(0x30, changed[4 if body[1] == 0x82 else 3:])
    san = subject_alternative_name("DNS:a.example.org")
    der, structure = "derEncoding", "structure"
    yield case("a small certificate of version 3")
    yield case("version 1", version=1)
    yield case("version 2 with unique identifiers", version=2, before_extensions=tlv(0x81, b"\x00i") + tlv(0x82, b"\x00s"),
               python="does not read them")
    for kind in ("p256", "p384", "p521", "ed25519", "ed448"):
        yield case(f"a key of kind {kind}", key=Key("kind", kind))
    yield case("an RSA key", key=Key("kind", "rsa"))
    yield case("an RSASSA-PSS key", key=Key("kind", "rsa-pss"))
    yield case("an RSASSA-PSS key with parameters", key=Key("kind", "rsa-pss", parameters=pss_parameters("sha512")))
    yield case("valid from 1950 to 9999", not_before=day(1950), not_after=day(9999, 12, 31))
    yield case("several attributes in one part of the name", subject=name("C=XX", ("O=Example", "OU=Unit", "CN=a")))
    yield case("every form of name", extensions=[subject_alternative_name(
        "DNS:a.example.org", "IP:c0000201", "email:a@example.org", "URI:https://example.org/", "dir:CN=a", "RID:1.2.3", "other:")])

    yield case("empty input", der, wrap=lambda _: b"")
    yield case("a byte after the certificate", der, wrap=lambda body: body + b"\x00")
    yield case("a second certificate after the first", der, wrap=lambda body: body + body)
    yield case("the last byte missing", der, wrap=lambda body: body[:-1])
    yield case("half of it", der, wrap=lambda body: body[:len(body) // 2])
    yield case("a field after the signature", structure, after=NULL)
    yield case("indefinite length", der, wrap=lambda body: b"\x30\x80" + body[4 if body[1] == 0x82 else 3:] + b"\x00\x00")
    yield case("a length in too many octets", der,
               wrap=lambda body: b"\x30\x83\x00" + body[2:4] + body[4:] if body[1] == 0x82 else b"\x30\x82\x00" + body[2:])
    yield case("a short length in the long form", der, change=replaced(b"\x02\x01\x11", b"\x02\x81\x01\x11"))
    yield case("a high tag number", der, change=replaced(b"\x02\x01\x11", b"\x1f\x22\x01\x11"))
    yield case("a SET for the SEQUENCE", structure, wrap=lambda body: b"\x31" + body[1:])
    yield case("a primitive SEQUENCE", structure, wrap=lambda body: b"\x10" + body[1:])
    yield case("a constructed INTEGER", structure, change=replaced(b"\x02\x01\x11", b"\x22\x03\x02\x01\x11"))
    yield case("a serial number in too many octets", der, serial=b"\x00\x11")
    yield case("a serial number of no octets", der, serial=b"")
    yield case("the version 1 written out", structure, raw_version=tlv(0xA0, integer(0)))
    yield case("version 4", structure, raw_version=tlv(0xA0, integer(3)))
    yield case("a version of 3 bytes", structure, raw_version=tlv(0xA0, integer(1 << 16)))
    yield case("two versions", structure, raw_version=tlv(0xA0, integer(2), integer(2)))
    yield case("extensions in version 1", structure, version=1, extensions=[san])
    yield case("extensions in version 2", structure, version=2, extensions=[san])
    yield case("a unique identifier in version 1", structure, version=1, before_extensions=tlv(0x81, b"\x00i"))
    yield case("an empty list of extensions", structure, raw_extensions=tlv(0xA3, sequence()))
    yield case("extensions twice", structure, raw_extensions=tlv(0xA3, sequence(extension(san))) * 2)
    yield case("T-39: the same extension twice", "duplicateExtension", extensions=[san, san])
    yield case("T-39: the same unknown extension twice", "duplicateExtension",
               extensions=[("1.2.3.4", False, b"a"), ("1.2.3.4", False, b"b")])
    yield case("critical FALSE written out", der, extensions=[sequence(oid("1.2.3.4"), FALSE, octet_string(b""))])
    yield case("critical with the value 1", der, extensions=[sequence(oid("1.2.3.4"), b"\x01\x01\x01", octet_string(b""))])
    yield case("an extension without a value", structure, extensions=[sequence(oid("1.2.3.4"))])
    yield case("an extension with more behind", structure, extensions=[sequence(oid("1.2.3.4"), octet_string(b""), NULL)])
    yield case("a constructed extnValue", structure,
               extensions=[sequence(oid("1.2.3.4"), tlv(0x24, octet_string(b"a"), octet_string(b"b")))])
    yield case("an arc with a leading zero", der, extensions=[sequence(tlv(0x06, b"\x2a\x80\x01"), octet_string(b""))])
    yield case("an arc cut off", der, extensions=[sequence(tlv(0x06, b"\x2a\x81"), octet_string(b""))])
    yield case("an empty object identifier", der, extensions=[sequence(tlv(0x06), octet_string(b""))])
    yield case("T-39: an object identifier of 129 bytes", "parsingLimit",
               extensions=[sequence(tlv(0x06, b"\x2a" + bytes([0x81]) * 127 + b"\x01"), octet_string(b""))])
    yield case("an object identifier of 128 bytes", python="holds shorter ones", extensions=[sequence(tlv(0x06, b"\x2a" + b"\x01" * 127), octet_string(b""))])
    yield case("signature algorithms that differ", "signatureAlgorithmsEqual", outer=SIGNATURES["ecdsa-sha384"])
    yield case("signature algorithms with different parameters", "signatureAlgorithmsEqual",
               inner=sequence(oid("1.2.840.113549.1.1.11"), NULL), outer=sequence(oid("1.2.840.113549.1.1.11")))
    yield case("ECDSA with parameters", structure, inner=sequence(oid("1.2.840.10045.4.3.2"), NULL))
    yield case("a signature of 7 bits less", structure, unused=7,
               change=lambda body, signature: (body, signature[:-1] + b"\x80"))
    yield case("unused bits that are set", der, unused=1, change=lambda body, signature: (body, signature[:-1] + b"\x01"))
    yield case("an empty issuer", structure, issuer=sequence())
    yield case("an empty part of a name", structure, subject=sequence(tlv(0x31)))
    yield case("a name that is a SET", structure, subject=tlv(0x31, set_of(sequence(oid("2.5.4.3"), tlv(0x0C, b"a")))))
    yield case("an attribute of one field", structure, subject=sequence(set_of(sequence(oid("2.5.4.3")))))

    def times(title, rule, before, after=utc_time(day(2035))):
        return case(title, rule, times=(before, after))
    yield case("GeneralizedTime before 2050", times=(generalized_time(day(2025)), utc_time(day(2035))),
               python="says the profile forbids it")
    yield times("UTCTime without seconds", structure, tlv(0x17, b"2501010000Z"))
    yield times("UTCTime with an offset", structure, tlv(0x17, b"250101000000+0000"))
    yield times("UTCTime without Z", der, tlv(0x17, b"2501010000000"))
    yield times("UTCTime with a letter", der, tlv(0x17, b"25010100000xZ"))
    yield times("the 30th of February", der, tlv(0x17, b"250230000000Z"))
    yield times("month 13", der, tlv(0x17, b"251301000000Z"))
    yield times("hour 24", der, tlv(0x17, b"250101240000Z"))
    yield times("second 60", structure, tlv(0x17, b"250101000060Z"))
    yield times("GeneralizedTime with fractions", structure, utc_time(day(2025)), tlv(0x18, b"20500101000000.5Z"))
    yield times("a time that is an INTEGER", structure, integer(20250101))
    yield case("three times", structure, times=(utc_time(day(2025)),) * 3)

    def keyed(title, rule, spki):
        return case(title, rule, spki=spki)
    unsupported, point = "unsupportedPublicKey", key.spki[-65:]
    curve = sequence(oid(EC_KEY), oid(CURVES["p256"][1]))
    yield keyed("a key on P-224", unsupported, sequence(sequence(oid(EC_KEY), oid("1.3.132.0.33")), bit_string(b"\x04" + bytes(56))))
    yield keyed("a key on secp256k1", unsupported, sequence(sequence(oid(EC_KEY), oid("1.3.132.0.10")), bit_string(point)))
    yield keyed("a curve that is not named", unsupported, sequence(sequence(oid(EC_KEY), sequence(integer(1))), bit_string(point)))
    yield keyed("no curve", unsupported, sequence(sequence(oid(EC_KEY)), bit_string(point)))
    yield keyed("a compressed point", unsupported, sequence(curve, bit_string(b"\x02" + point[1:33])))
    yield keyed("a point too short", structure, sequence(curve, bit_string(point[:-1])))
    yield keyed("a point too long", structure, sequence(curve, bit_string(point + b"\x00")))
    yield keyed("a DSA key", unsupported, sequence(sequence(oid("1.2.840.10040.4.1"), sequence()), bit_string(integer(5))))
    yield keyed("an X25519 key", unsupported, sequence(sequence(oid("1.3.101.110")), bit_string(bytes(32))))
    yield keyed("an Ed25519 key of 31 bytes", structure, sequence(sequence(oid("1.3.101.112")), bit_string(bytes(31))))
    yield keyed("an Ed25519 key with parameters", structure, sequence(sequence(oid("1.3.101.112"), NULL), bit_string(bytes(32))))
    yield keyed("a key with unused bits", structure, sequence(sequence(oid("1.3.101.112")), bit_string(bytes(32), 1)))
    n = Key("kind", "rsa").numbers.n
    plain = sequence(oid(RSA_ENCRYPTION), NULL)
    def rsa(*parts, algorithm=plain):
        return sequence(algorithm, bit_string(sequence(*parts)))
    yield keyed("an RSA key without NULL", unsupported, rsa(integer(n), integer(3), algorithm=sequence(oid(RSA_ENCRYPTION))))
    yield keyed("an RSA key with a negative modulus", structure, rsa(integer(-n), integer(3)))
    yield keyed("an RSA key with a modulus in too many octets", der, rsa(tlv(0x02, b"\x00\x00" + n.to_bytes(256, "big")), integer(3)))
    yield keyed("an RSA key with a long exponent", structure, rsa(integer(n), integer((1 << 40) + 1)))
    yield keyed("an RSA key of three numbers", structure, rsa(integer(n), integer(3), integer(1)))
    yield keyed("an RSA key with bytes behind", der, sequence(plain, bit_string(sequence(integer(n), integer(3)) + b"\x00")))
    yield keyed("T-39: an RSA key of 20000 bits", "parsingLimit", rsa(integer((1 << 20000) - 1), integer(3)))
    yield keyed("an RSASSA-PSS key for SHA-1", unsupported,
                rsa(integer(n), integer(3), algorithm=sequence(oid(RSA_PSS), pss_parameters("sha1"))))

    def extended(title, rule, identifier, value, critical=False):
        return case(title, rule, extensions=[(identifier, critical, value)])
    names, constraints, subtree = "2.5.29.17", "2.5.29.30", lambda base, *more: sequence(tlv(0xA0, sequence(base, *more)))
    yield extended("subjectAltName without names", structure, names, sequence())
    yield extended("subjectAltName with bytes behind", der, names, sequence(tlv(0x82, b"a")) + b"\x00")
    yield extended("an iPAddress of 5 bytes", structure, names, sequence(tlv(0x87, bytes(5))))
    yield extended("T-43: a dNSName beyond ASCII", structure, names, sequence(tlv(0x82, "münchen.example".encode())))
    yield extended("a general name of form 9", structure, names, sequence(tlv(0x89, b"a")))
    yield extended("a general name that is no general name", structure, names, sequence(integer(1)))
    yield extended("a constructed dNSName", structure, names, sequence(tlv(0xA2, tlv(0x16, b"a"))))
    yield extended("cA FALSE written out", der, "2.5.29.19", sequence(FALSE))
    yield extended("pathLenConstraint without cA", structure, "2.5.29.19", sequence(integer(0)))
    yield extended("a negative pathLenConstraint", structure, "2.5.29.19", sequence(TRUE, integer(-1)))
    yield extended("basicConstraints with more behind", structure, "2.5.29.19", sequence(TRUE, integer(0), integer(0)))
    yield extended("keyUsage of three bytes", structure, "2.5.29.15", bit_string(b"\x80\x00\x80", 7))
    yield extended("keyUsage that is no BIT STRING", der, "2.5.29.15", octet_string(b"\x80"))
    yield extended("an empty extendedKeyUsage", structure, "2.5.29.37", sequence())
    yield extended("nameConstraints without subtrees", structure, constraints, sequence())
    yield extended("nameConstraints with an empty list", structure, constraints, sequence(tlv(0xA0)))
    yield extended("a subtree with a minimum", structure, constraints, subtree(tlv(0x82, b"a"), tlv(0x80, b"\x01")))
    yield extended("a subtree with a maximum", structure, constraints, subtree(tlv(0x82, b"a"), tlv(0x81, b"\x01")))
    yield extended("an address constraint without mask", structure, constraints, subtree(tlv(0x87, bytes(4))))
    yield extended("a mask with holes", structure, constraints, subtree(tlv(0x87, bytes(4) + b"\xff\x00\xff\x00")))
    yield extended("a wildcard as constraint", structure, constraints, subtree(tlv(0x82, b"*.example.org")))
    yield extended("a dot as constraint", structure, constraints, subtree(tlv(0x82, b".")))
    yield from make_policy_parsing(extended)
    yield extended("authorityKeyIdentifier that is no SEQUENCE", structure, "2.5.29.35", octet_string(b"a"))
    yield extended("subjectKeyIdentifier that is no OCTET STRING", structure, "2.5.29.14", integer(1))
