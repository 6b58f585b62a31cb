// TLS12Parameters.swift — what the two hellos of TLS 1.2 settled for both sides, and the transcript that goes with it.
// RFC 5246 §7.4.1.3, §7.4.8.
// Next: TLS12Negotiated.swift.

internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// What the hellos settled for both sides. Fixed from the ServerHello on.
package struct TLS12Parameters: Sendable {
    let suite: TLS12Suite
    let rules: VersionRules
    let randoms: TLS12Randoms
    /// RFC 7627: the master secret is bound to the handshake.
    let usesExtendedMasterSecret: Bool
    /// RFC 7366: only with a CBC suite.
    let usesEncryptThenMAC: Bool

    /// How records are protected after ChangeCipherSpec.
    var protection: RecordKey.Protection {
        get throws(HandshakeError) { try rules.protection(suite, encryptThenMAC: usesEncryptThenMAC) }
    }
}

/// The running hash, and the messages themselves while a CertificateVerify may be needed: its signature is over the
/// messages with the hash of its own scheme (RFC 5246 §7.4.8).
package struct TLS12Transcript: ~Copyable, Sendable {
    private(set) var running: TLS12RunningHash
    package private(set) var messages: [UInt8]?

    init(
        _ buffer: consuming TranscriptBuffer, _ rules: VersionRules, keepsMessages: Bool
    ) throws(HandshakeError) {
        let before = buffer.messages
        messages = keepsMessages ? before : nil
        do throws(CryptoError) { running = try rules.derivation.startTranscript() } catch {
            throw .crypto(error, during: "starting the transcript hash")
        }
        running.update(before.span)
    }

    mutating func add(_ message: HandshakeMessage) {
        running.update(message.encoded.span)
        messages?.append(contentsOf: message.encoded)
    }

    /// No CertificateVerify will come or be sent any more.
    mutating func dropMessages() { messages = nil }

    func hash() throws(HandshakeError) -> TranscriptHash {
        do throws(CryptoError) { return TranscriptHash(bytes: try running.snapshot()) } catch {
            throw .crypto(error, during: "computing the transcript hash")
        }
    }
}
