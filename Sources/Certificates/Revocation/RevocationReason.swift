// RevocationReason.swift — why a certificate was revoked.
// RFC 5280 §5.3.1.
// Next: RevokedEntries.swift.

import WireFormat

/// CRLReason. 7 is not used; removeFromCRL, 8, is for delta lists alone, which are refused.
enum RevocationReason: UInt8, Sendable {
    case unspecified = 0
    case keyCompromise = 1
    case cACompromise = 2
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    case certificateHold = 6
    case privilegeWithdrawn = 9
    case aACompromise = 10

    /// The contents of an ENUMERATED.
    init(contents: Span<UInt8>) throws(Fault) {
        guard contents.count == 1, let reason = RevocationReason(rawValue: contents[0]) else {
            throw Fault(
                .structure, expected: "a reason code of a complete list",
                found: contents.count == 1 ? "\(contents[0])" : "\(contents.count) octets")
        }
        self = reason
    }
}

/// When and why.
struct RevocationEntry: Sendable, Equatable {
    let date: UnixTime
    /// nil when none is given.
    let reason: RevocationReason?

    var description: String { "revoked on \(date)" + (reason.map { ", reason \($0)" } ?? ", without a reason") }
}
