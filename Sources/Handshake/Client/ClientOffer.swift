// ClientOffer.swift — what the ClientHello offered; every answer of the server is checked against it.
// RFC 8446 §4.1.2.
// Next: ClientHelloTemplate.swift.

package import Certificates
package import CryptoGlue
internal import Synchronization
package import WireFormat

/// The offer that is on the wire. Made from the ClientHello itself, so that it cannot differ from what was sent.
package struct ClientOffer: Sendable {
    package let configuration: ClientConfiguration
    package let identity: ReferenceIdentity
    package private(set) var hello: ClientHello
    /// What sessions of this connection are bound to; nil when none are kept.
    package let binding: SessionBinding?
    /// What pre_shared_key offers, in the order of its identities.
    package var preSharedKeys: [OfferedPreSharedKey] = []
    /// A TLS 1.2 session that the ClientHello offers to resume.
    package var session12: Session?
    /// The answer to a HelloRetryRequest when it is there already: in the replay of a published trace.
    package var recordedSecondHello: ClientHello?

    package init(
        configuration: ClientConfiguration, identity: ReferenceIdentity, hello: ClientHello
    ) throws(HandshakeError) {
        let binding = try ClientOffer.binding(configuration, identity)
        self.init(configuration, identity, binding, hello)
    }

    init(
        _ configuration: ClientConfiguration, _ identity: ReferenceIdentity, _ binding: SessionBinding?,
        _ hello: ClientHello
    ) {
        self.configuration = configuration
        self.identity = identity
        self.binding = binding
        self.hello = hello
    }

    /// nil when no sessions are kept.
    static func binding(
        _ configuration: ClientConfiguration, _ identity: ReferenceIdentity
    ) throws(HandshakeError) -> SessionBinding? {
        guard configuration.sessionStore != nil, configuration.sessionCacheTimeout > 0 else { return nil }
        return try SessionBinding(configuration, identity)
    }

    /// The store and the binding; nil when no sessions are kept.
    var sessions: SessionUse? {
        guard let store = configuration.sessionStore, let binding else { return nil }
        return SessionUse(store: store, binding: binding, identity: identity, clock: configuration.clock)
    }

    /// early_data is in the ClientHello: its records follow it. Never in a second one (RFC 8446 §4.2.10).
    var offersEarlyData: Bool { hello.extensions.body(of: .earlyData) != nil }

    /// Where the secrets of the connection are logged.
    var secretLog: SecretLog { SecretLog(configuration.keyLog, clientRandom: hello.random) }

    /// RFC 5746 §3.4: the SCSV stands for renegotiation_info.
    var extensionTypes: [ExtensionType] {
        hello.extensions.types + (hello.cipherSuites.contains(.emptyRenegotiationInfoSCSV) ? [.renegotiationInfo] : [])
    }

    /// RFC 8446 App. D.4: a legacy_session_id asks for compatibility mode.
    var isCompatibilityMode: Bool { !hello.legacySessionID.isEmpty }

    /// The offer after a HelloRetryRequest: the same but for key_share, cookie, early_data and pre_shared_key
    /// (RFC 8446 §4.1.2).
    func retried(with hello: ClientHello, _ keys: [OfferedPreSharedKey]) -> ClientOffer {
        var next = self
        next.hello = hello
        next.preSharedKeys = keys
        return next
    }
}

/// The private halves of the shares that were sent. Each is used once.
package struct KeyShares: Sendable {
    private final class Share: Sendable {
        let group: NamedGroup
        let exchange: Mutex<KeyExchange?>

        init(_ exchange: consuming KeyExchange) {
            group = exchange.group
            self.exchange = Mutex(exchange)
        }
    }

    private var shares: [Share] = []
    package private(set) var entries: [KeyShareEntry] = []

    package var groups: [NamedGroup] { shares.map(\.group) }

    package init(_ groups: [NamedGroup], random: any RandomSource) throws(HandshakeError) {
        for group in groups {
            do throws(CryptoError) {
                let exchange = try KeyExchange.start(group, random: random)
                entries.append(KeyShareEntry(group: group, keyExchange: exchange.publicShare))
                shares.append(Share(exchange))
            } catch { throw .crypto(error, during: "making a key share for \(group)") }
        }
    }

    /// Takes the private half for `group`; nil when none was sent or it was taken.
    func take(_ group: NamedGroup) -> KeyExchange? {
        guard let share = shares.first(where: { $0.group == group }) else { return nil }
        return share.exchange.withLock { $0.take() }
    }
}
