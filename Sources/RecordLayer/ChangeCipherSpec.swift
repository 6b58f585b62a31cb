// ChangeCipherSpec.swift — the record that changes keys in TLS 1.2 and means nothing in TLS 1.3.
// RFC 5246 §7.1; RFC 8446 §5.
// Next: FloodGuard.swift.

package enum ChangeCipherSpec {
    /// The single octet 1, in either version.
    package static func check(_ content: Span<UInt8>) throws(RecordError) {
        guard content.count == 1, content[0] == 1 else { throw .changeCipherSpecUnexpected }
    }
}
