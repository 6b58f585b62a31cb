// PEM.swift — base64 blocks between BEGIN and END lines.
// RFC 7468 §2, §3; RFC 4648 §4.
// Next: Base64.swift.

import CryptoGlue
import WireFormat

/// Splits PEM files, tolerant of what stands between blocks and of the length of lines.
///
/// swift-asn1's PEMDocument wants lines of exactly 64 characters and a String, and decodes through Foundation's Data,
/// which leaves copies of private keys behind. So the base64 is decoded here, for keys straight into wiped storage.
enum PEM {
    /// One block: where in the file its text is. Nothing is decoded yet.
    struct Block {
        /// What stands between `BEGIN ` and the dashes.
        let label: String
        /// The lines between BEGIN and END.
        let body: Range<Int>
        /// RFC 1421 headers in front of the base64: `Proc-Type: 4,ENCRYPTED`.
        let hasHeaders: Bool
        /// The END line of the same label is there.
        let isClosed: Bool
    }

    /// Every block of the file, in its order.
    ///
    /// - Throws: ``CertificateError`` when a block has no END line of its own.
    static func blocks(_ file: Span<UInt8>, subject: String) throws(CertificateError) -> [Block] {
        let blocks = PEM.blocks(file)
        for block in blocks where !block.isClosed { throw block.unclosed(subject) }
        return blocks
    }

    /// Every block of the file, in its order, unclosed ones included. Works in place: nothing but labels is copied.
    static func blocks(_ file: Span<UInt8>) -> [Block] {
        var blocks: [Block] = []
        var open: (label: String, start: Int, hasHeaders: Bool)?
        var offset = 0
        while offset < file.count {
            var lineEnd = offset
            while lineEnd < file.count, file[lineEnd] != UInt8(ascii: "\n") { lineEnd += 1 }
            let line = trimmed(file, offset..<lineEnd)
            if let label = label(file, line, begin), !label.isEmpty {
                if let open { blocks.append(block(open, end: offset, isClosed: false)) }
                open = (label, min(lineEnd + 1, file.count), false)
            } else if let current = open {
                if let label = label(file, line, end) {
                    blocks.append(block(current, end: offset, isClosed: label == current.label))
                    open = nil
                } else if hasColon(file, line) {
                    open?.hasHeaders = true
                }
            }
            offset = lineEnd + 1
        }
        if let open { blocks.append(block(open, end: file.count, isClosed: false)) }
        return blocks
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    private static func block(
        _ open: (label: String, start: Int, hasHeaders: Bool), end: Int, isClosed: Bool
    ) -> Block {
        Block(
            label: open.label, body: open.start..<max(open.start, end), hasHeaders: open.hasHeaders, isClosed: isClosed)
    }

    private static func label(_ file: Span<UInt8>, _ line: Range<Int>, _ marker: [UInt8]) -> String? {
        let (start, end) = (line.lowerBound + marker.count, line.upperBound - dashes.count)
        guard start <= end, has(file, marker, at: line.lowerBound), has(file, dashes, at: end) else { return nil }
        return String(decoding: [UInt8](copying: file.extracting(start..<end)), as: UTF8.self)
    }

    private static func has(_ file: Span<UInt8>, _ text: [UInt8], at offset: Int) -> Bool {
        for index in text.indices where file[offset + index] != text[index] { return false }
        return true
    }

    private static func hasColon(_ file: Span<UInt8>, _ line: Range<Int>) -> Bool {
        for index in line where file[index] == UInt8(ascii: ":") { return true }
        return false
    }

    private static func trimmed(_ file: Span<UInt8>, _ line: Range<Int>) -> Range<Int> {
        var (start, end) = (line.lowerBound, line.upperBound)
        while end > start, file[end - 1] == 0x20 || file[end - 1] == 0x09 || file[end - 1] == 0x0d { end -= 1 }
        while start < end, file[start] == 0x20 || file[start] == 0x09 { start += 1 }
        return start..<end
    }
}

extension PEM.Block {
    /// A certificate in plain DER; OpenSSL's TRUSTED CERTIFICATE has more behind it and is no such block.
    var isCertificate: Bool { label == "CERTIFICATE" || label == "X509 CERTIFICATE" }

    /// The block's bytes.
    func decoded(_ file: Span<UInt8>, subject: String) throws(CertificateError) -> [UInt8] {
        guard isClosed else { throw unclosed(subject) }
        var bytes = [UInt8](repeating: 0, count: Base64.longestResult(body.count))
        let count: Int?
        do {
            var span = bytes.mutableSpan
            count = Base64.decode(file.extracting(body), into: &span)
        }
        guard let count else { throw notBase64(subject) }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// The block's bytes in wiped storage.
    func decodedSecret(_ file: Span<UInt8>, subject: String) throws(CertificateError) -> SecretBytes {
        guard isClosed else { throw unclosed(subject) }
        var room = SecretBytes(count: Base64.longestResult(body.count))
        let count: Int?
        do {
            var span = room.mutableBytes
            count = Base64.decode(file.extracting(body), into: &span)
        }
        guard let count else { throw notBase64(subject) }
        return SecretBytes(copying: room.bytes.extracting(first: count))
    }

    fileprivate func unclosed(_ subject: String) -> CertificateError {
        let label = Printable.escaped(label)
        return CertificateError(
            .pem, subject: subject, expected: "a line END \(label) for BEGIN \(label)", found: "another END or none")
    }

    private func notBase64(_ subject: String) -> CertificateError {
        CertificateError(
            .pem, subject: subject, expected: "base64 between BEGIN and END",
            found: "something else in block \(Printable.escaped(label))")
    }
}
