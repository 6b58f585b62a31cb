// ServerSessionRules.swift — whether a session may be resumed here and now: the resumption invariant of the server.
// RFC 8446 §4.2.11, §4.6.1; RFC 6066 §3; RFC 7301 §3.1; RFC 7627 §5.3; RFC 5246 §7.4.1.2.
// Next: ServerSessionCodec.swift.

package import WireFormat

// What a resumed connection has is what a full handshake between the same two would have, now: the same name, protocol,
// version and client. Where that cannot be said, there is a full handshake; a refusal here is never an error.
//
//   what                        where it is compared
//   version                     `ServerSessions.session(ticket:version:)`, and the versions that are spoken, here
//   who clients have to be      `ServerSessionBinding`, by `ServerSessions`
//   time, client's path         here
//   server_name, ALPN           here
//   cipher suite                here: in TLS 1.2 the same, in TLS 1.3 one with the same hash
//   extended_master_secret      here, and by the TLS 1.2 server, which has to refuse one case altogether
//   encrypt_then_mac            here

extension ServerSession {
    /// Why the session cannot be resumed with this ClientHello; nil when it can.
    ///
    /// - Parameters:
    ///   - suite: the cipher suite that was chosen; nil while none is, when it is enough that a fitting one can be chosen.
    ///   - now: the time by the server's clock.
    package func refusal(_ hello: ReceivedHello, suite: CipherSuite? = nil, at now: UnixTime) -> StaticString? {
        let configuration = hello.configuration
        guard configuration.resumesSessions, configuration.sessionCacheTimeout > 0 else {
            return "the server does not resume sessions"
        }
        guard configuration.speaks(version) else { return "the server does not speak the session's version any more" }
        guard now >= facts.createdAt, now >= facts.authenticatedAt else {
            return "the clock is before the session's beginning: nobody knows its age"
        }
        guard isUsable(at: now, timeout: configuration.sessionCacheTimeout) else {
            return "the session's time, or that of its client's certificates, is over"
        }
        // RFC 6066 §3: a server must not resume under another name, and one name is another than none.
        guard facts.serverName == hello.serverName else { return "the session was made under another server name" }
        guard facts.alpnProtocol == ServerALPNNegotiation.common(hello) else {
            return "the session was made for another application protocol"
        }
        guard fits(hello, suite) else { return "the session's cipher suite, or its hash, is not the one of now" }
        if version < .tls13, version > .ssl30, let refusal = refusalOfTLS12(hello) { return refusal }
        // The binding says as much; a client that is not known must never pass for one that is.
        if configuration.clientAuthentication.isRequired, facts.isAnonymous {
            return "the session has no client certificate, and one is required"
        }
        if configuration.clientAuthentication.policy == nil, !facts.isAnonymous {
            return "the session has a client certificate, and none is asked for"
        }
        return nil
    }

    private func fits(_ hello: ReceivedHello, _ suite: CipherSuite?) -> Bool {
        let offered = hello.hello.cipherSuites
        let own = hello.configuration.cipherSuites(for: version)
        guard version == .tls13 else {
            // RFC 5246 §7.4.1.2: the client's list has to contain the session's suite.
            return (suite ?? cipherSuite) == cipherSuite && offered.contains(cipherSuite) && own.contains(cipherSuite)
        }
        // RFC 8446 §4.2.11: the suite may be another, its hash may not.
        guard let hash = TLS13Suite(cipherSuite)?.hash else { return false }
        if let suite { return TLS13Suite(suite)?.hash == hash }
        return own.contains { TLS13Suite($0)?.hash == hash && offered.contains($0) }
    }

    private func refusalOfTLS12(_ hello: ReceivedHello) -> StaticString? {
        let extensions = hello.hello.extensions
        // RFC 7627 §5.3: without the extension on either side there is a full handshake. A session that has it and a client
        // that does not offer it any more are an attack: the TLS 1.2 server ends the handshake before it asks here.
        guard facts.usesExtendedMasterSecret, extensions.body(of: .extendedMasterSecret) != nil else {
            return "the session, or the client, does without extended_master_secret"
        }
        // RFC 7366 §3.1: protection never becomes less.
        guard !facts.usesEncryptThenMAC || extensions.body(of: .encryptThenMAC) != nil else {
            return "the session has encrypt_then_mac, and the client does not offer it"
        }
        return nil
    }
}
