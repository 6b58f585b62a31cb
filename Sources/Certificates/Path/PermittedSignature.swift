// PermittedSignature.swift — which signature algorithms of certificates a list of schemes allows.
// RFC 8446 §4.2.3.
// Next: NameConstraintCheck.swift.

import CryptoGlue
import WireFormat

extension SignatureScheme {
    /// Whether this scheme, offered for certificates, allows `algorithm` made with a key of the issuer's kind.
    ///
    /// In certificates the curve of an ECDSA scheme does not count, only its hash (RFC 8446 §4.2.3 fixes the curve for
    /// CertificateVerify). An rsae scheme is for issuers with rsaEncryption keys, a pss scheme for RSASSA-PSS keys, both
    /// with a salt as long as the digest. No scheme allows SHA-1: ``Certificate/signatureAlgorithm`` has no value for it.
    func allows(_ algorithm: SignatureAlgorithm, from issuer: PublicKey) -> Bool {
        switch (self, algorithm) {
        case (.ecdsaSecp256r1SHA256, .ecdsa(.sha256)), (.ecdsaSecp384r1SHA384, .ecdsa(.sha384)),
            (.ecdsaSecp521r1SHA512, .ecdsa(.sha512)), (.rsaPKCS1SHA256, .rsaPKCS1(.sha256)),
            (.rsaPKCS1SHA384, .rsaPKCS1(.sha384)), (.rsaPKCS1SHA512, .rsaPKCS1(.sha512)), (.ed25519, .ed25519),
            (.ed448, .ed448):
            return true
        case (.rsaPSSRSAESHA256, .rsaPSS(let parameters)):
            return parameters.isOfTLS(.sha256) && issuer.isPlainRSA
        case (.rsaPSSRSAESHA384, .rsaPSS(let parameters)):
            return parameters.isOfTLS(.sha384) && issuer.isPlainRSA
        case (.rsaPSSRSAESHA512, .rsaPSS(let parameters)):
            return parameters.isOfTLS(.sha512) && issuer.isPlainRSA
        case (.rsaPSSPSSSHA256, .rsaPSS(let parameters)):
            return parameters.isOfTLS(.sha256) && issuer.isPSSKey
        case (.rsaPSSPSSSHA384, .rsaPSS(let parameters)):
            return parameters.isOfTLS(.sha384) && issuer.isPSSKey
        case (.rsaPSSPSSSHA512, .rsaPSS(let parameters)):
            return parameters.isOfTLS(.sha512) && issuer.isPSSKey
        default:
            return false
        }
    }
}

extension PSSParameters {
    fileprivate func isOfTLS(_ hash: HashAlgorithm) -> Bool { self.hash == hash && saltLength == hash.digestLength }
}

extension PublicKey {
    fileprivate var isPlainRSA: Bool {
        if case .rsa = self { true } else { false }
    }

    fileprivate var isPSSKey: Bool {
        if case .rsaPSS = self { true } else { false }
    }
}
