// ObjectIdentifier.swift — object identifiers, and the ones that are known.
// X.690 §8.19; RFC 5280, RFC 4055, RFC 5480, RFC 5758, RFC 8410.
// Next: DistinguishedName.swift.

/// An OBJECT IDENTIFIER by its contents octets.
///
/// swift-asn1's own type refuses arcs over 64 bits, which the UUID-based identifiers below 2.25 have; a certificate with
/// an unknown non-critical extension must not fail for that.
struct ObjectIdentifier: Hashable, Sendable {
    let contents: [UInt8]

    /// A known identifier.
    init(_ contents: [UInt8]) { self.contents = contents }

    /// Checks X.690 §8.19.2: whole arcs, each in the fewest octets.
    init(contents: ArraySlice<UInt8>, _ name: String) throws(Fault) {
        var startsArc = true
        for octet in contents {
            if startsArc, octet == 0x80 {
                throw Fault(.derEncoding, expected: "\(name) in the fewest octets", found: "a leading zero")
            }
            startsArc = octet < 0x80
        }
        guard startsArc, !contents.isEmpty else {
            throw Fault(.derEncoding, expected: "\(name) with whole arcs", found: "an arc cut off")
        }
        self.contents = Array(contents)
    }
}

extension ObjectIdentifier: CustomStringConvertible {
    /// Dotted decimals; an arc of 63 bits or more is written in hex.
    var description: String {
        var arcs: [String] = []
        var arc: [UInt8] = []
        for octet in contents {
            arc.append(octet & 0x7f)
            guard octet < 0x80 else { continue }
            if arc.count > 9 {
                arcs.append("0x" + arc.map { Printable.hexadecimal($0) }.joined())
            } else {
                let value = arc.reduce(UInt64(0)) { $0 << 7 | UInt64($1) }
                if arcs.isEmpty {
                    // X.690 §8.19.4: the first two arcs share a number; the first is 0, 1 or 2.
                    let first = min(value / 40, 2)
                    arcs = ["\(first)", "\(value - first * 40)"]
                } else {
                    arcs.append("\(value)")
                }
            }
            arc = []
        }
        return arcs.joined(separator: ".")
    }
}

extension ObjectIdentifier {
    // RFC 5280 §4.2.1: 2.5.29.x.
    static let subjectKeyIdentifier = ObjectIdentifier([0x55, 0x1d, 0x0e])
    static let keyUsage = ObjectIdentifier([0x55, 0x1d, 0x0f])
    static let subjectAlternativeName = ObjectIdentifier([0x55, 0x1d, 0x11])
    static let basicConstraints = ObjectIdentifier([0x55, 0x1d, 0x13])
    static let nameConstraints = ObjectIdentifier([0x55, 0x1d, 0x1e])
    static let certificatePolicies = ObjectIdentifier([0x55, 0x1d, 0x20])
    static let policyMappings = ObjectIdentifier([0x55, 0x1d, 0x21])
    static let authorityKeyIdentifier = ObjectIdentifier([0x55, 0x1d, 0x23])
    static let policyConstraints = ObjectIdentifier([0x55, 0x1d, 0x24])
    static let extendedKeyUsage = ObjectIdentifier([0x55, 0x1d, 0x25])
    static let inhibitAnyPolicy = ObjectIdentifier([0x55, 0x1d, 0x36])

    /// RFC 5280 §4.2.1.4: anyPolicy, 2.5.29.32.0.
    static let anyPolicy = ObjectIdentifier([0x55, 0x1d, 0x20, 0x00])

    // RFC 5280 §4.2.1.13, §5.2, §5.3: 2.5.29.x; RFC 7633: 1.3.6.1.5.5.7.1.24.
    static let cRLNumber = ObjectIdentifier([0x55, 0x1d, 0x14])
    static let deltaCRLIndicator = ObjectIdentifier([0x55, 0x1d, 0x1b])
    static let issuingDistributionPoint = ObjectIdentifier([0x55, 0x1d, 0x1c])
    static let distributionPoints = ObjectIdentifier([0x55, 0x1d, 0x1f])
    static let tlsFeature = ObjectIdentifier([0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18])

    // RFC 6960 §4.2: 1.3.6.1.5.5.7.48.1.x.
    static let basicResponse = ocsp(1)
    static let nonce = ocsp(2)
    static let noRevocationCheck = ocsp(5)

    // RFC 5280 §4.2.1.4: the two policy qualifiers, 1.3.6.1.5.5.7.2.x.
    static let practiceStatementQualifier = ObjectIdentifier([0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02, 0x01])
    static let userNoticeQualifier = ObjectIdentifier([0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02, 0x02])

    // RFC 8017 App. A.2 and RFC 4055: 1.2.840.113549.1.1.x.
    static let rsaEncryption = rsa(1)
    static let md2WithRSA = rsa(2)
    static let md5WithRSA = rsa(4)
    static let sha1WithRSA = rsa(5)
    static let maskGeneration1 = rsa(8)
    static let rsaPSS = rsa(10)
    static let sha256WithRSA = rsa(11)
    static let sha384WithRSA = rsa(12)
    static let sha512WithRSA = rsa(13)
    static let sha224WithRSA = rsa(14)

    // RFC 5480: id-ecPublicKey 1.2.840.10045.2.1, and the curves.
    static let ecPublicKey = ObjectIdentifier([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01])
    static let p256 = ObjectIdentifier([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07])
    static let p384 = ObjectIdentifier([0x2b, 0x81, 0x04, 0x00, 0x22])
    static let p521 = ObjectIdentifier([0x2b, 0x81, 0x04, 0x00, 0x23])

    // RFC 5758 §3.2: 1.2.840.10045.4.x.
    static let ecdsaWithSHA1 = ObjectIdentifier([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01])
    static let ecdsaWithSHA256 = ObjectIdentifier([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])
    static let ecdsaWithSHA384 = ObjectIdentifier([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03])
    static let ecdsaWithSHA512 = ObjectIdentifier([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04])

    // RFC 8410 §3.
    static let ed25519 = ObjectIdentifier([0x2b, 0x65, 0x70])
    static let ed448 = ObjectIdentifier([0x2b, 0x65, 0x71])

    // FIPS 180-4 hashes: 1.3.14.3.2.26 and 2.16.840.1.101.3.4.2.x.
    static let sha1 = ObjectIdentifier([0x2b, 0x0e, 0x03, 0x02, 0x1a])
    static let sha256 = ObjectIdentifier([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01])
    static let sha384 = ObjectIdentifier([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02])
    static let sha512 = ObjectIdentifier([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03])

    private static func ocsp(_ last: UInt8) -> ObjectIdentifier {
        ObjectIdentifier([0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, last])
    }

    private static func rsa(_ last: UInt8) -> ObjectIdentifier {
        ObjectIdentifier([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last])
    }
}
