// LegacySuites.swift — the cipher suites of SSL 3.0, TLS 1.0 and TLS 1.1.
// RFC 6101 App. A.6; RFC 3268; RFC 2246 App. A.5; RFC 4346 App. A.5; RFC 4492 §6; RFC 7465 (why TLS has no RC4).
// Next: LegacyConfiguration.swift.

internal import CryptoGlue
package import WireFormat

extension TLS12Suite {
    /// The suite as a version up to TLS 1.2 has it; nil when it has none of this code here. Export, anonymous and NULL suites
    /// are none.
    package static func suite(_ code: CipherSuite, in version: ProtocolVersion) -> TLS12Suite? {
        guard version < .tls12 else { return TLS12Suite(code) }
        return legacySuites(of: version).first { $0.code == code }
    }

    /// The suites of a version before TLS 1.2, the better first.
    package static func legacySuites(of version: ProtocolVersion) -> [TLS12Suite] {
        switch version {
        case .ssl30: ssl30Table
        case .tls10, .tls11: tls10Table
        default: []
        }
    }

    private static let tls10Table: [TLS12Suite] =
        [
            TLS12Suite(.tlsECDHEECDSAWithAES128CBCSHA, .ecdheECDSA, .legacy(.aes128, .sha1)),
            TLS12Suite(.tlsECDHERSAWithAES128CBCSHA, .ecdheRSA, .legacy(.aes128, .sha1)),
            TLS12Suite(.tlsECDHEECDSAWithAES256CBCSHA, .ecdheECDSA, .legacy(.aes256, .sha1)),
            TLS12Suite(.tlsECDHERSAWithAES256CBCSHA, .ecdheRSA, .legacy(.aes256, .sha1)),
            TLS12Suite(.tlsECDHEECDSAWith3DESEDECBCSHA, .ecdheECDSA, .legacy(.tripleDES, .sha1)),
            TLS12Suite(.tlsECDHERSAWith3DESEDECBCSHA, .ecdheRSA, .legacy(.tripleDES, .sha1)),
        ]
        + withoutCurves

    /// RFC 4492 came after SSL 3.0: no elliptic curves. RC4 is there alone.
    private static let ssl30Table: [TLS12Suite] =
        withoutCurves + [
            TLS12Suite(.tlsRSAWithRC4128SHA, .rsa, .legacy(.rc4, .sha1)),
            TLS12Suite(.tlsRSAWithRC4128MD5, .rsa, .legacy(.rc4, .md5)),
        ]

    private static let withoutCurves: [TLS12Suite] = [
        TLS12Suite(.tlsDHERSAWithAES128CBCSHA, .dheRSA, .legacy(.aes128, .sha1)),
        TLS12Suite(.tlsDHERSAWithAES256CBCSHA, .dheRSA, .legacy(.aes256, .sha1)),
        TLS12Suite(.tlsRSAWithAES128CBCSHA, .rsa, .legacy(.aes128, .sha1)),
        TLS12Suite(.tlsRSAWithAES256CBCSHA, .rsa, .legacy(.aes256, .sha1)),
        TLS12Suite(.tlsDHERSAWith3DESEDECBCSHA, .dheRSA, .legacy(.tripleDES, .sha1)),
        TLS12Suite(.tlsRSAWith3DESEDECBCSHA, .rsa, .legacy(.tripleDES, .sha1)),
    ]
}
