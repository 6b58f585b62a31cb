// RecordHeader.swift — the five octets before every record.
// RFC 8446 §5.1, §5.2.
// Next: RecordDeframer.swift.

package import WireFormat

/// TLSPlaintext's and TLSCiphertext's first three fields.
package struct RecordHeader: Equatable, Sendable {
    package let type: ContentType
    /// legacy_record_version. RFC 8446 §5.1: "MUST be ignored for all purposes".
    package let legacyVersion: ProtocolVersion
    /// Octets after the header.
    package let length: Int

    package init(type: ContentType, legacyVersion: ProtocolVersion, length: Int) {
        self.type = type
        self.legacyVersion = legacyVersion
        self.length = length
    }

    /// Writes the header to the first five octets of `record`.
    @inline(__always)
    func write(into record: inout MutableSpan<UInt8>) {
        record[0] = type.rawValue
        record[1] = UInt8(truncatingIfNeeded: legacyVersion.rawValue >> 8)
        record[2] = UInt8(truncatingIfNeeded: legacyVersion.rawValue)
        record[3] = UInt8(truncatingIfNeeded: length >> 8)
        record[4] = UInt8(truncatingIfNeeded: length)
    }
}
