// AlertProtocol.swift — alerts, parsed and written.
// RFC 8446 §6.
// Next: FloodGuard.swift.

package import WireFormat

/// An alert as it came.
package struct Alert: Equatable, Sendable {
    package let description: AlertDescription

    /// RFC 8446 §5.1, §6: exactly two octets in one record; the level is ignored, the description decides.
    package static func parse(_ content: Span<UInt8>) throws(RecordError) -> Alert {
        guard content.count == 2 else { throw .malformedAlert }
        return Alert(description: AlertDescription(rawValue: content[1]))
    }

    package init(description: AlertDescription) { self.description = description }

    /// Level and description. RFC 8446 §6: close_notify and user_canceled are warnings, all others fatal.
    package var encoded: [UInt8] {
        let isWarning = description == .closeNotify || description == .userCanceled
        return [isWarning ? 1 : 2, description.rawValue]
    }
}
