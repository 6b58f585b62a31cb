// TLS12RawPublicKey.swift — the Certificate message of TLS 1.2 when a raw public key was agreed on.
// RFC 7250 §3.
// Next: TLS12CertificateStatus.swift.

package import WireFormat

/// A Certificate message that is a key and no list.
package struct TLS12RawPublicKey: Equatable, Sendable {
    /// ASN.1_subjectPublicKeyInfo. RFC 7250 §3 has at least one octet there, and says nothing of a client without a key: it
    /// sends none, which reads as the empty list that RFC 5246 §7.4.6 has such a client send.
    package var subjectPublicKeyInfo: [UInt8]

    package init(subjectPublicKeyInfo: [UInt8]) { self.subjectPublicKeyInfo = subjectPublicKeyInfo }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .certificate) { writer in
            writer.vector24("ASN.1_subjectPublicKeyInfo") { $0.bytes(subjectPublicKeyInfo) }
        }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> TLS12RawPublicKey {
        var reader = WireReader(body)
        var key = try reader.vector24("ASN.1_subjectPublicKeyInfo")
        // RFC 7250 §3: one key and nothing after it.
        try reader.end("Certificate")
        return TLS12RawPublicKey(subjectPublicKeyInfo: key.restAsArray())
    }
}
