// TLS12CertificateStatus.swift — the stapled OCSP response, after the server's Certificate.
// RFC 6066 §8.
// Next: TLS12ServerKeyExchange.swift.

package import WireFormat

package struct TLS12CertificateStatus: Equatable, Sendable {
    /// CertificateStatusType.ocsp: the only type of RFC 6066, and the only one that is ever asked for here.
    private static let ocspType: UInt8 = 1

    /// OCSPResponse: DER, at least one octet.
    package var ocspResponse: [UInt8]

    package init(ocspResponse: [UInt8]) { self.ocspResponse = ocspResponse }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .certificateStatus) { write(into: &$0) }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> TLS12CertificateStatus {
        var reader = WireReader(body)
        guard try reader.uint8("status_type") == ocspType else { throw DecodeError(.valueOutOfRange, "status_type") }
        var response = try reader.vector24("OCSPResponse", 1...0xff_ffff)
        try reader.end("CertificateStatus")
        return TLS12CertificateStatus(ocspResponse: response.restAsArray())
    }

    /// The structure without a handshake header, as RFC 8446 §4.4.2.1 puts it into a CertificateEntry too.
    func write(into writer: inout WireWriter) {
        writer.uint8(TLS12CertificateStatus.ocspType)
        writer.vector24("OCSPResponse", 1...0xff_ffff) { $0.bytes(ocspResponse) }
    }
}
