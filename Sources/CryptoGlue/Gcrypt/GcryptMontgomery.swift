// GcryptMontgomery.swift — X25519 and X448.
// RFC 7748 §5, §6; RFC 8446 §4.2.8.2, §7.4.2.
// Next: GcryptFFDHE.swift.

import WireFormat

/// A Montgomery curve. Scalars and coordinates are little-endian, as RFC 7748 has them; libgcrypt's numbers big-endian.
///
/// The ladder is driven here and not by `gcry_ecc_mul_point`, which leaves the scalar and the shared secret behind in
/// freed memory.
enum MontgomeryCurve {
    case x25519, x448

    var group: NamedGroup {
        switch self {
        case .x25519: .x25519
        case .x448: .x448
        }
    }

    var length: Int {
        switch self {
        case .x25519: 32
        case .x448: 56
        }
    }

    var gcryptName: StaticString {
        switch self {
        case .x25519: "Curve25519"
        case .x448: "X448"
        }
    }

    /// Draws the private key: any bytes are one, for they are clamped when used.
    func drawScalar(from random: any RandomSource) throws(CryptoError) -> SecretBytes {
        var scalar = SecretBytes(count: length)
        var bytes = scalar.mutableBytes
        try random.fill(&bytes)
        return scalar
    }

    func publicShare(of scalar: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        let curve = try GcryptCurve(gcryptName)
        let x = try GcryptNumber()
        let product = try curve.multiply(curve.generator(), by: try clamped(scalar))
        guard curve.affine(product, x: x) else { throw .backend(operation: "public share", code: 0) }
        return try x.bytes(length).reversed()
    }

    func sharedSecret(_ scalar: borrowing SecretBytes, peerShare: Span<UInt8>) throws(CryptoError) -> SecretBytes {
        guard peerShare.count == length else { throw .invalidPeerShare(group) }
        let curve = try GcryptCurve(gcryptName)
        let point = try decode(peerShare, on: curve)
        let product = try curve.multiply(point, by: try clamped(scalar))
        let x = try GcryptNumber(secretBits: length * 8)
        // RFC 8446 §7.4.2, RFC 7748 §6: a peer's point of low order gives infinity here, all zeros on paper.
        guard curve.affine(product, x: x) else { throw .invalidPeerShare(group) }
        var secret = try x.secretBytes(length)
        guard !ConstantTime.isZero(secret.bytes) else { throw .invalidPeerShare(group) }
        secret.reverse()
        return secret
    }

    /// RFC 7748 §5: X25519 ignores the top bit of u, and both take u modulo p.
    private func decode(_ share: Span<UInt8>, on curve: borrowing GcryptCurve) throws(CryptoError) -> GcryptPoint {
        var coordinate = [UInt8](copying: share)
        if self == .x25519 { coordinate[31] &= 0x7f }
        coordinate.reverse()
        let x = try GcryptNumber()
        x.setRemainder(try GcryptNumber(coordinate.span), modulus: try curve.prime())
        return try GcryptPoint(x: x, y: try GcryptNumber())
    }

    /// RFC 7748 §5: the scalar that the bytes stand for. Its top bit is always the same, so the ladder's length is too.
    private func clamped(_ scalar: borrowing SecretBytes) throws(CryptoError) -> GcryptNumber {
        var bytes = scalar.copy()
        clamp(&bytes)
        bytes.reverse()
        return try GcryptNumber(secret: bytes)
    }

    private func clamp(_ scalar: inout SecretBytes) {
        var bytes = scalar.mutableBytes
        switch self {
        case .x25519:
            bytes[0] &= 0xf8
            bytes[31] = bytes[31] & 0x7f | 0x40
        case .x448:
            bytes[0] &= 0xfc
            bytes[55] |= 0x80
        }
    }
}

extension SecretBytes {
    /// Turns little-endian into big-endian and back, in place.
    mutating func reverse() {
        var target = mutableBytes
        var low = 0
        var high = target.count - 1
        while low < high {
            target.swapAt(low, high)
            low += 1
            high -= 1
        }
    }
}
