// ALPNNegotiation.swift — the application protocol the server selected.
// RFC 7301 §3.1, §3.2.
// Next: RecordSizeNegotiation.swift.

internal import WireFormat

enum ALPNNegotiation {
    /// Checks the selection of EncryptedExtensions, or of the ServerHello of TLS 1.2; none is legal unless one is required.
    static func check(
        _ extensions: ExtensionBlock, in message: HandshakeType, _ offer: ClientOffer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) {
        guard let body = extensions.body(of: .applicationLayerProtocolNegotiation) else {
            if offer.configuration.requiresALPN {
                throw .peerMisbehaved(
                    .noApplicationProtocol(offered: list(offer.configuration.alpnProtocols), in: message))
            }
            return
        }
        let selected = try parsing(message) { () throws(DecodeError) in
            try ALPNExtension.parseEncryptedExtensions(body.span)
        }
        let offered = offer.configuration.alpnProtocols
        guard let name = offered.first(where: { Array($0.utf8) == selected }) else {
            throw .peerMisbehaved(
                .selectedUnofferedProtocol(
                    String(decoding: selected, as: UTF8.self), offered: list(offered)))
        }
        output.info.alpnProtocol = name
        output.log.record(
            Decision(
                .alpn, .chosen, subject: "\(message)", expected: list(offered), found: name,
                rule: "the server selects a protocol that was offered", section: "RFC 7301 §3.2"))
    }
}
