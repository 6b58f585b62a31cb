// TLS13Client+Parameters.swift — WAIT_EE: what the server answers to our extensions, now encrypted.
// RFC 8446 §4.3.1; RFC 7301 §3.2; RFC 7250 §4.2.
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
    /// The pre-shared key that the ServerHello selected.
    let selected: PreSharedKeySelected?

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
        try ALPNNegotiation.check(extensions, in: .encryptedExtensions, offer, &output)
        if let body = extensions.body(of: .recordSizeLimit) {
            try RecordSizeNegotiation.check(body, in: .encryptedExtensions, &output)
        }
        let types = try CertificateTypeNegotiation.check(extensions, in: .encryptedExtensions, offer)
        let acceptsEarlyData = try checkEarlyData(extensions, &output)
        // RFC 8446 §2.3: rejected early data has no end that is told; the next is our Finished.
        if offer.offersEarlyData, !acceptsEarlyData { output.installWriteKey(try keys.clientRecordKey()) }
        var transcript = self.transcript
        transcript.add(message)
        switch consume selected {
        case .some(let proof):
            // RFC 8446 App. A.1: with a pre-shared key there is no certificate, and nobody may ask for one.
            return .waitFinished(
                WaitFinished(
                    offer: offer, transcript: transcript, keys: keys, clientAuthentication: nil,
                    peer: .preSharedKey(proof), acceptsEarlyData: acceptsEarlyData))
        case .none:
            return .waitCertificateOrRequest(
                WaitCertificateOrRequest(offer: offer, transcript: transcript, keys: keys, types: types))
        }
    }

    /// Whether the server took our early data, which it may do only as it was sent.
    private borrowing func checkEarlyData(
        _ extensions: ExtensionBlock, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> Bool {
        guard offer.offersEarlyData else { return false }
        let body = extensions.body(of: .earlyData)
        if let body {
            let index: UInt16?
            switch selected {
            case .some(let proof): index = proof.index
            case .none: index = nil
            }
            try EarlyData.checkAccepted(
                body, offer, selectedIndex: index, keys.suite, alpnProtocol: output.info.alpnProtocol)
            output.info.earlyData = .accepted
        }
        output.log.record(
            Decision(
                .session, body == nil ? .chosen : .accepted, subject: "EncryptedExtensions early_data",
                expected: "early data under the ticket's key", found: body == nil ? "rejected" : "accepted",
                rule: "the server takes early data or skips it", section: "RFC 8446 §4.2.10"))
        return body != nil
    }
}
