// RawPublicKey.swift — a peer's key without a certificate: a SubjectPublicKeyInfo by itself.
// RFC 7250 §3; RFC 5280 §4.1.2.7; RFC 9325 §4.5 for the length of RSA keys.
// Next: TrustAnchors.swift.

public import CryptoGlue
import SwiftASN1

/// A raw public key (RFC 7250): a SubjectPublicKeyInfo that no authority vouches for.
///
/// It has no name, no dates and no usages: whose key it is has to be known from elsewhere, as a ``PublicKeyPin``. Two are
/// equal when their DER is equal byte for byte.
public struct RawPublicKey: Sendable, Hashable {
    /// The SubjectPublicKeyInfo as it came.
    public let derEncoded: [UInt8]
    /// The key in it.
    public let publicKey: PublicKey
    /// SHA-256 over ``derEncoded``.
    public let pin: PublicKeyPin

    /// Parses a SubjectPublicKeyInfo by the rules for the key of a certificate (RFC 5280 §4.1.2.7).
    ///
    /// - Throws: ``CertificateError`` when the DER is not strict, the key is of a kind this library cannot use, or an RSA key
    ///   has fewer than 2048 or more than 8192 bits.
    public init(derEncoded: [UInt8]) throws(CertificateError) {
        do throws(Fault) {
            guard derEncoded.count <= DERLimits.certificateLength else {
                throw Fault(
                    .parsingLimit, expected: "a key of at most \(DERLimits.certificateLength) bytes",
                    found: "\(derEncoded.count) bytes")
            }
            publicKey = try SubjectPublicKeyInfo.parse(try StrictDER.parse(derEncoded[...], "subjectPublicKeyInfo"))
            try RawPublicKey.checkSize(publicKey)
        } catch {
            throw CertificateError(
                error.rule, subject: "a raw public key", expected: error.expected, found: error.found,
                advice: "use a key that this library can use: RSA of 2048 to 8192 bits, P-256, P-384, P-521 or EdDSA")
        }
        self.derEncoded = derEncoded
        pin = try PublicKeyPin(subjectPublicKeyInfo: derEncoded)
    }

    /// The raw public key of a key of ours.
    ///
    /// - Throws: ``CertificateError`` for a key that no peer would take, as ``init(derEncoded:)``.
    package init(_ key: PublicKey) throws(CertificateError) {
        var serializer = DER.Serializer()
        CertificateMaker.writeKey(key, try CertificateMaker.keyBits(key), to: &serializer)
        try self.init(derEncoded: serializer.serializedBytes)
    }

    private static func checkSize(_ key: PublicKey) throws(Fault) {
        switch key {
        case .rsa, .rsaPSS:
            guard (PathSearch.leastRSABits...PathSearch.mostRSABits).contains(key.bitCount) else {
                throw Fault(
                    .keySize, expected: "\(PathSearch.leastRSABits) to \(PathSearch.mostRSABits) bits",
                    found: "\(key.bitCount) bits")
            }
        case .ec, .ed25519, .ed448: break
        }
    }
}

extension RawPublicKey: CustomStringConvertible {
    /// `raw public key sha256/…`.
    public var description: String { "raw public key \(pin)" }
}
