// Pending.swift — bodies to come.
// Next: GcryptStartup.swift.

import WireFormat

struct GcryptHash: ~Copyable, Sendable {
    init(_ algorithm: HashAlgorithm) throws(CryptoError) { throw .unsupported("hash") }
    mutating func update(_ bytes: Span<UInt8>) {}
    func snapshot() throws(CryptoError) -> [UInt8] { [] }
    static func digest(_ algorithm: HashAlgorithm, _ bytes: Span<UInt8>) throws(CryptoError) -> [UInt8] { [] }
}
struct GcryptMAC: ~Copyable, Sendable {
    init(_ algorithm: HashAlgorithm, key: Span<UInt8>) throws(CryptoError) { throw .unsupported("hmac") }
    mutating func update(_ bytes: Span<UInt8>) {}
    mutating func finalize(into code: inout MutableSpan<UInt8>) throws(CryptoError) {}
}
struct GcryptAEAD: ~Copyable, Sendable {
    let algorithm: AEADAlgorithm
    init(_ algorithm: AEADAlgorithm, key: Span<UInt8>) throws(CryptoError) { throw .unsupported("aead") }
    mutating func seal(_ r: inout MutableSpan<UInt8>, header: Int, nonce: InlineArray<12, UInt8>) throws(CryptoError) {}
    mutating func open(_ r: inout MutableSpan<UInt8>, header: Int, nonce: InlineArray<12, UInt8>) throws(CryptoError) {}
}
enum MontgomeryCurve { case x25519, x448
    func drawScalar(from random: any RandomSource) throws(CryptoError) -> SecretBytes { throw .unsupported("x") }
    func publicShare(of scalar: borrowing SecretBytes) throws(CryptoError) -> [UInt8] { throw .unsupported("x") }
    func sharedSecret(_ s: borrowing SecretBytes, peerShare: Span<UInt8>) throws(CryptoError) -> SecretBytes { throw .unsupported("x") }
}
extension EllipticCurve {
    func drawScalar(from random: any RandomSource) throws(CryptoError) -> SecretBytes { throw .unsupported("x") }
    func publicPoint(of scalar: borrowing SecretBytes) throws(CryptoError) -> [UInt8] { throw .unsupported("x") }
    func sharedSecret(_ s: borrowing SecretBytes, peerShare: Span<UInt8>) throws(CryptoError) -> SecretBytes { throw .unsupported("x") }
}
enum FiniteFieldGroup { case ffdhe2048, ffdhe3072, ffdhe4096
    func drawScalar(from random: any RandomSource) throws(CryptoError) -> SecretBytes { throw .unsupported("x") }
    func publicShare(of scalar: borrowing SecretBytes) throws(CryptoError) -> [UInt8] { throw .unsupported("x") }
    func sharedSecret(_ s: borrowing SecretBytes, peerShare: Span<UInt8>) throws(CryptoError) -> SecretBytes { throw .unsupported("x") }
}
enum BigEndian { static func bitCount(_ bytes: Span<UInt8>) -> Int {
    var index = 0
    while index < bytes.count, bytes[index] == 0 { index += 1 }
    return index == bytes.count ? 0 : (bytes.count - index) * 8 - bytes[index].leadingZeroBitCount
} }
struct GcryptRSAPublicKey: ~Copyable {
    init(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) { throw .unsupported("rsa") }
    func verifyPKCS1(_ s: Span<UInt8>, over m: Span<UInt8>, _ hash: HashAlgorithm) throws(CryptoError) {}
    func verifyPSS(_ s: Span<UInt8>, over m: Span<UInt8>, _ p: PSSParameters) throws(CryptoError) {}
}
enum GcryptECDSA {
    static func verify(_ s: Span<UInt8>, over m: Span<UInt8>, _ h: HashAlgorithm, _ c: EllipticCurve, point: [UInt8]) throws(CryptoError) { throw .unsupported("ecdsa") }
}
enum GcryptEdDSA { case ed25519, ed448
    func verify(_ s: Span<UInt8>, over m: Span<UInt8>, publicKey: [UInt8]) throws(CryptoError) { throw .unsupported("eddsa") }
}
struct GcryptSigningKey: Sendable { let publicKey: PublicKey
    init(_ material: consuming PrivateKeyMaterial) throws(CryptoError) { throw .unsupported("signing") }
    func sign(_ message: Span<UInt8>, using algorithm: SignatureAlgorithm) throws(CryptoError) -> [UInt8] { [] }
}
enum GcryptRandom { static func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) { throw .unsupported("random") } }
