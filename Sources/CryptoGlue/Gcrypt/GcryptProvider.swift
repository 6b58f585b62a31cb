// GcryptProvider.swift — what the libgcrypt that is loaded can do; a distribution may leave algorithms out, FIPS mode does.
// Next: ../Provider/CryptoProvider.swift.

import CGcrypt
import WireFormat

enum GcryptProvider {
    static func cipherSuites() -> [CipherSuite] {
        // The IANA name of a suite says which algorithms it needs.
        let lacking = [
            ("AES_128", hasCipher(.aes128GCM)), ("AES_256", hasCipher(.aes256GCM)),
            ("CHACHA20", hasCipher(.chaCha20Poly1305)), ("SHA384", hasHash(.sha384)),
            ("CBC", hasCBC()),
        ].filter { !$0.1 }
        guard hasHash(.sha256) else { return [] }
        return CipherSuite.named.filter { suite in !lacking.contains { suite.description.contains($0.0) } }
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

    /// AES in CBC mode with the MACs; a libgcrypt that lacks SHA-1 is not asked for part of them.
    private static func hasCBC() -> Bool {
        CBCAlgorithm.allCases.allSatisfy { algorithm in
            let (key, macKey) = ([UInt8](repeating: 1, count: algorithm.keyLength), [UInt8](repeating: 1, count: 20))
            do throws(CryptoError) {
                _ = try GcryptCBC(algorithm, key: key.span)
                _ = try GcryptMAC(algorithm, key: macKey.span)
                return true
            } catch { return false }
        }
    }

    private static func hasHash(_ algorithm: HashAlgorithm) -> Bool {
        gcry_md_algo_info(algorithm.gcryptIdentifier, Int32(GCRYCTL_TEST_ALGO.rawValue), nil, nil) == 0
    }

    private static func hasCurve(_ name: StaticString) -> Bool {
        (try? GcryptCurve(name)) != nil
    }
}
