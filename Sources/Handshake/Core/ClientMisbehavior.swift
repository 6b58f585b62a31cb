// ClientMisbehavior.swift — every rule that only a client can break, and every choice a server cannot make: alert,
// sentence, section.
// RFC 8446 §4.1.2, §4.2, §9.2; RFC 5246 §7.4.1.2; RFC 6066 §3; RFC 7301 §3.2; RFC 7507 §3.
// Next: ../Server/WaitClientHello.swift.

public import WireFormat

/// A rule of TLS that a client broke, or a choice that a server could not make from what the client offered.
public enum ClientMisbehavior: Error, Equatable, Sendable {
    case noCommonVersion(offered: String, own: String)
    case inappropriateFallback(ProtocolVersion, best: ProtocolVersion)
    case noNullCompression
    case unrecognizedName(String?)
    case noCommonApplicationProtocol(offered: String, own: String)

    /// The alert the peer is sent.
    public var alert: AlertDescription { detail.alert }

    /// Which rule failed, on what, what was expected, what came, what to change.
    public var explanation: Decision {
        let detail = self.detail
        return Decision(
            detail.topic, .refused, subject: detail.subject, expected: detail.expected, found: detail.found,
            rule: detail.rule, section: detail.section, advice: detail.advice)
    }

    private struct Detail {
        let alert: AlertDescription
        let topic: Decision.Topic
        let subject: String
        let rule: String
        let expected: String
        let found: String
        let section: String
        var advice = ""
    }

    private var detail: Detail {
        switch self {
        case .noCommonVersion(let offered, let own):
            Detail(
                alert: .protocolVersion, topic: .version, subject: "ClientHello",
                rule: "client and server have a version in common", expected: own, found: offered,
                section: "RFC 8446 §4.2.1", advice: "update the client: this server speaks \(own) only")
        case .inappropriateFallback(let version, let best):
            Detail(
                alert: .inappropriateFallback, topic: .version, subject: "ClientHello",
                rule: "a client does not fall back from a version that the server speaks", expected: "\(best)",
                found: "\(version) with TLS_FALLBACK_SCSV", section: "RFC 7507 §3",
                advice: "somebody made the client's first attempt fail, or it lost a connection for another reason")
        case .noNullCompression:
            Detail(
                alert: .illegalParameter, topic: .message, subject: "ClientHello.legacy_compression_methods",
                rule: "null compression is always offered", expected: "0 among them", found: "others only",
                section: "RFC 5246 §7.4.1.2")
        case .unrecognizedName(let name):
            Detail(
                alert: .unrecognizedName, topic: .serverName, subject: "ClientHello server_name",
                rule: "the server has a certificate for the name", expected: "a configured name",
                found: name ?? "no name", section: "RFC 6066 §3",
                advice: "configure credentials for the name, or default credentials")
        case .noCommonApplicationProtocol(let offered, let own):
            Detail(
                alert: .noApplicationProtocol, topic: .alpn, subject: "ClientHello ALPN",
                rule: "client and server have an application protocol in common", expected: own, found: offered,
                section: "RFC 7301 §3.2")
        }
    }
}
