// TLS12Suite.swift — what a TLS 1.2 cipher suite stands for: key exchange, record protection, hash of the PRF.
// RFC 5246 App. A.5, RFC 5288, RFC 5289, RFC 6655, RFC 7251, RFC 7905.
// Next: TLS12Client.swift.

package import CryptoGlue
package import WireFormat

/// A TLS 1.2 cipher suite with its algorithms.
package struct TLS12Suite: Equatable, Sendable {
    /// How the premaster secret is agreed on, and which key signs for it.
    package enum KeyExchangeMethod: Sendable {
        case ecdheECDSA, ecdheRSA, dheRSA, rsa
    }

    /// How records are protected.
    package enum Protection: Equatable, Sendable {
        case aead(AEADAlgorithm)
        case cbc(CBCAlgorithm)
        /// Of a version before TLS 1.2.
        case legacy(LegacyCipher, LegacyHashAlgorithm)
    }

    package let code: CipherSuite
    package let keyExchange: KeyExchangeMethod
    package let protection: Protection
    /// The hash of the PRF, of the transcript and of Finished (RFC 5246 §5). Older versions fix theirs: `VersionRules`.
    package let hash: HashAlgorithm

    /// nil when `code` is no TLS 1.2 suite of this project.
    package init?(_ code: CipherSuite) {
        guard let row = TLS12Suite.table.first(where: { $0.code == code }) else { return nil }
        self = row
    }

    init(
        _ code: CipherSuite, _ keyExchange: KeyExchangeMethod, _ protection: Protection, _ hash: HashAlgorithm = .sha256
    ) {
        self.code = code
        self.keyExchange = keyExchange
        self.protection = protection
        self.hash = hash
    }

    /// Every suite, the better first: forward secrecy, then AEAD.
    package static let table: [TLS12Suite] = [
        TLS12Suite(.tlsECDHEECDSAWithAES128GCMSHA256, .ecdheECDSA, .aead(.aes128GCM)),
        TLS12Suite(.tlsECDHERSAWithAES128GCMSHA256, .ecdheRSA, .aead(.aes128GCM)),
        TLS12Suite(.tlsECDHEECDSAWithAES256GCMSHA384, .ecdheECDSA, .aead(.aes256GCM), .sha384),
        TLS12Suite(.tlsECDHERSAWithAES256GCMSHA384, .ecdheRSA, .aead(.aes256GCM), .sha384),
        TLS12Suite(.tlsECDHEECDSAWithChaCha20Poly1305SHA256, .ecdheECDSA, .aead(.chaCha20Poly1305)),
        TLS12Suite(.tlsECDHERSAWithChaCha20Poly1305SHA256, .ecdheRSA, .aead(.chaCha20Poly1305)),
        TLS12Suite(.tlsECDHEECDSAWithAES128CCM, .ecdheECDSA, .aead(.aes128CCM)),
        TLS12Suite(.tlsECDHEECDSAWithAES256CCM, .ecdheECDSA, .aead(.aes256CCM)),
        TLS12Suite(.tlsECDHEECDSAWithAES128CCM8, .ecdheECDSA, .aead(.aes128CCM8)),
        TLS12Suite(.tlsECDHEECDSAWithAES256CCM8, .ecdheECDSA, .aead(.aes256CCM8)),
        TLS12Suite(.tlsDHERSAWithAES128GCMSHA256, .dheRSA, .aead(.aes128GCM)),
        TLS12Suite(.tlsDHERSAWithAES256GCMSHA384, .dheRSA, .aead(.aes256GCM), .sha384),
        TLS12Suite(.tlsDHERSAWithChaCha20Poly1305SHA256, .dheRSA, .aead(.chaCha20Poly1305)),
        TLS12Suite(.tlsDHERSAWithAES128CCM, .dheRSA, .aead(.aes128CCM)),
        TLS12Suite(.tlsDHERSAWithAES256CCM, .dheRSA, .aead(.aes256CCM)),
        TLS12Suite(.tlsDHERSAWithAES128CCM8, .dheRSA, .aead(.aes128CCM8)),
        TLS12Suite(.tlsDHERSAWithAES256CCM8, .dheRSA, .aead(.aes256CCM8)),
        TLS12Suite(.tlsECDHEECDSAWithAES128CBCSHA256, .ecdheECDSA, .cbc(.aes128SHA256)),
        TLS12Suite(.tlsECDHERSAWithAES128CBCSHA256, .ecdheRSA, .cbc(.aes128SHA256)),
        TLS12Suite(.tlsECDHEECDSAWithAES256CBCSHA384, .ecdheECDSA, .cbc(.aes256SHA384), .sha384),
        TLS12Suite(.tlsECDHERSAWithAES256CBCSHA384, .ecdheRSA, .cbc(.aes256SHA384), .sha384),
        TLS12Suite(.tlsECDHEECDSAWithAES128CBCSHA, .ecdheECDSA, .cbc(.aes128SHA1)),
        TLS12Suite(.tlsECDHERSAWithAES128CBCSHA, .ecdheRSA, .cbc(.aes128SHA1)),
        TLS12Suite(.tlsECDHEECDSAWithAES256CBCSHA, .ecdheECDSA, .cbc(.aes256SHA1)),
        TLS12Suite(.tlsECDHERSAWithAES256CBCSHA, .ecdheRSA, .cbc(.aes256SHA1)),
        TLS12Suite(.tlsDHERSAWithAES128CBCSHA256, .dheRSA, .cbc(.aes128SHA256)),
        TLS12Suite(.tlsDHERSAWithAES256CBCSHA256, .dheRSA, .cbc(.aes256SHA256)),
        TLS12Suite(.tlsDHERSAWithAES128CBCSHA, .dheRSA, .cbc(.aes128SHA1)),
        TLS12Suite(.tlsDHERSAWithAES256CBCSHA, .dheRSA, .cbc(.aes256SHA1)),
        TLS12Suite(.tlsRSAWithAES128GCMSHA256, .rsa, .aead(.aes128GCM)),
        TLS12Suite(.tlsRSAWithAES256GCMSHA384, .rsa, .aead(.aes256GCM), .sha384),
        TLS12Suite(.tlsRSAWithAES128CCM, .rsa, .aead(.aes128CCM)),
        TLS12Suite(.tlsRSAWithAES256CCM, .rsa, .aead(.aes256CCM)),
        TLS12Suite(.tlsRSAWithAES128CCM8, .rsa, .aead(.aes128CCM8)),
        TLS12Suite(.tlsRSAWithAES256CCM8, .rsa, .aead(.aes256CCM8)),
        TLS12Suite(.tlsRSAWithAES128CBCSHA256, .rsa, .cbc(.aes128SHA256)),
        TLS12Suite(.tlsRSAWithAES256CBCSHA256, .rsa, .cbc(.aes256SHA256)),
        TLS12Suite(.tlsRSAWithAES128CBCSHA, .rsa, .cbc(.aes128SHA1)),
        TLS12Suite(.tlsRSAWithAES256CBCSHA, .rsa, .cbc(.aes256SHA1)),
    ]

    /// RFC 7366 §3: what encrypt_then_mac concerns.
    var isCBC: Bool {
        switch protection {
        case .cbc: true
        case .legacy(let cipher, _): cipher.blockLength != nil
        case .aead: false
        }
    }

    /// What has to be accepted in the configuration before the suite may be offered; empty for ECDHE with AEAD.
    package var weaknesses: Set<TLS12Weakness> {
        var weaknesses: Set<TLS12Weakness> = []
        if case .cbc = protection { weaknesses.insert(.cbcPaddingTiming) }
        switch keyExchange {
        case .ecdheECDSA, .ecdheRSA: break
        case .dheRSA: weaknesses.insert(.groupChosenByServer)
        case .rsa: weaknesses.insert(.noForwardSecrecy)
        }
        return weaknesses
    }
}
