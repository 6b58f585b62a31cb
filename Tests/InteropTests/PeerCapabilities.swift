// PeerCapabilities.swift — what each peer has of TLS, and what it lacks.
// RFC 8446 App. B.4, §4.2.7; RFC 5246 App. A.5.
// Next: PeerServer.swift.

import CryptoGlue
import Handshake
import SocketProvider
import TLS
import WireFormat

extension CipherSuite {
    /// The suites of TLS 1.3 with a name here.
    static let namedTLS13 = named.filter { TLS13Suite($0) != nil }
    /// The suites of TLS 1.2 with a name here.
    static let namedTLS12 = named.filter { TLS12Suite($0) != nil }
}

extension InteropPeer {
    /// RFC 8446 §7.4.1: a finite-field secret keeps its leading zeros. JSSE 17 was seen to come to other keys with such a
    /// group in about one handshake of 200, as if it stripped one, and no other peer; the next one has to work.
    func withKeys(of group: NamedGroup, _ body: () throws -> Void) throws {
        do { try body() } catch {
            guard command == "javac", group.isFinite, "\(error)".contains("\(AlertDescription.badRecordMAC)") else {
                throw error
            }
            try body()
        }
    }
}

extension NamedGroup {
    /// Diffie-Hellman in a finite field (RFC 7919).
    var isFinite: Bool { "\(self)".hasPrefix("ffdhe") }
}

extension Peer {
    /// Its suites of TLS 1.3.
    var cipherSuites: [CipherSuite] {
        switch self {
        case .openssl, .gnutls: CipherSuite.namedTLS13
        case .go, .nss, .jsse: [.tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256]
        }
    }

    /// Its suites of TLS 1.2.
    var tls12Suites: [TLS12Suite] {
        CipherSuite.namedTLS12.compactMap { TLS12Suite($0) }.filter { suite in
            switch (self, suite.protection) {
            case (.openssl, _), (.gnutls, _): true
            case (_, .aead(.aes128CCM)), (_, .aead(.aes256CCM)), (_, .aead(.aes128CCM8)), (_, .aead(.aes256CCM8)): false
            case (.nss, _), (.jsse, _): true
            case (.go, .cbc(.aes256SHA256)), (.go, .cbc(.aes256SHA384)): false
            case (.go, _): suite.keyExchange != .dheRSA
            }
        }
    }

    /// Whether it speaks encrypt_then_mac (RFC 7366).
    var hasEncryptThenMAC: Bool { self == .openssl || self == .gnutls }
    /// Whether it resumes by session ID; Go knows tickets only.
    var hasSessionIDs: Bool { self != .go }
    /// Whether its server can be told not to use extended_master_secret.
    var canLeaveExtendedMasterSecret: Bool { self != .go && self != .nss }
    /// Whether its server staples an OCSP response it is given.
    var staplesOCSP: Bool { self != .jsse }
    /// Whether it exports keying material where we can see it.
    var exportsKeyingMaterial: Bool { self != .jsse }
    /// Whether its server answers one line and closes; the others answer until we close.
    var answersOnce: Bool { self == .nss }

    var groups: [NamedGroup] {
        switch self {
        case .openssl, .gnutls, .jsse: NamedGroup.named
        case .go: [.x25519, .secp256r1, .secp384r1, .secp521r1]
        case .nss: [.x25519, .secp256r1, .secp384r1, .secp521r1, .ffdhe2048, .ffdhe3072, .ffdhe4096]
        }
    }

    /// The keys it can use in a certificate, its own or a client's.
    var keyKinds: [KeyKind] {
        switch self {
        case .openssl, .gnutls: KeyKind.allCases
        case .go: KeyKind.allCases.filter { $0 != .rsapss && $0 != .ed448 }
        case .nss, .jsse: KeyKind.allCases.filter { $0 != .ed25519 && $0 != .ed448 }
        }
    }

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
