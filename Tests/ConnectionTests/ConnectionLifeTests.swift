// ConnectionLifeTests.swift — after the handshake: data, KeyUpdate, tickets, floods, the end of a connection.
// RFC 8446 §4.6, §5, §6.1, §7.5.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import Synchronization
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("After the handshake")
struct ConnectionLifeTests {
    static func connected(_ edit: (inout ClientConfiguration) throws -> Void = { _ in }) throws -> InMemoryPair {
        var configuration = try TestClient.configuration()
        try edit(&configuration)
        var pair = try InMemoryPair(configuration)
        try pair.connect()
        return pair
    }

    @Test(
        "RFC 8446 §4.6.3: requests for a KeyUpdate, however many come while we are silent, are answered once, before data"
    )
    func keyUpdateFromPeer() throws {
        var pair = try ConnectionLifeTests.connected()
        try pair.server.keyUpdate(.notRequested)
        try pair.exchange()
        #expect(pair.client.connection.info.keyUpdatesSent == 0)
        for _ in 0..<3 {
            try pair.server.keyUpdate(.requested)
            try pair.client.receive(try pair.server.takeOutput())
            #expect(pair.client.takeOutput().isEmpty)
        }
        try pair.client.send([1, 2])
        let answers = try pair.server.receive(pair.client.takeOutput())
        #expect(answers == [.handshake(try KeyUpdate(.notRequested).message()), .data([1, 2])])
        try pair.exchange()
        #expect(pair.client.connection.info.keyUpdatesReceived == 4)
    }

    @Test("RFC 8446 §4.6.3: KeyUpdate of ours, and data before and after it", arguments: [false, true])
    func keyUpdateOfOurs(_ requestPeer: Bool) throws {
        var pair = try ConnectionLifeTests.connected()
        try pair.exchange("before")
        try pair.client.updateKeys(requestPeer: requestPeer)
        let received = try pair.server.receive(pair.client.takeOutput())
        #expect(received == [.handshake(try KeyUpdate(requestPeer ? .requested : .notRequested).message())])
        if requestPeer { try pair.server.keyUpdate(.notRequested) }
        try pair.exchange("after")
    }

    @Test(
        "RFC 8446 §4.6.3: a request_update other than 0 and 1 is illegal_parameter; a KeyUpdate inside a record is unexpected_message"
    )
    func badKeyUpdate() throws {
        var value = try ConnectionLifeTests.connected()
        try value.server.sendRecord(.handshake, [24, 0, 0, 1, 2])
        _ = try value.refuses(.illegalParameter)
        var inside = try ConnectionLifeTests.connected()
        let update = try KeyUpdate(.requested).message().encoded
        try inside.server.sendRecord(.handshake, update + update)
        let error = try inside.refuses(.unexpectedMessage)
        #expect(error?.reason == .handshake(.keyChangeInsideRecord(.keyUpdate)))
        var long = try ConnectionLifeTests.connected()
        try long.server.sendRecord(.handshake, [24, 0, 0, 2, 0, 0])
        _ = try long.refuses(.decodeError)
    }

    @Test(
        "T-20: RFC 8446 §5.5: the write key is updated by itself before its limit, and the peer is asked when its key is due"
    )
    func keyUsageLimit() throws {
        var pair = try ConnectionLifeTests.connected { $0.keyUsageLimit = KeyUsageLimit(records: 4) }
        for index in 0..<10 { try pair.client.send([UInt8(index)]) }
        let received = try pair.server.receive(pair.client.takeOutput())
        let updates = received.filter { $0 == .handshake((try? KeyUpdate(.notRequested).message())!) }
        #expect(updates.count == 2)
        #expect(received.filter { if case .data = $0 { true } else { false } }.count == 10)
        for index in 0..<5 { try pair.server.send([UInt8(index)]) }
        try pair.client.receive(try pair.server.takeOutput())
        let asked = try pair.server.receive(pair.client.takeOutput())
        #expect(asked == [.handshake(try KeyUpdate(.requested).message())])
        try pair.server.keyUpdate(.notRequested)
        try pair.exchange()
    }

    @Test("T-22: more than 32 handshake messages in a row after the handshake are unexpected_message")
    func messageFlood() throws {
        var pair = try ConnectionLifeTests.connected()
        for _ in 0..<32 { try pair.server.keyUpdate(.notRequested) }
        try pair.client.receive(try pair.server.takeOutput())
        // Data resets the count, and the record that the client sent lets one more come.
        try pair.exchange()
        for _ in 0..<34 { try pair.server.newSessionTicket() }
        _ = try pair.refuses(.unexpectedMessage)
    }

    @Test("T-22: more than 32 empty records in a row are unexpected_message")
    func emptyRecordFlood() throws {
        var pair = try ConnectionLifeTests.connected()
        for _ in 0..<32 { try pair.server.send([]) }
        try pair.client.receive(try pair.server.takeOutput())
        try pair.exchange()
        for _ in 0..<33 { try pair.server.send([]) }
        _ = try pair.refuses(.unexpectedMessage)
    }

    @Test("T-22: more than 4 user_canceled alerts in a row are unexpected_message")
    func warningFlood() throws {
        var pair = try ConnectionLifeTests.connected()
        for _ in 0..<4 { try pair.server.sendAlert(.userCanceled) }
        try pair.client.receive(try pair.server.takeOutput())
        try pair.server.sendAlert(.userCanceled)
        _ = try pair.refuses(.unexpectedMessage)
    }

    @Test(
        "T-02: RFC 8446 §5: ChangeCipherSpec is dropped before Finished, and refused after it, twice too often, malformed, protected or between fragments"
    )
    func changeCipherSpec() throws {
        let record: [UInt8] = [20, 3, 3, 0, 1, 1]
        var dropped = try InMemoryPair()
        try dropped.server.sendRaw(record)
        try dropped.server.serverHello()
        try dropped.server.sendRaw(record)
        try dropped.client.receive(try dropped.server.takeOutput())
        #expect(dropped.client.connection.stateName == "WAIT_EE")
        try dropped.server.sendRaw(record)
        _ = try dropped.refuses(.unexpectedMessage)
        var after = try ConnectionLifeTests.connected()
        try after.server.sendRaw(record)
        _ = try after.refuses(.unexpectedMessage)
        for content in [[2], [1, 1], [0]] as [[UInt8]] {
            var malformed = try InMemoryPair()
            try malformed.server.sendRaw([20, 3, 3, 0, UInt8(content.count)] + content)
            _ = try malformed.refuses(.unexpectedMessage)
        }
        var protected = try InMemoryPair()
        try protected.advance(to: .waitEncryptedExtensions)
        try protected.server.sendRecord(.changeCipherSpec, [1])
        _ = try protected.refuses(.unexpectedMessage)
        var between = try InMemoryPair()
        try between.advance(to: .waitEncryptedExtensions)
        try between.server.sendRecord(.handshake, [8, 0])
        try between.server.sendRaw(record)
        _ = try between.refuses(.unexpectedMessage)
    }

    @Test("RFC 8446 §5.1: another record between the fragments of a handshake message is unexpected_message")
    func interleaved() throws {
        var pair = try InMemoryPair()
        try pair.advance(to: .waitEncryptedExtensions)
        try pair.server.sendRecord(.handshake, [8, 0])
        try pair.server.sendAlert(.userCanceled)
        _ = try pair.refuses(.unexpectedMessage)
    }

    @Test("RFC 8446 §2: application data under the handshake key is unexpected_message and not delivered")
    func earlyApplicationData() throws {
        for state in [ClientState.waitEncryptedExtensions, .waitCertificateVerify, .waitFinished] {
            var pair = try InMemoryPair()
            try pair.advance(to: state)
            try pair.server.send([1, 2, 3])
            _ = try pair.refuses(.unexpectedMessage)
        }
        var plain = try InMemoryPair()
        try plain.server.sendRaw([23, 3, 3, 0, 1, 1])
        _ = try plain.refuses(.unexpectedMessage)
    }

    @Test("RFC 8446 §5: a record in the clear after ServerHello is unexpected_message")
    func plaintextAfterKeys() throws {
        for record in [[22, 3, 3, 0, 4, 8, 0, 0, 0], [21, 3, 3, 0, 2, 2, 40], [24, 3, 3, 0, 1, 1]] as [[UInt8]] {
            var pair = try InMemoryPair()
            try pair.advance(to: .waitEncryptedExtensions)
            try pair.server.sendRaw(record)
            _ = try pair.refuses(.unexpectedMessage)
        }
    }

    @Test(
        "T-23: a handshake message that announces 2^24-1 octets is refused with its first octets",
        arguments: ClientState.allCases)
    func hugeMessage(_ state: ClientState) throws {
        var pair = try InMemoryPair()
        try pair.advance(to: state)
        try pair.server.sendRecord(.handshake, [11, 0xff, 0xff, 0xff])
        let error = try pair.refuses(.illegalParameter)
        guard case .record(.messageTooLong) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("T-21: RFC 8446 §5.2: a record whose tag fails is bad_record_mac, nothing is delivered, its octets are wiped")
    func badTag() throws {
        for length in [0, 1, 15, 16, 17, 100] {
            var pair = try ConnectionLifeTests.connected()
            try pair.server.sendRaw([23, 3, 3, 0, UInt8(length)] + [UInt8](repeating: 7, count: length))
            _ = try pair.refuses(.badRecordMAC)
        }
    }

    @Test(
        "RFC 8446 §4.6.1: a ticket reaches the store with its PSK; lifetime 0 does not; longer than 7 days counts as 7 days"
    )
    func tickets() throws {
        let store = CollectingStore()
        let pair = try ConnectionLifeTests.connected { $0.sessionStore = store }
        try pair.server.newSessionTicket { ticket in
            ticket.nonce = [4, 2]
            ticket.ticket = [9, 9, 9]
        }
        try pair.server.newSessionTicket { $0.lifetime = 0 }
        try pair.server.newSessionTicket { $0.lifetime = 604_801 }
        try pair.server.newSessionTicket {
            $0.extensions.list.append(RawExtension(type: ExtensionType(rawValue: 0xfafa), body: []))
        }
        try pair.client.receive(try pair.server.takeOutput())
        let sessions = store.sessions
        #expect(sessions.count == 3)
        #expect(sessions[0].ticket == [9, 9, 9])
        let kept = sessions[0].secret.copy()
        let own = [UInt8](copying: kept.bytes)
        let peer = try pair.server.preSharedKey(ticketNonce: [4, 2])
        #expect(own == peer)
        #expect(sessions[1].facts.lifetime == 604_800)
        #expect(pair.client.connection.info.sessionTicketsReceived == 4)
    }

    @Test("RFC 8446 §7.5: both sides export the same keying material; other labels and contexts give other material")
    func exporter() throws {
        var pair = try ConnectionLifeTests.connected()
        let own = try pair.client.connection.exportKeyingMaterial(
            label: "EXPERIMENTAL test", context: [1, 2], length: 80)
        let peer = try pair.server.export(label: "EXPERIMENTAL test", context: [1, 2], length: 80)
        let octets = [UInt8](copying: own.bytes)
        #expect(octets == peer)
        let other = try pair.client.connection.exportKeyingMaterial(
            label: "EXPERIMENTAL test", context: [1], length: 80)
        let others = [UInt8](copying: other.bytes)
        #expect(others != peer)
        #expect(throws: TLSError.self) {
            _ = try pair.client.connection.exportKeyingMaterial(label: "x", context: [], length: 255 * 32 + 1).count
        }
        try pair.exchange()
    }

    // MARK: The end

    @Test("T-26: RFC 8446 §6.1: close_notify and a bare end are told apart")
    func closing() throws {
        let clean = try ConnectionLifeTests.connected()
        try clean.server.send([1])
        try clean.server.sendAlert(.closeNotify)
        try clean.server.sendRaw([23, 3, 3, 0, 9, 1, 2, 3])
        try clean.client.receive(try clean.server.takeOutput())
        #expect(clean.client.events == [.handshakeComplete, .data([1]), .peerClosed])
        try clean.client.receiveEndOfFile()
        // We may still send (half-close).
        try clean.client.send([5])
        clean.client.close()
        clean.client.close()
        #expect(try clean.server.receive(clean.client.takeOutput()) == [.data([5]), .alert(.closeNotify)])
        let late = #expect(throws: TLSError.self) { try clean.client.send([6]) }
        #expect(late?.origin == .caller)

        let cut = try ConnectionLifeTests.connected()
        let error = #expect(throws: TLSError.self) { try cut.client.receiveEndOfFile() }
        #expect(error?.isTruncation == true)
        #expect(error?.origin == .peer)
        #expect(cut.client.takeOutput().isEmpty)
    }

    @Test(
        "T-26: close_notify, an alert or the end in every state terminates and says so", arguments: ClientState.allCases
    )
    func endInEveryState(_ state: ClientState) throws {
        var closed = try InMemoryPair()
        try closed.advance(to: state)
        _ = closed.client.takeOutput()
        try closed.server.sendAlert(.closeNotify)
        let flight = try closed.server.takeOutput()
        if state == .connected {
            try closed.client.receive(flight)
            #expect(closed.client.events.last == .peerClosed)
        } else {
            let error = #expect(throws: TLSError.self) { try closed.client.receive(flight) }
            #expect(error?.reason == .closedDuringHandshake)
            #expect(closed.client.takeOutput().isEmpty)
        }
        var alerted = try InMemoryPair()
        try alerted.advance(to: state)
        _ = alerted.client.takeOutput()
        try alerted.server.sendAlert(.handshakeFailure)
        let alert = try alerted.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try alerted.client.receive(alert) }
        #expect(error?.alert == .handshakeFailure)
        #expect(error?.origin == .peer)
        // RFC 8446 §6: an alert is not answered.
        #expect(alerted.client.takeOutput().isEmpty)
        var ended = try InMemoryPair()
        try ended.advance(to: state)
        let end = #expect(throws: TLSError.self) { try ended.client.receiveEndOfFile() }
        #expect(end?.isTruncation == true)
    }

    @Test("T-38: what came before a truncation was delivered, and the truncation is an error of its own")
    func truncation() throws {
        let pair = try ConnectionLifeTests.connected()
        try pair.server.send([1, 2])
        let whole = try pair.server.takeOutput()
        try pair.client.receive(whole)
        try pair.server.send([3, 4])
        let half = try pair.server.takeOutput()
        try pair.client.receive(Array(half.dropLast()))
        #expect(pair.client.data == [1, 2])
        let error = #expect(throws: TLSError.self) { try pair.client.receiveEndOfFile() }
        #expect(error?.isTruncation == true)
    }

    @Test("A call that the state does not permit is the caller's error and leaves the connection unharmed")
    func misuse() throws {
        var pair = try InMemoryPair()
        let early = #expect(throws: TLSError.self) { try pair.client.send([1]) }
        #expect(early?.origin == .caller)
        #expect(throws: TLSError.self) { try pair.client.updateKeys(requestPeer: false) }
        #expect(throws: TLSError.self) { try pair.client.resume(.peerAccepted) }
        #expect(throws: TLSError.self) {
            _ = try pair.client.connection.exportKeyingMaterial(label: "x", context: [], length: 1).count
        }
        try pair.connect()
        try pair.exchange()
    }

    @Test("RFC 8446 §5.4: padding hides lengths and is removed on the way in")
    func padding() throws {
        var configuration = try TestClient.configuration()
        configuration.recordPadding = .multiple(of: 256)
        var pair = try InMemoryPair(configuration)
        try pair.connect()
        try pair.client.send([1])
        let one = pair.client.takeOutput()
        try pair.client.send([UInt8](repeating: 2, count: 200))
        let many = pair.client.takeOutput()
        #expect(one.count == many.count)
        #expect(try pair.server.receive(one + many) == [.data([1]), .data([UInt8](repeating: 2, count: 200))])
    }
}

/// Keeps what it is given.
final class CollectingStore: SessionStore {
    private let kept = Mutex<[Session]>([])
    var sessions: [Session] { kept.withLock { $0 } }
    func store(_ session: Session, for binding: SessionBinding) { kept.withLock { $0.append(session) } }
    func take(for binding: SessionBinding, at now: UnixTime, timeout: UInt32) -> Session? { nil }
    func remove(for binding: SessionBinding) {}
    func purge() {}
}
