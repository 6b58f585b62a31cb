// SignatureNegotiation.swift — which scheme goes with which key, for what.
// RFC 8446 §4.2.3, §4.4.3.
// Next: CertificateSignatures.swift.

package import CryptoGlue
package import WireFormat

package enum SignatureNegotiation {
    /// The algorithm of a handshake signature in TLS 1.3 with this scheme and key; nil when the two do not fit, or when
    /// TLS 1.3 does not sign handshakes with the scheme: PKCS #1 v1.5 and SHA-1 are for certificates only.
    package static func handshakeAlgorithm(_ scheme: SignatureScheme, key: PublicKey) -> SignatureAlgorithm? {
        switch (scheme, key) {
        // RFC 8446 §4.2.3: in TLS 1.3 the scheme names the curve too.
        case (.ecdsaSecp256r1SHA256, .ec(.p256, _)): .ecdsa(.sha256)
        case (.ecdsaSecp384r1SHA384, .ec(.p384, _)): .ecdsa(.sha384)
        case (.ecdsaSecp521r1SHA512, .ec(.p521, _)): .ecdsa(.sha512)
        case (.rsaPSSRSAESHA256, .rsa), (.rsaPSSPSSSHA256, .rsaPSS): pss(.sha256)
        case (.rsaPSSRSAESHA384, .rsa), (.rsaPSSPSSSHA384, .rsaPSS): pss(.sha384)
        case (.rsaPSSRSAESHA512, .rsa), (.rsaPSSPSSSHA512, .rsaPSS): pss(.sha512)
        case (.ed25519, .ed25519): .ed25519
        case (.ed448, .ed448): .ed448
        default: nil
        }
    }

    /// The algorithm of a handshake signature in TLS 1.2; nil when scheme and key do not fit. There ECDSA schemes name a
    /// hash and no curve (RFC 8446 §4.2.3), PKCS #1 v1.5 is legal, and SHA-1 is not (RFC 9155 §4).
    package static func tls12Algorithm(_ scheme: SignatureScheme, key: PublicKey) -> SignatureAlgorithm? {
        switch (scheme, key) {
        case (.ecdsaSecp256r1SHA256, .ec): .ecdsa(.sha256)
        case (.ecdsaSecp384r1SHA384, .ec): .ecdsa(.sha384)
        case (.ecdsaSecp521r1SHA512, .ec): .ecdsa(.sha512)
        case (.rsaPKCS1SHA256, .rsa): .rsaPKCS1(.sha256)
        case (.rsaPKCS1SHA384, .rsa): .rsaPKCS1(.sha384)
        case (.rsaPKCS1SHA512, .rsa): .rsaPKCS1(.sha512)
        case (.rsaPSSRSAESHA256, .rsa), (.rsaPSSRSAESHA384, .rsa), (.rsaPSSRSAESHA512, .rsa),
            (.rsaPSSPSSSHA256, .rsaPSS), (.rsaPSSPSSSHA384, .rsaPSS), (.rsaPSSPSSSHA512, .rsaPSS),
            (.ed25519, .ed25519), (.ed448, .ed448):
            handshakeAlgorithm(scheme, key: key)
        default: nil
        }
    }

    /// The one way in which a version before TLS 1.2 signs with such a key; nil when there is none.
    package static func legacyScheme(_ key: PublicKey) -> SignatureScheme? {
        switch LegacySignature(key) {
        case .rsa: .rsaPKCS1MD5SHA1
        case .ecdsa: .ecdsaSHA1
        case .none: nil
        }
    }

    /// The first scheme of ours that a TLS 1.2 peer accepts and the key can make.
    package static func chooseTLS12(
        from own: [SignatureScheme], accepted: [SignatureScheme], key: PublicKey
    ) -> SignatureScheme? {
        own.first { accepted.contains($0) && tls12Algorithm($0, key: key) != nil && fits($0, key) }
    }

    /// The first scheme of ours that the peer accepts and the key can make.
    package static func choose(
        from own: [SignatureScheme], accepted: [SignatureScheme], key: PublicKey
    ) -> SignatureScheme? {
        own.first { accepted.contains($0) && handshakeAlgorithm($0, key: key) != nil && fits($0, key) }
    }

    /// Schemes that a TLS 1.3 handshake may be signed with at all.
    package static func isForHandshake(_ scheme: SignatureScheme) -> Bool {
        switch scheme {
        case .rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPKCS1SHA512, .rsaPKCS1SHA1, .ecdsaSHA1: false
        default: true
        }
    }

    /// The key as people name it.
    package static func name(of key: PublicKey) -> String {
        switch key {
        case .rsa: "an RSA key of \(key.bitCount) bits"
        case .rsaPSS: "an RSASSA-PSS key of \(key.bitCount) bits"
        case .ec(let curve, _): "an EC key on \(curve.rawValue)"
        case .ed25519: "an Ed25519 key"
        case .ed448: "an Ed448 key"
        }
    }

    /// RFC 8446 §4.2.3: the salt is as long as the hash.
    private static func pss(_ hash: HashAlgorithm) -> SignatureAlgorithm {
        .rsaPSS(PSSParameters(hash: hash, saltLength: hash.digestLength))
    }

    /// An RSASSA-PSS key may be restricted to one hash (RFC 4055 §3.1).
    private static func fits(_ scheme: SignatureScheme, _ key: PublicKey) -> Bool {
        guard case .rsaPSS(_, _, let restriction?) = key,
            case .rsaPSS(let parameters)? = handshakeAlgorithm(scheme, key: key)
        else { return true }
        return parameters.hash == restriction.hash && parameters.saltLength >= restriction.saltLength
    }
}
