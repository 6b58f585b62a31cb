// RecordErrorTests.swift — every breach has its alert and a sentence; alerts are parsed and written.
// RFC 8446 §6.
// Next: RecordFixtures.swift.

import CryptoGlue
import RecordLayer
import Testing
import WireFormat

@Suite("RecordError, Alert")
struct RecordErrorTests {
    private static let all: [RecordError] = [
        .unknownContentType(24, looksLike: nil), .overflow(length: 2, limit: 1), .authenticationFailed,
        .unprotected(.alert), .applicationDataBeforeKeys, .innerTypeMissing, .innerTypeUnexpected(.changeCipherSpec),
        .emptyFragment(.handshake), .changeCipherSpecUnexpected, .interleaved(.alert),
        .messageTooLong(.certificate, length: 2, limit: 1), .malformedAlert, .flood("records", limit: 1),
        .sequenceExhausted, .crypto(.authenticationFailed), .versionUnexpected(.tls11, negotiated: .tls12),
        .keyExhausted(records: 1),
        .earlyDataTooLong,
    ]

    /// The table of RFC 8446 §6.2 as a reader of the RFC would write it. No default: a new case must be put here and in
    /// `all`.
    private func expected(_ error: RecordError) -> (place: Int, alert: UInt8) {
        switch error {
        case .unknownContentType: (0, 10)
        case .overflow: (1, 22)
        case .authenticationFailed: (2, 20)
        case .unprotected: (3, 10)
        case .applicationDataBeforeKeys: (4, 10)
        case .innerTypeMissing: (5, 10)
        case .innerTypeUnexpected: (6, 10)
        case .emptyFragment: (7, 10)
        case .changeCipherSpecUnexpected: (8, 10)
        case .interleaved: (9, 10)
        case .messageTooLong: (10, 47)
        case .malformedAlert: (11, 50)
        case .flood: (12, 10)
        case .sequenceExhausted: (13, 80)
        case .crypto: (14, 80)
        case .versionUnexpected: (15, 70)
        case .keyExhausted: (16, 80)
        case .earlyDataTooLong: (17, 10)
        }
    }

    @Test("RFC 8446 §6.2: the alert table is total")
    func alerts() {
        #expect(Self.all.map { expected($0).place } == Array(0..<18))
        for error in Self.all { #expect(error.alert.rawValue == expected(error).alert, "\(error)") }
    }

    @Test("Every refusal says its rule, what was expected, what came, and where the rule stands")
    func explanations() {
        for error in Self.all {
            let decision = error.explanation
            #expect(decision.outcome == .refused)
            #expect(decision.topic == .record)
            #expect(!decision.rule.isEmpty && !decision.expected.isEmpty && !decision.found.isEmpty, "\(error)")
            #expect(
                decision.section.hasPrefix("RFC 8446 §") || decision.section.hasPrefix("RFC 5246 §"), "\(error)")
        }
    }

    @Test("RFC 8446 §6: an alert is exactly two octets; the level does not matter, unknown descriptions survive")
    func parse() throws {
        for content: [UInt8] in [[], [1], [2], [1, 0, 0], [2, 40, 2, 40]] {
            do throws(RecordError) {
                _ = try Alert.parse(content.span)
                Issue.record("\(content) passed")
            } catch { #expect(error == .malformedAlert) }
        }
        for level: UInt8 in [0, 1, 2, 255] {
            for description in UInt8.min...UInt8.max {
                let content = [level, description]
                #expect(try Alert.parse(content.span).description.rawValue == description)
            }
        }
    }

    @Test("RFC 8446 §6, RFC 5246 §7.2.2: close_notify, user_canceled and no_renegotiation go out as warnings")
    func write() {
        for description in UInt8.min...UInt8.max {
            let encoded = Alert(description: AlertDescription(rawValue: description)).encoded
            #expect(encoded == [[0, 41, 90, 100].contains(description) ? 1 : 2, description])
        }
    }
}
