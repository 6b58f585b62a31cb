// StatusRequestExtension.swift — status_request: the client asks for a stapled OCSP response.
// RFC 6066 §8; RFC 8446 §4.4.2.1.
// Next: CertificateTypeExtension.swift.

package import WireFormat

package enum StatusRequestExtension {
    /// A request for an OCSP response: which responders the client trusts, and extensions for them. Both are empty in
    /// what a client here sends.
    package struct Request: Equatable, Sendable {
        /// responder_id_list: DER of 1 to 65535 octets each.
        package var responderIDs: [[UInt8]]
        /// request_extensions: DER, at most 65535 octets.
        package var requestExtensions: [UInt8]

        package init(responderIDs: [[UInt8]] = [], requestExtensions: [UInt8] = []) {
            self.responderIDs = responderIDs
            self.requestExtensions = requestExtensions
        }
    }

    /// CertificateStatusType.ocsp.
    package static let ocspType: UInt8 = 1

    package static func writeClientHello(_ request: Request, into writer: inout WireWriter) {
        writer.uint8(ocspType)
        writer.vector16("responder_id_list") { list in
            for identifier in request.responderIDs {
                list.vector16("ResponderID", 1...65535) { $0.bytes(identifier) }
            }
        }
        writer.vector16("request_extensions") { $0.bytes(request.requestExtensions) }
    }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> Request {
        var reader = WireReader(body)
        guard try reader.uint8("status_type") == ocspType else { throw DecodeError(.valueOutOfRange, "status_type") }
        var list = try reader.vector16("responder_id_list")
        var requestExtensions = try reader.vector16("request_extensions")
        try reader.end("status_request")
        var responderIDs: [[UInt8]] = []
        while !list.isEmpty {
            var identifier = try list.vector16("ResponderID", 1...65535)
            responderIDs.append(identifier.restAsArray())
        }
        return Request(responderIDs: responderIDs, requestExtensions: requestExtensions.restAsArray())
    }

    /// RFC 6066 §8: empty in the ServerHello of TLS 1.2; the response comes in a CertificateStatus.
    package static func writeServerHello(into writer: inout WireWriter) {}

    package static func parseServerHello(_ body: Span<UInt8>) throws(DecodeError) {
        try WireReader(body).end("status_request")
    }

    /// RFC 8446 §4.4.2.1: a CertificateStatus structure in the CertificateEntry that it is about.
    package static func writeCertificateEntry(_ ocspResponse: [UInt8], into writer: inout WireWriter) {
        TLS12CertificateStatus(ocspResponse: ocspResponse).write(into: &writer)
    }

    /// The OCSP response: DER, at least one octet.
    package static func parseCertificateEntry(_ body: Span<UInt8>) throws(DecodeError) -> [UInt8] {
        try TLS12CertificateStatus.parse(body).ocspResponse
    }
}
