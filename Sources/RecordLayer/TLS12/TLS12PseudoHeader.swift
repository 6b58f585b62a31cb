// TLS12PseudoHeader.swift — what is authenticated besides a record's content.
// RFC 5246 §6.2.3.1, §6.2.3.3.
// Next: TLS12AEADProtection.swift.

internal import CryptoGlue
internal import WireFormat

/// `seq_num || type || version || length`: an AEAD's additional data and the first octets under a MAC.
enum TLS12PseudoHeader {
    static let length = 13

    /// - Parameter length: 0...65535; it may be secret, no branch depends on it.
    @inline(__always)
    static func make(
        _ number: UInt64, _ type: ContentType, _ version: ProtocolVersion = .tls12, length: UInt16
    ) -> InlineArray<13, UInt8> {
        var header = InlineArray<13, UInt8>(repeating: 0)
        for index in 0..<8 { header[index] = UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * index)) }
        header[8] = type.rawValue
        header[9] = UInt8(truncatingIfNeeded: version.rawValue >> 8)
        header[10] = UInt8(truncatingIfNeeded: version.rawValue)
        header[11] = UInt8(truncatingIfNeeded: length >> 8)
        header[12] = UInt8(truncatingIfNeeded: length)
        return header
    }

    /// Begins the MAC of a record with it.
    @inline(__always)
    static func update(
        _ mac: inout RecordMAC, _ number: UInt64, _ type: ContentType, _ version: ProtocolVersion, length: UInt16
    ) {
        let header = make(number, type, version, length: length)
        guard version == .ssl30 else { return mac.update(header.span) }
        // RFC 6101 §5.2.3.1: without the version.
        mac.update(header.span.extracting(0..<9))
        mac.update(header.span.extracting(11..<13))
    }
}
