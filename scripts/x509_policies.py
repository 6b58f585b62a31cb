"""Paths whose certificate policies are valid or not, with the policies that are. See make-x509-vectors.py."""
from x509_cases import World
from x509_der import integer, oid, sequence, subject_alternative_name, tlv

POLICIES, MAPPINGS, CONSTRAINTS, INHIBIT_ANY = "2.5.29.32", "2.5.29.33", "2.5.29.36", "2.5.29.54"
PATH_LENGTH = 8


def policy(label):
    """"any", or one letter: a policy of the tests' own arc."""
    return "2.5.29.32.0" if label == "any" else f"1.3.6.1.4.1.99999.5.{ord(label) - ord('a') + 1}"


def policies(*labels, critical=False):
    return POLICIES, critical, sequence(*[sequence(oid(policy(each))) for each in labels])


def mappings(*pairs, critical=True):
    """Pairs as "a>b": issuer's and subject's policy."""
    return MAPPINGS, critical, sequence(*[sequence(*[oid(policy(each)) for each in pair.split(">")]) for pair in pairs])


def constraints(explicit=None, mapping=None, critical=True):
    fields = [tlv(tag, integer(value)[2:]) for tag, value in ((0x80, explicit), (0x81, mapping)) if value is not None]
    return CONSTRAINTS, critical, sequence(*fields)


def inhibit_any(count, critical=True):
    return INHIBIT_ANY, critical, integer(count)


class PolicyWorld(World):
    """Each path is one issuer after the other below one root."""

    def __init__(self):
        super().__init__()
        self.authority("root")
        self.count = 0

    def path(self, title, certificates, valid=None, *, inputs="", accepted=None, anchor=None, **more):
        """`certificates` top down: lists of extensions, the last the peer's; "same" in a list makes it self-issued. `valid` are
        the policies found, None when the path must be refused. `inputs`: explicit, mapping, any."""
        self.count += 1
        issuer = "root"
        if anchor is not None:
            issuer = f"anchor{self.count}"
            self.authority(issuer, None, subject_alternative_name("DNS:server.example.org"), *anchor,
                           usage=("digitalSignature", "keyCertSign"))
        labels = [issuer]
        for depth, items in enumerate(certificates, 1):
            label = f"{self.count}.{depth}"
            options = {"subject": self.subjects[issuer]} if "same" in items else {}
            items = [each for each in items if each != "same"]
            if depth == len(certificates):
                self.issue(label, issuer, [subject_alternative_name("DNS:server.example.org"), *items], **options)
            else:
                self.authority(label, issuer, *items, **options)
            labels.insert(0, label)
            issuer = label
        if accepted is not None:
            more["accepted"] = [policy(each) for each in accepted]
        for option in ("explicit", "mapping", "any"):
            if option in inputs.split():
                more[option] = True
        if not certificates:
            more["pins"] = [issuer]
        refusal = {} if valid is not None else {"rule": "certificatePolicy"}
        if valid is not None:
            more["policies"] = sorted(policy(each) for each in valid)
        self.case(title, " ".join(labels[:-1] or labels), labels[-1], path=" ".join(labels), **refusal, **more)


def make_policies():
    world = PolicyWorld()
    for make in (plain, explicit, any_policy, mapped, self_issued, anchors):
        make(world.path)
    return world.der, world.cases


def plain(path):
    a, b, ab = [policies("a")], [policies("b")], [policies("a", "b")]
    path("one policy all the way", [a, a], "a")
    path("no policies", [[], []], "")
    path("no policies where one is required", [[], []], inputs="explicit")
    path("one policy where one is required", [a, a], "a", inputs="explicit")
    path("the accepted policy", [a, a], "a", inputs="explicit", accepted="ac")
    path("another policy than the accepted", [a, a], inputs="explicit", accepted="b")
    path("another policy than the accepted, but none is required", [a, a], "", accepted="b")
    path("anyPolicy among the accepted", [a, a], "a", inputs="explicit", accepted=["any", "b"])
    path("no accepted policy at all", [a, a], inputs="explicit", accepted="", openssl="takes none for any")
    path("a policy that the authority has not", [a, b], inputs="explicit")
    path("a policy that the authority has not, but none is required", [a, b], "")
    path("two policies, of which one is left", [ab, ab, b], "b", inputs="explicit")
    path("two policies, of which both are left", [ab, ab], "ab", inputs="explicit")
    path("no policies in the peer's certificate", [a, []], inputs="explicit")
    path("no policies in an authority's certificate", [[], a], inputs="explicit")
    path("a policy that was lost does not come back", [a, b, a], inputs="explicit")
    path("critical certificatePolicies", [[policies("a", critical=True)]], "a", inputs="explicit")


def explicit(path):
    a = [policies("a")]
    path("policyConstraints without policies", [[constraints(0)], []])
    path("policyConstraints without policies, not critical", [[constraints(0, critical=False)], []])
    path("policyConstraints with policies", [[constraints(0), *a], a], "a")
    path("policyConstraints that asks the accepted policy", [[constraints(0), *a], a], accepted="b")
    path("policyConstraints in the peer's certificate", [[], [constraints(0)]])
    path("policyConstraints of 1 in the peer's certificate", [[], [constraints(1)]], "")
    path("§6.1.5(a): policyConstraints of 1, and one certificate below", [[constraints(1)], []])
    path("policyConstraints of 2, and one certificate below", [[constraints(2)], []], "")
    path("policyConstraints of 2, and two certificates below", [[constraints(2)], [], []])
    path("policyConstraints of 3, and two certificates below", [[constraints(3)], [], []], "")
    path("a later policyConstraints never loosens", [[constraints(0)], [constraints(5), *a], a])
    path("policyConstraints beyond any integer", [[constraints(1 << 70)], []], "", openssl="reads it as a long")
    path("policyConstraints for mappings alone", [[constraints(None, 0)], []], "")


def any_policy(path):
    a, every = [policies("a")], [policies("any")]
    path("anyPolicy all the way", [every, every], ["any"], inputs="explicit")
    path("anyPolicy all the way, one accepted", [every, every], "a", inputs="explicit", accepted="a")
    path("anyPolicy, then a policy", [every, a], "a", inputs="explicit")
    path("a policy, then anyPolicy", [a, every], "a", inputs="explicit")
    path("a policy, then anyPolicy, another accepted", [a, every], inputs="explicit", accepted="b")
    path("anyPolicy beside a policy", [[policies("any", "a")], every], ["a", "any"], inputs="explicit")
    path("anyPolicy does not count", [every, every], inputs="explicit any")
    path("anyPolicy does not count, a policy does", [[policies("any", "a")], [policies("a", "any")]], "a", inputs="explicit any")
    path("inhibitAnyPolicy of 0", [[inhibit_any(0), *every], every], inputs="explicit")
    path("inhibitAnyPolicy of 0, not critical", [[inhibit_any(0, critical=False), *every], every], inputs="explicit")
    path("inhibitAnyPolicy of 1, and one certificate below", [[inhibit_any(1), *every], every], ["any"], inputs="explicit")
    path("inhibitAnyPolicy of 1, and two certificates below", [[inhibit_any(1), *every], every, every], inputs="explicit")
    path("a later inhibitAnyPolicy never loosens", [[inhibit_any(0), *every], [inhibit_any(4), *a], every], inputs="explicit")
    path("inhibitAnyPolicy beyond any integer", [[inhibit_any(1 << 70), *every], every], ["any"], inputs="explicit",
         openssl="reads it as a long")


def mapped(path):
    a, b, every = [policies("a")], [policies("b")], [policies("any")]
    path("a mapped policy", [[*a, mappings("a>b")], b], "a", inputs="explicit")
    path("a mapped policy, not critical", [[*a, mappings("a>b", critical=False)], b], "a", inputs="explicit")
    path("a mapped policy by the issuer's name", [[*a, mappings("a>b")], b], "a", inputs="explicit", accepted="a")
    path("a mapped policy by the subject's name", [[*a, mappings("a>b")], b], inputs="explicit", accepted="b")
    path("a mapped policy by its old name", [[*a, mappings("a>b")], a], inputs="explicit")
    path("a mapping of a policy that the authority has not", [[*a, mappings("c>b")], b], inputs="explicit")
    path("a mapping to two policies", [[*a, mappings("a>b", "a>c")], [policies("c")]], "a", inputs="explicit")
    path("two mappings to one policy", [[policies("a", "d"), mappings("a>b", "d>b")], b], "ad", inputs="explicit")
    path("two mappings to one policy, by either name", [[policies("a", "d"), mappings("a>b", "d>b")], b], "d", inputs="explicit",
         accepted="d")
    path("two mappings after each other", [[*a, mappings("a>b")], [*b, mappings("b>c")], [policies("c")]], "a", inputs="explicit")
    path("policies exchanged", [[policies("a", "b"), mappings("a>b", "b>a")], a], "b", inputs="explicit")
    path("a mapping under anyPolicy", [[*every, mappings("a>b")], b], "a", inputs="explicit",
         accepted="a")
    path("a mapping under anyPolicy leaves other policies", [[*every, mappings("a>b")], [policies("c")]], "c", inputs="explicit")
    path("a mapping and anyPolicy below", [[*a, mappings("a>b")], every], "a", inputs="explicit")
    path("mappings that are inhibited", [[*a, mappings("a>b")], b], inputs="explicit mapping")
    path("mappings that are inhibited lose the policy by its old name", [[*a, mappings("a>b")], a], inputs="explicit mapping")
    path("mappings that are inhibited leave other policies", [[policies("a", "c"), mappings("a>b")], [policies("c")]], "c",
         inputs="explicit mapping")
    path("inhibitPolicyMapping of 0 holds from the next certificate", [[*a, constraints(None, 0), mappings("a>b")], b], "a",
         inputs="explicit")
    path("inhibitPolicyMapping of 0", [[*a, constraints(None, 0)], [*a, mappings("a>b")], b], inputs="explicit")
    path("inhibitPolicyMapping of 1", [[*a, constraints(None, 1)], [*a, mappings("a>b")], b], "a", inputs="explicit")
    path("inhibitPolicyMapping of 1, two below", [[*a, constraints(None, 1)], a, [*a, mappings("a>b")], b], inputs="explicit")
    path("mappings in the peer's certificate mean nothing", [a, [*a, mappings("a>b")]], "a", inputs="explicit")
    both = [policies("a", "b"), mappings("a>a", "a>b", "b>a", "b>b")]
    stops = "limits the nodes of its tree"
    path("RFC 9618 §1.2: two policies mapped to each other eight times", [both] * PATH_LENGTH + [[policies("a", "b")]], "ab",
         inputs="explicit", openssl=stops)
    path("RFC 9618 §1.2: the same, with none left", [both] * PATH_LENGTH + [[policies("c")]], inputs="explicit", openssl=stops)


def self_issued(path):
    a, every = [policies("a")], [policies("any")]
    path("a self-issued certificate is not counted for requireExplicitPolicy", [[constraints(2)], ["same"], []], "")
    path("a self-issued certificate keeps anyPolicy", [[inhibit_any(0), *every], ["same", *every], a], "a", inputs="explicit")
    path("a self-issued certificate of the peer does not", [[inhibit_any(0), *every], ["same", *every]], inputs="explicit")
    path("a self-issued certificate is not counted for inhibitPolicyMapping",
         [[*a, constraints(None, 1)], ["same", *a], [*a, mappings("a>b")], [policies("b")]], "a", inputs="explicit")
    path("a self-issued certificate is not counted for inhibitAnyPolicy",
         [[*every, inhibit_any(1)], ["same", *every], every], ["any"], inputs="explicit")


def anchors(path):
    a = [policies("a")]
    path("an anchor's own policies take no part", [a], "a", inputs="explicit", anchor=[policies("b")])
    path("an anchor's own mappings take no part", [a], "a", inputs="explicit", anchor=[*a, mappings("a>b")])
    path("an anchor's policyConstraints", [[], []], anchor=[constraints(0)], openssl="leaves the anchor's out")
    path("an anchor's policyConstraints, kept", [a, a], "a", anchor=[constraints(0)])
    path("an anchor's inhibitAnyPolicy", [[policies("any")]], inputs="explicit", anchor=[inhibit_any(0)],
         openssl="leaves the anchor's out")
    path("an anchor's inhibitPolicyMapping", [[*a, mappings("a>b")], [policies("b")]], inputs="explicit",
         anchor=[constraints(None, 0)], openssl="leaves the anchor's out")
    path("a pinned peer's certificate with a policy", [], "a", inputs="explicit", anchor=[*a],
         openssl="leaves the anchor's out")
    path("a pinned peer's certificate without one", [], inputs="explicit", anchor=[], openssl="leaves the anchor's out")


def make_policy_parsing(extended):
    """Single certificates with extensions of policies that break a rule."""
    structure, limit, der = "structure", "parsingLimit", "derEncoding"
    def many(count):
        return [oid(f"1.3.6.1.4.1.99999.6.{each}") for each in range(count)]
    def values(count):
        return sequence(*[sequence(each) for each in many(count)])
    def pairs(count):
        return sequence(*[sequence(each, each) for each in many(count)])
    a, every = oid(policy("a")), oid(policy("any"))
    yield extended("certificatePolicies without a policy", structure, POLICIES, sequence())
    yield extended("the same policy twice", structure, POLICIES, sequence(sequence(a), sequence(every), sequence(a)))
    yield extended("a policy that is no object identifier", structure, POLICIES, sequence(sequence(integer(1))))
    yield extended("a policy with more behind", structure, POLICIES, sequence(sequence(a, sequence(), sequence())))
    yield extended("certificatePolicies with bytes behind", der, POLICIES, sequence(sequence(a)) + b"\x00")
    yield extended("256 policies", None, POLICIES, values(256))
    yield extended("257 policies", limit, POLICIES, values(257))
    yield extended("policyMappings without a mapping", structure, MAPPINGS, sequence())
    yield extended("a mapping of one policy", structure, MAPPINGS, sequence(sequence(a)))
    yield extended("a mapping of three policies", structure, MAPPINGS, sequence(sequence(a, a, a)))
    yield extended("a mapping from anyPolicy", structure, MAPPINGS, sequence(sequence(every, a)))
    yield extended("a mapping to anyPolicy", structure, MAPPINGS, sequence(sequence(a, a), sequence(a, every)))
    yield extended("256 mappings", None, MAPPINGS, pairs(256))
    yield extended("257 mappings", limit, MAPPINGS, pairs(257))
    yield extended("257 equal mappings", limit, MAPPINGS, sequence(*[sequence(a, a)] * 257))
    yield extended("policyConstraints without a field", structure, CONSTRAINTS, sequence())
    yield extended("policyConstraints in the wrong order", structure, CONSTRAINTS, sequence(tlv(0x81, b"\x00"), tlv(0x80, b"\x00")))
    yield extended("policyConstraints with an unknown field", structure, CONSTRAINTS, sequence(tlv(0x80, b"\x00"), tlv(0x82, b"\x00")))
    yield extended("a negative requireExplicitPolicy", structure, CONSTRAINTS, sequence(tlv(0x80, b"\xff")))
    yield extended("a negative inhibitPolicyMapping", structure, CONSTRAINTS, sequence(tlv(0x81, b"\x80")))
    yield extended("requireExplicitPolicy of no octets", der, CONSTRAINTS, sequence(tlv(0x80, b"")))
    yield extended("requireExplicitPolicy in too many octets", der, CONSTRAINTS, sequence(tlv(0x80, b"\x00\x01")))
    yield extended("a negative inhibitAnyPolicy", structure, INHIBIT_ANY, integer(-1))
    yield extended("inhibitAnyPolicy that is no INTEGER", structure, INHIBIT_ANY, oid(policy("a")))
    yield extended("inhibitAnyPolicy with bytes behind", der, INHIBIT_ANY, integer(1) + b"\x00")
