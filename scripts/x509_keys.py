"""Private key files, each to be read or refused. See make-x509-vectors.py."""
import base64

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from vector_inputs import octets
from x509_der import (
    EC_KEY, NULL, RSA_ENCRYPTION, RSA_PSS, Key, certificate, integer, name, octet_string, oid, pss_parameters,
    sequence, tlv)


def armour(label, body, width=64, headers=""):
    text = base64.b64encode(body).decode()
    lines = [text[start:start + width] for start in range(0, len(text), width)]
    return f"-----BEGIN {label}-----\n{headers}" + "\n".join(lines) + f"\n-----END {label}-----\n"


def make_keys():
    certificates, cases = {}, []
    keys = {kind: Key(f"file {kind}", kind) for kind in ("p256", "p384", "p521", "ed25519", "ed448", "rsa", "rsa-pss")}
    keys["rsa-pss-sha384"] = Key("file", "rsa-pss", parameters=pss_parameters("sha384"))
    for kind, key in keys.items():
        algorithm = "pss-sha384" if kind.endswith("sha384") else None
        certificates[kind] = certificate(name(f"CN={kind}"), key, name(f"CN={kind}"), key, algorithm=algorithm).hex()

    def good(title, pem, key):
        cases.append({"name": title, "pem": pem, "result": "valid", "certificate": key})

    def bad(title, pem, rule="privateKey"):
        cases.append({"name": title, "pem": pem, "result": "invalid", "rule": rule})

    def pem(key, form):
        return key.private.private_bytes(Encoding.PEM, form, NoEncryption()).decode()

    for kind, key in keys.items():
        if kind.startswith("rsa-pss"):
            inner = key.private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
            algorithm = sequence(oid(RSA_PSS), key.parameters or b"")
            good(f"PKCS#8, {kind}", armour("PRIVATE KEY", sequence(integer(0), algorithm, octet_string(inner))), kind)
        else:
            good(f"PKCS#8, {kind}", pem(key, PrivateFormat.PKCS8), kind)
    good("PKCS#1, rsa", pem(keys["rsa"], PrivateFormat.TraditionalOpenSSL), "rsa")
    for kind in ("p256", "p384", "p521"):
        good(f"SEC 1, {kind}", pem(keys[kind], PrivateFormat.TraditionalOpenSSL), kind)
    key = keys["p256"]
    pkcs8 = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    ed_seed = keys["ed25519"].private.private_bytes_raw()
    ed_algorithm, ed_inner = sequence(oid("1.3.101.112")), octet_string(ed_seed)
    parameters = armour("EC PARAMETERS", oid(key.curve_oid))
    sec1 = pem(key, PrivateFormat.TraditionalOpenSSL)
    good("EC PARAMETERS and a certificate in front, text between",
         "some text\n" + parameters + armour("CERTIFICATE", bytes.fromhex(certificates["rsa"])) + "more\n" + sec1, "p256")
    good("lines of 76 and CRLF", armour("PRIVATE KEY", pkcs8, 76).replace("\n", "\r\n"), "p256")
    good("one long line, no line end behind", armour("PRIVATE KEY", pkcs8, 100000).rstrip("\n"), "p256")
    good("OneAsymmetricKey with attributes and the public key",
         armour("PRIVATE KEY", sequence(integer(1), ed_algorithm, octet_string(ed_inner), tlv(0xA0),
                                        tlv(0x81, b"\x00", keys["ed25519"].private.public_key().public_bytes_raw()))), "ed25519")
    scalar = key.private.private_numbers().private_value.to_bytes(32, "big")
    algorithm = sequence(oid(EC_KEY), oid(key.curve_oid))
    good("an EC key without the public key", armour("PRIVATE KEY", sequence(
        integer(0), algorithm, octet_string(sequence(integer(1), octet_string(scalar))))), "p256")
    short = next(Key(f"short {index}") for index in range(4000)
                 if Key(f"short {index}").private.private_numbers().private_value >> 248 == 0)
    certificates["short"] = certificate(name("CN=short"), short, name("CN=short"), short).hex()
    stripped = short.private.private_numbers().private_value.to_bytes(31, "big")
    good("a scalar with its leading zero left out", armour("EC PRIVATE KEY", sequence(
        integer(1), octet_string(stripped), tlv(0xA0, oid(short.curve_oid)))), "short")

    bad("nothing", "")
    bad("a certificate only", armour("CERTIFICATE", bytes.fromhex(certificates["p256"])))
    # What is encrypted is not looked at; real encryption would be different octets in every run.
    bad("PKCS#8, encrypted", armour("ENCRYPTED PRIVATE KEY", octets("x509/encrypted", 200)), "encryptedPrivateKey")
    bad("PKCS#1, encrypted", armour("RSA PRIVATE KEY", octets("x509/encrypted", 1200), headers=(
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n")), "encryptedPrivateKey")
    bad("a DSA key", armour("DSA PRIVATE KEY", sequence(integer(0))))
    bad("no END line", armour("PRIVATE KEY", pkcs8).rsplit("-----END", 1)[0], "pem")
    bad("another END line", armour("PRIVATE KEY", pkcs8).replace("END PRIVATE", "END EC PRIVATE"), "pem")
    bad("no base64", "-----BEGIN PRIVATE KEY-----\nno base64!\n-----END PRIVATE KEY-----\n", "pem")
    bad("base64 cut off", armour("PRIVATE KEY", pkcs8).replace("=\n", "\n").replace("=\n", "\n") if len(pkcs8) % 3 else
        armour("PRIVATE KEY", pkcs8 + b"\x00").replace("=\n", "\n").replace("=\n", "\n"), "pem")
    bad("padding in the middle", "-----BEGIN PRIVATE KEY-----\nAA==AAAA\n-----END PRIVATE KEY-----\n", "pem")
    bad("three paddings", "-----BEGIN PRIVATE KEY-----\nA===\n-----END PRIVATE KEY-----\n", "pem")
    bad("an empty block", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "pem")
    bad("a byte behind", armour("PRIVATE KEY", pkcs8 + b"\x00"))
    bad("cut off", armour("PRIVATE KEY", pkcs8[:-5]))
    bad("indefinite length", armour("PRIVATE KEY", b"\x30\x80" + pkcs8[3:] + b"\x00\x00"))
    bad("a length in too many octets", armour("PRIVATE KEY", b"\x30\x82\x00" + pkcs8[2:]))
    bad("version 2", armour("PRIVATE KEY", sequence(integer(2), ed_algorithm, octet_string(ed_inner))))
    bad("an unknown algorithm", armour("PRIVATE KEY", sequence(integer(0), sequence(oid("1.2.3.4")), octet_string(b"\x00"))))
    bad("P-224", armour("PRIVATE KEY", sequence(integer(0), sequence(oid(EC_KEY), oid("1.3.132.0.33")), octet_string(
        sequence(integer(1), octet_string(bytes(27) + b"\x01"))))))
    bad("an EC key without a curve", armour("EC PRIVATE KEY", sequence(integer(1), octet_string(scalar))))
    bad("two curves", armour("PRIVATE KEY", sequence(integer(0), algorithm, octet_string(
        sequence(integer(1), octet_string(scalar), tlv(0xA0, oid("1.3.132.0.34")))))))
    bad("a scalar too long", armour("EC PRIVATE KEY", sequence(
        integer(1), octet_string(b"\x00" + scalar), tlv(0xA0, oid(key.curve_oid)))))
    for title, value in (("zero", bytes(32)), ("the order", bytes.fromhex(
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"))):
        bad(f"a scalar of {title}", armour("EC PRIVATE KEY", sequence(
            integer(1), octet_string(value), tlv(0xA0, oid(key.curve_oid)))))
    bad("an Ed25519 key of 31 bytes", armour("PRIVATE KEY", sequence(integer(0), ed_algorithm, octet_string(
        octet_string(ed_seed[:31])))))
    bad("an Ed25519 key without the inner OCTET STRING", armour("PRIVATE KEY", sequence(
        integer(0), ed_algorithm, octet_string(ed_seed))))
    n = keys["rsa"].numbers
    parts = [0, n.n, n.e, n.d, n.p, n.q, n.d % (n.p - 1), n.d % (n.q - 1), pow(n.q, -1, n.p)]
    plain = sequence(oid(RSA_ENCRYPTION), NULL)
    def rsa(*values):
        return armour("PRIVATE KEY", sequence(integer(0), plain, octet_string(sequence(*map(integer, values)))))
    bad("an RSA key of three primes", rsa(1, *parts[1:]))
    bad("an RSA key with a negative exponent", rsa(*parts[:3], -n.d, *parts[4:]))
    bad("an RSA key whose primes do not make the modulus", rsa(*parts[:4], n.p + 2, *parts[5:]))
    bad("an RSA key without primes", rsa(*parts[:4]))
    return certificates, cases
