// CipherSuite.swift — IANA code points, nothing else.
// RFC 8446 App. B.4; RFC 5246 App. A.5, RFC 5288, RFC 5289, RFC 6655, RFC 7251, RFC 7905 for TLS 1.2.
// Next: NamedGroup.swift.

/// A cipher suite's code point. An open set; `description` is the IANA name.
public struct CipherSuite: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    // TLS 1.3 (RFC 8446 App. B.4).
    public static let tlsAES128GCMSHA256 = CipherSuite(rawValue: 0x1301)
    public static let tlsAES256GCMSHA384 = CipherSuite(rawValue: 0x1302)
    public static let tlsChaCha20Poly1305SHA256 = CipherSuite(rawValue: 0x1303)
    public static let tlsAES128CCMSHA256 = CipherSuite(rawValue: 0x1304)
    public static let tlsAES128CCM8SHA256 = CipherSuite(rawValue: 0x1305)

    // TLS 1.2, ECDHE with AEAD (RFC 5289 §3.2, RFC 7251, RFC 7905).
    public static let tlsECDHEECDSAWithAES128GCMSHA256 = CipherSuite(rawValue: 0xc02b)
    public static let tlsECDHEECDSAWithAES256GCMSHA384 = CipherSuite(rawValue: 0xc02c)
    public static let tlsECDHERSAWithAES128GCMSHA256 = CipherSuite(rawValue: 0xc02f)
    public static let tlsECDHERSAWithAES256GCMSHA384 = CipherSuite(rawValue: 0xc030)
    public static let tlsECDHEECDSAWithAES128CCM = CipherSuite(rawValue: 0xc0ac)
    public static let tlsECDHEECDSAWithAES256CCM = CipherSuite(rawValue: 0xc0ad)
    public static let tlsECDHEECDSAWithAES128CCM8 = CipherSuite(rawValue: 0xc0ae)
    public static let tlsECDHEECDSAWithAES256CCM8 = CipherSuite(rawValue: 0xc0af)
    public static let tlsECDHERSAWithChaCha20Poly1305SHA256 = CipherSuite(rawValue: 0xcca8)
    public static let tlsECDHEECDSAWithChaCha20Poly1305SHA256 = CipherSuite(rawValue: 0xcca9)

    // TLS 1.2, DHE with AEAD (RFC 5288 §3, RFC 6655 §3, RFC 7905).
    public static let tlsDHERSAWithAES128GCMSHA256 = CipherSuite(rawValue: 0x009e)
    public static let tlsDHERSAWithAES256GCMSHA384 = CipherSuite(rawValue: 0x009f)
    public static let tlsDHERSAWithAES128CCM = CipherSuite(rawValue: 0xc09e)
    public static let tlsDHERSAWithAES256CCM = CipherSuite(rawValue: 0xc09f)
    public static let tlsDHERSAWithAES128CCM8 = CipherSuite(rawValue: 0xc0a2)
    public static let tlsDHERSAWithAES256CCM8 = CipherSuite(rawValue: 0xc0a3)
    public static let tlsDHERSAWithChaCha20Poly1305SHA256 = CipherSuite(rawValue: 0xccaa)

    // TLS 1.2, static RSA with AEAD (RFC 5288 §3, RFC 6655 §3).
    public static let tlsRSAWithAES128GCMSHA256 = CipherSuite(rawValue: 0x009c)
    public static let tlsRSAWithAES256GCMSHA384 = CipherSuite(rawValue: 0x009d)
    public static let tlsRSAWithAES128CCM = CipherSuite(rawValue: 0xc09c)
    public static let tlsRSAWithAES256CCM = CipherSuite(rawValue: 0xc09d)
    public static let tlsRSAWithAES128CCM8 = CipherSuite(rawValue: 0xc0a0)
    public static let tlsRSAWithAES256CCM8 = CipherSuite(rawValue: 0xc0a1)

    // TLS 1.2, CBC (RFC 5246 App. A.5, RFC 5289 §3.1, RFC 8422 §6).
    public static let tlsRSAWithAES128CBCSHA = CipherSuite(rawValue: 0x002f)
    public static let tlsDHERSAWithAES128CBCSHA = CipherSuite(rawValue: 0x0033)
    public static let tlsRSAWithAES256CBCSHA = CipherSuite(rawValue: 0x0035)
    public static let tlsDHERSAWithAES256CBCSHA = CipherSuite(rawValue: 0x0039)
    public static let tlsRSAWithAES128CBCSHA256 = CipherSuite(rawValue: 0x003c)
    public static let tlsRSAWithAES256CBCSHA256 = CipherSuite(rawValue: 0x003d)
    public static let tlsDHERSAWithAES128CBCSHA256 = CipherSuite(rawValue: 0x0067)
    public static let tlsDHERSAWithAES256CBCSHA256 = CipherSuite(rawValue: 0x006b)
    public static let tlsECDHEECDSAWithAES128CBCSHA = CipherSuite(rawValue: 0xc009)
    public static let tlsECDHEECDSAWithAES256CBCSHA = CipherSuite(rawValue: 0xc00a)
    public static let tlsECDHERSAWithAES128CBCSHA = CipherSuite(rawValue: 0xc013)
    public static let tlsECDHERSAWithAES256CBCSHA = CipherSuite(rawValue: 0xc014)
    public static let tlsECDHEECDSAWithAES128CBCSHA256 = CipherSuite(rawValue: 0xc023)
    public static let tlsECDHEECDSAWithAES256CBCSHA384 = CipherSuite(rawValue: 0xc024)
    public static let tlsECDHERSAWithAES128CBCSHA256 = CipherSuite(rawValue: 0xc027)
    public static let tlsECDHERSAWithAES256CBCSHA384 = CipherSuite(rawValue: 0xc028)

    // SSL 3.0 to TLS 1.1 alone (RFC 6101 App. A.6; RFC 4492 §6).
    public static let tlsRSAWithRC4128MD5 = CipherSuite(rawValue: 0x0004)
    public static let tlsRSAWithRC4128SHA = CipherSuite(rawValue: 0x0005)
    public static let tlsRSAWith3DESEDECBCSHA = CipherSuite(rawValue: 0x000a)
    public static let tlsDHERSAWith3DESEDECBCSHA = CipherSuite(rawValue: 0x0016)
    public static let tlsECDHEECDSAWith3DESEDECBCSHA = CipherSuite(rawValue: 0xc008)
    public static let tlsECDHERSAWith3DESEDECBCSHA = CipherSuite(rawValue: 0xc012)

    // Signalling values, no cipher suites.
    package static let emptyRenegotiationInfoSCSV = CipherSuite(rawValue: 0x00ff)  // RFC 5746 §3.3
    package static let fallbackSCSV = CipherSuite(rawValue: 0x5600)  // RFC 7507 §2

    /// Every suite of TLS 1.3 and TLS 1.2 with a name here.
    public static let named: [CipherSuite] = names.map(\.suite)
    /// Suites that only versions before TLS 1.2 have.
    public static let legacyNamed: [CipherSuite] = legacyNames.map(\.suite)

    /// The suite with this IANA name, in any case.
    public init?(name: String) {
        let wanted = name.uppercased()
        guard let found = (CipherSuite.names + CipherSuite.legacyNames).first(where: { $0.name == wanted }) else {
            return nil
        }
        self = found.suite
    }

    private static let names: [(suite: CipherSuite, name: String)] = [
        (.tlsAES128GCMSHA256, "TLS_AES_128_GCM_SHA256"),
        (.tlsAES256GCMSHA384, "TLS_AES_256_GCM_SHA384"),
        (.tlsChaCha20Poly1305SHA256, "TLS_CHACHA20_POLY1305_SHA256"),
        (.tlsAES128CCMSHA256, "TLS_AES_128_CCM_SHA256"),
        (.tlsAES128CCM8SHA256, "TLS_AES_128_CCM_8_SHA256"),
        (.tlsECDHEECDSAWithAES128GCMSHA256, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        (.tlsECDHEECDSAWithAES256GCMSHA384, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        (.tlsECDHERSAWithAES128GCMSHA256, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (.tlsECDHERSAWithAES256GCMSHA384, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        (.tlsECDHEECDSAWithAES128CCM, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"),
        (.tlsECDHEECDSAWithAES256CCM, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"),
        (.tlsECDHEECDSAWithAES128CCM8, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"),
        (.tlsECDHEECDSAWithAES256CCM8, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"),
        (.tlsECDHERSAWithChaCha20Poly1305SHA256, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        (.tlsECDHEECDSAWithChaCha20Poly1305SHA256, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        (.tlsDHERSAWithAES128GCMSHA256, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"),
        (.tlsDHERSAWithAES256GCMSHA384, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
        (.tlsDHERSAWithAES128CCM, "TLS_DHE_RSA_WITH_AES_128_CCM"),
        (.tlsDHERSAWithAES256CCM, "TLS_DHE_RSA_WITH_AES_256_CCM"),
        (.tlsDHERSAWithAES128CCM8, "TLS_DHE_RSA_WITH_AES_128_CCM_8"),
        (.tlsDHERSAWithAES256CCM8, "TLS_DHE_RSA_WITH_AES_256_CCM_8"),
        (.tlsDHERSAWithChaCha20Poly1305SHA256, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        (.tlsRSAWithAES128GCMSHA256, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        (.tlsRSAWithAES256GCMSHA384, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
        (.tlsRSAWithAES128CCM, "TLS_RSA_WITH_AES_128_CCM"),
        (.tlsRSAWithAES256CCM, "TLS_RSA_WITH_AES_256_CCM"),
        (.tlsRSAWithAES128CCM8, "TLS_RSA_WITH_AES_128_CCM_8"),
        (.tlsRSAWithAES256CCM8, "TLS_RSA_WITH_AES_256_CCM_8"),
        (.tlsECDHEECDSAWithAES128CBCSHA, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
        (.tlsECDHEECDSAWithAES256CBCSHA, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
        (.tlsECDHERSAWithAES128CBCSHA, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
        (.tlsECDHERSAWithAES256CBCSHA, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
        (.tlsECDHEECDSAWithAES128CBCSHA256, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
        (.tlsECDHEECDSAWithAES256CBCSHA384, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
        (.tlsECDHERSAWithAES128CBCSHA256, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
        (.tlsECDHERSAWithAES256CBCSHA384, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
        (.tlsDHERSAWithAES128CBCSHA, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"),
        (.tlsDHERSAWithAES256CBCSHA, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"),
        (.tlsDHERSAWithAES128CBCSHA256, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"),
        (.tlsDHERSAWithAES256CBCSHA256, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"),
        (.tlsRSAWithAES128CBCSHA, "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (.tlsRSAWithAES256CBCSHA, "TLS_RSA_WITH_AES_256_CBC_SHA"),
        (.tlsRSAWithAES128CBCSHA256, "TLS_RSA_WITH_AES_128_CBC_SHA256"),
        (.tlsRSAWithAES256CBCSHA256, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
    ]

    private static let legacyNames: [(suite: CipherSuite, name: String)] = [
        (.tlsECDHEECDSAWith3DESEDECBCSHA, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"),
        (.tlsECDHERSAWith3DESEDECBCSHA, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
        (.tlsDHERSAWith3DESEDECBCSHA, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
        (.tlsRSAWith3DESEDECBCSHA, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        (.tlsRSAWithRC4128SHA, "TLS_RSA_WITH_RC4_128_SHA"),
        (.tlsRSAWithRC4128MD5, "TLS_RSA_WITH_RC4_128_MD5"),
    ]
}

extension CipherSuite: CustomStringConvertible {
    public var description: String {
        switch self {
        case .emptyRenegotiationInfoSCSV: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
        case .fallbackSCSV: "TLS_FALLBACK_SCSV"
        default:
            (CipherSuite.names + CipherSuite.legacyNames).first { $0.suite == self }?.name ?? "cipher suite 0x"
                + String(rawValue, radix: 16)
        }
    }
}
