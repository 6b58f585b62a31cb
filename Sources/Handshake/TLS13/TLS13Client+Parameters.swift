// TLS13Client+Parameters.swift — WAIT_EE: what the server answers to our extensions, now encrypted.
// RFC 8446 §4.3.1; RFC 7301 §3.2.
// Next: TLS13Client+Authentication.swift.

internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// WAIT_EE (RFC 8446 App. A.1).
package struct WaitEncryptedExtensions: ~Copyable, Sendable {
    static let state = "WAIT_EE"
    let offer: ClientOffer
    var transcript: Transcript
    let keys: HandshakeKeys

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        let message = try input.require(.encryptedExtensions, state: WaitEncryptedExtensions.state)
        let extensions = try parsing(.encryptedExtensions) { () throws(DecodeError) in
            try EncryptedExtensions.parse(message.body)
        }.extensions
        try ExtensionRules.check(
            extensions, of: .encryptedExtensions, .encryptedExtensions, offered: offer.extensionTypes)
        if let body = extensions.body(of: .serverName) {
            try parsing(.encryptedExtensions) { () throws(DecodeError) in
                try ServerNameExtension.parseEncryptedExtensions(body.span)
            }
        }
        // RFC 8446 §4.2.7: the server's groups are for later connections; only their form matters here.
        if let body = extensions.body(of: .supportedGroups) {
            _ = try parsing(.encryptedExtensions) { () throws(DecodeError) in
                try SupportedGroupsExtension.parseEncryptedExtensions(body.span)
            }
        }
        try checkALPN(extensions, &output)
        var transcript = self.transcript
        transcript.add(message)
        return .waitCertificateOrRequest(
            WaitCertificateOrRequest(offer: offer, transcript: transcript, keys: keys))
    }

    private borrowing func checkALPN(
        _ extensions: ExtensionBlock, _ output: inout HandshakeOutput
    ) throws(HandshakeError) {
        guard let body = extensions.body(of: .applicationLayerProtocolNegotiation) else { return }
        let selected = try parsing(.encryptedExtensions) { () throws(DecodeError) in
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
                .alpn, .chosen, subject: "EncryptedExtensions", expected: list(offered), found: name,
                rule: "the server selects a protocol that was offered", section: "RFC 7301 §3.2"))
    }
}
