// RecordDeframerTests.swift — records found in the receive buffer, and the limits on their lengths.
// RFC 8446 §5.1, §5.2.
// Next: RecordOpenerTests.swift.

import RecordLayer
import Testing
import WireFormat

@Suite("RecordDeframer")
struct RecordDeframerTests {
    @Test("RFC 8446 §5.1: every split of a stream at every octet gives the same records")
    func everySplit() throws {
        let records = [
            plain(22, pattern(7)), plain(20, [1]), plain(21, [1, 0]), plain(22, pattern(40), version: 0x0301),
            plain(23, []), plain(23, pattern(3), version: 0x7fff),
        ]
        let stream = records.flatMap { $0 }
        for split in 0...stream.count {
            var buffer = ReceiveBuffer()
            var found: [[UInt8]] = []
            for part in [Array(stream[..<split]), Array(stream[split...])] {
                buffer.append(part.span)
                found += try drain(&buffer)
            }
            #expect(found == records, "split at \(split)")
            #expect(buffer.unread == 0)
        }
    }

    @Test(
        "RFC 8446 §5.1: one octet at a time gives the same records, and `missing` never asks for more than is missing")
    func octetByOctet() throws {
        let records = [plain(22, pattern(5)), plain(23, pattern(300)), plain(21, [2, 40])]
        var buffer = ReceiveBuffer()
        var found: [[UInt8]] = []
        for record in records {
            for (index, octet) in record.enumerated() {
                let missing = RecordDeframer.missing(in: buffer)
                #expect(missing == (index < 5 ? 5 - index : record.count - index))
                buffer.append([octet].span)
                found += try drain(&buffer)
            }
        }
        #expect(found == records)
    }

    @Test("RFC 8446 §5.1: legacy_record_version is ignored", arguments: [0x0000, 0x0300, 0x0301, 0x0304, 0xffff])
    func anyVersion(version: UInt16) throws {
        var buffer = ReceiveBuffer()
        buffer.append(plain(22, [9], version: version).span)
        let record = try #require(try RecordDeframer.next(in: buffer, isProtected: false))
        #expect(record.header == RecordHeader(type: .handshake, legacyVersion: .init(rawValue: version), length: 1))
        #expect(record.range == 0..<6)
    }

    @Test(
        "T-24: a length over its limit is refused with record_overflow as soon as the header is there",
        arguments: [
            (type: UInt8(22), isProtected: false, limit: 16384), (21, false, 16384), (20, false, 16384),
            (23, false, 16384), (23, true, 16640), (20, true, 16384), (21, true, 16384), (22, true, 16384),
        ])
    func overflow(type: UInt8, isProtected: Bool, limit: Int) throws {
        for length in [limit + 1, 65535] {
            let header = [type, 3, 3, UInt8(length >> 8), UInt8(length & 255)]
            for count in 1...5 {
                var buffer = ReceiveBuffer()
                let part = Array(header[..<count])
                buffer.append(part.span)
                if count < 5 {
                    #expect(try RecordDeframer.next(in: buffer, isProtected: isProtected) == nil)
                } else {
                    let error = #expect(throws: RecordError.overflow(length: length, limit: limit)) {
                        try next(header, isProtected: isProtected)
                    }
                    #expect(error?.alert == .recordOverflow)
                }
            }
        }
        // The limit itself is waited for.
        #expect(try next([type, 3, 3, UInt8(limit >> 8), UInt8(limit & 255)], isProtected: isProtected) == nil)
        let longest = plain(type, pattern(limit))
        #expect(try next(longest, isProtected: isProtected)?.range == 0..<longest.count)
    }

    @Test(
        "T-15: heartbeat (24) and every other unknown content type is refused at its first octet with unexpected_message",
        arguments: [false, true])
    func unknownType(isProtected: Bool) {
        for octet in UInt8.min...UInt8.max where !(20...23).contains(octet) {
            let error = #expect(throws: RecordError.unknownContentType(octet, looksLike: nil)) {
                try next([octet], isProtected: isProtected)
            }
            #expect(error?.alert == .unexpectedMessage)
        }
    }

    @Test(
        "A peer that speaks a clear-text protocol is named",
        arguments: [
            ("HTTP/1.1 400 Bad Request\r\n", "HTTP in the clear"), ("SSH-2.0-OpenSSH\r\n", "SSH"),
            ("220 mail.example ESMTP\r\n", "SMTP or FTP in the clear"), ("+OK ready\r\n", "POP3 in the clear"),
            ("* OK IMAP4rev1\r\n", "IMAP in the clear"),
        ])
    func clearText(greeting: String, name: String) throws {
        let octets = Array(greeting.utf8)
        let error = try #require(
            #expect(throws: RecordError.unknownContentType(octets[0], looksLike: name)) {
                try next(octets, isProtected: false)
            })
        #expect(error.explanation.found.contains(name))
        #expect(!error.explanation.advice.isEmpty)
    }

    @Test("Octets that only begin like a clear-text protocol are not named")
    func notClearText() {
        for text in ["HTTP", "HTTQ/1.1", "SSH", "22", "+O", "* O", "GET / HTTP/1.1"] {
            let octets = Array(text.utf8)
            #expect(throws: RecordError.unknownContentType(octets[0], looksLike: nil)) {
                try next(octets, isProtected: false)
            }
        }
    }

    @Test("T-47: no octets at all, or too few for a header, are waited for")
    func tooFew() throws {
        #expect(try next([], isProtected: false) == nil)
        for count in 1..<5 { #expect(try next(Array([22, 3, 3, 0, 0][..<count]), isProtected: false) == nil) }
    }

    private func next(_ octets: [UInt8], isProtected: Bool) throws -> DeframedRecord? {
        var buffer = ReceiveBuffer()
        buffer.append(octets.span)
        return try RecordDeframer.next(in: buffer, isProtected: isProtected)
    }

    private func drain(_ buffer: inout ReceiveBuffer) throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        while let record = try RecordDeframer.next(in: buffer, isProtected: false) {
            #expect(RecordDeframer.missing(in: buffer) == 0)
            found.append([UInt8](copying: buffer.bytes(in: record.range)))
            buffer.consume(record.range.count)
        }
        return found
    }
}
