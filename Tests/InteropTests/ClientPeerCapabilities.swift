// ClientPeerCapabilities.swift — what each client has of TLS, and what it can be told.
// RFC 8446 App. B.4, §4.2.7; RFC 5246 App. A.5.
// Next: ClientTask.swift.

import CryptoGlue
import Handshake
import WireFormat

extension ClientPeer {
    /// Its suites of TLS 1.3.
    var cipherSuites: [CipherSuite] {
        switch self {
        case .openssl, .gnutls, .node, .curl: CipherSuite.namedTLS13
        case .go, .nss, .jsse, .python, .rustls, .boringssl:
            [.tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256]
        }
    }

    /// Its suites of TLS 1.2.
    var tls12Suites: [TLS12Suite] {
        CipherSuite.namedTLS12.compactMap { TLS12Suite($0) }.filter { suite in
            switch (self, suite.protection) {
            case (.openssl, _), (.gnutls, _), (.node, _), (.python, _), (.curl, _): true
            case (_, .aead(.aes128CCM)), (_, .aead(.aes256CCM)), (_, .aead(.aes128CCM8)), (_, .aead(.aes256CCM8)): false
            case (.nss, _), (.jsse, _): true
            case (.go, .cbc(.aes256SHA256)), (.go, .cbc(.aes256SHA384)): false
            case (.go, _): suite.keyExchange != .dheRSA
            case (.rustls, .cbc), (.rustls, .legacy): false
            case (.rustls, .aead): suite.keyExchange == .ecdheECDSA || suite.keyExchange == .ecdheRSA
            case (.boringssl, .cbc(.aes128SHA1)), (.boringssl, .cbc(.aes256SHA1)), (.boringssl, .aead):
                suite.keyExchange != .dheRSA
            case (.boringssl, .cbc): false
            case (_, .legacy): false
            }
        }
    }

    var groups: [NamedGroup] {
        switch self {
        case .openssl, .gnutls, .jsse, .node, .curl: NamedGroup.named
        // The list that OpenSSL's library has by itself.
        case .python: NamedGroup.named
        case .go: [.x25519, .secp256r1, .secp384r1, .secp521r1]
        case .nss: [.x25519, .secp256r1, .secp384r1, .secp521r1, .ffdhe2048, .ffdhe3072, .ffdhe4096]
        case .rustls, .boringssl: [.x25519, .secp256r1, .secp384r1]
        }
    }

    /// The kinds of a server's key that it verifies.
    var keyKinds: [KeyKind] {
        switch self {
        case .openssl, .gnutls, .node, .python, .curl: KeyKind.allCases
        case .go: KeyKind.allCases.filter { $0 != .rsapss && $0 != .ed448 }
        case .nss, .jsse: KeyKind.allCases.filter { $0 != .ed25519 && $0 != .ed448 }
        case .rustls: KeyKind.allCases.filter { $0 != .rsapss && $0 != .ed448 }
        case .boringssl: [.rsa2048, .rsa3072, .p256, .p384]
        }
    }

    /// The kinds of its own key that it signs with.
    var clientKeyKinds: [KeyKind] {
        switch self {
        // RFC 8446 §4.3.2: Python and rustls sign with what their library has, and that is what they verify.
        case .boringssl: [.rsa2048, .rsa3072, .p256, .p384]
        default: keyKinds
        }
    }

    /// Whether it can be told which groups to offer; the others offer what they have.
    var choosesGroups: Bool {
        switch self {
        case .openssl, .gnutls, .go, .nss, .node, .curl: true
        case .jsse, .python, .rustls, .boringssl: false
        }
    }

    /// Whether it can be told which suites of this version to offer.
    func choosesSuites(_ version: ProtocolVersion) -> Bool {
        switch self {
        case .openssl, .gnutls, .nss, .jsse, .node, .curl: true
        case .go, .python, .rustls, .boringssl: version == .tls12
        }
    }

    /// How it comes back to a session.
    enum Resumption {
        /// With what it kept of an earlier connection.
        case later
        /// In the same run of the command, with a second connection.
        case atOnce
    }

    /// How it resumes sessions of this version; nil when it does not.
    func resumption(_ version: ProtocolVersion) -> Resumption? {
        switch self {
        case .openssl, .go, .jsse, .node, .python: .later
        case .gnutls, .nss, .curl: .atOnce
        // Its sessions of TLS 1.3 are those without a ticket.
        case .boringssl: version == .tls12 ? .later : nil
        // Each of its connections has a store of its own.
        case .rustls: nil
        }
    }

    /// Whether it speaks encrypt_then_mac (RFC 7366).
    var hasEncryptThenMAC: Bool {
        switch self {
        case .openssl, .gnutls, .node, .python, .curl: true
        case .go, .nss, .jsse, .rustls, .boringssl: false
        }
    }

    /// Whether it exports keying material where we can see it.
    var exportsKeyingMaterial: Bool {
        switch self {
        case .openssl, .gnutls, .go, .nss, .node: true
        case .jsse, .python, .rustls, .boringssl, .curl: false
        }
    }

    /// Whether it shows the OCSP response it was sent, or that there was one.
    var showsStaple: Bool {
        switch self {
        case .openssl, .gnutls, .go, .nss, .jsse, .node: true
        // curl verifies the response, and wants the authority in the server's path for that.
        case .python, .rustls, .boringssl, .curl: false
        }
    }

    /// Whether it can be told application protocols.
    var hasALPN: Bool { self != .nss && self != .curl }

    /// What stands in the table beside the matrix.
    var lacks: String {
        lacking(
            CipherSuite.namedTLS13.filter { !cipherSuites.contains($0) }.map(\.description)
                + NamedGroup.named.filter { !groups.contains($0) }.map(\.description)
                + KeyKind.allCases.filter { !keyKinds.contains($0) }.map { "\($0) keys" })
    }

    /// What stands in the table beside the matrix of TLS 1.2.
    var lacksInTLS12: String {
        let has = Set(tls12Suites.map(\.code))
        return lacking(CipherSuite.namedTLS12.filter { !has.contains($0) }.map(\.description))
    }

    private func lacking(_ names: [String]) -> String { names.isEmpty ? "" : "lacks \(names.joined(separator: ", "))" }
}
