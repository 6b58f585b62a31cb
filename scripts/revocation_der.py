"""Revocation lists and OCSP responses by hand, so that every rule can be kept or broken. See make-revocation-vectors.py."""
import hashlib

from x509_der import (
    HASH_OIDS, NULL, SIGNATURES, bit_string, day, extension, general_name, generalized_time, integer, octet_string, oid,
    sequence, time, tlv)

THIS, NEXT = day(2026, 5, 25), day(2026, 6, 10)
REASON, ISSUER, INVALIDITY = "2.5.29.21", "2.5.29.29", "2.5.29.24"


def reason_code(value, critical=False):
    return REASON, critical, tlv(0x0A, bytes([value]))


def entry(serial, date=day(2026, 5, 20), *extensions, raw=b""):
    block = sequence(*[extension(each) for each in extensions]) if extensions else b""
    return sequence(tlv(0x02, serial), time(date) if not isinstance(date, bytes) else date, block, raw)


def distribution_point_name(*names, relative=None):
    inner = tlv(0xA1, relative) if relative else tlv(0xA0, *[general_name(each) for each in names])
    return tlv(0xA0, inner)


def issuing_distribution_point(*names, users=False, authorities=False, reasons=False, indirect=False, attributes=False,
                               critical=True, relative=None):
    body = distribution_point_name(*names, relative=relative) if names or relative else b""
    for flag, number in ((users, 1), (authorities, 2)):
        body += tlv(0x80 | number, b"\xff") if flag else b""
    body += tlv(0x83, b"\x06\x40") if reasons else b""
    for flag, number in ((indirect, 4), (attributes, 5)):
        body += tlv(0x80 | number, b"\xff") if flag else b""
    return "2.5.29.28", critical, sequence(body)


def distribution_points(*points):
    """Each point is a tuple of names, or bytes."""
    return "2.5.29.31", False, sequence(*[point if isinstance(point, bytes) else sequence(distribution_point_name(*point))
                                          for point in points])


def crl_number(value):
    return "2.5.29.20", False, integer(value)


def key_identifier(key):
    return "2.5.29.35", False, sequence(tlv(0x80, key.identifier))


def revocation_list(issuer, key, entries=(), extensions=(), *, this=THIS, until=NEXT, version=integer(1), algorithm=None,
                    outer=None, entries_field=None, after=b"", raw_extensions=None, unused=0, change=None):
    """The DER of one list. Every argument with a default breaks or bends something."""
    algorithm = algorithm or key.default_algorithm()
    dates = [each if isinstance(each, bytes) else time(each) for each in (this, until) if each is not None]
    if entries_field is None:
        entries_field = sequence(*entries) if entries else b""
    block = tlv(0xA0, sequence(*[extension(each) for each in extensions])) if extensions else b""
    body = sequence(version, SIGNATURES[algorithm], issuer, *dates, entries_field,
                    block if raw_extensions is None else raw_extensions, after)
    signature = key.sign(algorithm, body)
    if change:
        body, signature = change(body, signature)
    return sequence(body, outer or SIGNATURES[algorithm], bit_string(signature, unused))


BASIC = "1.3.6.1.5.5.7.48.1.1"
NOCHECK = ("1.3.6.1.5.5.7.48.1.5", False, NULL)
MUST_STAPLE = ("1.3.6.1.5.5.7.1.24", False, sequence(integer(5)))
GOOD, UNKNOWN = tlv(0x80), tlv(0x82)


def was_revoked(date=day(2026, 5, 20), reason=None):
    return tlv(0xA1, generalized_time(date), tlv(0xA0, tlv(0x0A, bytes([reason]))) if reason is not None else b"")


def certificate_id(issuer_name, issuer_key, serial, which="sha1", hash_oid=None):
    algorithm = sequence(oid(hash_oid or HASH_OIDS[which]), NULL)
    return sequence(algorithm, octet_string(hashlib.new(which, issuer_name).digest()),
                    octet_string(hashlib.new(which, key_bits(issuer_key)).digest()), tlv(0x02, serial))


def key_bits(key):
    """The contents of the subjectPublicKey, without the octet of unused bits."""
    def contents(der, at):
        """Where the contents of the value at `at` begin and end."""
        first = der[at + 1]
        if first < 0x80:
            return at + 2, at + 2 + first
        start = at + 2 + (first & 0x7F)
        return start, start + int.from_bytes(der[at + 2:start], "big")
    algorithm, _ = contents(key.spki, 0)
    _, bits = contents(key.spki, algorithm)
    return key.spki[contents(key.spki, bits)[0] + 1:]


def single(identifier, status=GOOD, this=THIS, until=NEXT, extensions=()):
    return sequence(identifier, status, generalized_time(this) if not isinstance(this, bytes) else this,
                    tlv(0xA0, generalized_time(until)) if until else b"",
                    tlv(0xA1, sequence(*[extension(each) for each in extensions])) if extensions else b"")


def by_name(name):
    return tlv(0xA1, name)


def by_key(key):
    return tlv(0xA2, octet_string(hashlib.sha1(key_bits(key)).digest()))


def ocsp_response(responder, key, singles, *, certificates=(), extensions=(), algorithm=None, version=b"", status=0,
                  response_type=BASIC, change=None, bare=False, produced=THIS, raw_certificates=None):
    algorithm = algorithm or key.default_algorithm()
    data = sequence(version, responder, generalized_time(produced), sequence(*singles),
                    tlv(0xA1, sequence(*[extension(each) for each in extensions])) if extensions else b"")
    signature = key.sign(algorithm, data)
    if change:
        data, signature = change(data, signature)
    certs = tlv(0xA0, sequence(*certificates)) if certificates else b""
    basic = sequence(data, SIGNATURES[algorithm], bit_string(signature), certs if raw_certificates is None else raw_certificates)
    wrapped = b"" if bare else tlv(0xA0, sequence(oid(response_type), octet_string(basic)))
    return sequence(tlv(0x0A, bytes([status])), wrapped)
