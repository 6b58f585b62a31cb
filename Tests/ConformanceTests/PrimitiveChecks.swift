// PrimitiveChecks.swift — asks CryptoGlue one case of a vector file.
// Next: Primitives/SymmetricVectorTests.swift.

import CryptoGlue
import Synchronization
import TestSupport
import WireFormat

/// Hands out the octets of a vector, in order, and refuses to go beyond them.
final class VectorRandom: RandomSource {
    private let rest: Mutex<[UInt8]>

    init(_ bytes: [UInt8]) { rest = Mutex(bytes) }

    /// Whether everything was drawn.
    var isExhausted: Bool { rest.withLock { $0.isEmpty } }

    func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
        let count = bytes.count
        let drawn = rest.withLock { rest -> [UInt8]? in
            guard rest.count >= count else { return nil }
            defer { rest.removeFirst(count) }
            return Array(rest.prefix(count))
        }
        guard let drawn else { throw .unsupported("more randomness than the vector has") }
        for index in 0..<count { bytes[index] = drawn[index] }
    }
}

/// A copy of a secret. A function, because a span taken inside a larger expression keeps its owner from being consumed.
func octets(_ secret: borrowing SecretBytes) -> [UInt8] { [UInt8](copying: secret.bytes) }

extension Outcome {
    /// Seals and opens; both must give the other.
    static func aead(
        _ algorithm: AEADAlgorithm, key: [UInt8], nonce: [UInt8], additionalData: [UInt8], plaintext: [UInt8],
        sealed: [UInt8]
    ) -> Outcome {
        Outcome {
            var record = additionalData + plaintext + [UInt8](repeating: 0xa5, count: algorithm.tagLength)
            try seal(&record, algorithm, key: key, header: additionalData.count, nonce: nonce)
            if record != additionalData + sealed { return .wrong("seal gives other octets") }
            try open(&record, algorithm, key: key, header: additionalData.count, nonce: nonce)
            let opened = Array(record.prefix(additionalData.count + plaintext.count))
            return .comparing(opened, with: additionalData + plaintext)
        }
    }

    /// Seals in place under a fresh handle.
    static func seal(
        _ record: inout [UInt8], _ algorithm: AEADAlgorithm, key: [UInt8], header: Int, nonce: [UInt8]
    ) throws {
        var sealer = try RecordAEAD(algorithm, key: key.span)
        var span = record.mutableSpan
        try sealer.seal(&span, header: header, nonce: InlineArray { nonce[$0] })
    }

    private static func open(
        _ record: inout [UInt8], _ algorithm: AEADAlgorithm, key: [UInt8], header: Int, nonce: [UInt8]
    ) throws {
        var opener = try RecordAEAD(algorithm, key: key.span)
        var span = record.mutableSpan
        try opener.open(&span, header: header, nonce: InlineArray { nonce[$0] })
    }

    /// Opens only; a refusal must leave no plaintext behind.
    static func opening(
        _ algorithm: AEADAlgorithm, key: [UInt8], nonce: [UInt8], additionalData: [UInt8], sealed: [UInt8]
    ) -> Outcome {
        var record = additionalData + sealed
        let outcome = Outcome {
            try open(&record, algorithm, key: key, header: additionalData.count, nonce: nonce)
            return .passed
        }
        if case .refused = outcome, record != additionalData + [UInt8](repeating: 0, count: sealed.count) {
            return .wrong("refused, but the record is not wiped")
        }
        return outcome
    }

    /// A key pair from `privateKey`, and the secret it shares with the peer.
    static func keyExchange(
        _ group: NamedGroup, privateKey: [UInt8], publicShare: [UInt8]? = nil, peerShare: [UInt8], shared: [UInt8]?
    ) -> Outcome {
        Outcome {
            let random = VectorRandom(privateKey)
            let exchange = try KeyExchange.start(group, random: random)
            guard random.isExhausted else { return .wrong("the private key was not drawn whole") }
            if let publicShare, exchange.publicShare != publicShare { return .wrong("the public share differs") }
            let secret = try exchange.finish(peerShare: peerShare.span)
            guard let shared else { return .passed }
            return .comparing(Array(copying: secret.bytes), with: shared)
        }
    }

    static func signature(
        _ signature: [UInt8], over message: [UInt8], by key: PublicKey, _ algorithm: SignatureAlgorithm
    ) -> Outcome {
        Outcome {
            try key.verify(signature.span, over: message.span, using: algorithm)
            return .passed
        }
    }

    /// Signs with an algorithm that leaves no choice; the signature must be the stated one.
    static func signing(
        _ message: [UInt8], with material: consuming PrivateKeyMaterial, _ algorithm: SignatureAlgorithm,
        gives expected: [UInt8], publicKey: PublicKey
    ) -> Outcome {
        do {
            let key = try SigningKey(material)
            if key.publicKey != publicKey { return .wrong("the derived public key differs") }
            return .comparing(try key.sign(message.span, using: algorithm), with: expected)
        } catch {
            return .wrong("signing: \(error)")
        }
    }
}

/// A code computed whole and, for long messages, again in two pieces.
enum DigestCheck {
    static func digest(_ algorithm: HashAlgorithm, _ message: [UInt8]) throws -> [UInt8] {
        let whole = try HashFunction.digest(algorithm, message.span)
        var pieces = try HashFunction(algorithm)
        let cut = message.count / 3
        pieces.update(message.span.extracting(..<cut))
        _ = try pieces.snapshot()
        pieces.update(message.span.extracting(cut...))
        guard try pieces.snapshot() == whole else { throw VectorFileError("snapshot and one-shot hash differ") }
        return whole
    }

    static func mac(_ algorithm: HashAlgorithm, key: [UInt8], _ message: [UInt8]) throws -> [UInt8] {
        let code = try HMAC.authenticate(algorithm, key: key.span, message.span)
        let whole = Array(copying: code.bytes)
        var pieces = try HMAC(algorithm, key: key.span)
        let cut = message.count / 3
        for _ in 0..<2 {  // twice: the value is ready for the next message under the same key
            guard try mac(&pieces, algorithm, message, cut: cut) == whole else {
                throw VectorFileError("HMAC in pieces and in one go differ")
            }
        }
        return whole
    }

    private static func mac(
        _ code: inout HMAC, _ algorithm: HashAlgorithm, _ message: [UInt8], cut: Int
    ) throws -> [UInt8] {
        code.update(message.span.extracting(..<cut))
        code.update(message.span.extracting(cut...))
        var bytes = [UInt8](repeating: 0, count: algorithm.digestLength)
        var span = bytes.mutableSpan
        try code.finalize(into: &span)
        return bytes
    }
}
