// HashFunction.swift — SHA-256, SHA-384 and SHA-512 with snapshots, for transcripts.
// RFC 8446 §4.4.1; FIPS 180-4.
// Next: OCSPCertificateIdentifier.swift.

/// A hash function of the SHA-2 family.
public enum HashAlgorithm: String, Sendable, Hashable, CaseIterable {
    case sha256, sha384, sha512

    /// The length of a digest, in bytes: 32, 48 or 64.
    public var digestLength: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The length of the block the compression function takes, in bytes: 64 or 128. HMAC pads its key to this.
    public var blockLength: Int {
        switch self {
        case .sha256: 64
        case .sha384, .sha512: 128
        }
    }
}

/// A running hash whose value so far can be read without ending it, as a transcript hash needs.
///
/// A value belongs to one task at a time; it may be sent to another.
public struct HashFunction: ~Copyable, Sendable {
    private var state: GcryptHash

    /// The algorithm, fixed when the hash was started.
    public let algorithm: HashAlgorithm

    /// Starts a hash over nothing.
    ///
    /// - Throws: ``CryptoError/backend(operation:code:)`` when the backend has no memory left, or
    ///   ``CryptoError/backendTooOld(found:required:)``.
    public init(_ algorithm: HashAlgorithm) throws(CryptoError) {
        let state = try GcryptHash(algorithm)
        self.algorithm = algorithm
        self.state = state
    }

    /// Adds bytes, of any length, to the hash.
    public mutating func update(_ bytes: Span<UInt8>) {
        state.update(bytes)
    }

    /// Returns the hash of everything added so far, `digestLength` bytes; the hash goes on.
    ///
    /// - Throws: ``CryptoError/backend(operation:code:)`` when the backend has no memory left.
    public func snapshot() throws(CryptoError) -> [UInt8] {
        try state.snapshot()
    }

    /// Returns the hash of `bytes`, `digestLength` bytes, in one step.
    ///
    /// - Throws: ``CryptoError/backendTooOld(found:required:)``.
    public static func digest(_ algorithm: HashAlgorithm, _ bytes: Span<UInt8>) throws(CryptoError) -> [UInt8] {
        try GcryptHash.digest(algorithm, bytes)
    }
}
