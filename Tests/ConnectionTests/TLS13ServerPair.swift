// TLS13ServerPair.swift — the library's server against a scripted client, and against the library's client.
// Next: TLS13ServerStateTableTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

/// The library's server and a client that says what it is told to.
struct TLS13ServerPair: ~Copyable {
    var server: TestClient
    var client: ScriptedClient13
    /// What the server sent, as the client opened it.
    var received: [ClientReceived] = []

    init(_ configuration: ServerConfiguration? = nil) throws {
        server = try TestClient(
            server: try configuration ?? TestClient.serverConfiguration(.serverEd25519()))
        client = ScriptedClient13()
    }

    /// Hands what the client has to the server, and back.
    @discardableResult
    mutating func exchange() throws -> [ClientReceived] {
        try server.receive(try client.takeOutput())
        let answer = try client.receive(server.takeOutput())
        received += answer
        return answer
    }

    /// ClientHello and the server's answer.
    mutating func hello() throws {
        try client.clientHello()
        try exchange()
    }

    /// The rest of an honest client's handshake.
    mutating func finish(_ identity: TestIdentity? = nil, isAsked: Bool = false) throws {
        if isAsked {
            try client.certificate(identity)
            if let identity { try client.certificateVerify(identity) }
        }
        try client.finished()
        try exchange()
    }

    /// The alert that the server answers the client's octets with, which is also the one on the wire.
    mutating func refusal(_ octets: [UInt8]? = nil) throws -> TLSError {
        let flight = try octets ?? client.takeOutput()
        var found: TLSError?
        do throws(TLSError) { try server.receive(flight) } catch { found = error }
        let error = try #require(found)
        let sent = try client.receive(server.takeOutput())
        #expect(sent.last == .alert(try #require(error.alert)))
        #expect(server.connection.stateName == nil)
        #expect(server.connection.isHandshakeComplete == false)
        return error
    }

    /// Data both ways.
    mutating func exchangeData() throws {
        try client.send([1, 2, 3])
        try exchange()
        #expect(server.data.suffix(3) == [1, 2, 3])
        try server.send([4, 5])
        // A KeyUpdate may go before.
        #expect(try client.receive(server.takeOutput()).last == .data([4, 5]))
    }
}

/// Servers with one configuration, and tickets of theirs.
struct TLS13ServerLab {
    var configuration: ServerConfiguration

    init(
        earlyData: UInt32 = 0, clock: any WallClock = FixedClock(),
        _ edit: (inout ServerConfiguration) throws -> Void = { _ in }
    ) throws {
        configuration = try TestClient.serverConfiguration(.serverEd25519())
        configuration.clock = clock
        configuration.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 7), clock: clock)
        configuration.maxEarlyDataSize = earlyData
        if earlyData > 0 { configuration.earlyDataReplayGuard = EarlyDataReplayGuard() }
        try edit(&configuration)
    }

    /// A full handshake, and the keys of the tickets that came of it.
    func keys(_ edit: (inout ScriptedClient13) -> Void = { _ in }) throws -> [OfferedScriptKey] {
        var pair = try TLS13ServerPair(configuration)
        edit(&pair.client)
        try pair.hello()
        try pair.finish()
        #expect(pair.server.connection.isHandshakeComplete == true)
        var keys: [OfferedScriptKey] = []
        for ticket in pair.client.tickets { keys.append(try pair.client.key(of: ticket)) }
        return keys
    }
}

/// The library's client and the library's server.
struct BothEnds: ~Copyable {
    var client: TestClient
    var server: TestClient
    /// Everything that went each way.
    var clientOctets: [UInt8] = []
    var serverOctets: [UInt8] = []

    init(
        _ clientConfiguration: ClientConfiguration? = nil, _ serverConfiguration: ServerConfiguration? = nil,
        earlyData: [UInt8] = [], name: String = "localhost"
    ) throws {
        var configuration = try TestClient.configuration()
        configuration.versions = .tls13 ... .tls13
        let client = try TestClient(
            clientConfiguration ?? configuration, identity: try ReferenceIdentity(name), earlyData: earlyData)
        let server = try TestClient(
            server: try serverConfiguration ?? TestClient.serverConfiguration(.serverP256()))
        self.client = client
        self.server = server
    }

    /// Moves octets until there are none, in pieces of at most `piece`; stops where an answer is wanted.
    mutating func run(piece: Int = .max) throws {
        for _ in 0..<32 {
            let up = client.takeOutput()
            let down = server.takeOutput()
            if up.isEmpty, down.isEmpty { return }
            clientOctets += up
            serverOctets += down
            try BothEnds.deliver(up, to: &server, piece)
            try BothEnds.deliver(down, to: &client, piece)
        }
        Issue.record("the two talk for ever")
    }

    private static func deliver(_ octets: [UInt8], to end: inout TestClient, _ piece: Int) throws {
        var rest = octets[...]
        while !rest.isEmpty {
            try end.receive(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
    }

    mutating func exchangeData() throws {
        try client.send(Array("up".utf8))
        try server.send(Array("down".utf8))
        try run()
        #expect(Array(server.data.suffix(2)) == Array("up".utf8))
        #expect(Array(client.data.suffix(4)) == Array("down".utf8))
    }
}
