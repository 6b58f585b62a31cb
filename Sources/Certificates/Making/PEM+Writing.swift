// PEM+Writing.swift — base64 between BEGIN and END lines.
// RFC 7468 §2, §10; RFC 4648 §4.
// Next: SecretWriter.swift.

import CryptoGlue

extension Certificate {
    /// The certificate in PEM, with a line feed at the end.
    package var pemEncoded: [UInt8] {
        let text = PEM.text("CERTIFICATE", derEncoded.span)
        let bytes = text.bytes
        return bytes.indices.map { bytes[$0] }
    }
}

extension PEM {
    /// RFC 7468 §2: 64 characters a line.
    private static let lineLength = 64

    /// One block, in wiped storage.
    static func text(_ label: String, _ contents: Span<UInt8>) -> SecretBytes {
        let (first, last) = (Array("-----BEGIN \(label)-----\n".utf8), Array("-----END \(label)-----\n".utf8))
        let characters = (contents.count + 2) / 3 * 4
        let lines = (characters + lineLength - 1) / lineLength
        var text = SecretBytes(count: first.count + characters + lines + last.count)
        var target = text.mutableBytes
        var offset = 0
        for octet in first {
            target[offset] = octet
            offset += 1
        }
        var column = 0
        for start in stride(from: 0, to: contents.count, by: 3) {
            let count = min(3, contents.count - start)
            var group = UInt32(contents[start]) << 16
            if count > 1 { group |= UInt32(contents[start + 1]) << 8 }
            if count > 2 { group |= UInt32(contents[start + 2]) }
            for position in 0..<4 {
                target[offset] =
                    position <= count
                    ? Base64.digits[Int(group >> (18 - 6 * UInt32(position)) & 0x3f)] : UInt8(ascii: "=")
                offset += 1
            }
            column += 4
            guard column == lineLength || start + 3 >= contents.count else { continue }
            target[offset] = 0x0a
            offset += 1
            column = 0
        }
        for octet in last {
            target[offset] = octet
            offset += 1
        }
        return text
    }
}
