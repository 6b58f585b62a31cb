// ScriptedSealer.swift — a write direction of its own for the scripted server: also records no honest sealer makes.
// RFC 8446 §5.2, §5.3.
// Next: ScriptedServer.swift.

internal import CryptoGlue
package import RecordLayer
package import WireFormat

/// Seals one record a call, whatever its content: empty, padded, of any inner type. It shares no code with RecordSealer.
package struct ScriptedSealer: ~Copyable {
    private var aead: RecordAEAD?
    private var tagLength = 0
    private var iv: [UInt8] = []
    private var sequence: UInt64 = 0

    package init() {}

    package mutating func install(_ key: RecordKey) throws {
        guard case .tls13(let algorithm) = key.protection else {
            throw CryptoError.unsupported("a script of TLS 1.3 with a key of TLS 1.2")
        }
        let octets = key.key.copy()
        let nonce = key.iv.copy()
        aead = try RecordAEAD(algorithm, key: octets.bytes)
        tagLength = algorithm.tagLength
        iv = [UInt8](copying: nonce.bytes)
        sequence = 0
    }

    /// The octets of one record; before a key is installed it is TLSPlaintext.
    package mutating func seal(_ type: ContentType, _ content: [UInt8], padding: Int = 0) throws -> [UInt8] {
        guard !iv.isEmpty else { return ScriptedSealer.header(type.rawValue, content.count) + content }
        let inner = content + [type.rawValue] + [UInt8](repeating: 0, count: padding)
        var record =
            ScriptedSealer.header(23, inner.count + tagLength) + inner + [UInt8](repeating: 0, count: tagLength)
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        for index in 0..<12 {
            let shift = 8 * (11 - index)
            nonce[index] = iv[index] ^ (shift < 64 ? UInt8(truncatingIfNeeded: sequence >> UInt64(shift)) : 0)
        }
        sequence += 1
        var span = record.mutableSpan
        try aead?.seal(&span, header: 5, nonce: nonce)
        return record
    }

    private static func header(_ type: UInt8, _ length: Int) -> [UInt8] {
        [type, 3, 3, UInt8(length >> 8), UInt8(truncatingIfNeeded: length)]
    }
}
