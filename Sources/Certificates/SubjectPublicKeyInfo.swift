// SubjectPublicKeyInfo.swift — the certified key.
// RFC 5280 §4.1.2.7; RFC 3279 §2.3.1; RFC 4055 §1.2; RFC 5480 §2; RFC 8410 §4.
// Next: TBSCertificate.swift.

import CryptoGlue
import SwiftASN1

enum SubjectPublicKeyInfo {
    /// Public exponents longer than this many bytes only make verification slow; 65537 takes three.
    private static let longestExponent = 5

    static func parse(_ node: ASN1Node) throws(Fault) -> PublicKey {
        var fields = try FieldReader(node, "subjectPublicKeyInfo")
        let algorithm = try AlgorithmIdentifier(try fields.read("algorithm"), "a key's algorithm")
        let bits = try fields.read("subjectPublicKey").octetAlignedBitString("subjectPublicKey")
        try fields.end()
        switch algorithm.identifier {
        case .rsaEncryption:
            // RFC 3279 §2.3.1: the parameters are NULL.
            guard algorithm.isNull else { throw unsupported("an rsaEncryption key without NULL parameters") }
            let (modulus, exponent) = try rsa(bits)
            return .rsa(modulus: modulus, publicExponent: exponent)
        case .rsaPSS:
            let (modulus, exponent) = try rsa(bits)
            switch try PSSIdentifier(algorithm.parameters) {
            case .unrestricted: return .rsaPSS(modulus: modulus, publicExponent: exponent, restriction: nil)
            case .known(let parameters):
                return .rsaPSS(modulus: modulus, publicExponent: exponent, restriction: parameters)
            case .sha1, .other: throw unsupported("an RSASSA-PSS key for a hash other than SHA-256, 384 or 512")
            }
        case .ecPublicKey:
            return try ellipticCurve(algorithm.parameters, bits)
        case .ed25519:
            return .ed25519(try edwards(algorithm, bits, 32, "Ed25519"))
        case .ed448:
            return .ed448(try edwards(algorithm, bits, 57, "Ed448"))
        default:
            throw unsupported("a key of algorithm \(algorithm.identifier)")
        }
    }

    /// The curve that `parameters` names.
    static func curve(_ identifier: ObjectIdentifier) -> EllipticCurve? {
        switch identifier {
        case .p256: .p256
        case .p384: .p384
        case .p521: .p521
        default: nil
        }
    }

    private static func rsa(_ bits: ArraySlice<UInt8>) throws(Fault) -> (modulus: [UInt8], exponent: [UInt8]) {
        var fields = try FieldReader(try StrictDER.parse(bits, "RSAPublicKey"), "RSAPublicKey")
        let modulus = try fields.read("modulus").unsignedInteger("modulus")
        let exponent = try fields.read("publicExponent").unsignedInteger("publicExponent")
        try fields.end()
        guard exponent.count <= longestExponent else {
            throw Fault(
                .structure, expected: "a public exponent of at most \(longestExponent) bytes",
                found: "\(exponent.count) bytes")
        }
        return (Array(modulus), Array(exponent))
    }

    private static func ellipticCurve(_ parameters: ASN1Node?, _ bits: ArraySlice<UInt8>) throws(Fault) -> PublicKey {
        // RFC 5480 §2.1.1: the namedCurve form and no other.
        guard let parameters, parameters.identifier == .objectIdentifier else {
            throw unsupported("an elliptic curve that is not named")
        }
        let name = try parameters.objectIdentifier("a curve")
        guard let curve = curve(name) else { throw unsupported("an elliptic curve key on \(name)") }
        // RFC 8446 §4.4.2.2 with RFC 8422 §5.4: points are uncompressed.
        guard bits.first == 4 else { throw unsupported("an elliptic curve point that is not uncompressed") }
        guard bits.count == 1 + 2 * curve.coordinateLength else {
            throw Fault(
                .structure, expected: "a point of \(1 + 2 * curve.coordinateLength) bytes", found: "\(bits.count) bytes"
            )
        }
        return .ec(curve, point: Array(bits))
    }

    private static func edwards(
        _ algorithm: AlgorithmIdentifier, _ bits: ArraySlice<UInt8>, _ length: Int, _ name: String
    ) throws(Fault) -> [UInt8] {
        // RFC 8410 §3: the parameters are absent.
        guard algorithm.parameters == nil, bits.count == length else {
            throw Fault(
                .structure, expected: "an \(name) key of \(length) bytes without parameters",
                found: "\(bits.count) bytes\(algorithm.parameters == nil ? "" : " with parameters")")
        }
        return Array(bits)
    }

    private static func unsupported(_ found: String) -> Fault {
        Fault(
            .unsupportedPublicKey, expected: "RSA, RSA-PSS, ECDSA on P-256, P-384 or P-521, Ed25519 or Ed448",
            found: found)
    }
}
