// GcryptECDH.swift — NIST curves: scalars, public points, shared secrets.
// RFC 8446 §4.2.8.2, §7.4.2; SEC 1 §2.3, §3.2.
// Next: GcryptMontgomery.swift.

import WireFormat

extension EllipticCurve {
    /// libgcrypt's name of the curve.
    var gcryptName: StaticString {
        switch self {
        case .p256: "NIST P-256"
        case .p384: "NIST P-384"
        case .p521: "NIST P-521"
        }
    }

    private var group: NamedGroup {
        switch self {
        case .p256: .secp256r1
        case .p384: .secp384r1
        case .p521: .secp521r1
        }
    }

    /// Draws a scalar uniformly from 1…n-1, by drawing again when it is not in there.
    func drawScalar(from random: any RandomSource) throws(CryptoError) -> SecretBytes {
        let order = try orderBytes()
        // A coordinate is as long as the order; only P-521 has bits in its first byte that the order lacks.
        let mask = UInt8(truncatingIfNeeded: 0xff >> (coordinateLength * 8 - bitCount))
        // For the curves here a draw fails with a probability below 2^-32. Anything else is a broken source.
        for _ in 0..<100 {
            var scalar = SecretBytes(count: coordinateLength)
            try fill(&scalar, mask: mask, from: random)
            if EllipticCurve.isScalar(scalar, order: order) { return scalar }
        }
        throw .backend(operation: "random source gives no scalar for \(rawValue)", code: 0)
    }

    private func fill(
        _ scalar: inout SecretBytes, mask: UInt8, from random: any RandomSource
    ) throws(CryptoError) {
        var bytes = scalar.mutableBytes
        try random.fill(&bytes)
        bytes[0] &= mask
    }

    /// The public point of a scalar in 1…n-1: 04 || X || Y.
    func publicPoint(of scalar: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        let curve = try GcryptCurve(gcryptName)
        let number = try fixedLengthScalar(GcryptNumber(secret: scalar), on: curve)
        let product = try curve.multiply(curve.generator(), by: number)
        let x = try GcryptNumber()
        let y = try GcryptNumber()
        guard curve.affine(product, x: x, y: y) else { throw .invalidKey("a scalar outside 1…n-1") }
        var point: [UInt8] = [4]
        point.append(contentsOf: try x.bytes(coordinateLength))
        point.append(contentsOf: try y.bytes(coordinateLength))
        return point
    }

    /// RFC 8446 §7.4.2: the x coordinate of the shared point, as long as the field.
    func sharedSecret(_ scalar: borrowing SecretBytes, peerShare: Span<UInt8>) throws(CryptoError) -> SecretBytes {
        let curve = try GcryptCurve(gcryptName)
        guard let point = try decode(peerShare, on: curve) else { throw .invalidPeerShare(group) }
        let number = try fixedLengthScalar(GcryptNumber(secret: scalar), on: curve)
        let product = try curve.multiply(point, by: number)
        let x = try GcryptNumber(secretBits: bitCount)
        guard curve.affine(product, x: x) else { throw .invalidPeerShare(group) }
        return try x.secretBytes(coordinateLength)
    }

    /// Throws unless `point` is a point of this curve: 04 || X || Y.
    func checkPublicPoint(_ point: [UInt8]) throws(CryptoError) {
        let curve = try GcryptCurve(gcryptName)
        guard try decode(point.span, on: curve) != nil else {
            throw .invalidKey("a point that is not an uncompressed point of \(rawValue)")
        }
    }

    /// RFC 8446 §4.2.8.2: uncompressed form, coordinates in range, on the curve, not the point at infinity (which has no
    /// uncompressed form). The curves have cofactor 1, so no check of the order is needed.
    private func decode(
        _ encoded: Span<UInt8>, on curve: borrowing GcryptCurve
    ) throws(CryptoError) -> GcryptPoint? {
        let length = coordinateLength
        guard encoded.count == 1 + 2 * length, encoded[0] == 4 else { return nil }
        let x = try GcryptNumber(encoded.extracting(1..<(1 + length)))
        let y = try GcryptNumber(encoded.extracting((1 + length)..<(1 + 2 * length)))
        let point = try GcryptPoint(x: x, y: y)
        // libgcrypt checks neither by itself; the range check comes first in its function.
        guard curve.contains(point) else { return nil }
        return consume point
    }

    /// The order of the curve, as long as a coordinate.
    func orderBytes() throws(CryptoError) -> [UInt8] {
        try GcryptCurve(gcryptName).order().bytes(coordinateLength)
    }

    /// Whether `scalar` is in 1…n-1, in constant time.
    static func isScalar(_ scalar: borrowing SecretBytes, order: [UInt8]) -> Bool {
        !ConstantTime.isZero(scalar.bytes) && ConstantTime.isLess(scalar.bytes, than: order.span)
    }

    /// k + n or k + 2n: the same multiple of any point, with one bit more than n has, always.
    ///
    /// Without this, leading zeros of k would show in the time: doubling the point at infinity is quick (Minerva).
    func fixedLengthScalar(
        _ scalar: consuming GcryptNumber, on curve: borrowing GcryptCurve
    ) throws(CryptoError) -> GcryptNumber {
        let order = try curve.order()
        let result = try GcryptNumber(secretBits: bitCount + 2)
        result.setSum(scalar, order)
        // k < 2^bits - n has a probability below 2^-32, so which branch is taken tells nothing about k.
        if !result.isBitSet(bitCount) { result.setSum(result, order) }
        return result
    }
}
