// RecordAEAD.swift — one direction's record protection: keyed once, seals and opens records in place.
// RFC 8446 §5.2, §5.3, App. B.4; RFC 5116; RFC 8439; RFC 6655.
// Next: CBCAlgorithm.swift.

/// An AEAD algorithm of TLS 1.3 or 1.2. The nonce is 12 bytes for each.
public enum AEADAlgorithm: String, Sendable, Hashable, CaseIterable {
    case aes128GCM, aes256GCM, chaCha20Poly1305, aes128CCM, aes128CCM8, aes256CCM, aes256CCM8

    /// The length of the key, in bytes: 16 or 32.
    public var keyLength: Int {
        switch self {
        case .aes128GCM, .aes128CCM, .aes128CCM8: 16
        case .aes256GCM, .chaCha20Poly1305, .aes256CCM, .aes256CCM8: 32
        }
    }

    /// The length of the tag behind the ciphertext, in bytes: 16, or 8 for CCM-8.
    public var tagLength: Int {
        switch self {
        case .aes128GCM, .aes256GCM, .chaCha20Poly1305, .aes128CCM, .aes256CCM: 16
        case .aes128CCM8, .aes256CCM8: 8
        }
    }
}

/// Seals or opens the records of one direction under one key, in place and without allocating.
///
/// A value belongs to one task at a time; it may be sent to another. The key is wiped with the value.
public struct RecordAEAD: ~Copyable, Sendable {
    private var state: GcryptAEAD

    /// The algorithm, fixed with the key.
    public var algorithm: AEADAlgorithm { state.algorithm }

    /// Takes the key, `keyLength` bytes.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)`` for a key of another length, ``CryptoError/unsupported(_:)`` when the
    ///   backend lacks the algorithm.
    public init(_ algorithm: AEADAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        state = try GcryptAEAD(algorithm, key: key)
    }

    /// Encrypts a record in place and writes its tag.
    ///
    /// `record` is `header` bytes of additional data, then plaintext, then `tagLength` bytes of room for the tag. The
    /// caller never repeats a nonce under one key.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)`` when `record` has no room for header and tag.
    public mutating func seal(
        _ record: inout MutableSpan<UInt8>, header: Int, nonce: InlineArray<12, UInt8>
    ) throws(CryptoError) {
        try state.seal(&record, header: header, nonce: nonce)
    }

    /// Decrypts a record in place and checks its tag.
    ///
    /// `record` is `header` bytes of additional data, then ciphertext, then the tag.
    ///
    /// - Throws: ``CryptoError/authenticationFailed`` when the tag does not match or there is no room for one; then
    ///   everything after the header has been wiped.
    public mutating func open(
        _ record: inout MutableSpan<UInt8>, header: Int, nonce: InlineArray<12, UInt8>
    ) throws(CryptoError) {
        try state.open(&record, header: header, nonce: nonce)
    }

    /// Encrypts like ``seal(_:header:nonce:)``, with additional data that does not stand in the record, as TLS 1.2 has it;
    /// of the record's `header` bytes only the length counts.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)`` when `record` has no room for header and tag.
    public mutating func seal(
        _ record: inout MutableSpan<UInt8>, header: Int, nonce: InlineArray<12, UInt8>, additionalData: Span<UInt8>
    ) throws(CryptoError) {
        try state.seal(&record, header: header, nonce: nonce, additionalData: additionalData)
    }

    /// Decrypts like ``open(_:header:nonce:)``, with additional data that does not stand in the record.
    ///
    /// - Throws: ``CryptoError/authenticationFailed`` when the tag does not match or there is no room for one; then
    ///   everything after the header has been wiped.
    public mutating func open(
        _ record: inout MutableSpan<UInt8>, header: Int, nonce: InlineArray<12, UInt8>, additionalData: Span<UInt8>
    ) throws(CryptoError) {
        try state.open(&record, header: header, nonce: nonce, additionalData: additionalData)
    }
}
