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
    private let hash: HashAlgorithm
    private let randoms: TLS12Randoms

    /// RFC 5246 §8.1: bound to the two randoms only.
    package init(
        _ hash: HashAlgorithm, premaster: borrowing SecretBytes, _ randoms: TLS12Randoms
    ) throws(CryptoError) {
        let seed = randoms.client + randoms.server
        secret = try PRF.derive(
            hash, secret: premaster.bytes, label: "master secret", seed: seed.span, length: TLS12MasterSecret.length)
        self.hash = hash
        self.randoms = randoms
    }

    /// RFC 7627 §4: bound to the whole handshake up to ClientKeyExchange.
    package init(
        _ hash: HashAlgorithm, premaster: borrowing SecretBytes, sessionHash: TranscriptHash, _ randoms: TLS12Randoms
    ) throws(CryptoError) {
        secret = try PRF.derive(
            hash, secret: premaster.bytes, label: "extended master secret", seed: sessionHash.bytes.span,
            length: TLS12MasterSecret.length)
        self.hash = hash
        self.randoms = randoms
    }

    /// That of an earlier connection, which this one resumes.
    package init(
        _ hash: HashAlgorithm, resuming secret: borrowing SecretBytes, _ randoms: TLS12Randoms
    ) {
        self.secret = secret.copy()
        self.hash = hash
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
        let block = try PRF.derive(
            hash, secret: secret.bytes, label: "key expansion", seed: seed.span,
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
        }
    }

    /// Whose Finished it is.
    package enum Side: Sendable { case client, server }

    /// RFC 5246 §7.4.9: 12 octets.
    package func verifyData(_ side: Side, _ transcript: TranscriptHash) throws(CryptoError) -> SecretBytes {
        switch side {
        case .client:
            try PRF.derive(
                hash, secret: secret.bytes, label: "client finished", seed: transcript.bytes.span, length: 12)
        case .server:
            try PRF.derive(
                hash, secret: secret.bytes, label: "server finished", seed: transcript.bytes.span, length: 12)
        }
    }

    /// RFC 5705 §4: with a context its length stands in front of it, so that an empty one is not none.
    package func export(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes {
        var seed = randoms.client + randoms.server
        if let context {
            guard context.count <= 0xffff else { throw .lengthOutOfRange("a context of at most 65535 octets") }
            seed += [UInt8(context.count >> 8), UInt8(truncatingIfNeeded: context.count)] + context
        }
        return try PRF.derive(hash, secret: secret.bytes, label: label, seed: seed.span, length: length)
    }
}
