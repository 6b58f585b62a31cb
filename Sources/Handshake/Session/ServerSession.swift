// ServerSession.swift — what a server lets a client resume, and everything that was established when it was made.
// RFC 8446 §4.6.1, §2.2; RFC 5246 §7.3; RFC 5077 §4.
// Next: ServerSessionRules.swift.

public import Certificates
package import CryptoGlue
public import WireFormat

/// A server's side of a session that can be resumed: the secret, and the facts of the full handshake that made it.
///
/// Immutable and thread-safe. It holds a secret: whoever has it can pose as both of its peers.
public final class ServerSession: Sendable {
    /// What every session has.
    package struct Facts: Sendable, Equatable {
        package var version: ProtocolVersion
        package var cipherSuite: CipherSuite
        /// When this session, not the one that it renews, was made.
        package var createdAt: UnixTime
        /// When the full handshake was done: resumption does not make it younger.
        package var authenticatedAt: UnixTime
        /// `ServerSessionBinding.digest` of the configuration that made it: 32 octets.
        package var binding: [UInt8]
        /// Seconds from `createdAt` for which it may be resumed, 1 to 7 days.
        package var lifetime: UInt32
        /// TLS 1.3: what hides the ticket's age on the wire, modulo 2^32 milliseconds.
        package var ageAdd: UInt32 = 0
        /// TLS 1.3: octets of early data we take with it; 0 for none.
        package var maxEarlyDataSize: UInt32 = 0
        /// The `EarlyDataReplayGuard` that admits early data with this session, by its identity; 0 for none.
        package var replayGuard: UInt64 = 0
        /// server_name of the ClientHello, in lower case; nil when there was none.
        package var serverName: String?
        package var alpnProtocol: String?
        /// What the client authenticated itself with, its own first; empty when it did not.
        package var peerCertificates: [Certificate] = []
        /// What the client authenticated itself with in the place of certificates; nil when it did not.
        package var peerRawPublicKey: RawPublicKey?
        /// The path that was validated; empty when a verification callback took the decision over.
        package var validatedPath: [Certificate] = []
        package var peerSignatureScheme: SignatureScheme?
        package var group: NamedGroup?
        /// TLS 1.2: made with extended_master_secret (RFC 7627).
        package var usesExtendedMasterSecret = false
        /// TLS 1.2: made with encrypt_then_mac (RFC 7366).
        package var usesEncryptThenMAC = false

        package init(
            version: ProtocolVersion, cipherSuite: CipherSuite, createdAt: UnixTime, authenticatedAt: UnixTime,
            binding: [UInt8], lifetime: UInt32
        ) {
            self.version = version
            self.cipherSuite = cipherSuite
            self.createdAt = createdAt
            self.authenticatedAt = authenticatedAt
            self.binding = binding
            self.lifetime = lifetime
        }
    }

    package let facts: Facts
    /// TLS 1.3: the pre-shared key of the ticket. TLS 1.2: the master secret, 48 octets.
    package let secret: SecretBytes

    package init(_ facts: Facts, secret: consuming SecretBytes) {
        self.facts = facts
        self.secret = secret
    }

    /// The version of the connection; only the same version resumes it.
    public var version: ProtocolVersion { facts.version }
    /// The cipher suite of the connection.
    public var cipherSuite: CipherSuite { facts.cipherSuite }
    /// When it was made.
    public var createdAt: UnixTime { facts.createdAt }
    /// When the full handshake was done.
    public var authenticatedAt: UnixTime { facts.authenticatedAt }
    /// The name the client asked for, in lower case; nil when it asked for none.
    public var serverName: String? { facts.serverName }
    /// The application protocol of the connection.
    public var alpnProtocol: String? { facts.alpnProtocol }
    /// The certificates the client proved itself with in the full handshake, its own first; empty when it did not.
    public var peerCertificates: [Certificate] { facts.peerCertificates }
    /// The raw public key the client proved itself with instead (RFC 7250); nil when it did not.
    public var peerRawPublicKey: RawPublicKey? { facts.peerRawPublicKey }

    /// Whether the session may be used once only: RFC 8446 §8.1 and App. C.4 ask that of TLS 1.3 tickets.
    public var isSingleUse: Bool { facts.version == .tls13 }

    /// RFC 8446 §4.6.1: servers MUST NOT use any value greater than 7 days.
    package static let longestLifetime: UInt32 = 604_800

    /// The last second in which the session may be resumed: the cache's timeout, the ticket's lifetime, 7 days after the
    /// full handshake, or the earliest notAfter of the client's path, whichever comes first.
    ///
    /// - Parameter timeout: sessionCacheTimeout, seconds.
    public func expiry(timeout: UInt32) -> UnixTime { facts.expiry(timeout: timeout) }

    /// Whether the session may be resumed at this time. A clock that went backwards past the session's beginning makes it
    /// unusable: its age is not known any more.
    public func isUsable(at now: UnixTime, timeout: UInt32) -> Bool { facts.isUsable(at: now, timeout: timeout) }
}

extension ServerSession.Facts {
    /// Nobody knows who the client is.
    var isAnonymous: Bool { peerCertificates.isEmpty && peerRawPublicKey == nil }

    /// The chain whose dates bound the session: a client that would not be accepted any more is not, resumed or not.
    private var chain: [Certificate] { validatedPath.isEmpty ? peerCertificates : validatedPath }

    func expiry(timeout: UInt32) -> UnixTime {
        var end = createdAt.seconds + Int64(min(timeout, lifetime, ServerSession.longestLifetime))
        end = min(end, authenticatedAt.seconds + Int64(ServerSession.longestLifetime))
        for certificate in chain { end = min(end, certificate.notAfter.seconds) }
        return UnixTime(seconds: end)
    }

    func isUsable(at now: UnixTime, timeout: UInt32) -> Bool {
        guard timeout > 0, now >= createdAt, now >= authenticatedAt else { return false }
        return chain.allSatisfy { now >= $0.notBefore } && now <= expiry(timeout: timeout)
    }
}

extension ServerSession: CustomStringConvertible {
    /// Version and suite; never the secret.
    public var description: String { "a session of \(version) with \(cipherSuite)" }
}
