// CertificateSignatures.swift — whether a client accepts how the certificates of a chain are signed.
// RFC 8446 §4.2.3, §4.4.2.2; RFC 5246 §7.4.2.
// Next: CertificateTypeNegotiation.swift.

internal import Certificates
internal import CryptoGlue
internal import WireFormat

extension ReceivedHello {
    /// Whether every certificate of the chain that somebody else signed is signed in a way that the client named. One that
    /// named none takes what it gets.
    func acceptsSignatures(of credential: Credential) -> Bool {
        // RFC 8446 §4.2.3: signature_algorithms stands for both when there is no other list.
        guard let schemes = certificateSignatureSchemes ?? signatureSchemes else { return true }
        return credential.certificates.allSatisfy { certificate in
            certificate.subject == certificate.issuer
                || schemes.contains { CertificateSignature.isMade($0, certificate.signatureAlgorithm) }
        }
    }
}

private enum CertificateSignature {
    /// The curve of an ECDSA scheme is that of the issuer's key, which is not looked at: the client does.
    static func isMade(_ scheme: SignatureScheme, _ algorithm: SignatureAlgorithm?) -> Bool {
        switch (scheme, algorithm) {
        case (.ecdsaSecp256r1SHA256, .ecdsa(.sha256)), (.ecdsaSecp384r1SHA384, .ecdsa(.sha384)),
            (.ecdsaSecp521r1SHA512, .ecdsa(.sha512)), (.rsaPKCS1SHA256, .rsaPKCS1(.sha256)),
            (.rsaPKCS1SHA384, .rsaPKCS1(.sha384)), (.rsaPKCS1SHA512, .rsaPKCS1(.sha512)), (.ed25519, .ed25519),
            (.ed448, .ed448):
            true
        case (.rsaPSSRSAESHA256, .rsaPSS(let parameters)), (.rsaPSSPSSSHA256, .rsaPSS(let parameters)):
            parameters.hash == .sha256
        case (.rsaPSSRSAESHA384, .rsaPSS(let parameters)), (.rsaPSSPSSSHA384, .rsaPSS(let parameters)):
            parameters.hash == .sha384
        case (.rsaPSSRSAESHA512, .rsaPSS(let parameters)), (.rsaPSSPSSSHA512, .rsaPSS(let parameters)):
            parameters.hash == .sha512
        default: false
        }
    }
}
