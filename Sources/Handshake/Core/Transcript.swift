// Transcript.swift — the hash over the handshake's messages, exactly as they were sent and received.
// RFC 8446 §4.4.1.
// Next: HandshakeOutput.swift.

package import CryptoGlue
internal import WireFormat

/// A transcript hash: the value of the hash at one point of the handshake.
package struct TranscriptHash: Equatable, Sendable {
    package let bytes: [UInt8]
    package init(bytes: [UInt8]) { self.bytes = bytes }
}

/// The messages before the hash is known: the server chooses it with the cipher suite.
package struct TranscriptBuffer: ~Copyable, Sendable {
    package private(set) var messages: [UInt8] = []

    package init() {}

    package mutating func add(_ message: HandshakeMessage) { messages += message.encoded }

    /// The running hash over all that was added.
    package consuming func start(with hash: HashAlgorithm) throws(CryptoError) -> Transcript {
        var running = try HashFunction(hash)
        running.update(messages.span)
        return Transcript(running)
    }

    /// The hash over all that was added and the beginning of one more message: a binder's transcript
    /// (RFC 8446 §4.2.11.2).
    package func hash(_ hash: HashAlgorithm, appending part: [UInt8] = []) throws(CryptoError) -> TranscriptHash {
        var running = try HashFunction(hash)
        running.update(messages.span)
        running.update(part.span)
        return TranscriptHash(bytes: try running.snapshot())
    }

    /// The hash over all that was added but its last octets: a binder's transcript, when the whole ClientHello is there.
    package func hash(_ hash: HashAlgorithm, droppingLast count: Int) throws(CryptoError) -> TranscriptHash {
        TranscriptHash(bytes: try HashFunction.digest(hash, messages.span.extracting(droppingLast: count)))
    }

    /// RFC 8446 §4.4.1: the first ClientHello is replaced by a synthetic message_hash message when a
    /// HelloRetryRequest answers it.
    package consuming func afterHelloRetry(with hash: HashAlgorithm) throws(CryptoError) -> TranscriptBuffer {
        TranscriptBuffer(messageHash: try HashFunction.digest(hash, messages.span))
    }

    /// The same, of a first ClientHello of which only the hash is left: 32 or 48 octets.
    package init(messageHash digest: [UInt8]) {
        messages = [HandshakeType.messageHash.rawValue, 0, 0, UInt8(truncatingIfNeeded: digest.count)] + digest
    }
}

/// The running hash.
package struct Transcript: ~Copyable, Sendable {
    private var running: HashFunction

    fileprivate init(_ running: consuming HashFunction) { self.running = running }

    package mutating func add(_ message: HandshakeMessage) { running.update(message.encoded.span) }

    /// The hash up to the last message added.
    package func hash() throws(CryptoError) -> TranscriptHash { TranscriptHash(bytes: try running.snapshot()) }
}
