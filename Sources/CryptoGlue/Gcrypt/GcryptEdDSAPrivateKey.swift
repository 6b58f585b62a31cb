// GcryptEdDSAPrivateKey.swift — Ed25519 and Ed448: signing over libgcrypt's arithmetic.
// RFC 8032 §5.1.5, §5.1.6, §5.2.5, §5.2.6.
// Next: GcryptSigningKey.swift.

import WireFormat

/// A private key of RFC 8032 that signs. Reading it from many threads is safe.
///
/// `gcry_pk_sign` does the same steps as `sign`, but leaves copies of the private key in freed memory.
struct GcryptEdDSAPrivateKey: ~Copyable, Sendable {
    private let algorithm: GcryptEdDSA
    private let seed: SecretBytes
    private let encodedPublicKey: [UInt8]

    var publicKey: PublicKey {
        switch algorithm {
        case .ed25519: .ed25519(encodedPublicKey)
        case .ed448: .ed448(encodedPublicKey)
        }
    }

    /// - Throws: ``CryptoError/invalidKey(_:)`` when the private key has not the algorithm's length.
    init(_ algorithm: GcryptEdDSA, seed: consuming SecretBytes) throws(CryptoError) {
        let encoded = try algorithm.publicKey(seed: seed)
        self.algorithm = algorithm
        self.seed = seed
        encodedPublicKey = encoded
    }

    func sign(_ message: Span<UInt8>, using algorithm: SignatureAlgorithm) throws(CryptoError) -> [UInt8] {
        switch (self.algorithm, algorithm) {
        case (.ed25519, .ed25519), (.ed448, .ed448):
            return try self.algorithm.sign(message, seed: seed, publicKey: encodedPublicKey)
        default: throw .unsupported("\(algorithm) with an \(self.algorithm.name) key")
        }
    }
}

/// RFC 8032 §5.1.5, §5.1.6, §5.2.5, §5.2.6.
extension GcryptEdDSA {
    /// The public key of a private key.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)`` for another length.
    func publicKey(seed: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        guard seed.count == length else {
            throw .invalidKey("an \(name) private key has \(length) bytes, not \(seed.count)")
        }
        let curve = try GcryptCurve(gcryptName)
        return try encodedMultiple(of: scalar(expanded(seed)), on: curve)
    }

    func sign(
        _ message: Span<UInt8>, seed: borrowing SecretBytes, publicKey: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        let curve = try GcryptCurve(gcryptName)
        let order = try curve.order()
        let expanded = try expanded(seed)
        // r = H(dom || prefix || M) mod L; R = r B.
        var wide = try hash(expanded.bytes.extracting(droppingFirst: length), [], message)
        wide.reverse()
        let nonce = try GcryptNumber(secretBits: length * 8)
        nonce.setRemainder(try GcryptNumber(secret: wide), modulus: order)
        nonce.markSecret()
        let point = try encodedMultiple(of: nonce, on: curve)
        // S = r + H(dom || R || A || M) a mod L.
        var challengeBytes = try hash(point.span, publicKey, message)
        challengeBytes.reverse()
        let proof = try GcryptNumber(secretBits: length * 8)
        proof.setRemainder(try GcryptNumber(challengeBytes.bytes), modulus: order)
        proof.setProduct(proof, try scalar(expanded), modulus: order)
        proof.setSum(proof, nonce, modulus: order)
        return point + (try proof.bytes(length)).reversed()
    }

    /// H(seed), of which the first half becomes the scalar and the second the prefix.
    private func expanded(_ seed: borrowing SecretBytes) throws(CryptoError) -> SecretBytes {
        var digest = SecretBytes(count: 2 * length)
        var target = digest.mutableBytes
        switch self {
        case .ed25519:
            var hash = try GcryptHash(.sha512)
            hash.update(seed.bytes)
            try hash.snapshot(into: &target)
        case .ed448:
            var hash = try GcryptSHAKE256()
            hash.update(seed.bytes)
            try hash.finalize(into: &target)
        }
        return digest
    }

    /// H(dom || first || second || message), 2 × `length` bytes, little-endian.
    private func hash(
        _ first: Span<UInt8>, _ second: [UInt8], _ message: Span<UInt8>
    ) throws(CryptoError) -> SecretBytes {
        var digest = SecretBytes(count: 2 * length)
        var target = digest.mutableBytes
        switch self {
        case .ed25519:
            var hash = try GcryptHash(.sha512)
            hash.update(first)
            hash.update(second.span)
            hash.update(message)
            try hash.snapshot(into: &target)
        case .ed448:
            var hash = try GcryptSHAKE256()
            // RFC 8032 §5.2: dom4(0, "") is the name, a zero for "not prehashed", and the length of the context.
            let domain = [UInt8]("SigEd448".utf8) + [0, 0]
            hash.update(domain.span)
            hash.update(first)
            hash.update(second.span)
            hash.update(message)
            try hash.finalize(into: &target)
        }
        return digest
    }

    /// The clamped scalar of an expanded private key.
    private func scalar(_ expanded: borrowing SecretBytes) throws(CryptoError) -> GcryptNumber {
        var bytes = SecretBytes(copying: expanded.bytes.extracting(first: length))
        clamp(&bytes)
        bytes.reverse()
        return try GcryptNumber(secret: bytes)
    }

    private func clamp(_ scalar: inout SecretBytes) {
        var bytes = scalar.mutableBytes
        switch self {
        case .ed25519:
            bytes[0] &= 0xf8
            bytes[31] = bytes[31] & 0x7f | 0x40
        case .ed448:
            bytes[0] &= 0xfc
            bytes[55] |= 0x80
            bytes[56] = 0
        }
    }

    /// The encoding of scalar × B: y little-endian, the lowest bit of x in the top bit.
    private func encodedMultiple(
        of scalar: borrowing GcryptNumber, on curve: borrowing GcryptCurve
    ) throws(CryptoError) -> [UInt8] {
        let product = try curve.multiply(curve.generator(), by: scalar)
        let x = try GcryptNumber()
        let y = try GcryptNumber()
        guard curve.affine(product, x: x, y: y) else { throw .backend(operation: "\(gcryptName)", code: 0) }
        var encoded = [UInt8](try y.bytes(length).reversed())
        if x.isBitSet(0) { encoded[length - 1] |= 0x80 }
        return encoded
    }
}
