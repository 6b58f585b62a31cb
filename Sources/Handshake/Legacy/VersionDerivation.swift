// VersionDerivation.swift — how each version up to TLS 1.2 derives secrets and verify_data.
// RFC 5246 §5, §6.3, §7.4.9, §8.1; RFC 2246 §5; RFC 6101 §6.1, §6.2.2, §5.6.9.
// Next: TLS12KeyDerivation.swift.

package import CryptoGlue
internal import WireFormat

/// The derivation of one version.
package enum VersionDerivation: Sendable {
    /// The PRF of the suite's hash.
    case tls12(HashAlgorithm)
    /// The PRF of MD5 and SHA-1, in TLS 1.0 and 1.1.
    case tls10(LegacyUse)
    /// Nested MD5 and SHA-1.
    case ssl30(LegacyUse)

    /// `length` octets of a secret, a label, which SSL 3.0 does without, and a seed.
    package func derive(
        secret: Span<UInt8>, label: String, seed: Span<UInt8>, length: Int
    ) throws(CryptoError) -> SecretBytes {
        switch self {
        case .tls12(let hash): try PRF.derive(hash, secret: secret, label: label, seed: seed, length: length)
        case .tls10(let use): try LegacyPRF.derive(use, secret: secret, label: label, seed: seed, length: length)
        case .ssl30(let use): try SSL30Derivation.derive(use, secret: secret, seed: seed, length: length)
        }
    }

    /// The running hash of a transcript.
    func startTranscript() throws(CryptoError) -> TLS12RunningHash {
        switch self {
        case .tls12(let hash): TLS12RunningHash(try HashFunction(hash))
        case .tls10(let use), .ssl30(let use): TLS12RunningHash(try LegacyHash(use))
        }
    }

    /// The whole content of a Finished: 12 octets, in SSL 3.0 36.
    package func verifyData(
        _ side: TLS12MasterSecret.Side, master: Span<UInt8>, _ transcript: borrowing TLS12RunningHash
    ) throws(CryptoError) -> SecretBytes {
        switch (self, side) {
        // RFC 6101 §5.6.9: Sender.client is "CLNT", Sender.server "SRVR".
        case (.ssl30, .client): return try transcript.ssl30Hash(sender: Array("CLNT".utf8), master: master)
        case (.ssl30, .server): return try transcript.ssl30Hash(sender: Array("SRVR".utf8), master: master)
        case (_, .client):
            let hash = try transcript.snapshot()
            return try derive(secret: master, label: "client finished", seed: hash.span, length: 12)
        case (_, .server):
            let hash = try transcript.snapshot()
            return try derive(secret: master, label: "server finished", seed: hash.span, length: 12)
        }
    }

    /// MD5 and SHA-1 of what a client's CertificateVerify signs before TLS 1.2, 36 octets (RFC 6101 §5.6.8, RFC 2246 §7.4.8).
    func certificateVerifyHashes(
        master: Span<UInt8>, _ transcript: borrowing TLS12RunningHash
    ) throws(CryptoError) -> [UInt8] {
        switch self {
        case .ssl30:
            let hashes = try transcript.ssl30Hash(sender: [], master: master)
            return [UInt8](copying: hashes.bytes)
        case .tls10, .tls12: return try transcript.snapshot()
        }
    }
}

/// The hash of a transcript up to TLS 1.2: one function, or before it MD5 and SHA-1.
package struct TLS12RunningHash: ~Copyable, Sendable {
    /// One of the two.
    private var hash: HashFunction?
    private var legacy: LegacyHash?

    init(_ hash: consuming HashFunction) {
        self.hash = consume hash
        legacy = nil
    }

    package init(_ legacy: consuming LegacyHash) {
        hash = nil
        self.legacy = consume legacy
    }

    package mutating func update(_ octets: Span<UInt8>) {
        if hash?.update(octets) == nil { legacy?.update(octets) }
    }

    /// The hash up to here; before TLS 1.2 MD5 and then SHA-1, 36 octets.
    func snapshot() throws(CryptoError) -> [UInt8] {
        switch hash {
        case .some(let hash): return try hash.snapshot()
        case .none: break
        }
        switch legacy {
        case .some(let legacy): return try legacy.snapshot()
        case .none: throw TLS12RunningHash.none
        }
    }

    fileprivate func ssl30Hash(sender: [UInt8], master: Span<UInt8>) throws(CryptoError) -> SecretBytes {
        switch legacy {
        case .some(let legacy): try legacy.ssl30Hash(sender: sender, master: master)
        case .none: throw TLS12RunningHash.none
        }
    }

    private static let none = CryptoError.unsupported("a transcript without its hash")
}
