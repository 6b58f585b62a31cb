// TLS13EarlyData.swift — 0-RTT: what becomes of early data, the key it goes out under, and what an acceptance has to fit.
// RFC 8446 §2.3, §4.2.10, §4.5, §7.1, §8, App. E.5.
// Next: TLS13KeySchedule.swift.

internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// What became of the data that was given to be sent early. Final when the handshake is done.
public enum EarlyDataOutcome: String, Sendable {
    /// There was none.
    case notOffered
    /// The server took it with the ClientHello: it is not forward secret, and may reach the server's application more than
    /// once (RFC 8446 §8).
    case accepted
    /// It went out as the first application data after the handshake: no ticket allowed it earlier, or the server did not
    /// want it.
    case sentAfterHandshake
    /// It was not delivered: the application protocol is not the ticket's, and the data was made for that; or the server
    /// refused it, and the configuration does not let it be sent again.
    case rejected
}

/// What the data that waits has to fit: a session was at hand, and the data was made for its application protocol.
package struct EarlyDataTarget: Sendable {
    package let alpnProtocol: String?
}

enum EarlyData {
    /// Whether data of so many octets may go out under the key of this session: the server said how many it takes, with
    /// the suite and the application protocol that the session has and this hello offers too (RFC 8446 §4.2.10).
    static func isAllowed(_ count: Int, _ session: Session, _ configuration: ClientConfiguration) -> Bool {
        guard count > 0, let limit = session.maxEarlyDataSize, count <= Int(limit),
            configuration.offeredCipherSuites.contains(session.cipherSuite)
        else { return false }
        guard let name = session.alpnProtocol else { return !configuration.requiresALPN }
        return configuration.alpnProtocols.contains(name)
    }

    /// The key for the records between ClientHello and EndOfEarlyData.
    ///
    /// - Parameter hello: the transcript of the whole ClientHello, binders included.
    static func writeKey(
        _ key: OfferedPreSharedKey, _ hello: borrowing TranscriptBuffer, _ offer: ClientOffer
    ) throws(HandshakeError) -> RecordKey {
        guard let session = key.session, let suite = TLS13Suite(session.cipherSuite) else {
            throw .internalError("early data goes out under a ticket's key only")
        }
        do throws(CryptoError) {
            let transcript = try hello.hash(suite.hash)
            let secret = key.secret
            let early = try EarlySecret(suite, preSharedKey: secret.bytes)
            let traffic = try early.clientTraffic(transcript)
            if let keyLog = offer.configuration.keyLog {
                keyLog.log(.clientEarly, clientRandom: offer.hello.random, traffic.secret)
                let exporter = try early.exporter(transcript)
                keyLog.log(.earlyExporter, clientRandom: offer.hello.random, exporter.secret)
            }
            return try traffic.recordKey()
        } catch { throw .crypto(error, during: "deriving the key for early data") }
    }

    /// RFC 8446 §4.2.10: the server that accepts early data chose the first key, its cipher suite and its application
    /// protocol.
    static func checkAccepted(
        _ body: [UInt8], _ offer: ClientOffer, selectedIndex: UInt16?, _ suite: TLS13Suite, alpnProtocol: String?
    ) throws(HandshakeError) {
        try parsing(.encryptedExtensions) { () throws(DecodeError) in
            try EarlyDataExtension.parseEncryptedExtensions(body.span)
        }
        guard let session = offer.preSharedKeys.first?.session else {
            throw .internalError("early data was offered without a ticket")
        }
        guard selectedIndex == 0 else { throw .peerMisbehaved(.earlyDataUnderOtherKey(selected: selectedIndex)) }
        guard suite.code == session.cipherSuite else {
            throw .peerMisbehaved(.earlyDataUnderOtherCipherSuite(suite.code, ticket: session.cipherSuite))
        }
        guard alpnProtocol == session.alpnProtocol else {
            throw .peerMisbehaved(
                .earlyDataUnderOtherProtocol(alpnProtocol ?? "none", ticket: session.alpnProtocol ?? "none"))
        }
    }
}
