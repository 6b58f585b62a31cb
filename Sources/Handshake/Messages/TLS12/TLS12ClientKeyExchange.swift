// TLS12ClientKeyExchange.swift — the client's share, or the premaster secret under the server's RSA key.
// RFC 5246 §7.4.7; RFC 8422 §5.7.
// Next: TLS12NewSessionTicket.swift.

package import WireFormat

package enum TLS12ClientKeyExchange: Equatable, Sendable {
    /// ClientECDiffieHellmanPublic: a point of 1 to 255 octets.
    case ecdhe(point: [UInt8])
    /// ClientDiffieHellmanPublic: dh_Yc of 1 to 65535 octets.
    case dhe(publicValue: [UInt8])
    /// EncryptedPreMasterSecret: at most 65535 octets, with the length in front (RFC 5246 §7.4.7.1).
    case rsa(encrypted: [UInt8])

    package func message() throws(DecodeError) -> HandshakeMessage { try message(.tls12) }

    package func message(_ form: MessageForm) throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .clientKeyExchange) { writer in
            switch self {
            case .ecdhe(let point): writer.vector8("ecdh_Yc", 1...255) { $0.bytes(point) }
            case .dhe(let publicValue): writer.vector16("dh_Yc", 1...65535) { $0.bytes(publicValue) }
            case .rsa(let encrypted):
                guard form.countsEncryptedPremaster else { return writer.bytes(encrypted) }
                writer.vector16("EncryptedPreMasterSecret") { $0.bytes(encrypted) }
            }
        }
    }

    /// - Parameter method: the key exchange of the suite, which the form depends on.
    package static func parse(
        _ body: Span<UInt8>, _ method: TLS12Suite.KeyExchangeMethod, _ form: MessageForm = .tls12
    ) throws(DecodeError) -> TLS12ClientKeyExchange {
        var reader = WireReader(body)
        var value: WireReader
        switch method {
        case .ecdheECDSA, .ecdheRSA: value = try reader.vector8("ecdh_Yc", 1...255)
        // RFC 5246 §7.4.7.2: no value at all would be the one in the client's certificate, which nobody has.
        case .dheRSA: value = try reader.vector16("dh_Yc", 1...65535)
        case .rsa where !form.countsEncryptedPremaster: return .rsa(encrypted: reader.restAsArray())
        case .rsa: value = try reader.vector16("EncryptedPreMasterSecret")
        }
        try reader.end("ClientKeyExchange")
        return switch method {
        case .ecdheECDSA, .ecdheRSA: .ecdhe(point: value.restAsArray())
        case .dheRSA: .dhe(publicValue: value.restAsArray())
        case .rsa: .rsa(encrypted: value.restAsArray())
        }
    }
}
