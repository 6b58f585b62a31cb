// ServerConfiguration.swift — what a server chooses from, how it proves itself, and what it asks of clients.
// RFC 8446 §4.1.1, §4.2, §9; RFC 5246 §7.4.1.3.
// Next: ClientAuthentication.swift.

public import CryptoGlue
public import RecordLayer
public import WireFormat

/// Everything a TLS server decides before a client comes. A value: a connection keeps the one it was made with, so that a
/// server changes its certificates, keys or trust by using another value for the connections that come after.
///
///     let configuration = ServerConfiguration(
///         provider: try .gcrypt(), credentials: .fixed([credential]), clock: clock)
public struct ServerConfiguration: Sendable {
    /// Where the primitives and the randomness come from.
    public var provider: CryptoProvider
    /// The server's certificates, by name or not.
    public var credentials: CredentialSource
    /// Tells the time.
    public var clock: any WallClock

    /// Protocol versions to speak, TLS 1.2 and TLS 1.3. An older one in the range needs `legacyPermission`; with a range of
    /// old ones alone those of the permission are spoken and no others.
    public var versions: ClosedRange<ProtocolVersion> = .tls12 ... .tls13
    /// Cipher suites to choose from, the most wanted first; those of a version that is not spoken are left out.
    public var cipherSuites: [CipherSuite] = [
        .tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256,
        .tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHERSAWithAES128GCMSHA256,
        .tlsECDHEECDSAWithAES256GCMSHA384, .tlsECDHERSAWithAES256GCMSHA384,
        .tlsECDHEECDSAWithChaCha20Poly1305SHA256, .tlsECDHERSAWithChaCha20Poly1305SHA256,
    ]
    /// Takes the client's order of cipher suites instead of ours.
    public var prefersClientCipherSuites = false
    /// Weaknesses of TLS 1.2 cipher suites that are accepted; a suite in `cipherSuites` that has another one is refused
    /// when a connection is made.
    public var acceptedTLS12Weaknesses: Set<TLS12Weakness> = []
    /// Groups to choose from, the most wanted first. One that the client sent a share for goes before one that costs a
    /// HelloRetryRequest.
    public var groups: [NamedGroup] = [.x25519, .secp256r1, .secp384r1]
    /// Signature schemes for the handshake, both to sign with and to accept from clients, the most wanted first.
    public var signatureSchemes: [SignatureScheme] = [
        .ed25519, .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512, .ed448,
        .rsaPSSRSAESHA256, .rsaPSSRSAESHA384, .rsaPSSRSAESHA512,
        .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512,
    ]
    /// Signature schemes for the certificates of a client's path.
    public var certificateSignatureSchemes: [SignatureScheme] = [
        .ed25519, .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512, .ed448,
        .rsaPSSRSAESHA256, .rsaPSSRSAESHA384, .rsaPSSRSAESHA512,
        .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512,
        .rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPKCS1SHA512,
    ]
    /// Application protocols, the most wanted first, each 1 to 255 octets of UTF-8; none when empty. A client that offers
    /// only others is refused (RFC 7301 §3.2).
    public var alpnProtocols: [String] = []
    /// Refuses clients that offer no application protocol.
    public var requiresALPN = false
    /// Whether clients are asked for certificates.
    public var clientAuthentication: ClientAuthentication = .none

    /// Seals sessions into tickets, so that the server keeps nothing; nil issues no such tickets. Connections share one
    /// ring, and so may several servers.
    public var sessionTickets: TicketKeyRing?
    /// Keeps sessions at the server: for the session IDs of TLS 1.2 and, without `sessionTickets`, for TLS 1.3.
    public var sessionCache: (any ServerSessionCache)?
    /// Seconds for which a session may be resumed; 0 neither issues nor resumes any. At most 604800: seven days.
    public var sessionCacheTimeout: UInt32 = 600
    /// Resumes sessions. Off, every handshake is a full one.
    public var resumesSessions = true
    /// Tickets that a TLS 1.3 connection sends in one flight after the handshake, 0 to 8.
    public var ticketsPerConnection = 2
    /// Octets of early data (0-RTT) a resuming client may send; 0 for none. Early data can be replayed by whoever records
    /// it, as far as `earlyDataReplayGuard` does not see it (RFC 8446 §8).
    public var maxEarlyDataSize: UInt32 = 0
    /// Remembers which early data came already. Required when `maxEarlyDataSize` is not 0. A ticket's early data is taken
    /// by servers with the guard of the one that issued it.
    public var earlyDataReplayGuard: EarlyDataReplayGuard?
    /// Puts all that a HelloRetryRequest leaves to remember into a cookie, so that another connection can take the answer;
    /// nil keeps it in the connection.
    public var helloRetryCookies: HelloRetryCookies?
    /// Keys that this server and its clients know from elsewhere, for TLS 1.3.
    public var externalPreSharedKeys: [ExternalPreSharedKey] = []
    /// Lets a client use a pre-shared key without a key exchange (psk_ke). Who learns that key one day can then read what
    /// was recorded (RFC 8446 §2.2, §4.2.9, App. E.1).
    public var allowsPSKWithoutForwardSecrecy = false
    /// Makes the handshake look like a TLS 1.2 resumption to middleboxes when the client asks for it (RFC 8446 App. D.4).
    public var middleboxCompatibility = true
    /// How the lengths of protected records are hidden.
    public var recordPadding: RecordPadding = .none
    /// Receives the secrets of connections, for debugging; whoever reads them can read the connections.
    public var keyLog: (any KeyLog)?
    /// The longest record content we take, 64 to 16384 octets (RFC 8449); nil says nothing, which is 16384.
    public var recordSizeLimit: Int?
    /// Versions before TLS 1.2 that are spoken too, why and until when. Without one nothing of them exists here; with one that
    /// does not hold now or for this peer, they are not spoken. Their suites come after all others.
    public var legacyPermission: LegacyPermission?
    /// The permission that holds for this connection.
    package internal(set) var legacyUse: LegacyUse?
    /// Collects a `Decision` for every choice. A refusal explains itself without this.
    public var reportsDecisions = false
    /// A lower number of records per key than RFC 8446 §5.5 allows; tests reach it in a moment.
    package var keyUsageLimit: KeyUsageLimit?

    /// A configuration with the defaults: nothing weak, no client authentication, no sessions.
    public init(provider: CryptoProvider, credentials: CredentialSource, clock: any WallClock) {
        self.provider = provider
        self.credentials = credentials
        self.clock = clock
    }
}

extension ServerConfiguration {
    /// Whether clients can have this version: one without a suite is not chosen, and clients are not told of it.
    package func speaks(_ version: ProtocolVersion) -> Bool {
        version < .tls12 ? speaksLegacy(version) : speaksModern(version)
    }

    func speaksModern(_ version: ProtocolVersion) -> Bool {
        versions.contains(version) && cipherSuites.contains { $0.belongs(to: version) }
    }

    /// Signature schemes of TLS 1.2 handshakes: PKCS #1 v1.5 is legal there (RFC 8446 §4.2.3).
    var tls12SignatureSchemes: [SignatureScheme] {
        signatureSchemes
            + [.rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPKCS1SHA512].filter {
                !signatureSchemes.contains($0) && certificateSignatureSchemes.contains($0)
            }
    }

    /// Refuses what no handshake can be made from, before a client has said anything.
    func check() throws(HandshakeError) {
        try LegacyVersions.check(versions, legacyPermission)
        guard versions.contains(.tls12) || versions.contains(.tls13) || legacyPermission != nil else {
            throw .configuration("versions has to contain TLS 1.2 or TLS 1.3")
        }
        // A permission that does not hold for this client leaves nothing to speak: the client is told so.
        guard speaks(.tls12) || speaks(.tls13) || legacyPermission != nil else {
            throw .configuration("cipherSuites has to name at least one suite of the versions")
        }
        for suite in cipherSuites where !provider.cipherSuites.contains(suite) {
            throw .configuration(
                "cipherSuites names \(suite), which \(provider.name) \(provider.version) does not offer")
        }
        for suite in cipherSuites.compactMap(TLS12Suite.init) {
            if let weakness = suite.weaknesses.subtracting(acceptedTLS12Weaknesses).map(\.rawValue).min() {
                throw .configuration(
                    "cipherSuites names \(suite.code); acceptedTLS12Weaknesses has to contain \(weakness) for it")
            }
        }
        guard !groups.isEmpty else { throw .configuration("groups has to name at least one group") }
        for group in groups where !provider.groups.contains(group) {
            throw .configuration("groups names \(group), which \(provider.name) \(provider.version) does not offer")
        }
        for scheme in signatureSchemes where !SignatureNegotiation.isForHandshake(scheme) {
            throw .configuration("signatureSchemes names \(scheme), which TLS 1.3 does not sign handshakes with")
        }
        for scheme in signatureSchemes + certificateSignatureSchemes where !provider.signatureSchemes.contains(scheme) {
            throw .configuration("a signature scheme \(scheme) is named that \(provider.name) does not offer")
        }
        for name in alpnProtocols where !(1...255).contains(name.utf8.count) {
            throw .configuration("alpnProtocols names \"\(name)\"; a protocol name has 1 to 255 octets")
        }
        guard !requiresALPN || !alpnProtocols.isEmpty else {
            throw .configuration("requiresALPN needs a protocol in alpnProtocols")
        }
        if let recordSizeLimit, !(64...RecordLimits.plaintext).contains(recordSizeLimit) {
            throw .configuration("recordSizeLimit is \(recordSizeLimit); RFC 8449 §4 permits 64 to 16384 octets")
        }
        guard (0...8).contains(ticketsPerConnection) else {
            throw .configuration("ticketsPerConnection is \(ticketsPerConnection); 0 to 8 are sensible")
        }
        guard maxEarlyDataSize == 0 || earlyDataReplayGuard != nil else {
            throw .configuration("maxEarlyDataSize needs an earlyDataReplayGuard (RFC 8446 §8)")
        }
    }
}
