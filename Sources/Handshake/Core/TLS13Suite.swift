// TLS13Suite.swift — what a TLS 1.3 cipher suite stands for: an AEAD and a hash.
// RFC 8446 App. B.4.
// Next: Transcript.swift.

package import CryptoGlue
package import WireFormat

/// A TLS 1.3 cipher suite with its algorithms.
package struct TLS13Suite: Equatable, Sendable {
    package let code: CipherSuite
    package let aead: AEADAlgorithm
    package let hash: HashAlgorithm

    /// nil when `code` is no TLS 1.3 suite of this project.
    package init?(_ code: CipherSuite) {
        self.code = code
        switch code {
        case .tlsAES128GCMSHA256: (aead, hash) = (.aes128GCM, .sha256)
        case .tlsAES256GCMSHA384: (aead, hash) = (.aes256GCM, .sha384)
        case .tlsChaCha20Poly1305SHA256: (aead, hash) = (.chaCha20Poly1305, .sha256)
        case .tlsAES128CCMSHA256: (aead, hash) = (.aes128CCM, .sha256)
        case .tlsAES128CCM8SHA256: (aead, hash) = (.aes128CCM8, .sha256)
        default: return nil
        }
    }
}

extension CipherSuite {
    /// Whether it is a suite of the version. None of TLS 1.3 is of another (RFC 8446 App. B.4).
    func belongs(to version: ProtocolVersion) -> Bool {
        switch version {
        case .tls13: TLS13Suite(self) != nil
        default: TLS12Suite.suite(self, in: version) != nil
        }
    }
}
