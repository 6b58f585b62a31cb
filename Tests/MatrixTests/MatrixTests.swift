// MatrixTests.swift — our client against our server: every kind of connection, in every kind of delivery.
// RFC 8446 §2, §4; RFC 5246 §7.
// Next: none.

import Certificates
import CryptoGlue
import Foundation
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Our client against our server")
struct MatrixTests {
    private static let provider = Result { try CryptoProvider.gcrypt() }
    private static let identities = Result { try MatrixIdentities() }

    /// Each two things together are enough for every run; `MATRIX=all` takes everything, in a release build.
    private static let isComplete = ProcessInfo.processInfo.environment["MATRIX"] == "all"

    @Test(
        "T-25, T-34: suite, group, key, client authentication, resumption, retry and pauses go together",
        .timeLimit(.minutes(90)), arguments: [ProtocolVersion.tls13, .tls12], MatrixDelivery.allCases)
    func matrix(version: ProtocolVersion, delivery: MatrixDelivery) throws {
        let all = MatrixCombination.all(version, try Self.provider.get())
        let combinations = Self.isComplete ? all : MatrixCombination.pairwise(all)
        #expect(combinations.count > 50)
        let name = "\(version), delivered as \(delivery)"
        for (number, combination) in combinations.enumerated() {
            do {
                try Self.connect(combination, delivery)
            } catch {
                Issue.record("\(combination.testDescription), \(delivery): \(error)")
            }
            if number % 1000 == 999 { Self.say("\(name): \(number + 1) of \(combinations.count)") }
        }
        Self.say("\(name): \(combinations.count) of \(all.count) combinations")
    }

    /// At once: standard output waits for more when it is a file.
    private static func say(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }

    // MARK: One combination

    private static let early = Array("early".utf8)

    /// One connection and, when there is something to resume, another.
    private static func connect(_ combination: MatrixCombination, _ delivery: MatrixDelivery) throws {
        let server = try serverConfiguration(combination)
        let client = try clientConfiguration(combination)
        let answers = try answers(combination)
        let name = "\(combination.testDescription), \(delivery)"

        var first = try MatrixPair(client, server, delivery, answers: answers)
        try first.run()
        try check(&first, combination, isResumed: false, name)
        guard combination.resumption != .none else { return }

        let data = combination.resumption == .earlyData ? early : []
        var later = server
        if combination.resumption == .withoutKeyExchange {
            later.groups = [try #require(provider.get().groups.first { !client.groups.contains($0) })]
        }
        var second = try MatrixPair(client, later, delivery, answers: answers, earlyData: data)
        try second.run()
        try check(&second, combination, isResumed: true, name)
        // RFC 8446 §4.2.10: a HelloRetryRequest refuses early data; it comes after the handshake then.
        let received = second.server.events.flatMap { event -> [UInt8] in
            switch event {
            case .earlyData(let octets), .data(let octets): octets
            default: []
            }
        }
        #expect(Array(received.prefix(data.count)) == data, "\(name)")
        if combination.resumption == .earlyData {
            let outcome = second.client.connection.info.earlyData
            #expect(outcome == (combination.isRetried ? .sentAfterHandshake : .accepted), "\(name)")
        }
    }

    private static func check(
        _ pair: inout MatrixPair, _ combination: MatrixCombination, isResumed: Bool, _ name: String
    ) throws {
        let client = pair.client.connection.info
        let server = pair.server.connection.info
        for info in [client, server] {
            #expect(info.isHandshakeComplete, "\(name)")
            #expect(info.version == combination.version && info.cipherSuite == combination.suite, "\(name)")
            #expect(info.alpnProtocol == "h2" && info.serverName == "localhost", "\(name)")
            #expect(info.isResumed == isResumed, "\(name)")
        }
        // What a finite field of TLS 1.2 is called is not of interest here.
        let isCurve = TLS12Suite(combination.suite)?.keyExchange != .dheRSA
        let hasExchange = !isResumed || combination.resumption != .withoutKeyExchange
        if !hasExchange {
            #expect(client.group == nil && server.group == nil, "\(name)")
        } else if let group = combination.group, isCurve, !isResumed || combination.version == .tls13 {
            #expect(client.group == group && server.group == group, "\(name)")
        }
        #expect(client.helloRetried == (combination.isRetried && hasExchange), "\(name)")
        #expect(client.peerCertificates == [try identities.get().certificate(combination.key)], "\(name)")
        // T-34: who the client is, is known of a resumed connection as of a full one.
        let expected = combination.authentication.isPresent ? [try identities.get().certificate(.p256)] : []
        #expect(server.peerCertificates == expected, "\(name)")
        #expect(server.validatedPath.isEmpty == expected.isEmpty, "\(name)")
        if combination.pauses, !isResumed { #expect(pair.pauses >= 2, "\(name)") }

        let ours = try pair.client.connection.exportKeyingMaterial(label: "EXPERIMENTAL matrix", length: 32)
        let theirs = try pair.server.connection.exportKeyingMaterial(label: "EXPERIMENTAL matrix", length: 32)
        let isSame = ConstantTime.equal(ours.bytes, theirs.bytes)
        #expect(isSame, "\(name)")

        try pair.exchange("ping")
        #expect(pair.client.data == Array("ping".utf8), "\(name)")
        #expect(Array(pair.server.data.suffix(4)) == Array("ping".utf8), "\(name)")
        pair.client.close()
        try pair.run()
        #expect(pair.server.events.last == .peerClosed, "\(name)")
        pair.server.close()
        try pair.run()
        #expect(pair.client.events.last == .peerClosed, "\(name)")
    }

    // MARK: Configurations

    private static let verifier = CallbackIdentity.named("matrix")

    private static func verification(_ combination: MatrixCombination) -> PeerVerification {
        combination.pauses ? .additional({ _ in .later }, identity: verifier) : .standard
    }

    /// A key that decrypts has to be in the process.
    private static func hasExternalKey(_ combination: MatrixCombination) -> Bool {
        combination.pauses && TLS12Suite(combination.suite)?.keyExchange != .rsa
    }

    private static func answers(
        _ combination: MatrixCombination
    ) throws -> (client: MatrixAnswers, server: MatrixAnswers) {
        let identities = try identities.get()
        let credential = try identities.credential(combination.key, isExternal: hasExternalKey(combination))
        return (
            MatrixAnswers(
                key: try identities.key(of: .p256),
                credentials: combination.authentication.isPresent
                    ? [try identities.credential(.p256, isExternal: combination.pauses)] : []),
            MatrixAnswers(key: try identities.key(of: combination.key), credentials: [credential])
        )
    }

    private static func serverConfiguration(_ combination: MatrixCombination) throws -> ServerConfiguration {
        let identities = try identities.get()
        let credential = try identities.credential(combination.key, isExternal: hasExternalKey(combination))
        var configuration = ServerConfiguration(
            provider: try provider.get(),
            credentials: combination.pauses ? .callback({ _ in .later }) : .fixed([credential]), clock: FixedClock())
        configuration.versions = combination.version...combination.version
        configuration.cipherSuites = [combination.suite]
        configuration.acceptedTLS12Weaknesses = Set(TLS12Weakness.allCases)
        configuration.groups = groups(combination)
        configuration.alpnProtocols = ["h2"]
        var policy = ClientAuthenticationPolicy(trust: identities.trust)
        policy.verification = verification(combination)
        switch combination.authentication {
        case .none: break
        case .optionalAbsent, .optionalPresent: configuration.clientAuthentication = .optional(policy)
        case .required: configuration.clientAuthentication = .required(policy)
        }
        switch combination.resumption {
        case .none: break
        case .ticket: configuration.sessionTickets = try TicketKeyRing(clock: FixedClock())
        case .withoutKeyExchange:
            configuration.sessionTickets = try TicketKeyRing(clock: FixedClock())
            configuration.allowsPSKWithoutForwardSecrecy = true
        case .cache: configuration.sessionCache = MemoryServerSessionCache()
        case .earlyData:
            configuration.sessionTickets = try TicketKeyRing(clock: FixedClock())
            configuration.maxEarlyDataSize = 16_384
            configuration.earlyDataReplayGuard = EarlyDataReplayGuard()
        }
        return configuration
    }

    private static func clientConfiguration(_ combination: MatrixCombination) throws -> ClientConfiguration {
        let identities = try identities.get()
        var configuration = ClientConfiguration(
            provider: try provider.get(), trust: identities.trust, clock: FixedClock())
        configuration.versions = combination.version...combination.version
        configuration.cipherSuites = [combination.suite]
        configuration.acceptedTLS12Weaknesses = Set(TLS12Weakness.allCases)
        configuration.groups = groups(combination)
        configuration.keyShareGroups = Array(configuration.groups.prefix(1))
        if combination.isRetried {
            let other: NamedGroup = combination.group == .x25519 ? .secp256r1 : .x25519
            configuration.groups.insert(other, at: 0)
            configuration.keyShareGroups = [other]
        }
        configuration.alpnProtocols = ["h2"]
        configuration.verification = verification(combination)
        if combination.pauses {
            configuration.credentials = .callback({ _ in .later }, identity: Self.verifier)
        } else if combination.authentication.isPresent {
            configuration.credentials = .fixed([try identities.credential(.p256, isExternal: false)])
        }
        if combination.resumption != .none { configuration.sessionStore = MemorySessionStore() }
        configuration.allowsPSKWithoutForwardSecrecy = combination.resumption == .withoutKeyExchange
        return configuration
    }

    /// The group first. In TLS 1.2 the curves of certificates have to be there too (RFC 8422 §5.1).
    private static func groups(_ combination: MatrixCombination) -> [NamedGroup] {
        let first = combination.group.map { [$0] } ?? []
        guard combination.version == .tls12 else { return first }
        return first + [.x25519, .secp256r1, .secp384r1, .secp521r1].filter { !first.contains($0) }
    }
}
