// TLS12KeyDerivation.swift — premaster secret, master secret, key block, verify_data, keying material.
// RFC 5246 §5, §6.3, §7.4.9, §8.1; RFC 7627 §4; RFC 5705 §4.
// Next: TLS12Client+Finished.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

/// ClientHello.random and ServerHello.random, 32 octets each.
package struct TLS12Randoms: Sendable {
    package let client: [UInt8]
    package let server: [UInt8]

    package init(client: [UInt8], server: [UInt8]) {
        self.client = client
        self.server = server
    }
}

/// The master secret: 48 octets that everything else is derived from.
package struct TLS12MasterSecret: ~Copyable, Sendable {
    package let secret: SecretBytes
    private let derivation: VersionDerivation
    private let randoms: TLS12Randoms

    /// RFC 5246 §8.1: bound to the two randoms only.
    package init(
        _ derivation: VersionDerivation, premaster: borrowing SecretBytes, _ randoms: TLS12Randoms
    ) throws(CryptoError) {
        let seed = randoms.client + randoms.server
        secret = try derivation.derive(
            secret: premaster.bytes, label: "master secret", seed: seed.span, length: TLS12MasterSecret.length)
        self.derivation = derivation
        self.randoms = randoms
    }

    /// RFC 7627 §4: bound to the whole handshake up to ClientKeyExchange.
    package init(
        _ derivation: VersionDerivation, premaster: borrowing SecretBytes, sessionHash: TranscriptHash,
        _ randoms: TLS12Randoms
    ) throws(CryptoError) {
        secret = try derivation.derive(
            secret: premaster.bytes, label: "extended master secret", seed: sessionHash.bytes.span,
            length: TLS12MasterSecret.length)
        self.derivation = derivation
        self.randoms = randoms
    }

    /// That of an earlier connection, which this one resumes.
    package init(
        _ derivation: VersionDerivation, resuming secret: borrowing SecretBytes, _ randoms: TLS12Randoms
    ) {
        self.secret = secret.copy()
        self.derivation = derivation
        self.randoms = randoms
    }

    /// RFC 5246 §8.1: always 48 octets.
    package static let length = 48

    /// RFC 5246 §6.3: the keys of both directions.
    package func recordKeys(
        _ protection: RecordKey.Protection
    ) throws(CryptoError) -> (client: RecordKey, server: RecordKey) {
        let lengths = RecordKey.lengths(protection)
        let seed = randoms.server + randoms.client
        let block = try derivation.derive(
            secret: secret.bytes, label: "key expansion", seed: seed.span,
            length: 2 * (lengths.macKey + lengths.key + lengths.iv))
        // client MAC, server MAC, client key, server key, client IV, server IV
        let keys = 2 * lengths.macKey
        let ivs = keys + 2 * lengths.key
        let bytes = block.bytes
        func part(_ start: Int, _ length: Int) -> SecretBytes {
            SecretBytes(copying: bytes.extracting(start..<start + length))
        }
        let client = TLS12MasterSecret.recordKey(
            protection, macKey: part(0, lengths.macKey), key: part(keys, lengths.key), iv: part(ivs, lengths.iv))
        let server = TLS12MasterSecret.recordKey(
            protection, macKey: part(lengths.macKey, lengths.macKey), key: part(keys + lengths.key, lengths.key),
            iv: part(ivs + lengths.iv, lengths.iv))
        return (client, server)
    }

    private static func recordKey(
        _ protection: RecordKey.Protection, macKey: consuming SecretBytes, key: consuming SecretBytes,
        iv: consuming SecretBytes
    ) -> RecordKey {
        switch protection {
        case .tls13(let algorithm): RecordKey(algorithm: algorithm, key: key, iv: iv)
        case .tls12AEAD(let algorithm): RecordKey(tls12: algorithm, key: key, iv: iv)
        case .tls12CBC(let algorithm, let encryptThenMAC):
            RecordKey(tls12: algorithm, encryptThenMAC: encryptThenMAC, key: key, macKey: macKey)
        case .legacy(let protection): RecordKey(legacy: protection, key: key, macKey: macKey, iv: iv)
        }
    }

    /// Whose Finished it is.
    package enum Side: Sendable { case client, server }

    /// RFC 5246 §7.4.9: 12 octets, in SSL 3.0 36.
    package func verifyData(
        _ side: Side, _ transcript: borrowing TLS12RunningHash
    ) throws(CryptoError) -> SecretBytes {
        try derivation.verifyData(side, master: secret.bytes, transcript)
    }

    /// What a client's CertificateVerify signs before TLS 1.2: MD5 and SHA-1, 36 octets.
    func certificateVerifyHashes(_ transcript: borrowing TLS12RunningHash) throws(CryptoError) -> [UInt8] {
        try derivation.certificateVerifyHashes(master: secret.bytes, transcript)
    }

    /// RFC 5705 §4: with a context its length stands in front of it, so that an empty one is not none.
    package func export(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes {
        var seed = randoms.client + randoms.server
        if let context {
            guard context.count <= 0xffff else { throw .lengthOutOfRange("a context of at most 65535 octets") }
            seed += [UInt8(context.count >> 8), UInt8(truncatingIfNeeded: context.count)] + context
        }
        return try derivation.derive(secret: secret.bytes, label: label, seed: seed.span, length: length)
    }
}
