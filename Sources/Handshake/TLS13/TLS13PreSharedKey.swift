// TLS13PreSharedKey.swift — a key that pre_shared_key offers: a ticket's or an external one; its age and its binder.
// RFC 8446 §4.2.11; RFC 9258 §5.2.
// Next: TLS13EarlyData.swift.

package import CryptoGlue
internal import WireFormat

/// A pre-shared key of the offer.
package struct OfferedPreSharedKey: Sendable {
    package enum Source: Sendable {
        case ticket(Session)
        case external(ExternalPreSharedKey)
    }

    package let source: Source
    /// The hash that the key belongs to: a cipher suite with another one cannot use it.
    package let hash: HashAlgorithm

    /// A longer ticket is not offered: the ClientHello would outgrow what servers take for a handshake message.
    static let longestTicket = 32_768

    /// nil when the session is no TLS 1.3 session that fits into a ClientHello.
    package init?(_ session: Session) {
        guard session.version == .tls13, let suite = TLS13Suite(session.cipherSuite),
            (1...OfferedPreSharedKey.longestTicket).contains(session.ticket.count)
        else { return nil }
        source = .ticket(session)
        hash = suite.hash
    }

    init(_ key: ExternalPreSharedKey) {
        source = .external(key)
        hash = key.hash
    }

    /// The session when the key is a ticket's.
    var session: Session? {
        if case .ticket(let session) = source { session } else { nil }
    }

    /// The key's entry in the ClientHello.
    func identity(at now: UnixTime) -> PSKIdentity {
        switch source {
        case .ticket(let session):
            // RFC 8446 §4.2.11.1: milliseconds since the ticket came, plus ticket_age_add, modulo 2^32. The clock tells whole
            // seconds, so that the last of them may not have passed: a server that counts milliseconds refuses early data
            // with a ticket older than it can be (§8.3), and bears one that seems a little younger.
            let age = UInt64(max(0, now.seconds - session.receivedAt.seconds - 1)) &* 1000
            return PSKIdentity(
                identity: session.ticket, obfuscatedTicketAge: UInt32(truncatingIfNeeded: age) &+ session.facts.ageAdd)
        case .external(let key):
            // RFC 8446 §4.2.11: an external key has no age.
            return PSKIdentity(identity: key.identity, obfuscatedTicketAge: 0)
        }
    }

    /// The key itself.
    var secret: SecretBytes {
        switch source {
        case .ticket(let session): session.secret.copy()
        case .external(let key): key.secret
        }
    }

    private var binderLabel: String {
        switch source {
        case .ticket: "res binder"
        case .external(let key): key.isImported ? "imp binder" : "ext binder"
        }
    }

    /// PskBinderEntry.
    ///
    /// - Parameter transcript: the hash over everything up to the binders of this ClientHello (RFC 8446 §4.2.11.2).
    func binder(_ transcript: TranscriptHash) throws(CryptoError) -> [UInt8] {
        let secret = self.secret
        let binder = try PreSharedKeyBinder.compute(hash, secret.bytes, label: binderLabel, transcript)
        return [UInt8](copying: binder.bytes)
    }

    /// What is known of the peer by this key: all that the full handshake of its ticket found, and nothing more.
    func report(in info: inout ConnectionInfo) {
        switch source {
        case .ticket(let session):
            info.isResumed = true
            info.peerCertificates = session.facts.peerCertificates
            info.peerRawPublicKey = session.facts.peerRawPublicKey
            info.validatedPath = session.facts.validatedPath
            info.peerSignatureScheme = session.facts.peerSignatureScheme
            info.stapledOCSPResponse = session.facts.stapledOCSPResponse
            info.authenticatedAt = session.facts.authenticatedAt
        case .external(let key):
            info.externalPreSharedKeyIdentity = key.identity
        }
    }

    /// The key as a decision names it; never the secret.
    var name: String {
        switch source {
        case .ticket: "a ticket for \(hash.rawValue)"
        case .external: "an external key for \(hash.rawValue)"
        }
    }
}

package enum PreSharedKeyBinder {
    /// RFC 8446 §4.2.11.2, §7.1: HMAC under the finished_key of binder_key.
    ///
    /// - Parameter label: "res binder", "ext binder" or, of an imported key, "imp binder" (RFC 9258 §5.2).
    package static func compute(
        _ hash: HashAlgorithm, _ preSharedKey: Span<UInt8>, label: String, _ transcript: TranscriptHash
    ) throws(CryptoError) -> SecretBytes {
        let zeros = SecretBytes(count: hash.digestLength)
        let early = try HKDF.extract(hash, salt: zeros.bytes, inputKeyMaterial: preSharedKey)
        let empty: [UInt8] = []
        let nothing = TranscriptHash(bytes: try HashFunction.digest(hash, empty.span))
        let binderKey = try HKDFLabel.derive(hash, secret: early.bytes, label: label, nothing)
        let finishedKey = try HKDFLabel.expand(
            hash, secret: binderKey.bytes, label: "finished", context: [], length: hash.digestLength)
        return try HMAC.authenticate(hash, key: finishedKey.bytes, transcript.bytes.span)
    }
}
