// AlertProtocol.swift — alerts, parsed and written.
// RFC 8446 §6.
// Next: FloodGuard.swift.

package import WireFormat

/// An alert as it came.
package struct Alert: Equatable, Sendable {
    package let description: AlertDescription
    /// The level says "warning". TLS 1.3 ignores levels (RFC 8446 §6).
    package let isWarning: Bool

    /// RFC 8446 §5.1, §6: exactly two octets in one record.
    package static func parse(_ content: Span<UInt8>) throws(RecordError) -> Alert {
        guard content.count == 2 else { throw .malformedAlert }
        return Alert(description: AlertDescription(rawValue: content[1]), isWarning: content[0] == 1)
    }

    private init(description: AlertDescription, isWarning: Bool) {
        self.description = description
        self.isWarning = isWarning
    }

    /// RFC 8446 §6, RFC 5246 §7.2.2: close_notify, user_canceled and no_renegotiation are warnings, in RFC 6101 §5.4
    /// no_certificate too, and all others fatal.
    package init(description: AlertDescription) {
        let warnings: [AlertDescription] = [.closeNotify, .userCanceled, .noRenegotiation, .noCertificate]
        let isWarning = warnings.contains(description)
        self.init(description: description, isWarning: isWarning)
    }

    /// Level and description.
    package var encoded: [UInt8] { [isWarning ? 1 : 2, description.rawValue] }
}
