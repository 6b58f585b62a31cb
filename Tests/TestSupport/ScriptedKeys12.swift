// ScriptedKeys12.swift — the PRF of TLS 1.2 and what is derived with it, written without the library's key schedule.
// RFC 5246 §5, §6.3, §8.1; RFC 7627 §4; RFC 5705 §4.
// Next: ScriptedServer12.swift.

internal import CryptoGlue
package import Handshake
internal import WireFormat

/// A session as a server keeps it.
package struct ScriptedSession12: Sendable {
    package var master: [UInt8]
    package var suite: TLS12Suite
    package var usesExtendedMasterSecret: Bool
    package var sessionID: [UInt8]
    package var ticket: [UInt8]

    package init(
        master: [UInt8], suite: TLS12Suite, usesExtendedMasterSecret: Bool, sessionID: [UInt8], ticket: [UInt8]
    ) {
        self.master = master
        self.suite = suite
        self.usesExtendedMasterSecret = usesExtendedMasterSecret
        self.sessionID = sessionID
        self.ticket = ticket
    }
}

enum ScriptedKeys12 {
    static func hmac(_ hash: HashAlgorithm, _ key: [UInt8], _ message: [UInt8]) throws -> [UInt8] {
        let code = try HMAC.authenticate(hash, key: key.span, message.span)
        return [UInt8](copying: code.bytes)
    }

    /// RFC 5246 §5: A(i) = HMAC(secret, A(i-1)); the output is HMAC(secret, A(1) + seed) and so on.
    static func prf(
        _ hash: HashAlgorithm, _ secret: [UInt8], _ label: String, _ seed: [UInt8], _ length: Int
    ) throws -> [UInt8] {
        let labelled = Array(label.utf8) + seed
        var stage = labelled
        var output: [UInt8] = []
        while output.count < length {
            stage = try hmac(hash, secret, stage)
            output += try hmac(hash, secret, stage + labelled)
        }
        return Array(output.prefix(length))
    }

    static func digest(_ hash: HashAlgorithm, _ octets: [UInt8]) throws -> [UInt8] {
        try HashFunction.digest(hash, octets.span)
    }

    /// What signs and verifies with a scheme, whatever the key.
    static func algorithm(_ scheme: SignatureScheme) throws -> SignatureAlgorithm {
        func pss(_ hash: HashAlgorithm) -> SignatureAlgorithm {
            .rsaPSS(PSSParameters(hash: hash, saltLength: hash.digestLength))
        }
        switch scheme {
        case .rsaPKCS1SHA256: return .rsaPKCS1(.sha256)
        case .rsaPKCS1SHA384: return .rsaPKCS1(.sha384)
        case .rsaPKCS1SHA512: return .rsaPKCS1(.sha512)
        case .ecdsaSecp256r1SHA256: return .ecdsa(.sha256)
        case .ecdsaSecp384r1SHA384: return .ecdsa(.sha384)
        case .ecdsaSecp521r1SHA512: return .ecdsa(.sha512)
        case .rsaPSSRSAESHA256: return pss(.sha256)
        case .rsaPSSRSAESHA384: return pss(.sha384)
        case .rsaPSSRSAESHA512: return pss(.sha512)
        case .ed25519: return .ed25519
        case .ed448: return .ed448
        default: throw ScriptError.missing
        }
    }
}
