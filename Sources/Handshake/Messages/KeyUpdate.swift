// KeyUpdate.swift — the sender's next records use its next keys.
// RFC 8446 §4.6.3.
// Next: EndOfEarlyData.swift.

package import WireFormat

package struct KeyUpdate: Equatable, Sendable {
    /// KeyUpdateRequest.
    package enum Request: UInt8, Sendable, CaseIterable {
        case notRequested = 0
        case requested = 1
    }

    /// request_update as sent: RFC 8446 §4.6.3 answers another value with illegal_parameter, so it survives parsing.
    package var requestUpdate: UInt8

    package init(requestUpdate: UInt8) { self.requestUpdate = requestUpdate }

    package init(_ request: Request) { self.init(requestUpdate: request.rawValue) }

    /// What the sender asks for, or nil when the value is none the RFC gives.
    package var request: Request? { Request(rawValue: requestUpdate) }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .keyUpdate) { $0.uint8(requestUpdate) }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> KeyUpdate {
        var reader = WireReader(body)
        let requestUpdate = try reader.uint8("request_update")
        try reader.end("KeyUpdate")
        return KeyUpdate(requestUpdate: requestUpdate)
    }
}
