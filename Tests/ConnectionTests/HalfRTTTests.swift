// HalfRTTTests.swift — what a server says to early data before the client has finished.
// RFC 8446 §2.3, §4.4.4.

import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Answers to early data")
struct HalfRTTTests {
    @Test("RFC 8446 §4.4.4: a server may answer early data before the client's Finished, and nothing else")
    func answer() throws {
        var serverConfiguration = try TestClient.serverConfiguration(.serverP256())
        serverConfiguration.sessionTickets = try TicketKeyRing(clock: FixedClock())
        serverConfiguration.maxEarlyDataSize = 100
        serverConfiguration.earlyDataReplayGuard = EarlyDataReplayGuard()
        var configuration = try TestClient.configuration()
        configuration.sessionStore = MemorySessionStore(entries: 4)
        let identity = try ReferenceIdentity("localhost")

        let first = try TestClient(configuration, identity: identity)
        let server = try TestClient(server: serverConfiguration)
        try server.receive(first.takeOutput())
        // Without early data there is nothing to answer.
        #expect(throws: TLSError.self) { try server.send([1]) }
        try first.receive(server.takeOutput())
        try server.receive(first.takeOutput())
        try first.receive(server.takeOutput())

        let client = try TestClient(configuration, identity: identity, earlyData: [1, 2, 3])
        let resumed = try TestClient(server: serverConfiguration)
        try resumed.receive(client.takeOutput())
        #expect(resumed.events == [.earlyData([1, 2, 3])])
        try resumed.send([4, 5])
        #expect(resumed.connection.isHandshakeComplete == false)
        try client.receive(resumed.takeOutput())
        #expect(client.events == [.handshakeComplete, .data([4, 5])])
        #expect(client.connection.info.earlyData == .accepted)
        try resumed.receive(client.takeOutput())
        #expect(resumed.connection.isHandshakeComplete == true)
        try resumed.send([6])
        try client.receive(resumed.takeOutput())
        #expect(client.data == [4, 5, 6])
    }
}
