// BogoFlagTable.swift — every flag that the shim knows, by name; any other is unimplemented.
// Next: BogoCommandLine.swift.

/// What a flag does to `BogoFlags`.
enum BogoFlag: Sendable {
    /// Stands alone.
    case on(any WritableKeyPath<BogoFlags, Bool> & Sendable)
    /// Stands alone and turns something off.
    case off(any WritableKeyPath<BogoFlags, Bool> & Sendable)
    case number(any WritableKeyPath<BogoFlags, Int> & Sendable)
    case optionalNumber(any WritableKeyPath<BogoFlags, Int?> & Sendable)
    /// May come more than once.
    case numbers(any WritableKeyPath<BogoFlags, [Int]> & Sendable)
    case text(any WritableKeyPath<BogoFlags, String> & Sendable)
    case optionalText(any WritableKeyPath<BogoFlags, String?> & Sendable)
    /// In base 64.
    case octets(any WritableKeyPath<BogoFlags, [UInt8]?> & Sendable)
    /// Says what is so here at any rate.
    case nothing
    /// As `nothing`, with a value.
    case nothingWithValue
}

extension BogoFlag {
    static func named(_ name: String) -> BogoFlag? {
        runner[name] ?? offers[name] ?? authentication[name] ?? behaviour[name] ?? expectations[name] ?? granted[name]
    }

    private static let runner: [String: BogoFlag] = [
        "-port": .number(\.port), "-shim-id": .optionalNumber(\.shimID), "-server": .on(\.isServer),
        "-resume-count": .number(\.resumeCount), "-resumption-delay": .number(\.resumptionDelay),
    ]

    private static let offers: [String: BogoFlag] = [
        "-min-version": .optionalNumber(\.minimumVersion), "-max-version": .optionalNumber(\.maximumVersion),
        "-no-tls1": .on(\.excludesTLS10), "-no-tls11": .on(\.excludesTLS11),
        "-no-tls12": .on(\.excludesTLS12), "-no-tls13": .on(\.excludesTLS13), "-cipher": .optionalText(\.cipherSuites),
        "-curves": .numbers(\.groups), "-signing-prefs": .numbers(\.signingSchemes),
        "-verify-prefs": .numbers(\.verifiedSchemes), "-host-name": .optionalText(\.hostName),
        "-advertise-alpn": .optionalText(\.advertisedProtocols), "-select-alpn": .optionalText(\.selectedProtocol),
        "-decline-alpn": .on(\.declinesProtocol), "-reject-alpn": .on(\.refusesProtocol),
        "-fallback-scsv": .on(\.isFallback), "-enable-ocsp-stapling": .on(\.requestsStaple),
        "-use-ticket-callback": .on(\.setsTicketKeys), "-renew-ticket": .on(\.renewsTickets),
        "-no-ticket": .off(\.usesTickets), "-enable-early-data": .on(\.allowsEarlyData),
    ]

    private static let authentication: [String: BogoFlag] = [
        "-cert-file": .optionalText(\.certificateFile), "-key-file": .optionalText(\.keyFile),
        "-verify-peer": .on(\.verifiesPeer), "-require-any-client-certificate": .on(\.requiresCertificate),
        "-verify-fail": .on(\.refusesPeer), "-reverify-on-resume": .on(\.verifiesAgain),
        "-use-custom-verify-callback": .on(\.usesCustomVerifier),
        // A client's callback for the staple is another verification callback; a server's, another one for the credentials.
        "-fail-ocsp-callback": .on(\.refusesStaple), "-fail-cert-callback": .on(\.failsCertificateCallback),
        "-fail-early-callback": .on(\.failsEarlyCallback), "-fail-ddos-callback": .on(\.failsLoadCallback),
        "-use-client-ca-list": .optionalText(\.authorities),
        "-ocsp-response": .octets(\.staple), "-use-early-callback": .on(\.choosesCredentialLate),
        "-set-ocsp-in-callback": .on(\.choosesCredentialLate), "-decline-ocsp-callback": .on(\.declinesStaple),
    ]

    private static let behaviour: [String: BogoFlag] = [
        "-async": .on(\.isAsynchronous), "-implicit-handshake": .on(\.isHandshakeImplicit),
        "-shim-writes-first": .on(\.writesFirst), "-read-with-unfinished-write": .on(\.leavesWriteUnfinished),
        "-shim-shuts-down": .on(\.shutsDown), "-check-close-notify": .on(\.checksCloseNotify),
        "-send-alert": .on(\.aborts), "-export-traffic-secrets": .on(\.exportsSecrets),
        "-key-update": .on(\.updatesKeys), "-write-different-record-sizes": .on(\.writesManySizes),
        "-read-size": .optionalNumber(\.readSize), "-export-keying-material": .number(\.exportedOctets),
        "-export-label": .text(\.exportLabel), "-export-context": .text(\.exportContext),
        "-use-export-context": .on(\.hasExportContext), "-use-exporter-between-reads": .on(\.exportsBetweenReads),
    ]

    private static let expectations: [String: BogoFlag] = [
        "-expect-version": .optionalNumber(\.expectedVersion), "-expect-cipher": .optionalNumber(\.expectedCipherSuite),
        "-expect-cipher-aes": .optionalNumber(\.expectedCipherSuiteWithAES),
        "-expect-curve-id": .optionalNumber(\.expectedGroup),
        "-expect-peer-signature-algorithm": .optionalNumber(\.expectedScheme),
        "-expect-peer-verify-pref": .numbers(\.expectedPeerSchemes),
        "-expect-server-name": .optionalText(\.expectedServerName), "-expect-alpn": .optionalText(\.expectedProtocol),
        "-expect-advertised-alpn": .optionalText(\.expectedAdvertisedProtocols),
        "-expect-ocsp-response": .octets(\.expectedStaple),
        "-expect-peer-cert-file": .optionalText(\.expectedPeerFile),
        "-expect-session-miss": .on(\.expectsSessionMiss), "-expect-no-session": .on(\.expectsNoSession),
        "-expect-session-id": .on(\.expectsSessionID), "-expect-no-session-id": .on(\.expectsNoSessionID),
        "-expect-ticket-renewal": .on(\.expectsTicketRenewal),
        "-expect-ticket-supports-early-data": .on(\.expectsTicketForEarlyData),
        "-expect-accept-early-data": .on(\.expectsEarlyDataAccepted),
        "-expect-reject-early-data": .on(\.expectsEarlyDataRejected),
        "-expect-early-data-reason": .optionalText(\.expectedEarlyDataReason),
        "-expect-no-offer-early-data": .on(\.expectsNoEarlyDataOffer), "-expect-hrr": .on(\.expectsRetry),
        "-expect-no-hrr": .on(\.expectsNoRetry),
        "-expect-extended-master-secret": .on(\.expectsExtendedMasterSecret),
        "-handshake-never-done": .on(\.expectsNoHandshake),
    ]

    /// What the library does in every connection, or what only says how BoringSSL's own interface is to be called.
    private static let granted: [String: BogoFlag] = [
        // renegotiation_info is always sent, and a server without it refused.
        "-expect-secure-renegotiation": .nothing,
        // A HelloRequest is answered with a warning and otherwise ignored.
        "-renegotiate-ignore": .nothing, "-forbid-renegotiation-after-handshake": .nothing,
        // A second handshake call of the same connection is the next turn of the same loop.
        "-no-op-extra-handshake": .nothing,
        // What was received lies in the receive buffer until the next call: each read is a peek before.
        "-peek-then-read": .nothing,
        // The verification callback's answer ends the handshake or does not; there is no other result to ask for.
        "-expect-verify-result": .nothing,
        // Two of BoringSSL's callbacks for one thing.
        "-use-old-client-cert-callback": .nothing,
        // A callback that agrees.
        "-use-ocsp-callback": .nothing, "-install-ddos-callback": .nothing,
        // Where an IV is known before, the first octet of data always goes alone.
        "-cbc-record-splitting": .nothing,
        // Writes of the record layer are never cut short: the caller owns the buffer.
        "-partial-write": .nothing,
        // Server preference is the default.
        "-server-preference": .nothing,
        // Permissions that the library never uses: to renegotiate, to send data before the peer's Finished, to treat one
        // client otherwise. Tests that want to see it done are disabled by name.
        "-renegotiate-freely": .nothing, "-expect-total-renegotiations": .nothingWithValue, "-false-start": .nothing,
        "-jdk11-workaround": .nothing,
        // What may be negotiated, and is not, as another library might not know it either.
        "-advertise-npn": .nothingWithValue, "-select-next-proto": .nothingWithValue, "-psk": .nothingWithValue,
        "-psk-identity": .nothingWithValue,
        // For DTLS: nothing of it is offered or answered over TCP.
        "-srtp-profiles": .nothingWithValue,
        // Everything is done by one process, which has nobody else's hints.
        "-allow-hint-mismatch": .nothing,
        // What a key may do is always checked.
        "-enforce-rsa-key-usage": .nothing,
        // The other value of `-expect-cipher-aes`, for machines without AES instructions.
        "-expect-cipher-no-aes": .nothingWithValue,
    ]
}
