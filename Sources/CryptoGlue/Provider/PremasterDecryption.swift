// PremasterDecryption.swift — the premaster secret of static RSA when the key is outside the process.
// RFC 5246 §7.4.7.1; RFC 8017 §5.1.2, §7.2.2.
// Next: RSAEncryptionPadding.swift.

public import WireFormat

/// A premaster secret that a key elsewhere decrypts. As with a key of this process, the result is 48 bytes, whatever came:
/// random ones unless the encryption is right, and neither an error nor the time says so.
public struct PremasterDecryption: ~Copyable, Sendable {
    private let version: ProtocolVersion
    private let length: Int
    private let substitute: SecretBytes
    /// What the key has to decrypt, as long as its modulus; nil when no answer could be right. Both numbers are public, so
    /// is that.
    public let question: [UInt8]?

    /// - Parameters:
    ///   - encrypted: what the client sent.
    ///   - key: our public key.
    ///   - version: the version of the ClientHello.
    ///   - random: where the bytes come from that stand in for the secret.
    /// - Throws: ``CryptoError/unsupported(_:)`` for a key that is not rsaEncryption, and what `random` throws.
    public init(
        _ encrypted: [UInt8], key: PublicKey, version: ProtocolVersion, random: any RandomSource
    ) throws(CryptoError) {
        guard case .rsa(let modulus, _) = key else {
            throw .unsupported("decryption with a key that is not rsaEncryption")
        }
        // Drawn before anything is known about `encrypted`.
        var substitute = SecretBytes(count: RSAEncryptionPadding.premasterLength)
        var bytes = substitute.mutableBytes
        try random.fill(&bytes)
        self.substitute = substitute
        self.version = version
        let significant = BigEndian.significant(modulus)
        length = significant.count
        let isPossible =
            encrypted.count == significant.count && BigEndian.isLess(encrypted.span, than: significant.span)
        question = isPossible ? encrypted : nil
    }

    /// The premaster secret.
    ///
    /// - Parameter decrypted: what the key made of the question, with its padding; nil when it failed. It is wiped as far as
    ///   it is the caller's only copy.
    public consuming func finish(_ decrypted: consuming [UInt8]?) -> SecretBytes {
        guard var encoded = decrypted, encoded.count == length else { return substitute }
        let secret = RSAEncryptionPadding.premaster(in: encoded.span, version: version, otherwise: substitute)
        Wipe.erase(&encoded)
        return secret
    }
}
