// ServerALPNNegotiation.swift — the application protocol a server chooses.
// RFC 7301 §3.2.
// Next: SignatureNegotiation.swift.

internal import WireFormat

enum ServerALPNNegotiation {
    /// The first protocol of ours that the client speaks; nil when nothing was offered or none of ours is configured.
    static func choose(_ hello: ReceivedHello, _ output: inout HandshakeOutput) throws(HandshakeError) -> String? {
        let own = hello.configuration.alpnProtocols
        guard let offered = hello.alpnProtocols, !own.isEmpty else {
            if hello.configuration.requiresALPN {
                throw .clientMisbehaved(.noCommonApplicationProtocol(offered: "none", own: list(own)))
            }
            return nil
        }
        guard let selected = common(hello) else {
            throw .clientMisbehaved(
                .noCommonApplicationProtocol(
                    offered: list(offered.map { String(decoding: $0, as: UTF8.self) }), own: list(own)))
        }
        output.info.alpnProtocol = selected
        output.log.record(
            Decision(
                .alpn, .chosen, subject: "ClientHello", expected: list(own), found: selected,
                rule: "the server chooses the first of its protocols that the client speaks", section: "RFC 7301 §3.2"))
        return selected
    }

    /// What is chosen, if anything.
    static func common(_ hello: ReceivedHello) -> String? {
        guard let offered = hello.alpnProtocols else { return nil }
        return hello.configuration.alpnProtocols.first { name in offered.contains { $0.elementsEqual(name.utf8) } }
    }
}
