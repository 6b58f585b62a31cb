// OCSPSingleResponse.swift — what an OCSP response says of one certificate.
// RFC 6960 §4.1.1, §4.2.1, §4.2.2.1.
// Next: RevocationCheck.swift.

import CryptoGlue
import SwiftASN1
import WireFormat

/// A SingleResponse.
struct OCSPSingleResponse: Sendable {
    enum Status: Sendable, Equatable {
        case good
        case revoked(RevocationEntry)
        case unknown
    }

    let identifier: OCSPCertificateID
    let status: Status
    let thisUpdate: UnixTime
    let nextUpdate: UnixTime?

    /// Without nextUpdate newer information is always there (RFC 6960 §4.2.2.1), so a stapled response of no stated end
    /// counts for 7 days at the most, as long as public authorities have their own last.
    static let longestWithoutEnd: Int64 = 7 * 86_400

    init(_ node: ASN1Node) throws(Fault) {
        var fields = try FieldReader(node, "a response")
        identifier = try OCSPCertificateID(try fields.read("certID"))
        status = try OCSPSingleResponse.status(try fields.read("certStatus"))
        thisUpdate = try DERTime.generalizedTime(try fields.read("thisUpdate"), "thisUpdate")
        if let wrapped = fields.readIf(.context(0)) {
            var wrapper = try FieldReader(wrapped, .context(0), "nextUpdate")
            nextUpdate = try DERTime.generalizedTime(try wrapper.read("nextUpdate"), "nextUpdate")
            try wrapper.end()
        } else {
            nextUpdate = nil
        }
        try OCSPResponse.checkExtensions(fields.readIf(.context(1)))
        try fields.end()
    }

    /// The last second in which it counts.
    var lastSecond: UnixTime {
        nextUpdate ?? UnixTime(seconds: thisUpdate.seconds + OCSPSingleResponse.longestWithoutEnd)
    }

    private static func status(_ node: ASN1Node) throws(Fault) -> Status {
        switch node.identifier {
        case .context(0):
            guard try node.primitive(.context(0), "good").isEmpty else { break }
            return .good
        case .context(1):
            var fields = try FieldReader(node, .context(1), "revoked")
            let date = try DERTime.generalizedTime(try fields.read("revocationTime"), "revocationTime")
            var reason: RevocationReason?
            if let wrapped = fields.readIf(.context(0)) {
                var wrapper = try FieldReader(wrapped, .context(0), "revocationReason")
                let code = try wrapper.read("revocationReason").primitive(.enumerated, "revocationReason")
                try wrapper.end()
                reason = try RevocationReason(contents: code.span)
            }
            try fields.end()
            return .revoked(RevocationEntry(date: date, reason: reason))
        case .context(2):
            guard try node.primitive(.context(2), "unknown").isEmpty else { break }
            return .unknown
        default: break
        }
        throw Fault(.structure, expected: "certStatus good, revoked or unknown", found: "\(node.identifier)")
    }
}

/// CertID: which certificate, by its issuer's name and key and its serial number.
struct OCSPCertificateID: Sendable {
    private enum Hash: Sendable {
        case sha1
        case sha2(HashAlgorithm)
    }

    /// nil for one that is not known: then no certificate is meant.
    private let hash: Hash?
    private let issuerNameHash: [UInt8]
    private let issuerKeyHash: [UInt8]
    private let serialNumber: [UInt8]

    init(_ node: ASN1Node) throws(Fault) {
        var fields = try FieldReader(node, "certID")
        let algorithm = try AlgorithmIdentifier(try fields.read("hashAlgorithm"), "hashAlgorithm")
        hash =
            algorithm.identifier == .sha1
            ? .sha1 : HashAlgorithm(algorithm.identifier).map { Hash.sha2($0) }
        issuerNameHash = Array(try fields.read("issuerNameHash").primitive(.octetString, "issuerNameHash"))
        issuerKeyHash = Array(try fields.read("issuerKeyHash").primitive(.octetString, "issuerKeyHash"))
        serialNumber = Array(try fields.read("serialNumber").integer("serialNumber"))
        try fields.end()
    }

    /// Whether this names `certificate`, issued with the key of `issuer`.
    func names(_ certificate: Certificate, issuedBy issuer: Certificate) throws(CryptoError) -> Bool {
        guard serialNumber == certificate.serialNumber, let hash else { return false }
        // RFC 6960 §4.1.1: the name as the certificate in question has it, the key without tag, length and unused bits.
        guard try OCSPCertificateID.digest(hash, certificate.issuer.derEncoded) == issuerNameHash else { return false }
        return try OCSPCertificateID.digest(hash, issuer.publicKeyBits) == issuerKeyHash
    }

    private static func digest(_ hash: Hash, _ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
        switch hash {
        case .sha1: try OCSPCertificateIdentifier.sha1(bytes.span)
        case .sha2(let algorithm): try HashFunction.digest(algorithm, bytes.span)
        }
    }
}

extension Certificate {
    /// The contents of subjectPublicKey without the octet that counts unused bits, which is 0.
    var publicKeyBits: [UInt8] {
        guard let node = try? StrictDER.parse(subjectPublicKeyInfo[...], "a key"),
            case .constructed(let fields) = node.content,
            let bits = Array(fields).last, case .primitive(let contents) = bits.content
        else { return [] }
        return Array(contents.dropFirst())
    }
}
