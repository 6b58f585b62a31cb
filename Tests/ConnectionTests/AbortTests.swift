// AbortTests.swift — an application that gives a connection up, and the alert it chooses.
// RFC 8446 §6.2; RFC 5246 §7.2.2.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("An application that gives up")
struct AbortTests {
    @Test("RFC 8446 §6.2: after abort the peer has the alert, the keys are gone, and every call says so")
    func afterHandshake() throws {
        var pair = try InMemoryPair()
        try pair.connect()
        try pair.client.abort(.accessDenied)
        #expect(try pair.alerts() == [.accessDenied])
        #expect(pair.client.connection.stateName == nil)
        let error = #expect(throws: TLSError.self) { try pair.client.send([1]) }
        #expect(error?.reason == .aborted(.accessDenied))
        #expect(error?.origin == .local)
        #expect(error?.alert == .accessDenied)
        #expect(error?.explanation.outcome == .refused)
        // Once is enough.
        try pair.client.abort(.internalError)
        #expect(pair.client.takeOutput().isEmpty)
    }

    @Test("RFC 8446 §6.1: a closure alert is no error alert; the connection is unharmed")
    func closureAlerts() throws {
        var pair = try InMemoryPair()
        try pair.connect()
        for alert in [AlertDescription.closeNotify, .userCanceled] {
            let error = #expect(throws: TLSError.self) { try pair.client.abort(alert) }
            #expect(error?.origin == .caller)
        }
        try pair.exchange()
    }

    @Test("RFC 8446 §6.1: nothing is sent after close_notify, an alert neither")
    func afterClose() throws {
        var pair = try InMemoryPair()
        try pair.connect()
        pair.client.close()
        #expect(try pair.alerts() == [.closeNotify])
        try pair.client.abort(.internalError)
        #expect(pair.client.takeOutput().isEmpty)
        #expect(pair.client.connection.stateName == nil)
    }

    @Test("RFC 8446 §6.2: a server refuses a client instead of choosing its credentials", arguments: [true, false])
    func insteadOfCredentials(_ isTLS13: Bool) throws {
        var server = try TestClient.serverConfiguration(.serverP256())
        server.credentials = .callback { _ in .later }
        var client = try TestClient.configuration()
        client.versions = isTLS13 ? .tls13 ... .tls13 : .tls12 ... .tls12
        var ends = try BothEnds(client, server)
        try ends.run()
        #expect(ends.server.events == [.wantsCredentials])
        try ends.server.abort(.accessDenied)
        let alert = ends.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try ends.client.receive(alert) }
        #expect(error?.origin == .peer)
        #expect(error?.alert == .accessDenied)
    }

    @Test("RFC 8446 §6.2: what came of a connection that was given up is not resumed", arguments: [true, false])
    func forgetsSession(_ isAborted: Bool) throws {
        let store = MemorySessionStore(entries: 4)
        var client = try TestClient.configuration()
        client.sessionStore = store
        var server = try TestClient.serverConfiguration(.serverP256())
        server.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 7), clock: FixedClock())
        var first = try BothEnds(client, server)
        try first.run()
        if isAborted { try first.client.abort(.internalError) }
        var second = try BothEnds(client, server)
        try second.run()
        #expect(second.client.connection.info.isResumed == !isAborted)
    }

    @Test("RFC 8446 §6.2: a verification callback chooses the alert; a closure alert would not tell")
    func chosenAlert() throws {
        for (chosen, sent) in [
            (AlertDescription.certificateRevoked, AlertDescription.certificateRevoked),
            (.badCertificateStatusResponse, .badCertificateStatusResponse), (.closeNotify, .certificateUnknown),
        ] {
            var pair = try VerificationTests.pair(.additional { _ in .reject(reason: "no", alert: chosen) })
            try pair.server.answer()
            let error = try pair.refuses(sent)
            #expect(error?.explanation.found == "no")
            var later = try VerificationTests.pair(.takeOver { _ in .later })
            try later.client.receive(try later.answer())
            let answer = OperationAnswer.peerRejected(reason: "no", alert: chosen)
            #expect(throws: TLSError.self) { try later.client.resume(answer) }
            #expect(try later.alerts() == [sent])
        }
    }
}
