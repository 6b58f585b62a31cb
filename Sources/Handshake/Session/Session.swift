// Session.swift — what a server lets us resume, and everything that was established when it was made.
// RFC 8446 §4.6.1, §2.2; RFC 5246 §7.3 and RFC 5077 for TLS 1.2.
// Next: SessionBinding.swift.

public import Certificates
package import CryptoGlue
public import WireFormat

/// A session that can be resumed: the secret, how the server knows it, and the facts of the full handshake that made it.
///
/// Immutable and thread-safe. It holds a secret: whoever has it can resume in our name.
public final class Session: Sendable {
    /// What every session has.
    package struct Facts: Sendable, Equatable {
        package var version: ProtocolVersion
        package var cipherSuite: CipherSuite
        /// TLS 1.3: the ticket. TLS 1.2: the ticket of RFC 5077, empty for a session known by its ID.
        package var ticket: [UInt8]
        /// TLS 1.2: the session ID the server gave; empty otherwise.
        package var sessionID: [UInt8] = []
        /// Seconds the server says the session may be used, at most 7 days; nil when it says nothing.
        package var lifetime: UInt32?
        /// TLS 1.3: what hides the ticket's age on the wire, modulo 2^32 milliseconds.
        package var ageAdd: UInt32 = 0
        /// TLS 1.3: octets of early data the server would take; nil for none.
        package var maxEarlyDataSize: UInt32?
        /// When the ticket came or, for a session known by its ID, the handshake was done.
        package var receivedAt: UnixTime
        /// When the full handshake authenticated the peer: resumption does not make it younger.
        package var authenticatedAt: UnixTime
        package var identity: ReferenceIdentity
        package var alpnProtocol: String?
        package var peerCertificates: [Certificate]
        /// In the place of certificates.
        package var peerRawPublicKey: RawPublicKey?
        package var validatedPath: [Certificate]
        package var peerSignatureScheme: SignatureScheme?
        package var group: NamedGroup?
        /// The OCSP response that was stapled in the full handshake.
        package var stapledOCSPResponse: [UInt8]?
        /// TLS 1.2: made with extended_master_secret (RFC 7627).
        package var usesExtendedMasterSecret = false

        package init(
            version: ProtocolVersion, cipherSuite: CipherSuite, ticket: [UInt8], receivedAt: UnixTime,
            authenticatedAt: UnixTime, identity: ReferenceIdentity, peerCertificates: [Certificate],
            validatedPath: [Certificate]
        ) {
            self.version = version
            self.cipherSuite = cipherSuite
            self.ticket = ticket
            self.receivedAt = receivedAt
            self.authenticatedAt = authenticatedAt
            self.identity = identity
            self.peerCertificates = peerCertificates
            self.validatedPath = validatedPath
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
    /// The ticket, opaque to the client; empty for a TLS 1.2 session that the server knows by its ID.
    public var ticket: [UInt8] { facts.ticket }
    /// When it was received.
    public var receivedAt: UnixTime { facts.receivedAt }
    /// Whom the connection was made to.
    public var identity: ReferenceIdentity { facts.identity }
    /// The application protocol of the connection.
    public var alpnProtocol: String? { facts.alpnProtocol }
    /// The certificates the server proved itself with in the full handshake, its own first.
    public var peerCertificates: [Certificate] { facts.peerCertificates }
    /// The raw public key the server proved itself with instead (RFC 7250); nil when it had certificates.
    public var peerRawPublicKey: RawPublicKey? { facts.peerRawPublicKey }
    /// Octets of early data the server would take with it; nil for none.
    public var maxEarlyDataSize: UInt32? { facts.maxEarlyDataSize }

    /// Whether the session may be used once only: RFC 8446 App. C.4 asks that of TLS 1.3 tickets.
    public var isSingleUse: Bool { facts.version == .tls13 }

    /// RFC 8446 §4.6.1: clients MUST NOT cache tickets for longer than 7 days.
    package static let longestLifetime: UInt32 = 604_800

    /// The last second in which the session may be offered: the cache's timeout, the server's lifetime, 7 days after the
    /// full handshake, or the earliest notAfter of the path, whichever comes first.
    ///
    /// - Parameter timeout: sessionCacheTimeout, seconds.
    public func expiry(timeout: UInt32) -> UnixTime {
        let lifetime = min(timeout, facts.lifetime ?? timeout, Session.longestLifetime)
        var end = facts.receivedAt.seconds + Int64(lifetime)
        end = min(end, facts.authenticatedAt.seconds + Int64(Session.longestLifetime))
        let chain = facts.validatedPath.isEmpty ? facts.peerCertificates : facts.validatedPath
        for certificate in chain { end = min(end, certificate.notAfter.seconds) }
        return UnixTime(seconds: end)
    }

    /// Whether the session may be offered at this time. A clock that went backwards past the session's beginning makes it
    /// unusable: its age is not known any more.
    public func isUsable(at now: UnixTime, timeout: UInt32) -> Bool {
        guard timeout > 0, now >= facts.receivedAt, now >= facts.authenticatedAt else { return false }
        let chain = facts.validatedPath.isEmpty ? facts.peerCertificates : facts.validatedPath
        return chain.allSatisfy { now >= $0.notBefore } && now <= expiry(timeout: timeout)
    }
}
