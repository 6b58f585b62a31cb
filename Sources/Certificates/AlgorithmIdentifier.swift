// AlgorithmIdentifier.swift — how a certificate says which algorithm signed it, and the parameters of RSA-PSS.
// RFC 5280 §4.1.1.2; RFC 4055; RFC 5758; RFC 8410.
// Next: SubjectPublicKeyInfo.swift.

import CryptoGlue
import SwiftASN1

/// AlgorithmIdentifier: an object identifier and its parameters, not interpreted.
struct AlgorithmIdentifier {
    let identifier: ObjectIdentifier
    let parameters: ASN1Node?
    /// The whole SEQUENCE, to compare with another.
    let encoded: ArraySlice<UInt8>

    init(_ node: ASN1Node, _ name: String) throws(Fault) {
        var fields = try FieldReader(node, name)
        identifier = try fields.read("an algorithm").objectIdentifier("an algorithm")
        parameters = fields.isAtEnd ? nil : try fields.read("parameters")
        try fields.end()
        encoded = node.encodedBytes
    }

    /// RFC 4055 §2.1, §5: NULL is what must be written, absence must be understood.
    var hasNullOrNoParameters: Bool { parameters == nil || isNull }

    var isNull: Bool {
        guard let parameters, parameters.identifier == .null, case .primitive(let contents) = parameters.content else {
            return false
        }
        return contents.isEmpty
    }
}

/// The signature algorithm of a certificate, understood or at least named.
struct CertificateSignatureAlgorithm: Sendable, Hashable {
    /// nil when the algorithm is not one this library verifies.
    let algorithm: SignatureAlgorithm?
    /// Signed with a hash whose collisions are known: RFC 8446 §4.4.2.4.
    let isWeak: Bool
    /// One that a permission for an old version may accept.
    let legacy: LegacyCertificateSignature?
    /// The RFC's name, or the object identifier.
    let name: String

    init(_ identifier: AlgorithmIdentifier) throws(Fault) {
        let none = identifier.parameters == nil
        let nullOrNone = identifier.hasNullOrNoParameters
        switch identifier.identifier {
        case .sha256WithRSA: try self.init(.rsaPKCS1(.sha256), "sha256WithRSAEncryption", nullOrNone)
        case .sha384WithRSA: try self.init(.rsaPKCS1(.sha384), "sha384WithRSAEncryption", nullOrNone)
        case .sha512WithRSA: try self.init(.rsaPKCS1(.sha512), "sha512WithRSAEncryption", nullOrNone)
        case .ecdsaWithSHA256: try self.init(.ecdsa(.sha256), "ecdsa-with-SHA256", none)
        case .ecdsaWithSHA384: try self.init(.ecdsa(.sha384), "ecdsa-with-SHA384", none)
        case .ecdsaWithSHA512: try self.init(.ecdsa(.sha512), "ecdsa-with-SHA512", none)
        case .ed25519: try self.init(.ed25519, "Ed25519", none)
        case .ed448: try self.init(.ed448, "Ed448", none)
        case .rsaPSS:
            switch try PSSIdentifier(identifier.parameters) {
            case .known(let parameters):
                try self.init(.rsaPSS(parameters), "RSASSA-PSS with \(parameters.hash)", true)
            case .unrestricted, .other:
                // RFC 4055 §3.1: in a signature, absent fields mean SHA-1.
                self.init(name: "RSASSA-PSS with other parameters", isWeak: false)
            case .sha1: self.init(name: "RSASSA-PSS with SHA-1", isWeak: true)
            }
        case .md2WithRSA: self.init(name: "md2WithRSAEncryption", isWeak: true)
        case .md5WithRSA: self.init(name: "md5WithRSAEncryption", isWeak: true, legacy: nullOrNone ? .rsaMD5 : nil)
        case .sha1WithRSA:
            self.init(name: "sha1WithRSAEncryption", isWeak: true, legacy: nullOrNone ? .rsaSHA1 : nil)
        case .ecdsaWithSHA1: self.init(name: "ecdsa-with-SHA1", isWeak: true, legacy: none ? .ecdsaSHA1 : nil)
        case .sha224WithRSA: self.init(name: "sha224WithRSAEncryption", isWeak: false)
        default: self.init(name: identifier.identifier.description, isWeak: false)
        }
    }

    private init(_ algorithm: SignatureAlgorithm, _ name: String, _ parametersFit: Bool) throws(Fault) {
        guard parametersFit else {
            throw Fault(.structure, expected: "\(name) without parameters", found: "parameters")
        }
        self.algorithm = algorithm
        self.isWeak = false
        legacy = nil
        self.name = name
    }

    private init(name: String, isWeak: Bool, legacy: LegacyCertificateSignature? = nil) {
        algorithm = nil
        self.isWeak = isWeak
        self.legacy = legacy
        self.name = name
    }
}

/// RSASSA-PSS-params, sorted by what this library does with them.
enum PSSIdentifier {
    /// No parameters at all: a key that may be used with any.
    case unrestricted
    /// One hash for message and mask, SHA-256 or longer.
    case known(PSSParameters)
    /// SHA-1 somewhere, which is what an absent field means.
    case sha1
    /// Two different hashes, SHA-224, another mask …
    case other

    /// RFC 4055 §3.1: [0] hash, [1] mask generation, [2] salt length, [3] trailer field.
    init(_ node: ASN1Node?) throws(Fault) {
        guard let node else {
            self = .unrestricted
            return
        }
        var fields = try FieldReader(node, "RSASSA-PSS parameters")
        let hash = try PSSIdentifier.explicit(&fields, 0)
        let mask = try PSSIdentifier.explicit(&fields, 1)
        let salt = try PSSIdentifier.explicit(&fields, 2)
        let trailer = try PSSIdentifier.explicit(&fields, 3)
        try fields.end()
        guard let hash, let mask else {
            self = .sha1
            return
        }
        let hashIdentifier = try AlgorithmIdentifier(hash, "a hash algorithm")
        let maskIdentifier = try AlgorithmIdentifier(mask, "a mask generation function")
        guard maskIdentifier.identifier == .maskGeneration1, let maskHash = maskIdentifier.parameters else {
            self = .other
            return
        }
        let maskHashIdentifier = try AlgorithmIdentifier(maskHash, "a hash algorithm")
        if hashIdentifier.identifier == .sha1 || maskHashIdentifier.identifier == .sha1 {
            self = .sha1
            return
        }
        let saltContents = try salt?.unsignedInteger("a salt length") ?? [20]
        let trailerContents = try trailer?.unsignedInteger("a trailer field") ?? [1]
        guard hashIdentifier.identifier == maskHashIdentifier.identifier, hashIdentifier.hasNullOrNoParameters,
            maskHashIdentifier.hasNullOrNoParameters, trailerContents == [1], saltContents.count <= 2,
            let algorithm = HashAlgorithm(hashIdentifier.identifier)
        else {
            self = .other
            return
        }
        let saltLength = saltContents.reduce(0) { $0 << 8 | Int($1) }
        self = .known(PSSParameters(hash: algorithm, saltLength: saltLength))
    }

    private static func explicit(_ fields: inout FieldReader, _ tag: UInt) throws(Fault) -> ASN1Node? {
        guard let node = fields.readIf(.context(tag)) else { return nil }
        var inner = try FieldReader(node, .context(tag), "a parameter")
        let value = try inner.read("a parameter")
        try inner.end()
        return value
    }
}

extension HashAlgorithm {
    init?(_ identifier: ObjectIdentifier) {
        switch identifier {
        case .sha256: self = .sha256
        case .sha384: self = .sha384
        case .sha512: self = .sha512
        default: return nil
        }
    }
}
