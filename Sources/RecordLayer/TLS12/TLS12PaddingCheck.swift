// TLS12PaddingCheck.swift — where the content of a decrypted CBC record ends, found without a trace in time.
// RFC 5246 §6.2.3.2 (implementation note); RFC 7366 §3.
// Next: HandshakeReassembler.swift.

internal import CryptoGlue
internal import WireFormat

/// The check of padding and MAC against Vaudenay's, POODLE's and Lucky Thirteen's questions.
///
/// In MAC-then-encrypt the padding has to be read before the MAC can be found, so whoever may change records can ask
/// questions about the plaintext if "bad padding" and "bad MAC" differ in anything, time included. Here
///
/// - every padding octet that there can be is looked at, and combined by masks;
/// - the code of every length that the content can have is computed, 256 at most, each from a copy of the state that has
///   taken the content up to there, and compared with the octets that would be the MAC then; a mask selects the one
///   that counts. A single HMAC over a secret length would not do: libgcrypt's work depends on the length;
/// - the pseudo-header holds the secret length, as data;
/// - no branch and no index depends on what was decrypted before all of it has become one bit.
enum TLS12PaddingCheck {
    /// The length of the content of `decrypted` — content, MAC, padding — or nil when padding or MAC is wrong.
    ///
    /// `decrypted` has more than `macLength` octets.
    @inline(never)
    static func contentLength(
        of decrypted: Span<UInt8>, _ number: UInt64, _ type: ContentType, _ mac: inout RecordMAC, macLength: Int
    ) throws(CryptoError) -> Int? {
        let longest = decrypted.count - macLength - 1
        guard longest >= 0 else { return nil }
        // What the record's length, which is public, leaves room for.
        let most = min(longest, 255)
        var (padding, wrong) = read(decrypted, most: UInt8(truncatingIfNeeded: most))
        let length = UInt16(truncatingIfNeeded: longest) &- UInt16(padding)
        defer { mac.reset() }
        let header = TLS12PseudoHeader.make(number, type, length: length)
        mac.update(header.span)
        mac.update(decrypted.extracting(first: longest - most))
        var code = InlineArray<48, UInt8>(repeating: 0)
        var expected = code.mutableSpan
        for candidate in stride(from: most, through: 0, by: -1) {
            let end = longest - candidate
            try mac.snapshot(into: &expected)
            var difference: UInt8 = 0
            for index in 0..<macLength { difference |= expected[index] ^ decrypted[end + index] }
            wrong |= ConstantTime.maskIfEqual(UInt8(truncatingIfNeeded: candidate), padding) & difference
            // The octet that the next candidate has more.
            mac.update(decrypted.extracting(end..<end + 1))
        }
        expected.wipe()
        guard ConstantTime.revealIsZero(wrong) else { return nil }
        // The record is authentic: its length is no secret any more.
        return longest - Int(padding)
    }

    /// The length of the content of `decrypted` — content, padding — or nil when the padding is wrong.
    @inline(never)
    static func contentLength(of decrypted: Span<UInt8>) -> Int? {
        guard !decrypted.isEmpty else { return nil }
        let (padding, wrong) = read(decrypted, most: UInt8(truncatingIfNeeded: min(decrypted.count - 1, 255)))
        guard ConstantTime.revealIsZero(wrong) else { return nil }
        return decrypted.count - 1 - Int(padding)
    }

    /// padding_length, and zero when padding_length is at most `most` and all padding octets equal it (RFC 5246
    /// §6.2.3.2). When not, padding_length reads as 0, as the implementation note there has it.
    @inline(__always)
    private static func read(_ decrypted: Span<UInt8>, most: UInt8) -> (padding: UInt8, wrong: UInt8) {
        let last = decrypted.count - 1
        let announced = decrypted[last]
        var wrong = ~ConstantTime.maskIfAtMost(announced, most)
        for index in 0...most {
            wrong |= ConstantTime.maskIfAtMost(index, announced) & (decrypted[last - Int(index)] ^ announced)
        }
        return (ConstantTime.select(ConstantTime.maskIfZero(wrong), announced, 0), wrong)
    }
}
