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
    case noCommonCipherSuite(offered: String, own: String)
    case noCommonGroup(offered: String, own: String)
    case noCommonSignatureScheme(offered: String, own: String)
    case noCommonCertificateType(ExtensionType, offered: String, own: String)
    case noCredential
    case certificateRequired
    // TLS 1.3.
    case compressionOffered
    case keyShareOutsideGroups(NamedGroup, groups: String)
    case keyShareTwice(NamedGroup)
    case malformedKeyShare(NamedGroup)
    case preSharedKeyNotLast
    case binderCount(Int, identities: Int)
    case wrongBinder
    case unknownPreSharedKey
    case secondHelloChanged(String)
    case secondHelloShares(String, asked: NamedGroup)
    case wrongCookie
    case earlyDataAfterRetry
    // TLS 1.2.
    case noCertificateInTLS12
    case renegotiationInfoNotEmpty
    case noUncompressedPoints
    case noUsableTLS12Suite(offered: String, why: String)
    case noCommonFiniteFieldGroup(offered: String, own: String)
    case resumedWithoutExtendedMasterSecret
    case badPublicValue(group: String)

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
        case .noCommonCipherSuite(let offered, let own):
            Detail(
                alert: .handshakeFailure, topic: .cipherSuite, subject: "ClientHello.cipher_suites",
                rule: "client and server have a cipher suite in common", expected: own, found: offered,
                section: "RFC 8446 §4.1.1")
        case .noCommonGroup(let offered, let own):
            Detail(
                alert: .handshakeFailure, topic: .group, subject: "ClientHello supported_groups",
                rule: "client and server have a group in common", expected: own, found: offered,
                section: "RFC 8446 §4.1.1")
        case .noCommonSignatureScheme(let offered, let own):
            Detail(
                alert: .handshakeFailure, topic: .signature, subject: "ClientHello signature_algorithms",
                rule: "a key of the server can sign what the client verifies", expected: own, found: offered,
                section: "RFC 8446 §4.4.3",
                advice: "configure a certificate with a key for one of the client's schemes")
        case .noCommonCertificateType(let type, let offered, let own):
            Detail(
                alert: .unsupportedCertificate, topic: .certificatePath, subject: "ClientHello \(type)",
                rule: "client and server have a certificate type in common", expected: own, found: offered,
                section: "RFC 7250 §4.2", advice: "configure credentials or trust of both types, or of the same")
        case .noCredential:
            Detail(
                alert: .handshakeFailure, topic: .session, subject: "ClientHello",
                rule: "a server without certificates needs a pre-shared key", expected: "pre_shared_key",
                found: "none", section: "RFC 8446 §4.1.1", advice: "configure a credential, or the key at the client")
        case .certificateRequired:
            Detail(
                alert: .certificateRequired, topic: .clientCertificate, subject: "the client's Certificate",
                rule: "the configuration requires that clients have a certificate", expected: "a certificate",
                found: "none", section: "RFC 8446 §4.4.2.4", advice: "configure a credential at the client")
        case .compressionOffered:
            Detail(
                alert: .illegalParameter, topic: .message, subject: "ClientHello.legacy_compression_methods",
                rule: "a hello of TLS 1.3 offers no compression", expected: "0 alone", found: "others",
                section: "RFC 8446 §4.1.2")
        case .keyShareOutsideGroups(let group, let groups):
            Detail(
                alert: .illegalParameter, topic: .group, subject: "ClientHello key_share",
                rule: "shares are of groups in supported_groups", expected: groups, found: "\(group)",
                section: "RFC 8446 §4.2.8")
        case .keyShareTwice(let group):
            Detail(
                alert: .illegalParameter, topic: .group, subject: "ClientHello key_share",
                rule: "a group has one share", expected: "one of \(group)", found: "another one",
                section: "RFC 8446 §4.2.8")
        case .malformedKeyShare(let group):
            Detail(
                alert: .illegalParameter, topic: .group, subject: "ClientHello key_share",
                rule: "a key share is a valid public value of its group", expected: "a point or number of \(group)",
                found: "another, or one that leads to an all-zero secret",
                section: "RFC 8446 §4.2.8.1, §4.2.8.2, §7.4.2")
        case .preSharedKeyNotLast:
            Detail(
                alert: .illegalParameter, topic: .session, subject: "ClientHello pre_shared_key",
                rule: "pre_shared_key is the last extension", expected: "no extension after it", found: "some",
                section: "RFC 8446 §4.2.11")
        case .binderCount(let binders, let identities):
            Detail(
                alert: .illegalParameter, topic: .session, subject: "ClientHello pre_shared_key",
                rule: "each identity has a binder", expected: "\(identities) binders", found: "\(binders)",
                section: "RFC 8446 §4.2.11")
        case .wrongBinder:
            Detail(
                alert: .decryptError, topic: .session, subject: "ClientHello pre_shared_key",
                rule: "the binder of the selected key verifies", expected: "the MAC of this ClientHello",
                found: "another", section: "RFC 8446 §4.2.11",
                advice: "the client does not have the key that it names, or somebody changed its ClientHello")
        case .unknownPreSharedKey:
            Detail(
                alert: .unknownPSKIdentity, topic: .session, subject: "ClientHello pre_shared_key",
                rule: "a server without certificates needs a key that it knows", expected: "a known identity",
                found: "others", section: "RFC 8446 §6.2", advice: "configure the same key at both sides")
        case .secondHelloChanged(let what):
            Detail(
                alert: .illegalParameter, topic: .helloRetry, subject: "the second ClientHello",
                rule: "the second ClientHello is the first but for what was asked for", expected: "no change",
                found: what, section: "RFC 8446 §4.1.2")
        case .secondHelloShares(let shares, let asked):
            Detail(
                alert: .illegalParameter, topic: .helloRetry, subject: "the second ClientHello, key_share",
                rule: "the client sends the one share it was asked for", expected: "\(asked)",
                found: shares.isEmpty ? "none" : shares, section: "RFC 8446 §4.1.2, §4.2.8")
        case .wrongCookie:
            Detail(
                alert: .illegalParameter, topic: .helloRetry, subject: "ClientHello cookie",
                rule: "the client sends back the cookie of the HelloRetryRequest, and no other",
                expected: "the cookie that was sent, if one was", found: "another, an old one or none",
                section: "RFC 8446 §4.2.2")
        case .earlyDataAfterRetry:
            Detail(
                alert: .illegalParameter, topic: .helloRetry, subject: "the second ClientHello",
                rule: "there is no early data after a HelloRetryRequest", expected: "no early_data",
                found: "early_data", section: "RFC 8446 §4.1.2, §4.2.10")
        case .noCertificateInTLS12:
            Detail(
                alert: .handshakeFailure, topic: .clientCertificate, subject: "the client's Certificate",
                rule: "the configuration requires that clients have a certificate", expected: "a certificate",
                found: "none", section: "RFC 5246 §7.4.6", advice: "configure a credential at the client")
        case .renegotiationInfoNotEmpty:
            Detail(
                alert: .handshakeFailure, topic: .message, subject: "ClientHello renegotiation_info",
                rule: "the first handshake renegotiates nothing", expected: "no octets", found: "some",
                section: "RFC 5746 §3.6", advice: "somebody put another connection in front of this one")
        case .noUncompressedPoints:
            Detail(
                alert: .illegalParameter, topic: .message, subject: "ClientHello ec_point_formats",
                rule: "the uncompressed point format is always there", expected: "0 among them", found: "others only",
                section: "RFC 8422 §5.1.2")
        case .noUsableTLS12Suite(let offered, let why):
            Detail(
                alert: .handshakeFailure, topic: .cipherSuite, subject: "ClientHello.cipher_suites",
                rule: "a suite is offered that the server and its certificates can serve",
                expected: "a suite of the configuration, with its key, signature algorithm and group",
                found: "\(offered): \(why)", section: "RFC 5246 §7.4.1.3, §7.4.1.4.1")
        case .noCommonFiniteFieldGroup(let offered, let own):
            Detail(
                alert: .insufficientSecurity, topic: .group, subject: "ClientHello supported_groups",
                rule: "client and server have a finite-field group in common when only DHE suites are left",
                expected: own, found: offered, section: "RFC 7919 §4")
        case .resumedWithoutExtendedMasterSecret:
            Detail(
                alert: .handshakeFailure, topic: .session, subject: "ClientHello",
                rule: "a session with extended_master_secret is resumed with it", expected: "extended_master_secret",
                found: "none", section: "RFC 7627 §5.3")
        case .badPublicValue(let group):
            Detail(
                alert: .illegalParameter, topic: .group, subject: "ClientKeyExchange",
                rule: "the client's share is a valid public value of its group",
                expected: "a point or number of \(group)", found: "another, or one that leads to an all-zero secret",
                section: "RFC 8422 §5.11, RFC 7919 §4")
        }
    }
}
