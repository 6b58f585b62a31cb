// ClientConfiguration.swift — what a client offers, whom it trusts, and what it may do.
// RFC 8446 §4.1.2, §4.2, §9.
// Next: Credential.swift.

public import Certificates
public import CryptoGlue
public import RecordLayer
public import WireFormat

/// Everything a TLS client decides before it connects. A value: a connection keeps the one it was made with.
///
///     var configuration = ClientConfiguration(provider: try .gcrypt(), trust: anchors, clock: clock)
///     configuration.alpnProtocols = ["h2", "http/1.1"]
public struct ClientConfiguration: Sendable {
    /// Where the primitives and the randomness come from.
    public var provider: CryptoProvider
    /// The trust anchors that a server's certification path has to end in.
    public var trust: TrustAnchors
    /// How strictly the path of a server's certificates is validated.
    public var pathPolicy = PathPolicy()
    /// Servers' raw public keys (RFC 7250) that are accepted in the place of a certificate, by their pins. None by default:
    /// the client then does not say that it takes any. With some, it takes certificates besides if `trust` has anything in
    /// it, and raw public keys alone if it has not. It needs TLS 1.2 or TLS 1.3.
    ///
    /// A raw public key has no name and no dates: neither is checked, and whoever holds one of the keys is accepted under
    /// every name. Nor is `verification` asked: the pin is the whole decision.
    public var acceptedRawPublicKeys: Set<PublicKeyPin> = []
    /// Tells the time at which certificates have to be valid.
    public var clock: any WallClock

    /// Protocol versions to offer, TLS 1.2 and TLS 1.3, in one ClientHello. An older one in the range needs
    /// `legacyPermission`; a range of old ones alone offers those of the permission and no others.
    public var versions: ClosedRange<ProtocolVersion> = .tls12 ... .tls13
    /// Cipher suites to offer, the most wanted first; those of a version that is not offered are left out. CCM suites are
    /// there when they are put here.
    public var cipherSuites: [CipherSuite] = [
        .tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256,
        .tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHERSAWithAES128GCMSHA256,
        .tlsECDHEECDSAWithAES256GCMSHA384, .tlsECDHERSAWithAES256GCMSHA384,
        .tlsECDHEECDSAWithChaCha20Poly1305SHA256, .tlsECDHERSAWithChaCha20Poly1305SHA256,
    ]
    /// Weaknesses of TLS 1.2 cipher suites that are accepted; a suite in `cipherSuites` that has another one is refused
    /// when the connection is made.
    public var acceptedTLS12Weaknesses: Set<TLS12Weakness> = []
    /// Groups to offer, the most wanted first.
    public var groups: [NamedGroup] = [.x25519, .secp256r1, .secp384r1]
    /// Groups to send a key share for at once; each must be in `groups`. A server that wants another one of `groups`
    /// asks for it with a HelloRetryRequest, which costs a round trip.
    public var keyShareGroups: [NamedGroup] = [.x25519]
    /// Signature schemes for the handshake, the most wanted first. PKCS #1 v1.5 has no place here.
    public var signatureSchemes: [SignatureScheme] = [
        .ed25519, .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512, .ed448,
        .rsaPSSRSAESHA256, .rsaPSSRSAESHA384, .rsaPSSRSAESHA512,
        .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512,
    ]
    /// Signature schemes for the certificates of the path. SHA-1 and MD5 do not exist here.
    public var certificateSignatureSchemes: [SignatureScheme] = [
        .ed25519, .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512, .ed448,
        .rsaPSSRSAESHA256, .rsaPSSRSAESHA384, .rsaPSSRSAESHA512,
        .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512,
        .rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPKCS1SHA512,
    ]
    /// Application protocols to offer, the most wanted first, each 1 to 255 octets of UTF-8; none when empty.
    public var alpnProtocols: [String] = []
    /// Ends the handshake when the server selects none of `alpnProtocols`.
    public var requiresALPN = false
    /// What to answer a server with that asks for a certificate.
    public var credentials: ClientCredentialSource = .fixed([])
    /// Who decides whether the peer is accepted.
    public var verification: PeerVerification = .standard
    /// Sends the DNS name of the peer in server_name. An address is never sent (RFC 6066 §3).
    public var sendsServerName = true
    /// Makes the handshake look like a TLS 1.2 resumption to middleboxes (RFC 8446 App. D.4).
    public var middleboxCompatibility = true
    /// How the lengths of protected records are hidden.
    public var recordPadding: RecordPadding = .none
    /// Receives the secrets of the connection, for debugging; whoever reads them can read the connection.
    public var keyLog: (any KeyLog)?
    /// Keeps sessions, so that later connections resume them; nil keeps none.
    public var sessionStore: (any SessionStore)?
    /// Seconds for which a session may be resumed; 0 neither keeps nor resumes any. At most 604800: seven days.
    public var sessionCacheTimeout: UInt32 = 600
    /// Offers to resume sessions of the store. Off, full handshakes still put their sessions there.
    public var resumesSessions = true
    /// Keys that this client and the server know from elsewhere, to be offered with TLS 1.3 in this order. A server that
    /// takes one is authenticated by it, without a certificate.
    public var externalPreSharedKeys: [ExternalPreSharedKey] = []
    /// Lets a server use a pre-shared key, a ticket's or an external one, without a key exchange (psk_ke). Who learns that
    /// key one day can then read what was recorded (RFC 8446 §2.2, §4.2.9, App. E.1).
    public var allowsPSKWithoutForwardSecrecy = false
    /// Sends early data that the server has refused again after the handshake, when it fits the connection. Off, it is the
    /// application that decides: `ConnectionInfo.earlyData` says `rejected`.
    public var resendsRefusedEarlyData = true
    /// Asks the server for a stapled OCSP response (RFC 6066 §8), which takes part in the
    /// verification of its certificate (`pathPolicy.revocation`), and which `ConnectionInfo` then holds. A policy that requires a status asks without this.
    public var requestsCertificateStatus = false
    /// The longest record content we take, 64 to 16384 octets (RFC 8449); nil says nothing, which is 16384.
    public var recordSizeLimit: Int?
    /// Says that this connection is a retry with a lower version after a failure (RFC 7507): a server that speaks a higher
    /// one then refuses it. Nothing here ever retries by itself.
    public var isVersionFallback = false
    /// Versions before TLS 1.2 that are spoken too, why and until when. Without one nothing of them exists here; with one that
    /// does not hold now or for this peer, they are not offered. Their suites come after all others.
    public var legacyPermission: LegacyPermission?
    /// The permission that holds for this connection.
    package internal(set) var legacyUse: LegacyUse?
    /// Collects a `Decision` for every choice. A refusal explains itself without this.
    public var reportsDecisions = false
    /// A lower number of records per key than RFC 8446 §5.5 allows; tests reach it in a moment.
    package var keyUsageLimit: KeyUsageLimit?

    /// A configuration with the defaults: verification on, nothing weak.
    public init(provider: CryptoProvider, trust: TrustAnchors, clock: any WallClock) {
        self.provider = provider
        self.trust = trust
        self.clock = clock
    }
}

extension ClientConfiguration {
    /// Whether the ClientHello has status_request: who requires a status asks for one.
    var asksForCertificateStatus: Bool { requestsCertificateStatus || pathPolicy.revocation.mode == .require }

    /// Whether the ClientHello offers this version: one without a suite could not be selected.
    package func offers(_ version: ProtocolVersion) -> Bool {
        version < .tls12 ? offersLegacy(version) : offersModern(version)
    }

    func offersModern(_ version: ProtocolVersion) -> Bool {
        versions.contains(version) && cipherSuites.contains { $0.belongs(to: version) }
    }

    /// The suites of the versions that are offered, in their order.
    var offeredCipherSuites: [CipherSuite] {
        let modern = cipherSuites.filter {
            $0.belongs(to: .tls13) && versions.contains(.tls13) || $0.belongs(to: .tls12) && versions.contains(.tls12)
        }
        return modern + legacyCipherSuites.filter { !modern.contains($0) }
    }

    /// record_size_limit as it is sent: in TLS 1.3 it counts the octet of the inner content type (RFC 8449 §4).
    package var advertisedRecordSizeLimit: Int? { recordSizeLimit.map { offers(.tls13) ? $0 + 1 : $0 } }

    /// Signature schemes of TLS 1.2 handshakes: PKCS #1 v1.5 is legal there (RFC 8446 §4.2.3).
    var tls12SignatureSchemes: [SignatureScheme] {
        signatureSchemes
            + [.rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPKCS1SHA512].filter {
                !signatureSchemes.contains($0) && certificateSignatureSchemes.contains($0)
            }
    }

    /// Refuses what no ClientHello can be made from, before anything is sent.
    func check(peer: String) throws(HandshakeError) {
        try LegacyVersions.check(versions, legacyPermission)
        guard versions.contains(.tls12) || versions.contains(.tls13) || legacyPermission != nil else {
            throw .configuration("versions has to contain TLS 1.2 or TLS 1.3")
        }
        guard !offeredVersions.isEmpty else {
            if let refusal = legacyRefusal(peer: peer) {
                throw .configuration("versions holds only such as need legacyPermission, and \(refusal)")
            }
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
        if let recordSizeLimit, !(64...RecordLimits.plaintext).contains(recordSizeLimit) {
            throw .configuration("recordSizeLimit is \(recordSizeLimit); RFC 8449 §4 permits 64 to 16384 octets")
        }
        guard !groups.isEmpty else { throw .configuration("groups has to name at least one group") }
        for group in groups where !provider.groups.contains(group) {
            throw .configuration("groups names \(group), which \(provider.name) \(provider.version) does not offer")
        }
        for group in keyShareGroups where !groups.contains(group) {
            throw .configuration("keyShareGroups names \(group), which is not in groups")
        }
        guard Set(keyShareGroups).count == keyShareGroups.count else {
            throw .configuration("keyShareGroups names a group twice")
        }
        try checkExternalPreSharedKeys()
        guard !signatureSchemes.isEmpty else {
            throw .configuration("signatureSchemes has to name at least one scheme")
        }
        for scheme in signatureSchemes where !SignatureNegotiation.isForHandshake(scheme) {
            throw .configuration("signatureSchemes names \(scheme), which TLS 1.3 does not sign handshakes with")
        }
        guard !certificateSignatureSchemes.isEmpty else {
            throw .configuration("certificateSignatureSchemes has to name at least one scheme")
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
    }

    private func checkExternalPreSharedKeys() throws(HandshakeError) {
        guard !externalPreSharedKeys.isEmpty else { return }
        guard offers(.tls13) else {
            throw .configuration("externalPreSharedKeys needs TLS 1.3, in versions and with a suite in cipherSuites")
        }
        for key in externalPreSharedKeys
        where !offeredCipherSuites.contains(where: { TLS13Suite($0)?.hash == key.hash }) {
            throw .configuration(
                "externalPreSharedKeys holds a key for \(key.hash.rawValue), but no suite of cipherSuites has that hash"
            )
        }
        guard Set(externalPreSharedKeys.map(\.identity)).count == externalPreSharedKeys.count else {
            throw .configuration("externalPreSharedKeys names an identity twice")
        }
        guard externalPreSharedKeys.map(\.identity.count).reduce(0, +) <= ExternalPreSharedKey.longestIdentity else {
            throw .configuration(
                "the identities of externalPreSharedKeys have more than \(ExternalPreSharedKey.longestIdentity) octets")
        }
    }
}
