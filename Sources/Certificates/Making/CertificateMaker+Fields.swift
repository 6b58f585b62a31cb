// CertificateMaker+Fields.swift — the fields of a certificate as DER.
// RFC 5280 §4.1.2, §4.2.1; RFC 5480; RFC 8017 App. A; RFC 8410.
// Next: ../PEM+Writing.swift.

import CryptoGlue
import SwiftASN1
import WireFormat

extension DER.Serializer {
    mutating func sequence(_ contents: (inout DER.Serializer) -> Void) {
        appendConstructedNode(identifier: .sequence, contents)
    }

    mutating func constructed(_ identifier: ASN1Identifier, _ contents: (inout DER.Serializer) -> Void) {
        appendConstructedNode(identifier: identifier, contents)
    }

    mutating func value(_ identifier: ASN1Identifier, _ contents: [UInt8]) {
        appendPrimitiveNode(identifier: identifier) { $0.append(contentsOf: contents) }
    }

    /// RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime later.
    mutating func time(_ time: UnixTime) {
        // `2026-01-31T23:59:59Z` without what divides it.
        let text = Array("\(time)".utf8).filter { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "Z") }
        if text.starts(with: "19".utf8) || text.starts(with: "20".utf8) && text[2] < UInt8(ascii: "5") {
            value(.utcTime, Array(text.dropFirst(2)))
        } else {
            value(.generalizedTime, text)
        }
    }
}

/// How an issuer of this key signs.
struct MadeSignatureAlgorithm {
    let algorithm: SignatureAlgorithm
    private let identifier: ObjectIdentifier
    /// RFC 4055 §5: NULL with PKCS #1 v1.5; RFC 5758, RFC 8410: nothing with the others.
    private let hasNull: Bool

    init(_ key: PublicKey) {
        hasNull = if case .rsa = key { true } else { false }
        switch key {
        case .rsa: (algorithm, identifier) = (.rsaPKCS1(.sha256), .sha256WithRSA)
        // A key for RSASSA-PSS alone signs with it; signing then says that the pair does not fit.
        case .rsaPSS: (algorithm, identifier) = (.rsaPKCS1(.sha256), .sha256WithRSA)
        case .ec(.p256, _): (algorithm, identifier) = (.ecdsa(.sha256), .ecdsaWithSHA256)
        case .ec(.p384, _): (algorithm, identifier) = (.ecdsa(.sha384), .ecdsaWithSHA384)
        case .ec(.p521, _): (algorithm, identifier) = (.ecdsa(.sha512), .ecdsaWithSHA512)
        case .ed25519: (algorithm, identifier) = (.ed25519, .ed25519)
        case .ed448: (algorithm, identifier) = (.ed448, .ed448)
        }
    }

    func write(to fields: inout DER.Serializer) {
        fields.sequence { parts in
            parts.value(.objectIdentifier, identifier.contents)
            if hasNull { parts.value(.null, []) }
        }
    }
}

extension CertificateMaker {
    /// A name of one part, the common name.
    static func name(_ commonName: String) -> [UInt8] {
        var serializer = DER.Serializer()
        serializer.sequence { name in
            name.constructed(.set) { part in
                part.sequence { attribute in
                    attribute.value(.objectIdentifier, [0x55, 0x04, 0x03])
                    attribute.value(.utf8String, Array(commonName.utf8))
                }
            }
        }
        return serializer.serializedBytes
    }

    /// The contents of subjectPublicKey.
    static func keyBits(_ key: PublicKey) throws(CertificateError) -> [UInt8] {
        switch key {
        case .rsa(let modulus, let exponent), .rsaPSS(let modulus, let exponent, restriction: nil):
            var serializer = DER.Serializer()
            serializer.sequence { numbers in
                numbers.value(.integer, unsigned(modulus))
                numbers.value(.integer, unsigned(exponent))
            }
            return serializer.serializedBytes
        case .ec(_, let point): return point
        case .ed25519(let bytes), .ed448(let bytes): return bytes
        case .rsaPSS:
            throw CertificateError(
                .unsupportedPublicKey, subject: "a certificate to make", expected: "RSA, EC or EdDSA",
                found: "an RSASSA-PSS key with parameters")
        }
    }

    /// SubjectPublicKeyInfo.
    static func writeKey(_ key: PublicKey, _ bits: [UInt8], to fields: inout DER.Serializer) {
        fields.sequence { info in
            info.sequence { algorithm in
                switch key {
                case .rsa:
                    algorithm.value(.objectIdentifier, ObjectIdentifier.rsaEncryption.contents)
                    algorithm.value(.null, [])
                // RFC 4055 §1.2, §3.1: no parameters, no restriction.
                case .rsaPSS: algorithm.value(.objectIdentifier, ObjectIdentifier.rsaPSS.contents)
                case .ec(let curve, _):
                    algorithm.value(.objectIdentifier, ObjectIdentifier.ecPublicKey.contents)
                    algorithm.value(.objectIdentifier, ObjectIdentifier(curve).contents)
                case .ed25519: algorithm.value(.objectIdentifier, ObjectIdentifier.ed25519.contents)
                case .ed448: algorithm.value(.objectIdentifier, ObjectIdentifier.ed448.contents)
                }
            }
            info.value(.bitString, [0] + bits)
        }
    }

    /// The contents of an INTEGER that is not negative, from big-endian octets.
    private static func unsigned(_ bytes: [UInt8]) -> [UInt8] {
        let number = Array(bytes.drop { $0 == 0 })
        guard let first = number.first else { return [0] }
        return first < 0x80 ? number : [0] + number
    }
}

extension ObjectIdentifier {
    /// The identifier of a curve.
    init(_ curve: EllipticCurve) {
        self =
            switch curve {
            case .p256: .p256
            case .p384: .p384
            case .p521: .p521
            }
    }
}

/// One extension: RFC 5280 §4.2.
struct CertificateExtension {
    private let identifier: ObjectIdentifier
    private let isCritical: Bool
    private let contents: [UInt8]

    private init(
        _ identifier: ObjectIdentifier, isCritical: Bool = false, _ contents: (inout DER.Serializer) -> Void
    ) {
        self.identifier = identifier
        self.isCritical = isCritical
        var serializer = DER.Serializer()
        contents(&serializer)
        self.contents = serializer.serializedBytes
    }

    func write(to list: inout DER.Serializer) {
        list.sequence { fields in
            fields.value(.objectIdentifier, identifier.contents)
            // X.690 §11.5: a default, FALSE, is not written.
            if isCritical { fields.value(.boolean, [0xff]) }
            fields.value(.octetString, contents)
        }
    }

    static let authority = CertificateExtension(.basicConstraints, isCritical: true) { value in
        value.sequence { $0.value(.boolean, [0xff]) }
    }

    static let leaf = CertificateExtension(.basicConstraints, isCritical: true) { $0.sequence { _ in } }

    static func keyUsage(_ usage: KeyUsage) -> CertificateExtension {
        // Bit 0 is the highest bit of the octet; none of those written here is beyond the first.
        let octet = (0..<8).reduce(UInt8(0)) { $0 | (usage.rawValue & (1 << $1) != 0 ? 0x80 >> $1 : 0) }
        // X.690 §11.2.2: zeros at the end are not written.
        let unused = UInt8(octet.trailingZeroBitCount % 8)
        return CertificateExtension(.keyUsage, isCritical: true) { $0.value(.bitString, [unused, octet]) }
    }

    static func extendedKeyUsage(_ usages: [ExtendedKeyUsage]) -> CertificateExtension {
        CertificateExtension(.extendedKeyUsage) { value in
            value.sequence { list in
                for usage in usages { list.value(.objectIdentifier, encoded(usage)) }
            }
        }
    }

    /// Dotted decimals, of which only the first two arcs share an octet: all purposes known here are below 2.128.
    private static func encoded(_ usage: ExtendedKeyUsage) -> [UInt8] {
        let arcs = usage.rawValue.split(separator: ".").compactMap { UInt8($0) }
        guard arcs.count > 2 else { return [] }
        return [arcs[0] * 40 + arcs[1]] + arcs[2...]
    }

    static func subjectAlternativeName(_ names: [GeneralName]) throws(CertificateError) -> CertificateExtension {
        func refused(_ found: String) -> CertificateError {
            CertificateError(
                .structure, subject: "a certificate to make", expected: "DNS names and IP addresses", found: found)
        }
        guard !names.isEmpty else { throw refused("none") }
        var entries: [(ASN1Identifier, [UInt8])] = []
        for name in names {
            switch name {
            case .dns(let text) where !text.isEmpty && text.utf8.allSatisfy({ $0 < 0x80 }):
                entries.append((.context(2), Array(text.utf8)))
            case .ip(let bytes) where bytes.count == 4 || bytes.count == 16: entries.append((.context(7), bytes))
            default: throw refused("\(name)")
            }
        }
        return CertificateExtension(.subjectAlternativeName) { value in
            value.sequence { list in for (identifier, bytes) in entries { list.value(identifier, bytes) } }
        }
    }

    static func subjectKeyIdentifier(_ identifier: [UInt8]) -> CertificateExtension {
        CertificateExtension(.subjectKeyIdentifier) { $0.value(.octetString, identifier) }
    }

    static func authorityKeyIdentifier(_ identifier: [UInt8]) -> CertificateExtension {
        CertificateExtension(.authorityKeyIdentifier) { value in
            value.sequence { $0.value(.context(0), identifier) }
        }
    }
}
