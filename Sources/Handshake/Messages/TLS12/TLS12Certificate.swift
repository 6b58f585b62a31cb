// TLS12Certificate.swift — a certification path, leaf first, without extensions.
// RFC 5246 §7.4.2, §7.4.6.
// Next: TLS12RawPublicKey.swift.

package import WireFormat

package struct TLS12Certificate: Equatable, Sendable {
    /// DER, the sender's own first, each at least one octet. A client without a certificate sends none.
    package var certificates: [[UInt8]]

    package init(certificates: [[UInt8]]) { self.certificates = certificates }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .certificate) { writer in
            writer.vector24("certificate_list") { list in
                for certificate in certificates {
                    list.vector24("ASN.1Cert", 1...0xff_ffff) { $0.bytes(certificate) }
                }
            }
        }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> TLS12Certificate {
        var reader = WireReader(body)
        var list = try reader.vector24("certificate_list")
        try reader.end("Certificate")
        var certificates: [[UInt8]] = []
        while !list.isEmpty {
            var certificate = try list.vector24("ASN.1Cert", 1...0xff_ffff)
            certificates.append(certificate.restAsArray())
        }
        return TLS12Certificate(certificates: certificates)
    }
}
