// TLS13KeySchedule.swift — Early Secret, Handshake Secret, Main Secret: each dies in the making of the next.
// RFC 8446 §7.1.
// Next: TLS13Exporter.swift.

package import CryptoGlue

//                  0
//                  |
//                  v
//    PSK -> HKDF-Extract = EarlySecret -> c e traffic, e exp master
//                  |
//            Derive-Secret(., "derived", "")
//                  |
//                  v
// (EC)DHE -> HKDF-Extract = HandshakeSecret -> c hs traffic, s hs traffic
//                  |
//            Derive-Secret(., "derived", "")
//                  |
//                  v
//       0 -> HKDF-Extract = MainSecret -> c ap traffic, s ap traffic, exp master, res master

package struct EarlySecret: ~Copyable, Sendable {
    private let suite: TLS13Suite
    package let secret: SecretBytes

    /// Without a pre-shared key: the input is zeros.
    package init(_ suite: TLS13Suite) throws(CryptoError) {
        let zeros = SecretBytes(count: suite.hash.digestLength)
        try self.init(suite, preSharedKey: zeros.bytes)
    }

    package init(_ suite: TLS13Suite, preSharedKey: Span<UInt8>) throws(CryptoError) {
        let zeros = SecretBytes(count: suite.hash.digestLength)
        let extracted = try HKDF.extract(suite.hash, salt: zeros.bytes, inputKeyMaterial: preSharedKey)
        self.suite = suite
        secret = extracted
    }

    /// - Parameter hello: Transcript-Hash(ClientHello).
    package func clientTraffic(_ hello: TranscriptHash) throws(CryptoError) -> TrafficSecret<Epoch.Early> {
        let derived = try HKDFLabel.derive(suite.hash, secret: secret.bytes, label: "c e traffic", hello)
        return TrafficSecret(suite: suite, secret: derived)
    }

    /// early_exporter_master_secret.
    ///
    /// - Parameter hello: Transcript-Hash(ClientHello).
    package func exporter(_ hello: TranscriptHash) throws(CryptoError) -> ExporterSecret {
        let derived = try HKDFLabel.derive(suite.hash, secret: secret.bytes, label: "e exp master", hello)
        return ExporterSecret(hash: suite.hash, secret: derived)
    }

    /// - Parameter sharedSecret: of the (EC)DHE exchange; zeros of the hash's length when there was none.
    package consuming func intoHandshakeSecret(
        sharedSecret: borrowing SecretBytes
    ) throws(CryptoError) -> HandshakeSecret {
        let salt = try KeySchedule.derivedSalt(suite, secret)
        let next = try HKDF.extract(suite.hash, salt: salt.bytes, inputKeyMaterial: sharedSecret.bytes)
        return HandshakeSecret(suite: suite, secret: next)
    }
}

package struct HandshakeSecret: ~Copyable, Sendable {
    private let suite: TLS13Suite
    package let secret: SecretBytes

    fileprivate init(suite: TLS13Suite, secret: consuming SecretBytes) {
        self.suite = suite
        self.secret = secret
    }

    /// - Parameter hello: Transcript-Hash(ClientHello…ServerHello).
    package func clientTraffic(_ hello: TranscriptHash) throws(CryptoError) -> TrafficSecret<Epoch.Handshake> {
        let derived = try HKDFLabel.derive(suite.hash, secret: secret.bytes, label: "c hs traffic", hello)
        return TrafficSecret(suite: suite, secret: derived)
    }

    /// - Parameter hello: Transcript-Hash(ClientHello…ServerHello).
    package func serverTraffic(_ hello: TranscriptHash) throws(CryptoError) -> TrafficSecret<Epoch.Handshake> {
        let derived = try HKDFLabel.derive(suite.hash, secret: secret.bytes, label: "s hs traffic", hello)
        return TrafficSecret(suite: suite, secret: derived)
    }

    package consuming func intoMainSecret() throws(CryptoError) -> MainSecret {
        let salt = try KeySchedule.derivedSalt(suite, secret)
        let zeros = SecretBytes(count: suite.hash.digestLength)
        let next = try HKDF.extract(suite.hash, salt: salt.bytes, inputKeyMaterial: zeros.bytes)
        return MainSecret(suite: suite, secret: next)
    }
}

package struct MainSecret: ~Copyable, Sendable {
    private let suite: TLS13Suite
    package let secret: SecretBytes

    fileprivate init(suite: TLS13Suite, secret: consuming SecretBytes) {
        self.suite = suite
        self.secret = secret
    }

    /// - Parameter finished: Transcript-Hash(ClientHello…server Finished).
    package func clientTraffic(_ finished: TranscriptHash) throws(CryptoError) -> TrafficSecret<Epoch.Application> {
        let derived = try HKDFLabel.derive(suite.hash, secret: secret.bytes, label: "c ap traffic", finished)
        return TrafficSecret(suite: suite, secret: derived)
    }

    /// - Parameter finished: Transcript-Hash(ClientHello…server Finished).
    package func serverTraffic(_ finished: TranscriptHash) throws(CryptoError) -> TrafficSecret<Epoch.Application> {
        let derived = try HKDFLabel.derive(suite.hash, secret: secret.bytes, label: "s ap traffic", finished)
        return TrafficSecret(suite: suite, secret: derived)
    }

    /// - Parameter finished: Transcript-Hash(ClientHello…server Finished).
    package func exporter(_ finished: TranscriptHash) throws(CryptoError) -> ExporterSecret {
        let derived = try HKDFLabel.derive(suite.hash, secret: secret.bytes, label: "exp master", finished)
        return ExporterSecret(hash: suite.hash, secret: derived)
    }

    /// - Parameter finished: Transcript-Hash(ClientHello…client Finished).
    package func resumption(_ finished: TranscriptHash) throws(CryptoError) -> ResumptionSecret {
        let derived = try HKDFLabel.derive(suite.hash, secret: secret.bytes, label: "res master", finished)
        return ResumptionSecret(hash: suite.hash, secret: derived)
    }
}

/// resumption_master_secret: each ticket's PSK is derived from it.
package struct ResumptionSecret: ~Copyable, Sendable {
    private let hash: HashAlgorithm
    package let secret: SecretBytes

    fileprivate init(hash: HashAlgorithm, secret: consuming SecretBytes) {
        self.hash = hash
        self.secret = secret
    }

    /// RFC 8446 §4.6.1: the PSK of the ticket with this nonce.
    package func preSharedKey(ticketNonce: [UInt8]) throws(CryptoError) -> SecretBytes {
        try HKDFLabel.expand(
            hash, secret: secret.bytes, label: "resumption", context: ticketNonce, length: hash.digestLength)
    }
}

private enum KeySchedule {
    /// Derive-Secret(., "derived", ""): the salt of the next extraction.
    static func derivedSalt(_ suite: TLS13Suite, _ secret: borrowing SecretBytes) throws(CryptoError) -> SecretBytes {
        let empty: [UInt8] = []
        let nothing = TranscriptHash(bytes: try HashFunction.digest(suite.hash, empty.span))
        return try HKDFLabel.derive(suite.hash, secret: secret.bytes, label: "derived", nothing)
    }
}
