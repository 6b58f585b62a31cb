// GcryptECDSA.swift — ECDSA: verification by libgcrypt, signing over libgcrypt's arithmetic.
// RFC 8446 §4.2.3; SEC 1 §4.1.
// Next: ECDSASignatureValue.swift.

import WireFormat

enum GcryptECDSA {
    static func verify(
        _ signature: Span<UInt8>, over message: Span<UInt8>, _ hash: HashAlgorithm, _ curve: EllipticCurve,
        point: [UInt8]
    ) throws(CryptoError) {
        try verify(signature, overDigest: GcryptHash.digest(hash, message), hash.gcryptName, curve, point: point)
    }

    /// As handshakes before TLS 1.2 sign (RFC 4492 §5.4).
    static func verify(
        _ signature: Span<UInt8>, overSHA1 digest: [UInt8], _ curve: EllipticCurve, point: [UInt8]
    ) throws(CryptoError) {
        try verify(signature, overDigest: digest, "sha1", curve, point: point)
    }

    private static func verify(
        _ signature: Span<UInt8>, overDigest digest: [UInt8], _ hashName: StaticString, _ curve: EllipticCurve,
        point: [UInt8]
    ) throws(CryptoError) {
        try curve.checkPublicPoint(point)
        guard let value = ECDSASignatureValue(derEncoded: signature) else { throw .badSignature }
        // SEC 1 §4.1.4: r and s are in 1…n-1.
        let order = try curve.orderBytes()
        for number in [value.r, value.s] {
            guard !number.isEmpty, BigEndian.isLess(number.span, than: order.span) else { throw .badSignature }
        }
        let key = try GcryptExpression("public-key") {
            $0.list("ecc") {
                $0.list("curve") { $0.text(curve.gcryptName) }
                $0.item("q", point)
            }
        }
        let data = try GcryptExpression("data") {
            $0.list("flags") { $0.text("raw") }
            // Given as a hash, not as a value, it is cut to the length of the order where it is longer.
            $0.list("hash") {
                $0.text(hashName)
                $0.atom(digest)
            }
        }
        let parsed = try GcryptExpression("sig-val") {
            $0.list("ecdsa") {
                $0.item("r", value.r)
                $0.item("s", value.s)
            }
        }
        try key.verify(parsed, over: data)
    }
}

/// A scalar of a NIST curve that signs. Reading it from many threads is safe.
///
/// `gcry_pk_sign` does the same steps as `sign`, but leaves copies of the private key in freed memory.
struct GcryptECDSAPrivateKey: ~Copyable, Sendable {
    private let curve: EllipticCurve
    /// As long as a coordinate.
    private let scalar: SecretBytes
    private let point: [UInt8]

    var publicKey: PublicKey { .ec(curve, point: point) }

    /// Key files may leave leading zeros of the scalar out, or carry some too many.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)`` when the scalar is not in 1…n-1.
    init(_ curve: EllipticCurve, scalar: borrowing SecretBytes) throws(CryptoError) {
        let excess = max(scalar.count - curve.coordinateLength, 0)
        var fitted = SecretBytes(count: curve.coordinateLength)
        GcryptECDSAPrivateKey.copy(scalar.bytes.extracting(droppingFirst: excess), toEndOf: &fitted)
        guard ConstantTime.isZero(scalar.bytes.extracting(first: excess)),
            EllipticCurve.isScalar(fitted, order: try curve.orderBytes())
        else { throw .invalidKey("a private scalar outside 1…n-1 of \(curve.rawValue)") }
        let point = try curve.publicPoint(of: fitted)
        self.curve = curve
        self.scalar = fitted
        self.point = point
    }

    private static func copy(_ bytes: Span<UInt8>, toEndOf target: inout SecretBytes) {
        var span = target.mutableBytes
        span.copy(bytes, at: span.count - bytes.count)
    }

    /// SEC 1 §4.1.3, with a random nonce and a random blinding factor.
    func sign(_ message: Span<UInt8>, using algorithm: SignatureAlgorithm) throws(CryptoError) -> [UInt8] {
        guard case .ecdsa(let hash) = algorithm else { throw .unsupported("\(algorithm) with an EC key") }
        return try sign(digest: GcryptHash.digest(hash, message))
    }

    /// SEC 1 §4.1.3, over a digest.
    func sign(digest whole: [UInt8]) throws(CryptoError) -> [UInt8] {
        let context = try GcryptCurve(curve.gcryptName)
        let order = try context.order()
        let key = try GcryptNumber(secret: scalar)
        // SEC 1 §4.1.3: the leftmost bits of the digest, as many as the order has; with P-521 every digest is shorter.
        let digest = Array(whole.prefix(curve.coordinateLength))
        let hashed = try GcryptNumber(digest.span)
        // r or s is zero with a probability nobody will see; more than once is a broken random generator.
        for _ in 0..<3 {
            let nonce = try GcryptNumber(secret: curve.drawScalar(from: SystemRandom()))
            let inverse = try GcryptNumber(secretBits: curve.bitCount)
            guard inverse.setInverse(nonce, modulus: order) else { continue }
            let r = try GcryptNumber()
            let x = try GcryptNumber()
            let product = try context.multiply(
                context.generator(), by: curve.fixedLengthScalar(nonce, on: context))
            guard context.affine(product, x: x) else { continue }
            r.setRemainder(x, modulus: order)
            let s = try blindedProof(key: key, inverse: inverse, hashed: hashed, r: r, order: order)
            guard !r.isZero, !s.isZero else { continue }
            return ECDSASignatureValue(
                r: try r.bytes(curve.coordinateLength), s: try s.bytes(curve.coordinateLength)
            ).derEncoded
        }
        throw .backend(operation: "ECDSA sign", code: 0)
    }

    /// s = b⁻¹ · k⁻¹ · (b·e + b·d·r) mod n: the random b keeps d out of products with known numbers.
    private func blindedProof(
        key: borrowing GcryptNumber, inverse: borrowing GcryptNumber, hashed: borrowing GcryptNumber,
        r: borrowing GcryptNumber, order: borrowing GcryptNumber
    ) throws(CryptoError) -> GcryptNumber {
        let blinding = try GcryptNumber(secret: curve.drawScalar(from: SystemRandom()))
        let unblinding = try GcryptNumber(secretBits: curve.bitCount)
        guard unblinding.setInverse(blinding, modulus: order) else {
            throw .backend(operation: "ECDSA sign", code: 0)
        }
        let product = try GcryptNumber(secretBits: curve.bitCount)
        let sum = try GcryptNumber(secretBits: curve.bitCount)
        product.setProduct(blinding, key, modulus: order)
        product.setProduct(product, r, modulus: order)
        sum.setProduct(blinding, hashed, modulus: order)
        sum.setSum(sum, product, modulus: order)
        sum.setProduct(inverse, sum, modulus: order)
        sum.setProduct(unblinding, sum, modulus: order)
        return sum
    }
}
