// TLS12Fixtures.swift — every protection of TLS 1.2, and CBC records that no honest sealer makes.
// Next: TLS12RecordTests.swift.

import CryptoGlue
import RecordLayer
import WireFormat

/// One protection of TLS 1.2 with keys that follow from it alone.
struct Protection12: Sendable, CustomStringConvertible {
    let protection: RecordKey.Protection

    static let aeads = AEADAlgorithm.allCases.map { Protection12(protection: .tls12AEAD($0)) }
    static let cbcs = CBCAlgorithm.allCases.flatMap {
        [
            Protection12(protection: .tls12CBC($0, encryptThenMAC: false)),
            Protection12(protection: .tls12CBC($0, encryptThenMAC: true)),
        ]
    }
    static let all = aeads + cbcs

    var description: String {
        switch protection {
        case .tls13(let algorithm), .tls12AEAD(let algorithm): algorithm.rawValue
        case .tls12CBC(let algorithm, let encryptThenMAC):
            algorithm.rawValue + (encryptThenMAC ? " outside" : " inside")
        case .legacy(let legacy):
            "\(legacy.version) \(legacy.cipher) \(legacy.mac)" + (legacy.encryptThenMAC ? " outside" : "")
        }
    }

    private func octets(_ count: Int, _ seed: UInt8) -> SecretBytes {
        let octets = (0..<count).map { seed &+ UInt8(truncatingIfNeeded: 11 * $0) }
        return SecretBytes(copying: octets.span)
    }

    func key(seed: UInt8 = 1) -> RecordKey {
        let lengths = RecordKey.lengths(protection)
        let (key, iv) = (seed, seed &+ 100)
        switch protection {
        case .tls13(let algorithm):
            return RecordKey(algorithm: algorithm, key: octets(lengths.key, key), iv: octets(lengths.iv, iv))
        case .tls12AEAD(let algorithm):
            return RecordKey(tls12: algorithm, key: octets(lengths.key, key), iv: octets(lengths.iv, iv))
        case .tls12CBC(let algorithm, let encryptThenMAC):
            return RecordKey(
                tls12: algorithm, encryptThenMAC: encryptThenMAC, key: octets(lengths.key, key),
                macKey: octets(lengths.macKey, iv))
        case .legacy(let legacy):
            return RecordKey(
                legacy: legacy, key: octets(lengths.key, key), macKey: octets(lengths.macKey, iv),
                iv: octets(lengths.iv, seed &+ 50))
        }
    }

    /// Octets of padding that fill the last block, padding_length counted.
    func leastPadding(_ count: Int) -> Int {
        guard case .tls12CBC(let algorithm, let encryptThenMAC) = protection else { return 0 }
        return 16 - (count + (encryptThenMAC ? 0 : algorithm.macLength)) % 16
    }

    /// A CBC record with `padding` behind the content or the MAC, whatever the rules say, and with `flips` in its MAC.
    func record(
        _ content: [UInt8], padding: [UInt8], flips: [Int: UInt8] = [:], type: UInt8 = 23, number: UInt8 = 0
    ) throws -> [UInt8] {
        guard case .tls12CBC(let algorithm, let encryptThenMAC) = protection else { return [] }
        let key = key()
        let octets = key.key.copy()
        let macOctets = key.macKey.copy()
        var cipher = try RecordCBC(algorithm, key: octets.bytes)
        var mac = try RecordMAC(algorithm, key: macOctets.bytes)
        func code(_ covered: [UInt8]) throws -> [UInt8] {
            let header = [
                0, 0, 0, 0, 0, 0, 0, number, type, 3, 3, UInt8(covered.count >> 8), UInt8(covered.count & 255),
            ]
            mac.update(header.span)
            mac.update(covered.span)
            var code = [UInt8](repeating: 0, count: algorithm.macLength)
            var span = code.mutableSpan
            try mac.finalize(into: &span, at: 0)
            for (index, mask) in flips { code[index] ^= mask }
            return code
        }
        let iv = [UInt8](repeating: 0x3c, count: 16)
        var body = iv + content
        body += encryptThenMAC ? padding : try code(content) + padding
        let end = body.count
        var span = body.mutableSpan
        try cipher.encrypt(&span, in: 16..<end)
        if encryptThenMAC { body += try code(body) }
        return [type, 3, 3, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
    }

    /// An AEAD record of any content, also one that is too long.
    func sealed(_ content: [UInt8], type: UInt8 = 23) throws -> [UInt8] {
        guard case .tls12AEAD(let algorithm) = protection else { return [] }
        let key = key()
        let octets = key.key.copy()
        let fixed = key.iv.copy()
        let iv = [UInt8](copying: fixed.bytes)
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        for index in iv.indices { nonce[index] = iv[index] }
        let explicit = [UInt8](repeating: 0, count: 12 - iv.count)
        var record = explicit + content + [UInt8](repeating: 0, count: algorithm.tagLength)
        let additional =
            [UInt8](repeating: 0, count: 8) + [type, 3, 3, UInt8(content.count >> 8), UInt8(content.count & 255)]
        var aead = try RecordAEAD(algorithm, key: octets.bytes)
        var span = record.mutableSpan
        try aead.seal(&span, header: explicit.count, nonce: nonce, additionalData: additional.span)
        return [type, 3, 3, UInt8(record.count >> 8), UInt8(record.count & 255)] + record
    }
}
