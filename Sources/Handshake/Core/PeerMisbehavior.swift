// PeerMisbehavior.swift — every rule of the handshake that a peer can break: alert, sentence, section.
// RFC 8446 §4.1.3, §4.1.4, §4.2, §4.4, §4.6; RFC 5246 §7.4.
// Next: HandshakeInput in RecordLayer/HandshakeReassembler.swift.

public import WireFormat

/// A rule of TLS that the peer broke. The case names the rule.
public enum PeerMisbehavior: Error, Equatable, Sendable {
    case selectedUnofferedVersion(ProtocolVersion, offered: String)
    case selectedUnofferedVersionInExtension(ProtocolVersion, offered: String)
    case wrongLegacyVersion(ProtocolVersion)
    case downgradeSentinel(ProtocolVersion)
    case sessionIDNotEchoed
    case selectedUnofferedCipherSuite(CipherSuite, offered: String)
    case selectedSuiteOfOtherVersion(CipherSuite, ProtocolVersion)
    case changedCipherSuiteAfterRetry(CipherSuite, retry: CipherSuite)
    case selectedCompression(UInt8)
    case duplicateExtension(ExtensionType, in: HandshakeType)
    case unsolicitedExtension(ExtensionType, in: HandshakeType)
    case misplacedExtension(ExtensionType, in: HandshakeType)
    case missingExtension(ExtensionType, in: HandshakeType)
    case selectedGroupWithoutShare(NamedGroup, shares: String)
    case malformedKeyShare(NamedGroup)
    case malformedFiniteFieldShare(group: String)
    case retryWithUnofferedGroup(NamedGroup, offered: String)
    case retryWithGroupAlreadyShared(NamedGroup)
    case retryWithoutChange
    case selectedUnofferedProtocol(String, offered: String)
    case noApplicationProtocol(offered: String, in: HandshakeType)
    case nonEmptyRequestContext(HandshakeType)
    case emptyCertificateList
    case selectedUnofferedCertificateType(CertificateType, offered: String)
    case noRawPublicKey(offered: String)
    case rawPublicKeyCount(Int)
    case unofferedSignatureScheme(SignatureScheme, offered: String)
    case signatureSchemeDoesNotFitKey(SignatureScheme, key: String)
    case badCertificateVerify(SignatureScheme)
    case wrongVerifyData
    case keyUpdateValue(UInt8)
    case selectedIdentityOutOfRange(UInt16, offered: Int)
    case selectedKeyOfOtherHash(String, suite: CipherSuite)
    case preSharedKeyWithoutKeyShare
    case earlyDataUnderOtherKey(selected: UInt16?)
    case earlyDataUnderOtherCipherSuite(CipherSuite, ticket: CipherSuite)
    case earlyDataUnderOtherProtocol(String, ticket: String)
    case oldVersionAfterEarlyData(ProtocolVersion)
    case recordSizeLimitTooSmall(UInt16, in: HandshakeType)
    // TLS 1.2.
    case noSecureRenegotiation
    case renegotiationInfoNotEmpty
    case noUncompressedPoints
    case encryptThenMACWithoutCBC(CipherSuite)
    case resumedWithoutOffer
    case resumedWithOtherCipherSuite(CipherSuite, session: CipherSuite)
    case resumedWithOtherVersion(ProtocolVersion, session: ProtocolVersion)
    case resumedWithoutExtendedMasterSecret
    case certificateDoesNotFitSuite(CipherSuite, key: String)
    case selectedUnofferedGroup(NamedGroup, offered: String)
    case unknownFiniteFieldGroup(bits: Int)
    case badServerKeyExchangeSignature(SignatureScheme)
    case changeCipherSpecOutOfOrder(state: String)
    case renegotiationInSSL30

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
        case .selectedUnofferedVersion(let version, let offered):
            Detail(
                alert: .protocolVersion, topic: .version, subject: "ServerHello",
                rule: "the server selects a version that was offered", expected: offered, found: "\(version)",
                section: "RFC 8446 §4.2.1",
                advice: "enable \(ProtocolVersion.tls13) at the server: this client offers \(offered) only")
        case .selectedUnofferedVersionInExtension(let version, let offered):
            Detail(
                alert: .illegalParameter, topic: .version, subject: "ServerHello supported_versions",
                rule: "supported_versions holds a version that was offered", expected: offered, found: "\(version)",
                section: "RFC 8446 §4.2.1")
        case .wrongLegacyVersion(let version):
            Detail(
                alert: .illegalParameter, topic: .version, subject: "ServerHello.legacy_version",
                rule: "legacy_version is that of TLS 1.2", expected: "\(ProtocolVersion.tls12)", found: "\(version)",
                section: "RFC 8446 §4.1.3")
        case .downgradeSentinel(let version):
            Detail(
                alert: .illegalParameter, topic: .version, subject: "ServerHello.random",
                rule: "a server that speaks TLS 1.3 does not select less for a client that offers it",
                expected: "no downgrade sentinel", found: "the sentinel of a downgrade, with \(version)",
                section: "RFC 8446 §4.1.3", advice: "somebody between client and server changed the ClientHello")
        case .sessionIDNotEchoed:
            Detail(
                alert: .illegalParameter, topic: .message, subject: "ServerHello.legacy_session_id_echo",
                rule: "the server echoes legacy_session_id", expected: "the octets of the ClientHello",
                found: "others", section: "RFC 8446 §4.1.3")
        case .selectedUnofferedCipherSuite(let suite, let offered):
            Detail(
                alert: .illegalParameter, topic: .cipherSuite, subject: "ServerHello.cipher_suite",
                rule: "the server selects a cipher suite that was offered", expected: offered, found: "\(suite)",
                section: "RFC 8446 §4.1.3")
        case .selectedSuiteOfOtherVersion(let suite, let version):
            Detail(
                alert: .illegalParameter, topic: .cipherSuite, subject: "ServerHello.cipher_suite",
                rule: "the suite is one that was offered for the version", expected: "a suite of \(version)",
                found: "\(suite)", section: "RFC 5246 §7.4.1.3")
        case .renegotiationInSSL30:
            Detail(
                alert: .handshakeFailure, topic: .message, subject: "the peer's wish for another handshake",
                rule: "nothing is renegotiated, and SSL 3.0 has no warning that says so", expected: "application data",
                found: "HelloRequest or ClientHello", section: "RFC 5746 §4.5")
        case .changedCipherSuiteAfterRetry(let suite, let retry):
            Detail(
                alert: .illegalParameter, topic: .cipherSuite, subject: "ServerHello.cipher_suite",
                rule: "the server keeps the cipher suite of its HelloRetryRequest", expected: "\(retry)",
                found: "\(suite)", section: "RFC 8446 §4.1.4")
        case .selectedCompression(let method):
            Detail(
                alert: .illegalParameter, topic: .message, subject: "ServerHello.legacy_compression_method",
                rule: "nothing is compressed", expected: "0", found: "\(method)", section: "RFC 8446 §4.1.3")
        case .duplicateExtension(let type, let message):
            Detail(
                alert: .illegalParameter, topic: .message, subject: "\(message)",
                rule: "no extension comes twice in a block", expected: "one \(type)", found: "another one",
                section: "RFC 8446 §4.2")
        case .unsolicitedExtension(let type, let message):
            Detail(
                alert: .unsupportedExtension, topic: .message, subject: "\(message)",
                rule: "a response carries only extensions that were offered", expected: "no \(type)",
                found: "\(type)", section: "RFC 8446 §4.2")
        case .misplacedExtension(let type, let message):
            Detail(
                alert: .illegalParameter, topic: .message, subject: "\(message)",
                rule: "an extension comes only in its messages", expected: "no \(type)", found: "\(type)",
                section: "RFC 8446 §4.2")
        case .missingExtension(let type, let message):
            Detail(
                alert: .missingExtension, topic: .message, subject: "\(message)",
                rule: "mandatory extensions are there", expected: "\(type)", found: "none",
                section: "RFC 8446 §9.2")
        case .selectedGroupWithoutShare(let group, let shares):
            Detail(
                alert: .illegalParameter, topic: .group, subject: "ServerHello key_share",
                rule: "the server answers a key share that was sent", expected: shares, found: "\(group)",
                section: "RFC 8446 §4.2.8")
        case .malformedKeyShare(let group):
            Detail(
                alert: .illegalParameter, topic: .group, subject: "ServerHello key_share",
                rule: "a key share is a valid public value of its group", expected: "a point or number of \(group)",
                found: "another, or one that leads to an all-zero secret",
                section: "RFC 8446 §4.2.8.1, §4.2.8.2, §7.4.2")
        case .malformedFiniteFieldShare(let group):
            Detail(
                alert: .illegalParameter, topic: .group, subject: "ServerKeyExchange dh_Ys",
                rule: "a public value lies between 1 and p - 1", expected: "a number of \(group)", found: "another",
                section: "RFC 7919 §3")
        case .retryWithUnofferedGroup(let group, let offered):
            Detail(
                alert: .illegalParameter, topic: .helloRetry, subject: "HelloRetryRequest key_share",
                rule: "the server asks for a group that was offered", expected: offered, found: "\(group)",
                section: "RFC 8446 §4.2.8")
        case .retryWithGroupAlreadyShared(let group):
            Detail(
                alert: .illegalParameter, topic: .helloRetry, subject: "HelloRetryRequest key_share",
                rule: "the server does not ask for a share it has", expected: "another group", found: "\(group)",
                section: "RFC 8446 §4.2.8")
        case .retryWithoutChange:
            Detail(
                alert: .illegalParameter, topic: .helloRetry, subject: "HelloRetryRequest",
                rule: "a HelloRetryRequest leads to another ClientHello", expected: "key_share or cookie",
                found: "neither", section: "RFC 8446 §4.1.4")
        case .selectedUnofferedProtocol(let selected, let offered):
            Detail(
                alert: .illegalParameter, topic: .alpn, subject: "EncryptedExtensions",
                rule: "the server selects a protocol that was offered", expected: offered, found: selected,
                section: "RFC 7301 §3.1, §3.2")
        case .noApplicationProtocol(let offered, let message):
            Detail(
                alert: .noApplicationProtocol, topic: .alpn, subject: "\(message)",
                rule: "the configuration requires that an application protocol is agreed on", expected: offered,
                found: "no application protocol", section: "RFC 7301 §3.2",
                advice: "offer a protocol the server speaks, or do not set requiresALPN")
        case .nonEmptyRequestContext(let message):
            Detail(
                alert: .illegalParameter, topic: .message, subject: "\(message).certificate_request_context",
                rule: "the context is empty in the handshake", expected: "no octets", found: "some",
                section: "RFC 8446 §4.3.2, §4.4.2")
        case .emptyCertificateList:
            Detail(
                alert: .decodeError, topic: .certificatePath, subject: "the peer's Certificate",
                rule: "who proves itself with a certificate sends one", expected: "at least one", found: "none",
                section: "RFC 8446 §4.4.2.4")
        case .selectedUnofferedCertificateType(let type, let offered):
            Detail(
                alert: .illegalParameter, topic: .certificatePath,
                subject: "the server's client_certificate_type or server_certificate_type",
                rule: "the server selects a certificate type that was offered", expected: offered, found: "\(type)",
                section: "RFC 7250 §4.2")
        case .noRawPublicKey(let offered):
            Detail(
                alert: .unsupportedCertificate, topic: .certificatePath, subject: "the server's Certificate",
                rule: "the server sends a certificate of a type that was offered", expected: offered,
                found: "\(CertificateType.x509), for want of server_certificate_type", section: "RFC 7250 §4.2",
                advice: "configure a raw public key at the server, or trust anchors at the client")
        case .rawPublicKeyCount(let count):
            Detail(
                alert: .illegalParameter, topic: .certificatePath, subject: "the peer's Certificate",
                rule: "a Certificate with a raw public key has one entry", expected: "1", found: "\(count)",
                section: "RFC 8446 §4.4.2")
        case .unofferedSignatureScheme(let scheme, let offered):
            Detail(
                alert: .illegalParameter, topic: .signature, subject: "the peer's signature",
                rule: "the signature uses a scheme that was offered for handshake signatures", expected: offered,
                found: "\(scheme)", section: "RFC 8446 §4.4.3, §4.2.3")
        case .signatureSchemeDoesNotFitKey(let scheme, let key):
            Detail(
                alert: .illegalParameter, topic: .signature, subject: "the peer's signature",
                rule: "the signature scheme fits the key in the certificate", expected: "a scheme for \(key)",
                found: "\(scheme)", section: "RFC 8446 §4.4.3, §4.2.3")
        case .badCertificateVerify(let scheme):
            Detail(
                alert: .decryptError, topic: .signature, subject: "the peer's CertificateVerify",
                rule: "the peer signs the handshake with its certificate's key",
                expected: "a valid \(scheme) signature",
                found: "a signature that does not verify", section: "RFC 8446 §4.4.3",
                advice: "the peer does not hold the key of the certificate it sent, or somebody changed the handshake"
            )
        case .wrongVerifyData:
            Detail(
                alert: .decryptError, topic: .finished, subject: "the peer's Finished",
                rule: "verify_data is the MAC of the whole handshake", expected: "the MAC of what we saw",
                found: "another", section: "RFC 8446 §4.4.4",
                advice: "client and server saw different handshakes: somebody changed one")
        case .keyUpdateValue(let value):
            Detail(
                alert: .illegalParameter, topic: .keyUpdate, subject: "KeyUpdate.request_update",
                rule: "request_update is 0 or 1", expected: "0 or 1", found: "\(value)", section: "RFC 8446 §4.6.3")
        case .selectedIdentityOutOfRange(let index, let offered):
            Detail(
                alert: .illegalParameter, topic: .session, subject: "ServerHello pre_shared_key",
                rule: "the server selects a key that was offered", expected: "less than \(offered)", found: "\(index)",
                section: "RFC 8446 §4.2.11")
        case .selectedKeyOfOtherHash(let key, let suite):
            Detail(
                alert: .illegalParameter, topic: .session, subject: "ServerHello pre_shared_key",
                rule: "the cipher suite has the hash of the selected key", expected: key, found: "\(suite)",
                section: "RFC 8446 §4.2.11")
        case .preSharedKeyWithoutKeyShare:
            Detail(
                alert: .illegalParameter, topic: .session, subject: "ServerHello key_share",
                rule: "a pre-shared key is used in a mode that was offered", expected: "psk_dhe_ke: a key share",
                found: "none", section: "RFC 8446 §4.2.11, §4.2.9",
                advice: "only allowsPSKWithoutForwardSecrecy permits a pre-shared key without a key exchange")
        case .earlyDataUnderOtherKey(let selected):
            Detail(
                alert: .illegalParameter, topic: .session, subject: "EncryptedExtensions early_data",
                rule: "early data is accepted under the first key of the offer", expected: "selected_identity 0",
                found: selected.map { "selected_identity \($0)" } ?? "no pre-shared key",
                section: "RFC 8446 §4.2.10")
        case .earlyDataUnderOtherCipherSuite(let suite, let ticket):
            Detail(
                alert: .illegalParameter, topic: .session, subject: "EncryptedExtensions early_data",
                rule: "early data is accepted with the cipher suite of its key", expected: "\(ticket)",
                found: "\(suite)", section: "RFC 8446 §4.2.10")
        case .earlyDataUnderOtherProtocol(let selected, let ticket):
            Detail(
                alert: .illegalParameter, topic: .session, subject: "EncryptedExtensions early_data",
                rule: "early data is accepted with the application protocol of its ticket", expected: ticket,
                found: selected, section: "RFC 8446 §4.2.10")
        case .oldVersionAfterEarlyData(let version):
            Detail(
                alert: .protocolVersion, topic: .version, subject: "ServerHello",
                rule: "a server that gets early data speaks TLS 1.3", expected: "\(ProtocolVersion.tls13)",
                found: "\(version)", section: "RFC 8446 App. D.3",
                advice: "connect again without early data; do not stop offering TLS 1.3")
        case .recordSizeLimitTooSmall(let limit, let message):
            Detail(
                alert: .illegalParameter, topic: .record, subject: "\(message) record_size_limit",
                rule: "a record may have 64 octets at least", expected: "64 or more", found: "\(limit)",
                section: "RFC 8449 §4")
        case .noSecureRenegotiation:
            Detail(
                alert: .handshakeFailure, topic: .message, subject: "ServerHello",
                rule: "the server binds renegotiations to the first handshake", expected: "renegotiation_info",
                found: "none", section: "RFC 5746 §3.4, §4.1",
                advice: "update the server: without RFC 5746 others can put data in front of ours (CVE-2009-3555)")
        case .renegotiationInfoNotEmpty:
            Detail(
                alert: .handshakeFailure, topic: .message, subject: "ServerHello renegotiation_info",
                rule: "the first handshake renegotiates nothing", expected: "no octets", found: "some",
                section: "RFC 5746 §3.4", advice: "somebody put another connection in front of this one")
        case .noUncompressedPoints:
            Detail(
                alert: .illegalParameter, topic: .message, subject: "ServerHello ec_point_formats",
                rule: "the uncompressed point format is always there", expected: "0 among them", found: "others only",
                section: "RFC 8422 §5.2")
        case .encryptThenMACWithoutCBC(let suite):
            Detail(
                alert: .illegalParameter, topic: .message, subject: "ServerHello encrypt_then_mac",
                rule: "encrypt_then_mac goes with CBC suites only", expected: "none with \(suite)", found: "one",
                section: "RFC 7366 §3")
        case .resumedWithoutOffer:
            Detail(
                alert: .illegalParameter, topic: .session, subject: "ServerHello.session_id",
                rule: "the server resumes only a session that was offered", expected: "an ID of its own or none",
                found: "the one of the ClientHello, which stands for no session", section: "RFC 5246 §7.4.1.3")
        case .resumedWithOtherCipherSuite(let suite, let session):
            Detail(
                alert: .illegalParameter, topic: .session, subject: "ServerHello.cipher_suite",
                rule: "a session keeps its cipher suite", expected: "\(session)", found: "\(suite)",
                section: "RFC 5246 §7.4.1.3")
        case .resumedWithOtherVersion(let version, let session):
            Detail(
                alert: .illegalParameter, topic: .session, subject: "ServerHello.server_version",
                rule: "a session keeps its version", expected: "\(session)", found: "\(version)",
                section: "RFC 5246 §7.4.1.2")
        case .resumedWithoutExtendedMasterSecret:
            Detail(
                alert: .handshakeFailure, topic: .session, subject: "ServerHello",
                rule: "a session with extended_master_secret is resumed with it", expected: "extended_master_secret",
                found: "none", section: "RFC 7627 §5.3")
        case .certificateDoesNotFitSuite(let suite, let key):
            Detail(
                alert: .illegalParameter, topic: .certificateUsage, subject: "the server's certificate",
                rule: "the certificate's key fits the cipher suite", expected: "a key for \(suite)", found: key,
                section: "RFC 5246 §7.4.2")
        case .selectedUnofferedGroup(let group, let offered):
            Detail(
                alert: .illegalParameter, topic: .group, subject: "ServerKeyExchange",
                rule: "the server selects a curve that was offered", expected: offered, found: "\(group)",
                section: "RFC 8422 §5.4")
        case .unknownFiniteFieldGroup(let bits):
            Detail(
                alert: .insufficientSecurity, topic: .group, subject: "ServerKeyExchange",
                rule: "a finite-field group is one of RFC 7919 or RFC 3526, of 2048 bits or more",
                expected: "a known group", found: "an unknown one of \(bits) bits", section: "RFC 7919 §3",
                advice: "configure ffdhe2048 or larger at the server, or do not accept groupChosenByServer")
        case .badServerKeyExchangeSignature(let scheme):
            Detail(
                alert: .decryptError, topic: .signature, subject: "ServerKeyExchange",
                rule: "the server signs its share with its certificate's key", expected: "a valid \(scheme) signature",
                found: "a signature that does not verify", section: "RFC 5246 §7.4.3",
                advice: "the server does not hold the key of the certificate it sent, or somebody changed the handshake"
            )
        case .changeCipherSpecOutOfOrder(let state):
            Detail(
                alert: .unexpectedMessage, topic: .message, subject: "ChangeCipherSpec in state \(state)",
                rule: "ChangeCipherSpec comes once, right before Finished", expected: "a handshake message",
                found: "ChangeCipherSpec", section: "RFC 5246 §7.1")
        }
    }
}
