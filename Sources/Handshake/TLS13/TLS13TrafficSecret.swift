// TLS13TrafficSecret.swift — traffic secrets by epoch, and the keys they expand to.
// RFC 8446 §7.1 (HKDF-Expand-Label), §7.2, §7.3, §4.4.4.
// Next: TLS13KeySchedule.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

/// The epochs of TLS 1.3, as phantom types: a key of one cannot be used for another.
package enum Epoch {
    package enum Early {}
    package enum Handshake {}
    package enum Application {}
}

package enum HKDFLabel {
    /// RFC 8446 §7.1: HKDF-Expand-Label(Secret, Label, Context, Length).
    package static func expand(
        _ hash: HashAlgorithm, secret: Span<UInt8>, label: String, context: [UInt8], length: Int
    ) throws(CryptoError) -> SecretBytes {
        var info = WireWriter(reservingCapacity: 64)
        info.uint16(UInt16(truncatingIfNeeded: length))
        info.vector8("label") { $0.bytes(Array("tls13 \(label)".utf8)) }
        info.vector8("context") { $0.bytes(context) }
        let encoded: [UInt8]
        do throws(DecodeError) { encoded = try info.finish() } catch {
            throw .lengthOutOfRange("HkdfLabel.\(error.field)")
        }
        return try HKDF.expand(hash, secret: secret, info: encoded.span, length: length)
    }

    /// RFC 8446 §7.1: Derive-Secret(Secret, Label, Messages), the messages given as their hash.
    package static func derive(
        _ hash: HashAlgorithm, secret: Span<UInt8>, label: String, _ transcript: TranscriptHash
    ) throws(CryptoError) -> SecretBytes {
        try expand(hash, secret: secret, label: label, context: transcript.bytes, length: hash.digestLength)
    }
}

/// A `*_traffic_secret_N` of one direction.
package struct TrafficSecret<E>: ~Copyable, Sendable {
    package let suite: TLS13Suite
    package let secret: SecretBytes

    package init(suite: TLS13Suite, secret: consuming SecretBytes) {
        self.suite = suite
        self.secret = secret
    }

    /// RFC 8446 §7.3: the traffic key and IV.
    package func recordKey() throws(CryptoError) -> RecordKey {
        let key = try HKDFLabel.expand(
            suite.hash, secret: secret.bytes, label: "key", context: [], length: suite.aead.keyLength)
        let iv = try HKDFLabel.expand(suite.hash, secret: secret.bytes, label: "iv", context: [], length: 12)
        return RecordKey(algorithm: suite.aead, key: key, iv: iv)
    }
}

extension TrafficSecret where E == Epoch.Handshake {
    /// RFC 8446 §4.4.4: verify_data = HMAC(finished_key, Transcript-Hash(…)).
    package func verifyData(_ transcript: TranscriptHash) throws(CryptoError) -> SecretBytes {
        let finishedKey = try HKDFLabel.expand(
            suite.hash, secret: secret.bytes, label: "finished", context: [], length: suite.hash.digestLength)
        return try HMAC.authenticate(suite.hash, key: finishedKey.bytes, transcript.bytes.span)
    }
}

extension TrafficSecret where E == Epoch.Application {
    /// RFC 8446 §7.2: application_traffic_secret_N+1. The caller puts it in the place of this one, which dies then.
    package func updated() throws(CryptoError) -> TrafficSecret {
        let next = try HKDFLabel.expand(
            suite.hash, secret: secret.bytes, label: "traffic upd", context: [], length: suite.hash.digestLength)
        return TrafficSecret(suite: suite, secret: next)
    }
}
