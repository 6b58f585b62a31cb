// RecordAEADTests.swift — known answers, round trips, and that nothing of a record with a bad tag is delivered.
// RFC 8446 §5.2; SP 800-38C; RFC 8439.
// Next: KeyExchangeTests.swift.

import CryptoGlue
import Testing

/// Header, then content, then room for the tag.
private func record(_ header: [UInt8], _ content: [UInt8], room: Int) -> [UInt8] {
    header + content + [UInt8](repeating: 0, count: room)
}

private func counting(from start: UInt8) -> InlineArray<12, UInt8> {
    InlineArray { start + UInt8($0) }
}

@Suite("RecordAEAD")
struct RecordAEADTests {
    static let known: [(AEADAlgorithm, String)] = [
        (
            .aes128GCM,
            """
            c0f410a782f57f0eb34185df7dc29a71d8a0678d92433cf37f7add0cbb5ef34468a510a38501ff22dd758ab6bb5e8029\
            eb012433fc67d5e96041dd6810582da72634
            """
        ),
        (
            .aes256GCM,
            """
            d23ba473689d1c09127548c5cd15faf6c058fe8f939575f974ef76095597401655afc727aa0013fd3cd444b9742431e7\
            d21b25dc76b637741bd7cbc7c5598af5b934
            """
        ),
        (
            .chaCha20Poly1305,
            """
            73e68a7f15eafa3d93cca7c3453281b76b7f6c21047c895a9ef827bfa0a6c50d2396a075e83ef140cce6c73c4cdc4d6f\
            f53d8f41acddd13d6ce9822c7a4084fed730
            """
        ),
        (
            .aes128CCM,
            """
            424b260771a07a5e93ec0c0ee3a558f3eef97f4a2886bc9671bb563aa3c60159d3393a90fa7853a93795df869a3f3e76\
            d89586a090110d39ff3dab9cbdd1c34fbbcf
            """
        ),
        (
            .aes128CCM8,
            """
            424b260771a07a5e93ec0c0ee3a558f3eef97f4a2886bc9671bb563aa3c60159d3393a90fa7853a93795df869a3f3e76\
            d895d6e5bb913fb82f0c
            """
        ),
    ]

    @Test("Sealed by OpenSSL: the same octets from the same key, nonce and header", arguments: known)
    func knownAnswer(algorithm: AEADAlgorithm, sealed: String) throws {
        let key = (0..<algorithm.keyLength).map { UInt8($0) }
        let header = Array("header".utf8)
        let content = (0..<50).map { UInt8($0) }
        var bytes = record(header, content, room: algorithm.tagLength)
        var sealer = try RecordAEAD(algorithm, key: key.span)
        #expect(sealer.algorithm == algorithm)
        var span = bytes.mutableSpan
        try sealer.seal(&span, header: header.count, nonce: counting(from: 0x20))
        #expect(bytes == header + octets(sealed))
        var opener = try RecordAEAD(algorithm, key: key.span)
        span = bytes.mutableSpan
        try opener.open(&span, header: header.count, nonce: counting(from: 0x20))
        #expect(Array(bytes.prefix(56)) == header + content)
    }

    @Test("SP 800-38C example 3: AES-CCM with a 12-byte nonce and an 8-byte tag")
    func ccmExample() throws {
        let key = (0x40...0x4f).map { UInt8($0) }
        let header = (0x00...0x13).map { UInt8($0) }
        var bytes = record(header, (0x20...0x37).map { UInt8($0) }, room: 8)
        var sealer = try RecordAEAD(.aes128CCM8, key: key.span)
        var span = bytes.mutableSpan
        try sealer.seal(&span, header: header.count, nonce: counting(from: 0x10))
        let expected = octets("e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951")
        #expect(Array(bytes.dropFirst(header.count)) == expected)
    }

    @Test("One handle seals and opens records of every length, one after another", arguments: AEADAlgorithm.allCases)
    func lengths(algorithm: AEADAlgorithm) throws {
        let key = [UInt8](repeating: 0x5a, count: algorithm.keyLength)
        var sealer = try RecordAEAD(algorithm, key: key.span)
        var opener = try RecordAEAD(algorithm, key: key.span)
        for (round, length) in [0, 1, 15, 16, 17, 63, 64, 65, 1000, 16_384, 16_401, 0, 5].enumerated() {
            for headerLength in [0, 5, 13] {
                let header = [UInt8](repeating: UInt8(round), count: headerLength)
                let content = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
                var bytes = record(header, content, room: algorithm.tagLength)
                var span = bytes.mutableSpan
                try sealer.seal(&span, header: headerLength, nonce: counting(from: UInt8(round)))
                #expect(length < 16 || Array(bytes[headerLength..<(headerLength + length)]) != content)
                span = bytes.mutableSpan
                try opener.open(&span, header: headerLength, nonce: counting(from: UInt8(round)))
                #expect(Array(bytes.prefix(headerLength + length)) == header + content)
            }
        }
    }

    @Test(
        "T-21: records of 0 to 16 bytes with a bad tag are refused, and nothing is delivered",
        arguments: AEADAlgorithm.allCases)
    func badTag(algorithm: AEADAlgorithm) throws {
        let key = [UInt8](repeating: 0x5a, count: algorithm.keyLength)
        let header: [UInt8] = [23, 3, 3, 0, 1]
        var sealer = try RecordAEAD(algorithm, key: key.span)
        var opener = try RecordAEAD(algorithm, key: key.span)
        for length in 0...16 {
            let content = [UInt8](repeating: 0xee, count: length)
            var sealed = record(header, content, room: algorithm.tagLength)
            var span = sealed.mutableSpan
            try sealer.seal(&span, header: header.count, nonce: counting(from: 1))
            // Each byte in turn: header, ciphertext and tag are all covered.
            for place in sealed.indices {
                var altered = sealed
                altered[place] ^= 0x01
                let kept = Array(altered.prefix(header.count))
                var bytes = altered.mutableSpan
                let error = refusal { () throws(CryptoError) in
                    try opener.open(&bytes, header: header.count, nonce: counting(from: 1))
                }
                #expect(error == .authenticationFailed)
                #expect(altered == kept + [UInt8](repeating: 0, count: sealed.count - header.count))
            }
            var bytes = sealed
            span = bytes.mutableSpan
            let error = refusal { () throws(CryptoError) in
                try opener.open(&span, header: header.count, nonce: counting(from: 2))
            }
            #expect(error == .authenticationFailed)
            // The handle has not suffered.
            bytes = sealed
            span = bytes.mutableSpan
            try opener.open(&span, header: header.count, nonce: counting(from: 1))
            #expect(Array(bytes[header.count..<(header.count + length)]) == content)
        }
    }

    @Test("T-21: a record shorter than its tag is refused and wiped", arguments: AEADAlgorithm.allCases)
    func shorterThanTag(algorithm: AEADAlgorithm) throws {
        var opener = try RecordAEAD(algorithm, key: [UInt8](repeating: 1, count: algorithm.keyLength).span)
        for length in 0..<algorithm.tagLength {
            var bytes: [UInt8] = [1, 2, 3, 4, 5] + [UInt8](repeating: 0xee, count: length)
            var span = bytes.mutableSpan
            let error = refusal { () throws(CryptoError) in try opener.open(&span, header: 5, nonce: counting(from: 0))
            }
            #expect(error == .authenticationFailed)
            #expect(bytes == [1, 2, 3, 4, 5] + [UInt8](repeating: 0, count: length))
        }
    }

    @Test("Keys of a wrong length and records without room are refused", arguments: AEADAlgorithm.allCases)
    func wrongLengths(algorithm: AEADAlgorithm) throws {
        for length in [0, 1, algorithm.keyLength - 1, algorithm.keyLength + 1, 64] {
            let error = refusal { () throws(CryptoError) in
                _ = try RecordAEAD(algorithm, key: [UInt8](repeating: 1, count: length).span)
            }
            guard case .invalidKey = error else {
                Issue.record("a key of \(length) bytes: \(String(describing: error))")
                continue
            }
        }
        var handle = try RecordAEAD(algorithm, key: [UInt8](repeating: 1, count: algorithm.keyLength).span)
        var bytes = [UInt8](repeating: 9, count: algorithm.tagLength + 4)
        for header in [-1, 5, Int.min, Int.max] {
            var span = bytes.mutableSpan
            let sealing = refusal { () throws(CryptoError) in
                try handle.seal(&span, header: header, nonce: counting(from: 0))
            }
            guard case .lengthOutOfRange = sealing else {
                Issue.record("header \(header): \(String(describing: sealing))")
                continue
            }
        }
        for header in [-1, algorithm.tagLength + 5, Int.min, Int.max] {
            var span = bytes.mutableSpan
            #expect(
                refusal { () throws(CryptoError) in try handle.open(&span, header: header, nonce: counting(from: 0)) }
                    != nil)
        }
        #expect(bytes == [UInt8](repeating: 9, count: algorithm.tagLength + 4))
    }
}
