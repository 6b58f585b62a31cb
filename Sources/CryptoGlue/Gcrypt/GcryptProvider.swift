// GcryptProvider.swift — what the libgcrypt that is loaded can do; a distribution may leave algorithms out, FIPS mode does.
// Next: ../Provider/CryptoProvider.swift.

import CGcrypt
import WireFormat

enum GcryptProvider {
    static func cipherSuites() -> [CipherSuite] {
        let aes128 = hasCipher(.aes128GCM) && hasHash(.sha256)
        let aes256 = hasCipher(.aes256GCM) && hasHash(.sha384)
        let chaCha20 = hasCipher(.chaCha20Poly1305) && hasHash(.sha256)
        let all: [(CipherSuite, Bool)] = [
            (.tlsAES128GCMSHA256, aes128), (.tlsAES256GCMSHA384, aes256), (.tlsChaCha20Poly1305SHA256, chaCha20),
            (.tlsAES128CCMSHA256, aes128), (.tlsAES128CCM8SHA256, aes128),
        ]
        return all.filter(\.1).map(\.0)
    }

    static func groups() -> [NamedGroup] {
        let curves: [(NamedGroup, StaticString)] = [
            (.x25519, MontgomeryCurve.x25519.gcryptName), (.secp256r1, EllipticCurve.p256.gcryptName),
            (.secp384r1, EllipticCurve.p384.gcryptName), (.secp521r1, EllipticCurve.p521.gcryptName),
            (.x448, MontgomeryCurve.x448.gcryptName),
        ]
        return curves.filter { hasCurve($0.1) }.map(\.0) + [.ffdhe2048, .ffdhe3072, .ffdhe4096]
    }

    static func signatureSchemes() -> [SignatureScheme] {
        let sha512 = hasHash(.sha512)
        let all: [(SignatureScheme, Bool)] = [
            (.ed25519, sha512 && hasCurve(GcryptEdDSA.ed25519.gcryptName)),
            (.ecdsaSecp256r1SHA256, hasHash(.sha256) && hasCurve(EllipticCurve.p256.gcryptName)),
            (.ecdsaSecp384r1SHA384, hasHash(.sha384) && hasCurve(EllipticCurve.p384.gcryptName)),
            (.ecdsaSecp521r1SHA512, sha512 && hasCurve(EllipticCurve.p521.gcryptName)),
            (.ed448, hasCurve(GcryptEdDSA.ed448.gcryptName)),
            (.rsaPSSRSAESHA256, hasHash(.sha256)), (.rsaPSSRSAESHA384, hasHash(.sha384)), (.rsaPSSRSAESHA512, sha512),
            (.rsaPSSPSSSHA256, hasHash(.sha256)), (.rsaPSSPSSSHA384, hasHash(.sha384)), (.rsaPSSPSSSHA512, sha512),
            (.rsaPKCS1SHA256, hasHash(.sha256)), (.rsaPKCS1SHA384, hasHash(.sha384)), (.rsaPKCS1SHA512, sha512),
        ]
        return all.filter(\.1).map(\.0)
    }

    private static func hasCipher(_ algorithm: AEADAlgorithm) -> Bool {
        gcry_cipher_algo_info(algorithm.gcryptCipher, Int32(GCRYCTL_TEST_ALGO.rawValue), nil, nil) == 0
    }

    private static func hasHash(_ algorithm: HashAlgorithm) -> Bool {
        gcry_md_algo_info(algorithm.gcryptIdentifier, Int32(GCRYCTL_TEST_ALGO.rawValue), nil, nil) == 0
    }

    private static func hasCurve(_ name: StaticString) -> Bool {
        (try? GcryptCurve(name)) != nil
    }
}
