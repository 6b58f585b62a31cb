// RecordDeframer.swift — finds the next whole record in the receive buffer, as a range.
// RFC 8446 §5.1, §5.2; RFC 5246 §6.2.
// Next: RecordOpener.swift.

package import WireFormat

/// One whole record in the receive buffer.
package struct DeframedRecord: Equatable, Sendable {
    package let header: RecordHeader
    /// The record with its header.
    package let range: Range<Int>
}

package enum RecordDeframer {
    /// The next record, or nil when it is not all there yet. Lengths are checked as soon as the header is there, so that
    /// nothing is buffered for a record that will be refused.
    ///
    /// - Parameters:
    ///   - isProtected: a read key is installed, so that the longer limit of §5.2 holds.
    ///   - keyedVersion: its version when it is TLS 1.2 or older: there records keep their type, and have longer expansions.
    package static func next(
        in buffer: borrowing ReceiveBuffer, isProtected: Bool, keyedVersion: ProtocolVersion? = nil
    ) throws(RecordError) -> DeframedRecord? {
        let unread = buffer.unreadRange
        guard !unread.isEmpty else { return nil }
        let octets = buffer.bytes(in: unread)
        let type = ContentType(rawValue: octets[0])
        switch type {
        case .changeCipherSpec, .alert, .handshake, .applicationData: break
        default: throw .unknownContentType(octets[0], looksLike: protocolName(of: octets))
        }
        guard octets.count >= RecordLimits.header else { return nil }
        let header = RecordHeader(
            type: type, legacyVersion: ProtocolVersion(rawValue: UInt16(octets[1]) << 8 | UInt16(octets[2])),
            length: Int(octets[3]) << 8 | Int(octets[4]))
        let limit: Int
        if isProtected, let keyedVersion {
            // RFC 5246 §6.2.1, App. E.1: once the version is negotiated, every record says it.
            guard header.legacyVersion == keyedVersion else {
                throw .versionUnexpected(header.legacyVersion, negotiated: keyedVersion)
            }
            limit = RecordLimits.ciphertextTLS12
        } else {
            // RFC 8446 §5.2: the expansion is at most 256 octets, and only protected records (application_data) have any.
            limit = isProtected && type == .applicationData ? RecordLimits.ciphertext : RecordLimits.plaintext
        }
        guard header.length <= limit else { throw .overflow(length: header.length, limit: limit) }
        let total = RecordLimits.header + header.length
        guard octets.count >= total else { return nil }
        return DeframedRecord(header: header, range: unread.lowerBound..<unread.lowerBound + total)
    }

    /// How many octets are missing until the next record is whole; 0 when it is. At least the header is asked for.
    package static func missing(in buffer: borrowing ReceiveBuffer) -> Int {
        let unread = buffer.unreadRange
        guard unread.count >= RecordLimits.header else { return RecordLimits.header - unread.count }
        let octets = buffer.bytes(in: unread)
        return max(0, RecordLimits.header + (Int(octets[3]) << 8 | Int(octets[4])) - unread.count)
    }

    /// The clear-text protocol that the octets give away: the commonest cause of a first octet that is no content type.
    private static func protocolName(of octets: Span<UInt8>) -> String? {
        func begins(with text: StaticString) -> Bool {
            guard octets.count >= text.utf8CodeUnitCount else { return false }
            var index = 0
            for octet in "\(text)".utf8 {
                guard octets[index] == octet else { return false }
                index += 1
            }
            return true
        }
        // RFC 6176 §3: a hello in the form of SSL 2.0, whose length has its first bit set, is refused whatever it offers.
        if octets.count >= 3, octets[0] & 0x80 != 0, octets[2] == 1 { return "an SSL 2.0 ClientHello" }
        if begins(with: "HTTP/") { return "HTTP in the clear" }
        if begins(with: "SSH-") { return "SSH" }
        if begins(with: "220") { return "SMTP or FTP in the clear" }
        if begins(with: "+OK") { return "POP3 in the clear" }
        if begins(with: "* OK") { return "IMAP in the clear" }
        return nil
    }
}
