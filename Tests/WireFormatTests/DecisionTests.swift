// DecisionTests.swift — the decision log costs nothing until it is asked for.
// Next: CodePointTests.swift.

import Testing
import WireFormat

@Suite("Decision")
struct DecisionTests {
    private func decision(_ found: String) -> Decision {
        Decision(
            .cipherSuite, .chosen, subject: "ServerHello", expected: "one we offered", found: found,
            rule: "the suite must be one of the offered", section: "RFC 8446 §4.1.3")
    }

    @Test("A log that is not enabled keeps nothing and builds nothing")
    func disabled() {
        var built = 0
        func make() -> Decision {
            built += 1
            return decision("TLS_AES_128_GCM_SHA256")
        }
        var log = DecisionLog(isEnabled: false)
        log.record(make())
        #expect(log.decisions.isEmpty)
        #expect(built == 0)
    }

    @Test("A log that is enabled keeps decisions in order")
    func enabled() {
        var log = DecisionLog(isEnabled: true)
        log.record(decision("a"))
        log.record(decision("b"))
        #expect(log.decisions.map(\.found) == ["a", "b"])
        #expect(log.decisions.first?.advice == "")
    }
}
