// OCSPResponse.swift — a stapled OCSP response, out of strict DER.
// RFC 6960 §4.2.1; RFC 6066 §8.
// Next: OCSPSingleResponse.swift.

import SwiftASN1
import WireFormat

/// A BasicOCSPResponse that was successful. Who signed it is not known yet.
struct OCSPResponse: Sendable {
    /// ResponderID.
    enum Responder: Sendable {
        case name(DistinguishedName)
        /// SHA-1 over the contents of the key's BIT STRING.
        case keyHash([UInt8])
    }

    let responder: Responder
    let producedAt: UnixTime
    let responses: [OCSPSingleResponse]
    let signatureAlgorithm: CertificateSignatureAlgorithm
    /// BasicOCSPResponse, in which the ranges are.
    let encoded: [UInt8]
    let signedRange: Range<Int>
    let signatureRange: Range<Int>
    /// Certificates sent along, in DER; parsed when one of them may be the responder's.
    let certificates: [[UInt8]]

    /// The longest response that is read, in bytes. One certificate's status with a responder's certificate takes 2 KiB.
    static let maximumLength = 65_536
    /// A responder sends its own certificate; more than a few serve nobody.
    static let mostCertificates = 8

    init(_ der: [UInt8]) throws(Fault) {
        guard der.count <= OCSPResponse.maximumLength else {
            throw Fault(
                .parsingLimit, expected: "a response of at most \(OCSPResponse.maximumLength) bytes",
                found: "\(der.count) bytes")
        }
        encoded = Array(try OCSPResponse.basicResponse(der))
        var fields = try FieldReader(try StrictDER.parse(encoded[...], "BasicOCSPResponse"), "BasicOCSPResponse")
        let signed = try fields.read("tbsResponseData")
        signatureAlgorithm = try CertificateSignatureAlgorithm(
            try AlgorithmIdentifier(try fields.read("signatureAlgorithm"), "signatureAlgorithm"))
        let signature = try fields.read("signature").octetAlignedBitString("signature")
        certificates = try OCSPResponse.certificates(fields.readIf(.context(0)))
        try fields.end()
        // Slices of an array keep its indices.
        signedRange = signed.encodedBytes.indices
        signatureRange = signature.indices

        var data = try FieldReader(signed, "tbsResponseData")
        // RFC 6960 §4.2.1: [0] DEFAULT v1, the only version, and DER does not encode a default.
        guard data.readIf(.context(0)) == nil else {
            throw Fault(.structure, expected: "version 1, which is not written", found: "a version")
        }
        responder = try OCSPResponse.responder(try data.read("responderID"))
        producedAt = try DERTime.generalizedTime(try data.read("producedAt"), "producedAt")
        var list = try FieldReader(try data.read("responses"), "responses")
        var responses: [OCSPSingleResponse] = []
        while !list.isAtEnd { responses.append(try OCSPSingleResponse(try list.read("a response"))) }
        self.responses = responses
        try OCSPResponse.checkExtensions(data.readIf(.context(1)))
        try data.end()
    }

    /// OCSPResponse and ResponseBytes.
    private static func basicResponse(_ der: [UInt8]) throws(Fault) -> ArraySlice<UInt8> {
        var fields = try FieldReader(try StrictDER.parse(der[...], "OCSPResponse"), "OCSPResponse")
        let status = try fields.read("responseStatus").primitive(.enumerated, "responseStatus")
        // RFC 6960 §4.2.1: a response of any other status has no bytes and is not signed.
        guard status == [0] else {
            throw Fault(
                .structure, expected: "responseStatus successful", found: Printable.hexadecimal(status.prefix(8)))
        }
        var wrapper = try FieldReader(try fields.read("responseBytes"), .context(0), "responseBytes")
        try fields.end()
        var bytes = try FieldReader(try wrapper.read("responseBytes"), "responseBytes")
        try wrapper.end()
        let type = try bytes.read("responseType").objectIdentifier("responseType")
        guard type == .basicResponse else {
            throw Fault(.structure, expected: "responseType id-pkix-ocsp-basic", found: "\(type)")
        }
        let response = try bytes.read("response").primitive(.octetString, "response")
        try bytes.end()
        return response
    }

    private static func responder(_ node: ASN1Node) throws(Fault) -> Responder {
        if node.identifier == .context(1) {
            var wrapper = try FieldReader(node, .context(1), "byName")
            let name = try DistinguishedName(try wrapper.read("byName"), "byName")
            try wrapper.end()
            return .name(name)
        }
        var wrapper = try FieldReader(node, .context(2), "byKey")
        let hash = try wrapper.read("byKey").primitive(.octetString, "byKey")
        try wrapper.end()
        return .keyHash(Array(hash))
    }

    private static func certificates(_ node: ASN1Node?) throws(Fault) -> [[UInt8]] {
        guard let node else { return [] }
        var wrapper = try FieldReader(node, .context(0), "certs")
        var list = try FieldReader(try wrapper.read("certs"), "certs")
        try wrapper.end()
        var certificates: [[UInt8]] = []
        while !list.isAtEnd {
            guard certificates.count < mostCertificates else {
                throw Fault(.parsingLimit, expected: "at most \(mostCertificates) certificates", found: "more")
            }
            certificates.append(Array(try list.read("a certificate").encodedBytes))
        }
        return certificates
    }

    /// RFC 6960 §4.4: nothing here is needed, but what is critical must be understood. A nonce, critical or not, has
    /// nothing to be compared with: it answers a request that the server made.
    static func checkExtensions(_ node: ASN1Node?) throws(Fault) {
        guard let node else { return }
        var wrapper = try FieldReader(node, .context(1), "extensions")
        let list = try ExtensionList(try wrapper.read("extensions"))
        try wrapper.end()
        for item in list.items where item.isCritical && item.identifier != .nonce {
            throw ExtensionList.unknownCritical(item)
        }
    }
}
