// RevokedEntries.swift — the serial numbers of a revocation list, found in one pass and looked up by bisection.
// RFC 5280 §5.1.2.6, §5.3.
// Next: IssuingDistributionPoint.swift.

import WireFormat

/// revokedCertificates, left where it is in the list's DER: twelve octets are kept of each entry.
struct RevokedEntries: Sendable {
    private struct Entry: Comparable {
        /// The last eight octets of the serial number: what issuers draw at random stands there too. Numbers that have
        /// them in common are told apart in the DER.
        let key: UInt64
        let offset: UInt32

        static func < (left: Entry, right: Entry) -> Bool { left.key < right.key }
    }

    /// In the order of their keys.
    private let entries: [Entry]

    var count: Int { entries.count }

    /// Reads and checks every entry of the SEQUENCE OF with these contents. Linear but for the sort.
    ///
    /// - Parameter permitsExtensions: whether the list is of version 2.
    init(_ bytes: Span<UInt8>, _ contents: Range<Int>, permitsExtensions: Bool) throws(Fault) {
        var entries: [Entry] = []
        // An entry takes 20 octets at least, and 35 or so as a rule.
        entries.reserveCapacity(contents.count / 32)
        var list = DERCursor(contents)
        while !list.isAtEnd {
            let offset = list.offset
            let entry = try list.read(DERTag.sequence, bytes, "an entry of the list")
            let (serial, _) = try RevokedEntries.read(bytes, entry, permitsExtensions)
            entries.append(
                Entry(key: RevokedEntries.key(bytes.extracting(serial)), offset: UInt32(truncatingIfNeeded: offset)))
        }
        entries.sort()
        self.entries = entries
    }

    /// No entries.
    init() { entries = [] }

    /// The entry of this serial number, in its INTEGER contents, if there is one in the list `bytes`.
    func entry(_ serial: Span<UInt8>, in bytes: Span<UInt8>) throws(Fault) -> RevocationEntry? {
        let key = RevokedEntries.key(serial)
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = low + (high - low) / 2
            if entries[middle].key < key { low = middle + 1 } else { high = middle }
        }
        while low < entries.count, entries[low].key == key {
            var cursor = DERCursor(Int(entries[low].offset)..<bytes.count)
            let contents = try cursor.read(DERTag.sequence, bytes, "an entry of the list")
            let (found, entry) = try RevokedEntries.read(bytes, contents, true)
            if RevokedEntries.areEqual(bytes.extracting(found), serial) { return entry }
            low += 1
        }
        return nil
    }

    private static func key(_ serial: Span<UInt8>) -> UInt64 {
        var key: UInt64 = 0
        for index in max(0, serial.count - 8)..<serial.count { key = key << 8 | UInt64(serial[index]) }
        return key
    }

    private static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }

    /// userCertificate, revocationDate and crlEntryExtensions: where the serial number is, and the rest.
    private static func read(
        _ bytes: Span<UInt8>, _ contents: Range<Int>, _ permitsExtensions: Bool
    ) throws(Fault) -> (serial: Range<Int>, entry: RevocationEntry) {
        var fields = DERCursor(contents)
        let serial = try fields.read(DERTag.integer, bytes, "a serial number")
        // X.690 §8.3.2: in the fewest octets, or a certificate's number would not be found.
        guard let first = serial.first.map({ bytes[$0] }) else {
            throw Fault(.derEncoding, expected: "a serial number in DER", found: "an INTEGER of no octets")
        }
        if serial.count > 1 {
            let second = bytes[serial.lowerBound + 1]
            guard !(first == 0 && second < 0x80), !(first == 0xff && second >= 0x80) else {
                throw Fault(
                    .derEncoding, expected: "a serial number in DER", found: "an INTEGER of more octets than it needs")
            }
        }
        let date = try DERTime.read(&fields, bytes, "revocationDate")
        var reason: RevocationReason?
        if permitsExtensions, let extensions = try fields.readIf(DERTag.sequence, bytes) {
            reason = try reasonCode(bytes, extensions)
        }
        try fields.expectEnd("an entry of the list")
        return (serial, RevocationEntry(date: date, reason: reason))
    }

    /// RFC 5280 §5.3: of the entry extensions one is read and one refuses the list.
    private static func reasonCode(_ bytes: Span<UInt8>, _ contents: Range<Int>) throws(Fault) -> RevocationReason? {
        var list = DERCursor(contents)
        guard !list.isAtEnd else { throw Fault(.structure, expected: "at least one extension", found: "none") }
        var reason: RevocationReason?
        while !list.isAtEnd {
            var fields = DERCursor(try list.read(DERTag.sequence, bytes, "an extension"))
            let identifier = try fields.read(DERTag.objectIdentifier, bytes, "extnID")
            let flag = try fields.readIf(DERTag.boolean, bytes)
            // X.690 §11.1, §11.5: TRUE is 0xFF, and a default value is not written.
            if let flag, flag.count != 1 || bytes[flag.lowerBound] != 0xff {
                throw Fault(.derEncoding, expected: "critical as TRUE or absent", found: "something else")
            }
            let value = try fields.read(DERTag.octetString, bytes, "extnValue")
            try fields.expectEnd("an extension")
            if is2529(bytes, identifier, 0x15) {
                guard reason == nil else {
                    throw Fault(.duplicateExtension, expected: "one reasonCode", found: "two")
                }
                var inner = DERCursor(value)
                let code = try inner.read(DERTag.enumerated, bytes, "reasonCode")
                try inner.expectEnd("reasonCode")
                reason = try RevocationReason(contents: bytes.extracting(code))
            } else if is2529(bytes, identifier, 0x1d) {
                // RFC 5280 §5.3.3: the entries from here on are another issuer's.
                throw Fault(.structure, expected: "a list of one issuer's certificates", found: "an indirect list")
            } else if flag != nil {
                throw Fault(
                    .criticalExtension, expected: "critical extensions that are understood",
                    found: "another in an entry of the list")
            }
        }
        return reason
    }

    /// 2.5.29.x, the arc of RFC 5280's extensions.
    private static func is2529(_ bytes: Span<UInt8>, _ identifier: Range<Int>, _ last: UInt8) -> Bool {
        let start = identifier.lowerBound
        return identifier.count == 3 && bytes[start] == 0x55 && bytes[start + 1] == 0x1d && bytes[start + 2] == last
    }
}
