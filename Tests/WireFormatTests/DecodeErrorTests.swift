// DecodeErrorTests.swift — a decode error names the field and the rule.
// RFC 8446 §6.2.
// Next: DecisionTests.swift.

import Testing
import WireFormat

@Suite("DecodeError")
struct DecodeErrorTests {
    @Test(
        "The text names the field and what was wrong",
        arguments: [
            (DecodeError.Rule.truncated, "cookie ends before its length says"),
            (.trailingBytes, "bytes follow the end of cookie"),
            (.lengthOutOfRange, "the length of cookie is outside its bounds"),
            (.valueOutOfRange, "the value of cookie is outside its range"),
        ])
    func text(_ rule: DecodeError.Rule, _ expected: String) {
        #expect(DecodeError(rule, "cookie").description == expected)
    }

    @Test("Errors are equal when rule and field are")
    func equality() {
        #expect(DecodeError(.truncated, "a") == DecodeError(.truncated, "a"))
        #expect(DecodeError(.truncated, "a") != DecodeError(.truncated, "b"))
        #expect(DecodeError(.truncated, "a") != DecodeError(.trailingBytes, "a"))
    }
}
