// TLS12Negotiated.swift — what the ServerHello settled, and the transcript that goes with it.
// RFC 5246 §7.4.1.3, §7.4.8.
// Next: TLS12ServerHelloRules.swift.

internal import Certificates
internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// What the ServerHello settled. Fixed from then on.
package struct TLS12Negotiated: Sendable {
    let offer: ClientOffer
    let suite: TLS12Suite
    let randoms: TLS12Randoms
    /// The ID the server gave the new session; empty when it does not keep it.
    let sessionID: [UInt8]
    /// RFC 7627: the master secret is bound to the handshake.
    let usesExtendedMasterSecret: Bool
    /// RFC 7366: only with a CBC suite.
    let usesEncryptThenMAC: Bool
    /// RFC 5077 §3.2: a NewSessionTicket comes.
    let expectsTicket: Bool
    /// RFC 6066 §8: a CertificateStatus may come.
    let mayStaple: Bool

    /// How records are protected after ChangeCipherSpec.
    var protection: RecordKey.Protection {
        switch suite.protection {
        case .aead(let algorithm): .tls12AEAD(algorithm)
        case .cbc(let algorithm): .tls12CBC(algorithm, encryptThenMAC: usesEncryptThenMAC)
        }
    }
}

/// The running hash, and the messages themselves while a CertificateVerify of ours may be needed: its signature is over
/// the messages with the hash of its own scheme (RFC 5246 §7.4.8).
package struct TLS12Transcript: ~Copyable, Sendable {
    private var running: Transcript
    package private(set) var messages: [UInt8]?

    init(
        _ buffer: consuming TranscriptBuffer, _ hash: HashAlgorithm, keepsMessages: Bool
    ) throws(HandshakeError) {
        messages = keepsMessages ? buffer.messages : nil
        do throws(CryptoError) { running = try buffer.start(with: hash) } catch {
            throw .crypto(error, during: "starting the transcript hash")
        }
    }

    mutating func add(_ message: HandshakeMessage) {
        running.add(message)
        messages?.append(contentsOf: message.encoded)
    }

    /// No CertificateVerify will be sent any more.
    mutating func dropMessages() { messages = nil }

    func hash() throws(HandshakeError) -> TranscriptHash { try running.currentHash() }
}
