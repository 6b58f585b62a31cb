// BogoConnection+Checks.swift — what the test expects, against what the connection says of itself.
// Next: BogoClient.swift.

import TLS

extension BogoConnection {
    /// Right after the handshake.
    mutating func checkHandshake() throws(BogoFailure) {
        let info = tls.info
        try checkEarlyData(info)
        if !flags.isServer {
            // The runner's retry begins where the refusal is known.
            if info.earlyData == .rejected { flags = retry }
        }
        // An application that wants to verify the peer of a resumed session again does it here.
        if flags.verifiesAgain, info.isResumed, !BogoVerification.accepts(flags) {
            throw abort(flags.rejection)
        }
        // A test with an implicit handshake expects nothing of it.
        guard !flags.isHandshakeImplicit else { return }
        try expect(flags.expectedVersion, info.version.map { Int($0.rawValue) }, "version")
        try expect(flags.expectedCipherSuite, info.cipherSuite.map { Int($0.rawValue) }, "cipher suite")
        try expect(flags.expectedCipherSuiteWithAES, info.cipherSuite.map { Int($0.rawValue) }, "cipher suite")
        try expect(flags.expectedGroup, info.group.map { Int($0.rawValue) }, "group")
        // Before TLS 1.2 no scheme is named.
        let scheme = info.legacyUse == nil ? info.peerSignatureScheme.map { Int($0.rawValue) } : 0
        try expect(flags.expectedScheme, scheme, "signature scheme")
        try expect(flags.expectedServerName, info.serverName, "server name")
        try expect(flags.expectedStaple, info.stapledOCSPResponse, "OCSP response")
        let expectedProtocol = flags.isServer ? flags.selectedProtocol : flags.expectedProtocol
        guard (expectedProtocol ?? "") == (info.alpnProtocol ?? "") else {
            throw .failed("application protocol \(info.alpnProtocol ?? "none"), not \(expectedProtocol ?? "none")")
        }
        if let expected = flags.expectedAdvertisedProtocols {
            guard state.hello.latest?.alpnProtocols == BogoOffers.list(expected) else {
                throw .failed("the client offers other application protocols")
            }
        }
        if !flags.expectedPeerSchemes.isEmpty {
            let schemes = state.hello.latest?.signatureSchemes.map { Int($0.rawValue) }
            guard schemes == flags.expectedPeerSchemes else { throw .failed("the client verifies other schemes") }
        }
        if let file = flags.expectedPeerFile {
            let expected = try BogoCredentials.certificates(file)
            guard info.peerCertificates == expected else { throw .failed("the peer's certificates are others") }
        }
        let isResumed = isResumption && !flags.expectsSessionMiss
        guard info.isResumed == isResumed else { throw .failed("the session was\(isResumed ? " not" : "") resumed") }
        if flags.expectsExtendedMasterSecret, !info.usesExtendedMasterSecret {
            throw .failed("there is no extended_master_secret")
        }
        if flags.expectsRetry && !info.helloRetried || flags.expectsNoRetry && info.helloRetried {
            throw .failed("there was \(info.helloRetried ? "a" : "no") HelloRetryRequest")
        }
        if !flags.isServer || flags.requiresCertificate, info.peerCertificates.isEmpty {
            throw .failed("the peer has no certificate")
        }
        if flags.isServer, !isResumption {
            let isStored = state.serverSessions.takeStored() > 0
            if flags.expectsSessionID && !isStored || flags.expectsNoSessionID && isStored {
                throw .failed("the session is \(isStored ? "" : "not ")in the server's cache")
            }
        }
        if info.version.map({ $0 < .tls13 }) == true, !flags.isServer {
            // In TLS 1.2 a session is there when the handshake is done.
            // One without extended_master_secret could not be resumed (RFC 7627 §5.3), and is not kept.
            let isExpected =
                !flags.expectsNoSession && (!info.isResumed || flags.expectsTicketRenewal)
                && info.usesExtendedMasterSecret
            let received = state.sessions.takeReceived()
            guard (received.count > 0) == isExpected else {
                throw .failed("\(received.count) sessions came, which is not what was expected")
            }
        }
    }

    private func checkEarlyData(_ info: ConnectionInfo) throws(BogoFailure) {
        guard isResumption else { return }
        if flags.expectsEarlyDataAccepted, info.earlyData != .accepted {
            throw .failed("early data: \(info.earlyData)")
        }
        // A server that gets none it could refuse has refused it as well.
        let isRejected = info.earlyData == .rejected || flags.isServer && info.earlyData == .notOffered
        if flags.expectsEarlyDataRejected, !isRejected {
            throw .failed("early data: \(info.earlyData)")
        }
        if let reason = flags.expectedEarlyDataReason, (reason == "accept") != (info.earlyData == .accepted) {
            throw .failed("early data: \(info.earlyData), not \(reason)")
        }
        if flags.expectsNoEarlyDataOffer, info.earlyData == .accepted || info.earlyData == .rejected {
            throw .failed("early data was offered: \(info.earlyData)")
        }
    }

    /// At the end: the tickets of TLS 1.3 come whenever the server likes.
    func checkSessions() throws(BogoFailure) {
        guard !flags.isServer else { return }
        let received = state.sessions.takeReceived()
        guard tls.info.version == .tls13 else {
            guard received.count == 0 || flags.isHandshakeImplicit else {
                throw .failed("a session came after the handshake")
            }
            return
        }
        let isExpected = !flags.expectsNoSession && !flags.shutsDown
        guard (received.count > 0) == isExpected else {
            throw .failed("\(received.count) tickets came, which is not what was expected")
        }
        if isExpected, flags.expectsTicketForEarlyData != (received.maxEarlyDataSize > 0) {
            throw .failed("the ticket takes \(received.maxEarlyDataSize) octets of early data")
        }
    }

    private func expect<T: Equatable>(_ expected: T?, _ found: T?, _ what: String) throws(BogoFailure) {
        guard let expected, expected != found else { return }
        throw .failed("\(what) \(found.map { "\($0)" } ?? "unknown"), not \(expected)")
    }
}
