// TLS12PaddingCheck.swift — where the content of a decrypted CBC record ends, found without a trace in time.
// RFC 5246 §6.2.3.2 (implementation note); RFC 7366 §3.
// Next: HandshakeReassembler.swift.

package import CryptoGlue
package import WireFormat

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
package enum TLS12PaddingCheck {
    /// What was found; both are secret until `wrong` has been looked at.
    package struct Verdict: Sendable {
        /// 0 when padding and MAC are right.
        package let wrong: UInt8
        /// padding_length, 0 when the padding is wrong.
        package let padding: UInt8
    }

    /// The length of the content of `decrypted` — content, MAC, padding — or nil when padding or MAC is wrong.
    static func contentLength(
        of decrypted: Span<UInt8>, _ number: UInt64, _ type: ContentType, _ mac: inout RecordMAC, _ rules: CBCRules
    ) throws(CryptoError) -> Int? {
        let macLength = rules.macLength
        guard decrypted.count > macLength else { return nil }
        let verdict = try verdict(
            on: decrypted, number, type, &mac, macLength: macLength, version: rules.version, padding: rules.padding)
        guard ConstantTime.revealIsZero(verdict.wrong) else { return nil }
        // The record is authentic: its length is no secret any more.
        return decrypted.count - macLength - 1 - Int(verdict.padding)
    }

    /// The length of the content of `decrypted` — content, padding — or nil when the padding is wrong. The record was
    /// authenticated before.
    static func contentLength(of decrypted: Span<UInt8>) -> Int? {
        guard !decrypted.isEmpty else { return nil }
        let most = UInt8(truncatingIfNeeded: min(decrypted.count - 1, 255))
        let verdict = padding(of: decrypted, most: most, isFilled: true)
        guard ConstantTime.revealIsZero(verdict.wrong) else { return nil }
        return decrypted.count - 1 - Int(verdict.padding)
    }

    /// Judges `decrypted`, more than `macLength` octets, in a time that depends on its length alone.
    @inline(never)
    package static func verdict(
        on decrypted: Span<UInt8>, _ number: UInt64, _ type: ContentType, _ mac: inout RecordMAC, macLength: Int,
        version: ProtocolVersion = .tls12, padding rules: CBCPadding = .tls
    ) throws(CryptoError) -> Verdict {
        let longest = decrypted.count - macLength - 1
        // What the record's length, which is public, leaves room for.
        let most = min(longest, rules.longest)
        let found = padding(of: decrypted, most: UInt8(truncatingIfNeeded: most), isFilled: rules.isFilled)
        var wrong = found.wrong
        let length = UInt16(truncatingIfNeeded: longest) &- UInt16(found.padding)
        defer { mac.reset() }
        TLS12PseudoHeader.update(&mac, number, type, version, length: length)
        mac.update(decrypted.extracting(first: longest - most))
        var code = InlineArray<48, UInt8>(repeating: 0)
        var expected = code.mutableSpan
        for candidate in stride(from: most, through: 0, by: -1) {
            let end = longest - candidate
            try mac.snapshot(into: &expected)
            var difference: UInt8 = 0
            for index in 0..<macLength { difference |= expected[index] ^ decrypted[end + index] }
            wrong |= ConstantTime.maskIfEqual(UInt8(truncatingIfNeeded: candidate), found.padding) & difference
            // The octet that the next candidate has more.
            mac.update(decrypted.extracting(end..<end + 1))
        }
        expected.wipe()
        return Verdict(wrong: wrong, padding: found.padding)
    }

    /// Right when padding_length is at most `most` and, but for SSL 3.0, all padding octets equal it (RFC 5246 §6.2.3.2).
    /// When not, padding_length reads as 0, as the implementation note there has it.
    @inline(__always)
    private static func padding(of decrypted: Span<UInt8>, most: UInt8, isFilled: Bool) -> Verdict {
        let last = decrypted.count - 1
        let announced = decrypted[last]
        var wrong = ~ConstantTime.maskIfAtMost(announced, most)
        for index in 0...most where isFilled {
            wrong |= ConstantTime.maskIfAtMost(index, announced) & (decrypted[last - Int(index)] ^ announced)
        }
        return Verdict(wrong: wrong, padding: ConstantTime.select(ConstantTime.maskIfZero(wrong), announced, 0))
    }
}
