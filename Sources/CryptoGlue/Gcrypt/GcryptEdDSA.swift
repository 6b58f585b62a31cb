// GcryptEdDSA.swift — Ed25519 and Ed448: verification by libgcrypt.
// RFC 8032 §5.1, §5.2; RFC 8446 §4.2.3.
// Next: GcryptEdDSAPrivateKey.swift.

import WireFormat

/// A pure Edwards-curve signature algorithm: no prehash, and for Ed448 an empty context.
enum GcryptEdDSA {
    case ed25519, ed448

    /// The length of a key, of each half of a signature, and of each half of the hash of the private key, in bytes.
    var length: Int {
        switch self {
        case .ed25519: 32
        case .ed448: 57
        }
    }

    var gcryptName: StaticString {
        switch self {
        case .ed25519: "Ed25519"
        case .ed448: "Ed448"
        }
    }

    var name: String { "\(gcryptName)" }

    func verify(_ signature: Span<UInt8>, over message: Span<UInt8>, publicKey: [UInt8]) throws(CryptoError) {
        GcryptEdDSA.prepare()
        let curve = try GcryptCurve(gcryptName)
        try checkPublicKey(publicKey, on: curve)
        guard signature.count == 2 * length else { throw .badSignature }
        let first = [UInt8](copying: signature.extracting(first: length))
        let second = [UInt8](copying: signature.extracting(droppingFirst: length))
        // RFC 8032 §5.1.7, §5.2.7: S < L. libgcrypt does not look, and S + L would be a second signature.
        let order = try curve.order().bytes(length)
        guard BigEndian.isLess([UInt8](second.reversed()).span, than: order.span) else { throw .badSignature }
        let key = try GcryptExpression("public-key") {
            $0.list("ecc") {
                $0.list("curve") { $0.text(gcryptName) }
                $0.list("flags") { $0.text("eddsa") }
                $0.item("q", publicKey)
            }
        }
        let data = try GcryptExpression("data") {
            $0.list("flags") { $0.text("eddsa") }
            $0.list("hash-algo") { $0.text(self == .ed25519 ? "sha512" : "shake256") }
            $0.item("value", [UInt8](copying: message))
        }
        let parsed = try GcryptExpression("sig-val") {
            $0.list("eddsa") {
                $0.item("r", first)
                $0.item("s", second)
            }
        }
        try key.verify(parsed, over: data)
    }

    /// RFC 8032 §5.1.3, §5.2.3: y is less than p, which libgcrypt does not ask, and belongs to a point.
    private func checkPublicKey(_ key: [UInt8], on curve: borrowing GcryptCurve) throws(CryptoError) {
        guard key.count == length else { throw .invalidKey("an \(name) key has \(length) bytes, not \(key.count)") }
        var coordinate = [UInt8](key.reversed())
        coordinate[0] &= 0x7f
        let prime = try curve.prime().bytes(length)
        guard BigEndian.isLess(coordinate.span, than: prime.span) else {
            throw .invalidKey("an \(name) key whose y coordinate is not less than p")
        }
        let point = try GcryptPoint()
        let isPoint = try curve.decode(key, into: point)
        guard isPoint else { throw .invalidKey("an \(name) key that is no point of the curve") }
        // libgcrypt ends the process ("different sizes") when a coordinate has fewer limbs than p. Honest keys have such
        // coordinates once in 2^63; the neutral element and whatever else has one is refused.
        let limb = UInt.bitWidth
        let shortest = (BigEndian.bitCount(prime.span) - 1) / limb * limb + 1
        let bits = try curve.coordinateBits(of: point)
        guard bits >= shortest else {
            throw .invalidKey("an \(name) key with a coordinate of \(bits) bits; at least \(shortest) are needed")
        }
    }

    /// libgcrypt makes two constants when it first decodes a point, without a lock. One thread does so here, before any
    /// other can.
    private static func prepare() { _ = prepared }

    private static let prepared: Void = {
        for algorithm in [GcryptEdDSA.ed25519, .ed448] {
            // y = 1 is the neutral element: a point of every Edwards curve.
            let neutral = [1] + [UInt8](repeating: 0, count: algorithm.length - 1)
            do throws(CryptoError) {
                let curve = try GcryptCurve(algorithm.gcryptName)
                _ = try curve.decode(neutral, into: GcryptPoint())
            } catch {
                // Only the decoding counts.
            }
        }
    }()
}
