// TestKeys.swift — one private key of each kind, and what it can sign.
// Next: SignatureTests.swift.

import CryptoGlue
import TestSupport

enum KeyKind: String, CaseIterable, Sendable {
    case rsa2048, rsa1025, rsaPSS, rsaPSSRestricted, p256, p384, p521, ed25519, ed448

    func material() -> PrivateKeyMaterial {
        switch self {
        case .rsa2048: rsa(restrictedToPSS: false, nil)
        case .rsaPSS: rsa(restrictedToPSS: true, nil)
        case .rsaPSSRestricted: rsa(restrictedToPSS: true, PSSParameters(hash: .sha256, saltLength: 32))
        case .rsa1025:
            .rsa(
                modulus: octets(KnownKeys.rsa1025N), publicExponent: [1, 0, 1],
                privateExponent: SecretBytes(KnownKeys.rsa1025D), prime1: SecretBytes(KnownKeys.rsa1025P),
                prime2: SecretBytes(KnownKeys.rsa1025Q), restrictedToPSS: false, restriction: nil)
        case .p256: .ec(.p256, scalar: SecretBytes(KnownKeys.p256Scalar))
        case .p384: .ec(.p384, scalar: SecretBytes(KnownKeys.p384Scalar))
        case .p521: .ec(.p521, scalar: SecretBytes(KnownKeys.p521Scalar))
        case .ed25519: .ed25519(seed: SecretBytes(KnownKeys.ed25519Seed))
        case .ed448: .ed448(seed: SecretBytes(KnownKeys.ed448Seed))
        }
    }

    private func rsa(restrictedToPSS: Bool, _ restriction: PSSParameters?) -> PrivateKeyMaterial {
        .rsa(
            modulus: octets(KnownKeys.rsaN), publicExponent: [1, 0, 1],
            privateExponent: SecretBytes(KnownKeys.rsaD), prime1: SecretBytes(KnownKeys.rsaP),
            prime2: SecretBytes(KnownKeys.rsaQ), restrictedToPSS: restrictedToPSS, restriction: restriction)
    }

    var publicKey: PublicKey {
        switch self {
        case .rsa2048: .rsa(modulus: octets(KnownKeys.rsaN), publicExponent: [1, 0, 1])
        case .rsa1025: .rsa(modulus: octets(KnownKeys.rsa1025N), publicExponent: [1, 0, 1])
        case .rsaPSS: .rsaPSS(modulus: octets(KnownKeys.rsaN), publicExponent: [1, 0, 1], restriction: nil)
        case .rsaPSSRestricted:
            .rsaPSS(
                modulus: octets(KnownKeys.rsaN), publicExponent: [1, 0, 1],
                restriction: PSSParameters(hash: .sha256, saltLength: 32))
        case .p256: .ec(.p256, point: octets(KnownKeys.p256Point))
        case .p384: .ec(.p384, point: octets(KnownKeys.p384Point))
        case .p521: .ec(.p521, point: octets(KnownKeys.p521Point))
        case .ed25519: .ed25519(octets(KnownKeys.ed25519Pk))
        case .ed448: .ed448(octets(KnownKeys.ed448Pk))
        }
    }

    var algorithms: [SignatureAlgorithm] {
        let hashes = HashAlgorithm.allCases
        switch self {
        case .rsa2048: return hashes.map { .rsaPKCS1($0) } + hashes.map { .rsaPSS(.init($0)) }
        // 1025 bits leave no room for SHA-512 twice.
        case .rsa1025: return hashes.map { .rsaPKCS1($0) } + [.rsaPSS(.init(.sha256)), .rsaPSS(.init(.sha384))]
        case .rsaPSS: return hashes.map { .rsaPSS(.init($0)) }
        case .rsaPSSRestricted: return [.rsaPSS(.init(.sha256))]
        case .p256, .p384, .p521: return hashes.map { .ecdsa($0) }
        case .ed25519: return [.ed25519]
        case .ed448: return [.ed448]
        }
    }

    static let everyAlgorithm: [SignatureAlgorithm] =
        HashAlgorithm.allCases.flatMap { [.rsaPKCS1($0), .rsaPSS(.init($0)), .ecdsa($0)] } + [.ed25519, .ed448]
}

extension PSSParameters {
    /// The salt as long as the digest, as TLS 1.3 has it.
    init(_ hash: HashAlgorithm) { self.init(hash: hash, saltLength: hash.digestLength) }
}

extension KnownKeys {
    /// RFC 8032 §7.1, TEST 1.
    static let ed25519Seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    /// RFC 8032 §7.4, Blank.
    static let ed448Seed = """
        6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f\
        032e7549a20098f95b
        """
}
