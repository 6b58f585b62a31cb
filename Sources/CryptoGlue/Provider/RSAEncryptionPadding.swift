// RSAEncryptionPadding.swift — the padding of RSAES-PKCS1-v1_5, put on, and taken off without a trace in time.
// RFC 8017 §7.2; RFC 5246 §7.4.7.1.
// Next: RandomSource.swift.

package import WireFormat

package enum RSAEncryptionPadding {
    /// RFC 5246 §7.4.7.1: a version and 46 random bytes.
    package static let premasterLength = 48

    /// How often zeros may have to be drawn anew before a random source is taken to be broken: each draw leaves one part
    /// in 256 of them.
    private static let draws = 128

    /// 00 02 PS 00 M with PS, at least eight bytes, free of zeros.
    static func pad(
        _ message: Span<UInt8>, length: Int, random: any RandomSource
    ) throws(CryptoError) -> SecretBytes {
        let padding = length - message.count - 3
        guard padding >= 8 else {
            throw .lengthOutOfRange("a message of \(message.count) bytes for an RSA modulus of \(length)")
        }
        let drawn = try nonZero(padding, from: random)
        var encoded = SecretBytes(count: length)
        var bytes = encoded.mutableBytes
        bytes[1] = 2
        bytes.copy(drawn.bytes, at: 2)
        bytes.copy(message, at: 3 + padding)
        return encoded
    }

    private static func nonZero(_ count: Int, from random: any RandomSource) throws(CryptoError) -> SecretBytes {
        var result = SecretBytes(count: count)
        var drawn = SecretBytes(count: count)
        var filled = 0
        for _ in 0..<draws {
            try fill(&drawn, from: random)
            let source = drawn.bytes
            var target = result.mutableBytes
            for index in 0..<count where source[index] != 0 && filled < count {
                target[filled] = source[index]
                filled += 1
            }
            if filled == count { return result }
        }
        throw .backend(operation: "random source draws zeros", code: 0)
    }

    private static func fill(_ bytes: inout SecretBytes, from random: any RandomSource) throws(CryptoError) {
        var target = bytes.mutableBytes
        try random.fill(&target)
    }

    /// The 48 bytes at the end of `encoded` when it is 00 02, bytes that are not zero, 00, and 48 bytes that begin with
    /// `version`; `substitute` otherwise.
    ///
    /// Every byte is looked at, and no branch and no index depends on one. `encoded` is as long as a modulus.
    @inline(never)
    package static func premaster(
        in encoded: Span<UInt8>, version: ProtocolVersion, otherwise substitute: borrowing SecretBytes
    ) -> SecretBytes {
        var result = substitute.copy()
        // The length of a modulus is public; it leaves room for more than 8 bytes of padding.
        let start = encoded.count - premasterLength
        guard start >= 11, result.count == premasterLength else { return result }
        var wrong = encoded[0] | encoded[1] ^ 2 | encoded[start - 1]
        for index in 2..<start - 1 { wrong |= ConstantTime.maskIfZero(encoded[index]) }
        wrong |= encoded[start] ^ UInt8(truncatingIfNeeded: version.rawValue >> 8)
        wrong |= encoded[start + 1] ^ UInt8(truncatingIfNeeded: version.rawValue)
        let isRight = ConstantTime.maskIfZero(wrong)
        var bytes = result.mutableBytes
        for index in 0..<premasterLength {
            bytes[index] = ConstantTime.select(isRight, encoded[start + index], bytes[index])
        }
        return result
    }
}
