"""Paths with lists and staples, each kept or broken in one way. See make-revocation-vectors.py."""
from vector_inputs import flip
from revocation_der import (
    GOOD, MUST_STAPLE, NEXT, NOCHECK, THIS, UNKNOWN, by_key, by_name, certificate_id, crl_number, distribution_point_name,
    distribution_points, entry, issuing_distribution_point, key_identifier, ocsp_response, reason_code, revocation_list, single,
    was_revoked)
from x509_cases import World
from x509_der import (
    NULL, Key, basic_constraints, bit_string, day, extended_key_usage, integer, key_usage, name, sequence, set_of, tlv, oid)

NOW = int(day(2026, 6).timestamp())
LEAF, ISSUING = b"\x10\x01", b"\x20\x01"
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
UNTIL = int(NEXT.timestamp())
# The answer holds until what is passed over, because it counts later, begins to count.
BEFORE_LATER = int(day(2026, 6, 2).timestamp()) - 1


class Revocation:
    """Certificates, lists and responses by name, and the cases that use them."""

    def __init__(self):
        self.world, self.lists, self.responses, self.cases = World(), {}, {}, []

    def list(self, label, issuer, entries=(), extensions=(), key=None, **options):
        assert label not in self.lists, label
        self.lists[label] = revocation_list(
            self.world.subjects[issuer], key or self.world.keys[issuer], entries, extensions, **options).hex()

    def staple(self, label, singles=None, responder=None, key=None, **options):
        world = self.world
        assert label not in self.responses, label
        self.responses[label] = ocsp_response(
            responder or by_name(world.subjects["issuing"]), key or world.keys["issuing"],
            [single(self.identifier())] if singles is None else singles, **options).hex()

    def identifier(self, serial=LEAF, issuer="issuing", which="sha1", key=None, hash_oid=None):
        return certificate_id(self.world.subjects[issuer], key or self.world.keys[issuer], serial, which, hash_oid)

    def case(self, title, lists="", staple=None, *, path="leaf issuing root", mode="prefer", scope="path", requested=True,
             rule=None, until=None, says=None, at=NOW, openssl=None):
        fields = {"name": title, "path": path.split(), "mode": mode, "scope": scope, "lists": lists.split(), "at": at,
                  "requested": requested}
        if staple:
            fields["staple"] = staple
        fields |= {"result": "invalid", "rule": rule} if rule else {"result": "valid", "until": until}
        if says:
            fields["says"] = says
        if openssl:
            fields["openssl"] = openssl
        self.cases.append(fields)


def make_status():
    revocation = Revocation()
    world = revocation.world
    world.authority("root", serial=b"\x01")
    world.authority("issuing", "root", serial=ISSUING)
    world.leaf("leaf", "issuing", serial=LEAF)
    world.leaf("must-staple", "issuing", MUST_STAPLE, serial=LEAF)
    for make in (lists, scopes, list_signatures, staples, responders, must_staple):
        make(revocation)
    return world.der, revocation.lists, revocation.responses, revocation.cases


def lists(r):
    case = r.case
    r.list("issuing-empty", "issuing")
    r.list("root-empty", "root")
    r.list("issuing-leaf", "issuing", [entry(b"\x07"), entry(LEAF, day(2026, 5, 20), reason_code(1)), entry(b"\x10\x02")])
    r.list("root-issuing", "root", [entry(ISSUING, day(2026, 4, 1), reason_code(2))])
    r.list("issuing-leaf-plain", "issuing", [entry(LEAF)])
    r.list("issuing-many", "issuing", [entry(bytes([0x11, high, low])) for high in range(4) for low in range(0, 250, 7)]
           + [entry(LEAF)])
    r.list("issuing-alike", "issuing", [entry(b"\x01" + bytes(7) + b"\x10\x01"), entry(b"\x02" + bytes(7) + b"\x10\x01")])
    r.list("issuing-alike-leaf", "issuing", [entry(b"\x01" + bytes(6) + b"\x10\x01"), entry(LEAF), entry(b"\x02\x10\x01")])
    r.list("issuing-stale", "issuing", this=day(2026, 5, 1), until=day(2026, 5, 31))
    r.list("issuing-stale-leaf", "issuing", [entry(LEAF)], this=day(2026, 5, 1), until=day(2026, 5, 31))
    r.list("issuing-future", "issuing", [entry(LEAF)], this=day(2026, 6, 2), until=day(2026, 6, 20))
    r.list("issuing-newer", "issuing", this=day(2026, 5, 28), until=day(2026, 6, 5))
    r.list("issuing-older-leaf", "issuing", [entry(LEAF, day(2026, 5, 1), reason_code(6))], this=day(2026, 5, 10))
    r.list("issuing-newer-leaf", "issuing", [entry(LEAF)], this=day(2026, 5, 30))
    case("no lists, and none is needed", says="no list of its issuer")
    case("lists of both issuers, the earlier end counts", "issuing-newer root-empty", until=int(day(2026, 6, 5).timestamp()),
         mode="require")
    case("the last second of a list", "issuing-empty root-empty", mode="require", at=UNTIL, until=UNTIL,
         openssl="ends a second earlier")
    case("a second later", "issuing-empty root-empty", mode="require", at=UNTIL + 1, rule="revocationStatusUnknown",
         says="it counted until 2026-06-10T00:00:00Z")
    case("the first second of a list", "issuing-empty root-empty", mode="require", at=int(THIS.timestamp()), until=UNTIL)
    case("a second earlier", "issuing-empty root-empty", mode="require", at=int(THIS.timestamp()) - 1,
         rule="revocationStatusUnknown", says="it counts from 2026-05-25T00:00:00Z on")
    case("a revoked peer", "issuing-leaf root-empty", rule="revoked",
         says="revoked on 2026-05-20T00:00:00Z, reason keyCompromise: the list of 2026-05-25T00:00:00Z")
    case("a revoked peer, required", "issuing-leaf root-empty", mode="require", rule="revoked")
    case("a revoked peer, its status alone", "issuing-leaf", scope="peer", rule="revoked")
    case("a revoked peer, without a reason", "issuing-leaf-plain", rule="revoked", says="without a reason")
    case("a revoked peer among many", "issuing-many", rule="revoked")
    case("serial numbers that end alike", "issuing-alike root-empty", mode="require", until=UNTIL)
    case("serial numbers that end alike, and the peer's", "issuing-alike-leaf root-empty", mode="require", rule="revoked")
    case("a revoked peer, and nothing is looked at", "issuing-leaf root-empty", mode="off")
    case("a revoked intermediate", "issuing-empty root-issuing", rule="revoked", says="reason cACompromise")
    case("a revoked intermediate, and the peer's status alone counts", "issuing-empty root-issuing", scope="peer", until=UNTIL)
    case("an intermediate without a list, required", "issuing-empty", mode="require", rule="revocationStatusUnknown",
         says="no list of its issuer")
    case("an intermediate without a list, the peer's status alone required", "issuing-empty", mode="require", scope="peer",
         until=UNTIL)
    case("a peer without a list, required", "root-empty", mode="require", rule="revocationStatusUnknown")
    case("a peer without a list, preferred", "root-empty", until=UNTIL)
    case("an anchor on a list of its own", "root-empty", path="root", mode="require")
    case("a stale list, preferred", "issuing-stale", says="it counted until 2026-05-31T00:00:00Z")
    case("a stale list with the peer on it, preferred", "issuing-stale-leaf", says="passed over")
    case("a stale list, required", "issuing-stale root-empty", mode="require", rule="revocationStatusUnknown",
         says="the list of 2026-05-01T00:00:00Z: it counted until 2026-05-31T00:00:00Z")
    case("a list that counts later, preferred", "issuing-future", until=BEFORE_LATER, says="it counts from 2026-06-02T00:00:00Z on")
    case("a list that counts later, required", "issuing-future root-empty", mode="require", rule="revocationStatusUnknown")
    case("the newest list decides: the peer is off the list again", "issuing-older-leaf issuing-newer", scope="peer",
         until=int(day(2026, 6, 5).timestamp()))
    case("the newest list decides: the peer is on it", "issuing-empty issuing-newer-leaf", rule="revoked")
    case("a list that counts later does not hide the present one", "issuing-future issuing-empty", scope="peer",
         mode="require", until=BEFORE_LATER)
    r.list("issuing-hold", "issuing", [entry(LEAF, day(2026, 5, 20), reason_code(6))])
    case("a certificate on hold", "issuing-hold", rule="revoked", says="certificateHold")


def scopes(r):
    case, world = r.case, r.world
    point, other = "URI:http://crl.example.org/a.crl", "URI:http://crl.example.org/b.crl"
    world.leaf("pointed", "issuing", distribution_points((other, point)), serial=LEAF)
    world.leaf("elsewhere", "issuing", distribution_points((other,)), serial=LEAF)
    some = sequence(distribution_point_name(point), tlv(0x81, b"\x06\x40"))
    world.leaf("pointed-some", "issuing", distribution_points(some), serial=LEAF)
    foreign = sequence(distribution_point_name(point), tlv(0xA2, tlv(0xA4, name("CN=somebody"))))
    world.leaf("pointed-foreign", "issuing", distribution_points(foreign), serial=LEAF)
    world.leaf("pointed-broken", "issuing", ("2.5.29.31", False, sequence(NULL)), serial=LEAF)
    world.leaf("pointed-nothing", "issuing", distribution_points(), serial=LEAF)
    relative = set_of(sequence(oid("2.5.4.3"), tlv(0x0C, b"list 7")))
    relative = relative[2:]
    world.leaf("relative", "issuing", distribution_points(sequence(distribution_point_name(relative=relative))), serial=LEAF)
    world.leaf("other-form", "issuing", distribution_points(("other:",)), serial=LEAF)
    for label, entries in (("", ()), ("-leaf", [entry(LEAF)])):
        r.list(f"users{label}", "issuing", entries, [issuing_distribution_point(users=True)])
        r.list(f"authorities{label}", "issuing", entries, [issuing_distribution_point(authorities=True)])
        r.list(f"some{label}", "issuing", entries, [issuing_distribution_point(reasons=True)])
        r.list(f"point{label}", "issuing", entries, [issuing_distribution_point(point)])
        r.list(f"point-users{label}", "issuing", entries, [issuing_distribution_point(point, users=True)])
    r.list("root-authorities", "root", [], [issuing_distribution_point(authorities=True)])
    r.list("root-users", "root", [], [issuing_distribution_point(users=True)])
    r.list("relative", "issuing", [], [issuing_distribution_point(relative=relative)])
    r.list("other-form", "issuing", [], [issuing_distribution_point("other:")])
    r.list("free-point", "issuing", [], [issuing_distribution_point(point, critical=False)])
    r.list("some-older-leaf", "issuing", [entry(LEAF)], [issuing_distribution_point(reasons=True)], this=day(2026, 5, 10))
    peer = {"scope": "peer", "mode": "require"}
    case("onlyContainsUserCerts and a peer", "users", **peer, until=UNTIL)
    case("onlyContainsUserCerts and a revoked peer", "users-leaf", **peer, rule="revoked")
    case("onlyContainsCACerts and a peer", "authorities", **peer, rule="revocationStatusUnknown",
         says="it is about authorities' certificates alone")
    case("onlyContainsCACerts and a peer of that number", "authorities-leaf", scope="peer", says="authorities")
    case("onlyContainsCACerts and an intermediate", "users root-authorities", mode="require", until=UNTIL)
    case("onlyContainsUserCerts and an intermediate", "users root-users", mode="require", rule="revocationStatusUnknown",
         says="it is about end-entity certificates alone", openssl="says it otherwise")
    case("onlySomeReasons proves nothing good", "some", **peer, rule="revocationStatusUnknown",
         says="it is about some reasons alone")
    case("onlySomeReasons proves that a peer is revoked", "some-leaf", scope="peer", rule="revoked")
    case("onlySomeReasons beside a complete list", "some issuing-empty", **peer, until=UNTIL)
    case("onlySomeReasons with the peer beside a complete list without", "some-leaf issuing-empty", **peer, rule="revoked")
    case("onlySomeReasons older than the complete list", "some-older-leaf issuing-empty", **peer, until=UNTIL)
    path = "pointed issuing root"
    case("a list of the certificate's distribution point", "point", path=path, **peer, until=UNTIL)
    case("the same with the peer on it", "point-leaf", path=path, **peer, rule="revoked")
    case("the same, not critical", "free-point", path=path, **peer, until=UNTIL)
    case("the same, for users", "point-users", path=path, **peer, until=UNTIL)
    case("a list of another distribution point", "point", path="elsewhere issuing root", **peer, rule="revocationStatusUnknown",
         says="it is of another distribution point than the certificate's")
    case("a list of a distribution point, and a certificate without one", "point", **peer, rule="revocationStatusUnknown",
         says="the certificate names none")
    case("a list of no distribution point, and a certificate with one", "issuing-empty", path=path, **peer, until=UNTIL)
    case("a distribution point for some reasons", "point", path="pointed-some issuing root", **peer,
         rule="revocationStatusUnknown", says="some reasons alone")
    case("a distribution point for some reasons, and the peer is revoked", "point-leaf", path="pointed-some issuing root", **peer,
         rule="revoked")
    case("a distribution point of another issuer's lists", "point", path="pointed-foreign issuing root", **peer,
         rule="revocationStatusUnknown", says="another distribution point")
    case("distribution points that cannot be read", "point", path="pointed-broken issuing root", **peer,
         rule="revocationStatusUnknown", says="cannot be read")
    case("distribution points that are none", "point", path="pointed-nothing issuing root", **peer,
         rule="revocationStatusUnknown", says="another distribution point")
    case("distribution points that cannot be read do not matter to a complete list", "issuing-empty",
         path="pointed-broken issuing root", **peer, until=UNTIL, openssl="refuses the certificate")
    case("a name relative to the issuer", "relative", path="relative issuing root", **peer, until=UNTIL)
    case("a name relative to the issuer, and a full one", "relative", path=path, **peer, rule="revocationStatusUnknown",
         says="another distribution point")
    case("names of a form that is not read are never the same", "other-form", path="other-form issuing root", **peer,
         rule="revocationStatusUnknown", says="another distribution point", openssl="compares them whole")


def list_signatures(r):
    case, world = r.case, r.world
    require = {"scope": "peer", "mode": "require"}
    stranger = Key("stranger")
    r.list("stranger", "issuing", [entry(LEAF)], key=stranger)
    r.list("stranger-named", "issuing", [entry(LEAF)], [key_identifier(stranger)], key=stranger)
    r.list("named", "issuing", [entry(LEAF)], [key_identifier(world.keys["issuing"]), crl_number(7)])
    r.list("flipped", "issuing", change=lambda body, signature: (body, flip(signature, 8 * len(signature) - 1)))
    r.list("shortened", "issuing", [entry(LEAF)],
           change=lambda body, signature: (body.replace(LEAF + b"\x17", b"\x10\x03\x17"), signature))
    case("a list that another key signed", "stranger", scope="peer", says="did not sign it")
    case("a list that another key signed, required", "stranger", **require, rule="revocationStatusUnknown",
         says="the key of CN=issuing,O=Example did not sign it")
    case("a list that names another key", "stranger-named", **require, rule="revocationStatusUnknown",
         says="it is signed with another key of that name")
    case("a list that names the key", "named", **require, rule="revoked")
    case("a list that another key signed beside the right one", "stranger issuing-empty", **require, until=UNTIL,
         openssl="takes the first of equal lists")
    case("a list with a bit of its signature flipped", "flipped", **require, rule="revocationStatusUnknown", says="did not sign it")
    case("a list with an entry changed", "shortened", **require, rule="revocationStatusUnknown", says="did not sign it")
    rsa = Key("rsa issuing", "rsa")
    world.authority("rsa", "root", key=rsa, serial=b"\x20\x02")
    world.leaf("rsa-leaf", "rsa", serial=LEAF)
    for algorithm in ("rsa-sha256", "rsa-sha512", "pss-sha256", "rsa-sha1", "rsa-md5"):
        r.list(f"list-{algorithm}", "rsa", [], algorithm=algorithm)
        weak = algorithm.endswith(("sha1", "md5"))
        case(f"a list signed with {algorithm}", f"list-{algorithm}", path="rsa-leaf rsa root", **require,
             **({"rule": "revocationStatusUnknown", "says": "which was not offered", "openssl": "takes it"} if weak else {"until": UNTIL}))
    world.authority("no-lists", "root", usage=("keyCertSign",), serial=b"\x20\x03")
    world.leaf("no-lists-leaf", "no-lists", serial=LEAF)
    r.list("no-lists", "no-lists", [entry(LEAF)])
    case("an issuer without cRLSign", "no-lists", path="no-lists-leaf no-lists root", **require,
         rule="revocationStatusUnknown", says="the issuer's key may not sign lists: keyCertSign")
    world.issue("free-issuing", "root", [basic_constraints()], serial=b"\x20\x04")
    world.leaf("free-leaf", "free-issuing", serial=LEAF)
    r.list("free", "free-issuing", [entry(LEAF)])
    case("an issuer without keyUsage", "free", path="free-leaf free-issuing root", **require, rule="revoked")


def staples(r):
    case, peer = r.case, {"scope": "peer"}
    require = {"scope": "peer", "mode": "require"}
    own = r.identifier
    r.staple("good")
    r.staple("good-by-key", responder=by_key(r.world.keys["issuing"]))
    for which in ("sha256", "sha384", "sha512"):
        r.staple(f"good-{which}", [single(own(which=which))])
        case(f"a staple that names the issuer with {which}", "", f"good-{which}", **require, until=UNTIL)
    case("a good staple", "", "good", **require, until=UNTIL)
    case("a good staple, preferred", "", "good", until=UNTIL)
    case("a good staple that was not asked for", "", "good", **require, requested=False, until=UNTIL)
    case("a responder named by its key", "", "good-by-key", **require, until=UNTIL)
    case("a staple is no status of an intermediate", "", "good", mode="require", rule="revocationStatusUnknown",
         says="no list of its issuer")
    case("a staple and lists, the earlier end counts", "root-empty issuing-newer", "good", mode="require",
         until=int(day(2026, 6, 5).timestamp()))
    case("a good staple and a list with the peer", "issuing-leaf", "good", **require, rule="revoked")
    r.staple("several", [single(own(b"\x07"), was_revoked()), single(own()), single(own(b"\x08"), UNKNOWN)])
    case("a staple about several certificates", "", "several", **require, until=UNTIL)
    r.staple("nonce", extensions=[("1.3.6.1.5.5.7.48.1.2", True, tlv(0x04, bytes(16)))])
    case("a nonce does not count", "", "nonce", **require, until=UNTIL)
    r.staple("extension", extensions=[("1.3.6.1.4.1.99999.2", False, NULL)])
    case("an unknown extension that is not critical", "", "extension", **require, until=UNTIL)
    for label, options in (("response", {"extensions": [("1.3.6.1.4.1.99999.2", True, NULL)]}),
                           ("status", {"singles": [single(own(), extensions=[("1.3.6.1.4.1.99999.2", True, NULL)])]})):
        r.staple(f"critical-{label}", **options)
        case(f"an unknown critical extension of the {label}", "", f"critical-{label}", **peer, rule="stapledResponse",
             says="1.3.6.1.4.1.99999.2")

    r.staple("revoked", [single(own(), was_revoked(reason=1))])
    r.staple("unknown", [single(own(), UNKNOWN)])
    r.staple("expired", [single(own(), this=day(2026, 5, 1), until=day(2026, 5, 31))])
    r.staple("expired-revoked", [single(own(), was_revoked(), this=day(2026, 5, 1), until=day(2026, 5, 31))])
    r.staple("future", [single(own(), this=day(2026, 6, 2))])
    others = {"number": own(b"\x10\x02"), "issuer": own(issuer="root"), "key": own(key=r.world.keys["root"]),
              "hash": own(hash_oid="1.2.840.113549.2.5")}
    for what, identifier in others.items():
        r.staple(f"other-{what}", [single(identifier)])
    r.staple("none", [])
    for mode in ("prefer", "require"):
        more = {"scope": "peer", "mode": mode}
        case(f"T-44: a staple that says revoked, {mode}", "", "revoked", **more, rule="revoked",
             says="revoked on 2026-05-20T00:00:00Z, reason keyCompromise: the stapled response of")
        case(f"T-44: a staple that says unknown, {mode}", "", "unknown", **more, rule="stapledResponse",
             says="does not know the certificate")
        case(f"T-44: a staple that says unknown beside a list, {mode}", "issuing-empty", "unknown", **more, rule="stapledResponse")
        unknown = {"rule": "revocationStatusUnknown"} if mode == "require" else {}
        case(f"T-44: a staple that is expired, {mode}", "", "expired", **more, **unknown,
             says="the stapled response counted until 2026-05-31T00:00:00Z")
        case(f"T-44: a staple that said revoked and is expired, {mode}", "", "expired-revoked", **more, **unknown,
             says="counted until")
        case(f"T-44: a staple that is expired beside a list, {mode}", "issuing-empty", "expired", **more, until=UNTIL)
        case(f"T-44: a staple that counts later, {mode}", "", "future", **more, **({"until": BEFORE_LATER} | unknown),
             says="counts from 2026-06-02T00:00:00Z on")
        for what in others:
            case(f"T-44: a staple for another certificate, by its {what}, {mode}", "", f"other-{what}", **more, **unknown,
                 says="the stapled response is about other certificates")
        case(f"T-44: a staple about no certificate, {mode}", "", "none", **more, **unknown, says="about other certificates")
        case(f"T-44: no staple, {mode}", **more, **unknown, says="no stapled response")
    case("a staple in its last second", "", "good", **require, at=UNTIL, until=UNTIL)
    case("T-44: a staple a second after its last", "", "good", **require, at=UNTIL + 1, rule="revocationStatusUnknown",
         says="counted until")
    r.staple("endless", [single(own(), this=day(2026, 5, 25), until=None)])
    case("a staple without nextUpdate counts for 7 days", "", "endless", **require, at=NOW, until=NOW)
    case("T-44: a staple without nextUpdate after 7 days", "", "endless", **require, at=NOW + 1, rule="revocationStatusUnknown")
    r.staple("twice", [single(own()), single(own(which="sha256"), was_revoked())])
    case("T-44: a staple with two statuses of the peer", "", "twice", **peer, rule="stapledResponse", says="two")
    case("T-44: a staple that says revoked, and nothing is looked at", "", "revoked", mode="off")
    broken = {"version": {"version": tlv(0xA0, integer(0))}, "later-version": {"version": tlv(0xA0, integer(1))},
              "try-later": {"status": 3, "bare": True}, "malformed": {"status": 1}, "no-bytes": {"bare": True},
              "other-type": {"response_type": "1.3.6.1.5.5.7.48.1.99"},
              "bad-status": {"singles": [single(own(), tlv(0x83))]}, "long-good": {"singles": [single(own(), tlv(0x80, b"\x00"))]},
              "bad-reason": {"singles": [single(own(), was_revoked(reason=7))]},
              "utc-time": {"singles": [single(own(), this=tlv(0x17, b"260525000000Z"))]},
              "fraction": {"singles": [single(own(), this=tlv(0x18, b"20260525000000.5Z"))]},
              "no-day": {"singles": [single(own(), this=tlv(0x18, b"20260230000000Z"))]},
              "no-responder": {"responder": tlv(0xA3, NULL)},
              "nine-certificates": {"raw_certificates": tlv(0xA0, sequence(*[NULL] * 9))},
              "not-signed": {"change": lambda data, signature: (data, flip(signature, 8 * len(signature) - 1))},
              "changed": {"change": lambda data, signature: (data.replace(b"20260610", b"20270610"), signature)},
              "sha1-signed": {"algorithm": "ecdsa-sha1"}}
    says = {"sha1-signed": "which was not offered", "not-signed": "did not sign it", "changed": "did not sign it"}
    for label, options in broken.items():
        r.staple(label, **options)
        for mode in ("prefer", "require"):
            case(f"T-44: a staple that is broken: {label}, {mode}", "issuing-empty", label, scope="peer", mode=mode,
                 rule="stapledResponse", says=says.get(label))


def responders(r):
    case, world, own = r.case, r.world, r.identifier
    purposes = extended_key_usage(OCSP_SIGNING)
    good, peer = [key_usage("digitalSignature"), purposes, NOCHECK], {"scope": "peer"}

    def delegated(label, title, extensions=good, issuer="issuing", rule="stapledResponse", says=None, lists="", key=None,
                  singles=None, until=None, sender=None, by=by_name, **options):
        world.issue(f"responder-{label}", issuer, extensions, serial=b"\x30\x01", key=key, **options)
        subject, key = world.subjects[f"responder-{label}"], world.keys[f"responder-{label}"]
        r.staple(f"by-{label}", singles, by(key if by is by_key else subject), sender or key,
                 certificates=[bytes.fromhex(world.der[f"responder-{label}"])])
        case(f"{'T-44: ' if rule else ''}{title}", lists, f"by-{label}", **peer, rule=rule, until=until, says=says)
    ok = {"rule": None, "until": UNTIL}
    delegated("named", "a responder that the issuer named", **ok)
    delegated("named-key", "a responder named by its key", by=by_key, **ok)
    delegated("free", "a responder without keyUsage", [purposes, NOCHECK], **ok)
    delegated("critical-nocheck", "a responder with a critical nocheck", [purposes, (NOCHECK[0], True, NULL)], **ok)
    delegated("rsa", "a responder with an RSA key", key=Key("rsa responder", "rsa"), **ok)
    delegated("checked", "a responder that is on no list", [purposes], lists="issuing-leaf-other", **ok)
    delegated("listed", "a responder that is revoked", [purposes], lists="issuing-responder", says="revoked on")
    delegated("nocheck", "a responder with nocheck is not looked up", good, lists="issuing-responder", **ok)
    delegated("purposeless", "a responder without extendedKeyUsage", [key_usage("digitalSignature")], says="without OCSPSigning")
    delegated("any", "a responder with anyExtendedKeyUsage", [extended_key_usage("any")], says="without OCSPSigning")
    delegated("server", "a server's certificate as a responder's", [extended_key_usage("serverAuth")], says="without OCSPSigning")
    delegated("usage", "a responder whose key is for other things", [key_usage("keyAgreement"), purposes], says="its key is for")
    delegated("expired", "a responder whose certificate is expired", not_after=day(2026, 5, 31), says="is valid from")
    delegated("future", "a responder whose certificate is not valid yet", not_before=day(2026, 6, 2), says="is valid from")
    delegated("unknown", "a responder with an unknown critical extension", good + [("1.3.6.1.4.1.99999.2", True, NULL)],
              says="critical extension")
    delegated("root", "a responder that the issuer's issuer named", issuer="root", says="issued its certificate")
    delegated("weak", "a responder whose certificate is signed with SHA-1", algorithm="ecdsa-sha1", says="not offered")
    delegated("small", "a responder with an RSA key of 1024 bits", key=Key("small", "rsa", bits=1024), says="1024 bits")
    delegated("impostor", "a responder whose certificate another key signed",
              change=lambda body, _: (body, Key("somebody").sign("ecdsa-sha256", body)), says="its certificate: the key of")
    delegated("other-key", "a responder that did not sign", sender=Key("somebody"), says="did not sign it")
    r.list("issuing-leaf-other", "issuing", [entry(b"\x10\x09")])
    r.list("issuing-responder", "issuing", [entry(b"\x30\x01")])
    somebody = Key("somebody")
    r.staple("by-nobody", responder=by_name(name("CN=nobody")), key=somebody)
    case("T-44: a responder that nobody knows", "", "by-nobody", **peer, rule="stapledResponse", says="another responder")
    r.staple("by-nobody-key", responder=by_key(somebody), key=somebody)
    case("T-44: a responder of another key", "", "by-nobody-key", **peer, rule="stapledResponse", says="another responder")
    r.staple("by-pretender", key=somebody)
    case("T-44: a responder that calls itself the issuer", "", "by-pretender", **peer, rule="stapledResponse", says="did not sign it")
    certificate = bytes.fromhex(world.der["responder-named"])
    r.staple("by-second", responder=by_name(world.subjects["responder-named"]), key=world.keys["responder-named"],
             certificates=[bytes.fromhex(world.der["leaf"]), bytes.fromhex(world.der["issuing"]), certificate])
    case("a responder's certificate among others", "", "by-second", **peer, until=UNTIL)
    r.staple("with-broken", responder=by_name(world.subjects["responder-named"]), key=world.keys["responder-named"],
             certificates=[sequence(integer(1)), certificate])
    case("a certificate that cannot be read beside the responder's", "", "with-broken", **peer, until=UNTIL,
         openssl="and cryptography read every certificate")
    r.staple("only-broken", responder=by_name(name("CN=nobody")), key=somebody, certificates=[sequence(integer(1))])
    case("T-44: certificates that cannot be read, and no responder", "", "only-broken", **peer, rule="stapledResponse",
         says="cannot be read")
    r.staple("unsent", responder=by_name(world.subjects["responder-named"]), key=world.keys["responder-named"])
    case("T-44: a responder whose certificate is not sent along", "", "unsent", **peer, rule="stapledResponse", says="another responder")


def must_staple(r):
    case, world, path = r.case, r.world, "must-staple issuing root"
    peer = {"scope": "peer", "path": path}
    required = "stapledResponseRequired"
    for mode in ("prefer", "require"):
        case(f"T-44: a must-staple certificate without a staple, {mode}", "", mode=mode, **peer, rule=required,
             says="no stapled response")
        case(f"T-44: a must-staple certificate without a staple, but a list, {mode}", "issuing-empty", mode=mode, **peer,
             rule=required, openssl="knows no must-staple")
        case(f"T-44: a must-staple certificate with a staple that is expired, {mode}", "", "expired", mode=mode, **peer, rule=required,
             says="counted until")
        case(f"T-44: a must-staple certificate with a staple for another, {mode}", "", "other-number", mode=mode, **peer,
             rule=required, says="about other certificates")
        case(f"T-44: a must-staple certificate with a staple that counts later, {mode}", "", "future", mode=mode, **peer, rule=required)
        case(f"T-44: a must-staple certificate with a staple that says unknown, {mode}", "", "unknown", mode=mode, **peer,
             rule="stapledResponse")
        case(f"T-44: a must-staple certificate with a staple that says revoked, {mode}", "", "revoked", mode=mode, **peer,
             rule="revoked")
        case(f"a must-staple certificate with its staple, {mode}", "", "good", mode=mode, **peer, until=UNTIL)
    case("a must-staple certificate, and no staple was asked for", **peer, requested=False, says="no stapled response")
    case("a must-staple certificate, and nothing is looked at", **peer, mode="off")
    feature = "1.3.6.1.5.5.7.1.24"
    world.leaf("critical-staple", "issuing", (feature, True, sequence(integer(5))), serial=LEAF)
    case("T-44: a critical must-staple without a staple", scope="peer", path="critical-staple issuing root", rule=required)
    world.leaf("two-features", "issuing", (feature, False, sequence(integer(17), integer(5))), serial=LEAF)
    case("T-44: must-staple among other features", scope="peer", path="two-features issuing root", rule=required)
    world.leaf("other-feature", "issuing", (feature, False, sequence(integer(17))), serial=LEAF)
    case("a feature that is never asked for", scope="peer", path="other-feature issuing root", says="no stapled response")
    world.authority("staple-issuing", "root", MUST_STAPLE, serial=b"\x20\x05")
    world.leaf("staple-below", "staple-issuing", serial=LEAF)
    case("must-staple in an intermediate asks nothing of the peer", path="staple-below staple-issuing root",
         says="no stapled response")


def make_lists():
    """Lists to parse, and the texts that files hold."""
    key, issuer, cases = Key("issuing"), name("O=Example", "CN=issuing"), []

    def case(title, rule=None, entries=(), extensions=(), says=None, count=None, python=None, der=None, **options):
        der = revocation_list(options.pop("issuer", issuer), key, entries, extensions, **options) if der is None else der
        fields = {"name": title, "der": der.hex(), "result": "invalid" if rule else "valid"}
        fields |= {"rule": rule} if rule else {"count": len(entries) if count is None else count}
        fields |= {"says": says} if says else {}
        fields |= {"python": python} if python else {}
        cases.append(fields)
    bad, serials = "revocationList", [entry(b"\x05"), entry(b"\x00\x80")]
    case("an empty list")
    case("two entries", entries=serials)
    case("version 1", entries=serials, version=b"")
    case("an empty SEQUENCE of entries", entries_field=sequence(), count=0)
    case("every extension that is known", entries=[entry(b"\x05", day(2026), reason_code(4))],
         extensions=[key_identifier(key), crl_number(1 << 158), issuing_distribution_point(users=True)])
    case("unknown extensions that are not critical",
         entries=[entry(b"\x05", day(2026), ("1.3.6.1.4.1.99999.2", False, NULL), ("2.5.29.24", False, tlv(0x18, b"20260101000000Z")))],
         extensions=[("1.3.6.1.4.1.99999.2", False, NULL), ("2.5.29.46", False, sequence())], python="refuses an empty freshestCRL")
    case("nextUpdate beyond 2050", until=day(2060))
    case("an entry of the last century", entries=[entry(b"\x05", day(1999))])
    case("every reason", entries=[entry(bytes([each + 1]), day(2026), reason_code(each)) for each in (0, 1, 2, 3, 4, 5, 6, 9, 10)])
    case("a serial number of 40 bytes", entries=[entry(b"\x05" * 40)])
    case("no nextUpdate", bad, until=None, says="none")
    case("version 1 written out", bad, version=integer(0))
    case("version 3", bad, version=integer(2))
    case("version 1 with extensions", bad, version=b"", extensions=[crl_number(1)])
    case("version 1 with extensions of an entry", bad, version=b"", entries=[entry(b"\x05", day(2026), reason_code(1))])
    case("other algorithms inside and outside", bad, outer=sequence(oid("1.2.840.10045.4.3.3")), says="outside")
    case("an empty issuer", bad, issuer=sequence(), says="an empty one")
    case("unused bits in the signature", bad, unused=1)
    case("bytes behind the list", bad, der=revocation_list(issuer, key) + b"\x00")
    case("a field behind the extensions", bad, after=NULL)
    case("an empty SEQUENCE of extensions", bad, raw_extensions=tlv(0xA0, sequence()))
    case("thisUpdate as GeneralizedTime before 2050", bad, this=tlv(0x18, b"20260525000000Z"))
    case("a date without seconds", bad, this=tlv(0x17, b"2605250000Z"))
    case("a date with a fraction", bad, until=tlv(0x18, b"20600525000000.5Z"))
    case("a date that does not exist", bad, this=tlv(0x17, b"260230000000Z"))
    case("a date in another zone", bad, this=tlv(0x17, b"260525000000+0100"))
    case("a date of letters", bad, this=tlv(0x17, b"26O525000000Z"))
    case("a delta list", bad, extensions=[("2.5.29.27", True, integer(1))], says="a delta list")
    case("an indirect list", bad, extensions=[issuing_distribution_point(indirect=True)], says="an indirect list")
    case("a list of attribute certificates", bad, extensions=[issuing_distribution_point(attributes=True)],
         says="one of attribute certificates")
    case("a list for users and for authorities alone", bad, extensions=[issuing_distribution_point(users=True, authorities=True)])
    case("an empty issuingDistributionPoint", bad, extensions=[issuing_distribution_point()])
    case("issuingDistributionPoint with FALSE written out", bad, extensions=[("2.5.29.28", True, sequence(tlv(0x81, b"\x00")))])
    case("issuingDistributionPoint with a TRUE of 1", bad, extensions=[("2.5.29.28", True, sequence(tlv(0x81, b"\x01")))])
    case("issuingDistributionPoint with an empty name", bad,
         extensions=[("2.5.29.28", True, sequence(tlv(0xA0, tlv(0xA0))))])
    case("an unknown critical extension", bad, extensions=[("1.3.6.1.4.1.99999.2", True, NULL)], says="1.3.6.1.4.1.99999.2")
    case("an extension twice", bad, extensions=[crl_number(1), crl_number(1)], says="two")
    case("a critical cRLNumber", bad, extensions=[("2.5.29.20", True, integer(1))])
    case("a critical authorityKeyIdentifier", bad, extensions=[("2.5.29.35", True, sequence(tlv(0x80, b"\x01")))])
    case("a negative cRLNumber", bad, extensions=[crl_number(-1)])
    case("a cRLNumber of 21 bytes", bad, extensions=[crl_number(1 << 161)])
    case("an unknown critical extension of an entry", bad, entries=[entry(b"\x05", day(2026), ("1.3.6.1.4.1.99999.2", True, NULL))],
         says="another in an entry")
    case("an entry of another issuer", bad,
         entries=[entry(b"\x05", day(2026), ("2.5.29.29", True, sequence(tlv(0xA4, issuer))))], says="an indirect list")
    case("an entry of another issuer, not critical", bad,
         entries=[entry(b"\x05", day(2026), ("2.5.29.29", False, sequence(tlv(0xA4, issuer))))], says="an indirect list")
    case("removeFromCRL in a complete list", bad, entries=[entry(b"\x05", day(2026), reason_code(8))])
    case("a reason that does not exist", bad, entries=[entry(b"\x05", day(2026), reason_code(7))])
    case("a reason of two octets", bad, entries=[entry(b"\x05", day(2026), ("2.5.29.21", False, tlv(0x0A, b"\x00\x01")))])
    case("a reason twice", bad, entries=[entry(b"\x05", day(2026), reason_code(1), reason_code(1))])
    case("a reason with bytes behind", bad, entries=[entry(b"\x05", day(2026), ("2.5.29.21", False, tlv(0x0A, b"\x01") + NULL))])
    case("an entry without extensions but a SEQUENCE for them", bad, entries=[entry(b"\x05", day(2026), raw=sequence())])
    case("an entry's extension with critical FALSE", bad,
         entries=[entry(b"\x05", day(2026), raw=sequence(sequence(oid("1.2.3.4"), tlv(0x01, b"\x00"), tlv(0x04, b""))))])
    case("an entry with more behind", bad, entries=[entry(b"\x05", day(2026), raw=NULL)])
    case("an entry without a date", bad, entries=[sequence(tlv(0x02, b"\x05"))])
    case("an entry longer than the list of them", bad, entries_field=tlv(0x30, b"\x30\x20" + entry(b"\x05")[2:]))
    case("a serial number of no octets", bad, entries=[entry(b"")])
    case("a serial number in too many octets", bad, entries=[entry(b"\x00\x05")])
    case("a negative serial number in too many octets", bad, entries=[entry(b"\xff\x85")])
    return cases
