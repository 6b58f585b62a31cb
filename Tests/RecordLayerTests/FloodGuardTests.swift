// FloodGuardTests.swift — a peer that sends what brings nothing is stopped.
// RFC 8446 §5, §6; App. D.4.
// Next: ReceiveBufferTests.swift.

import RecordLayer
import Testing
import WireFormat

@Suite("FloodGuard")
struct FloodGuardTests {
    private typealias Event = @Sendable (inout FloodGuard) throws(RecordError) -> Void

    private static let counters: [(name: String, limit: Int, event: Event)] = [
        ("empty records", 32, { (guarded) throws(RecordError) in try guarded.emptyRecord() }),
        ("warning alerts", 4, { (guarded) throws(RecordError) in try guarded.warningAlert() }),
        ("post-handshake messages", 32, { (guarded) throws(RecordError) in try guarded.postHandshakeMessage() }),
    ]

    @Test("T-22: each counter allows its limit in a row and refuses one more with unexpected_message")
    func limits() {
        for (name, limit, event) in Self.counters {
            var guarded = FloodGuard()
            #expect(failure(after: limit, event, &guarded) == nil, "\(name)")
            guard case .flood(_, limit)? = failure(after: 1, event, &guarded) else {
                Issue.record("\(name): one more than \(limit) passed")
                continue
            }
            #expect(failure(after: 1, event, &guarded)?.alert == .unexpectedMessage)
        }
    }

    @Test("T-22: application data begins the count anew")
    func progress() {
        for (name, limit, event) in Self.counters {
            var guarded = FloodGuard()
            for _ in 0..<10 {
                #expect(failure(after: limit, event, &guarded) == nil, "\(name)")
                guarded.progress()
            }
        }
    }

    @Test("T-22: each record that we send lets one message more come, and nothing else more")
    func credit() {
        for (name, limit, event) in Self.counters {
            var guarded = FloodGuard()
            for _ in 0..<50 { guarded.sent() }
            // Data of the peer takes nothing of it away.
            guarded.progress()
            let extra = name == "post-handshake messages" ? 50 : 0
            #expect(failure(after: limit + extra, event, &guarded) == nil, "\(name)")
            #expect(failure(after: 1, event, &guarded)?.alert == .unexpectedMessage, "\(name)")
        }
    }

    @Test("T-22: the counters do not add up")
    func independent() {
        var guarded = FloodGuard()
        for (_, limit, event) in Self.counters { #expect(failure(after: limit, event, &guarded) == nil) }
    }

    @Test("T-02, App. D.4: two ChangeCipherSpec records pass, the third is refused, application data between or not")
    func changeCipherSpec() {
        let one: Event = { (guarded) throws(RecordError) in
            let content: [UInt8] = [1]
            try guarded.changeCipherSpec(content.span)
        }
        var guarded = FloodGuard()
        #expect(failure(after: 2, one, &guarded) == nil)
        guarded.progress()
        let error = failure(after: 1, one, &guarded)
        #expect(error == .changeCipherSpecUnexpected)
        #expect(error?.alert == .unexpectedMessage)
    }

    @Test("T-02, RFC 8446 §5: a ChangeCipherSpec that is not the single octet 1 is refused")
    func changeCipherSpecContent() {
        for content: [UInt8] in [[], [0], [2], [255], [1, 1], [1, 0], [0, 1]] {
            var guarded = FloodGuard()
            let error = failure(
                after: 1, { (guarded) throws(RecordError) in try guarded.changeCipherSpec(content.span) }, &guarded)
            #expect(error == .changeCipherSpecUnexpected, "\(content)")
        }
    }

    private func failure(after count: Int, _ event: Event, _ guarded: inout FloodGuard) -> RecordError? {
        do throws(RecordError) {
            for _ in 0..<count { try event(&guarded) }
            return nil
        } catch { return error }
    }
}
