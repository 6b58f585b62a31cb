// SecretWriter.swift — DER from its end to its beginning, in wiped storage.
// X.690 §8.1, §10.1.
// Next: PrivateKeyFile+Writing.swift.

import CryptoGlue

/// Writes DER backwards: when a header is written, the length of what it stands before is known. Nothing is moved and no
/// copy is left behind.
struct SecretWriter: ~Copyable {
    private var storage: SecretBytes
    private var start: Int

    /// Room for `capacity` octets; what is written beyond it is lost.
    init(capacity: Int) {
        storage = SecretBytes(count: capacity)
        start = capacity
    }

    /// How much has been written.
    var count: Int { storage.count - start }

    /// What has been written.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self) get { storage.bytes.extracting(start..<storage.count) }
    }

    /// Puts `bytes` before what is there.
    mutating func prepend(_ bytes: Span<UInt8>) {
        guard bytes.count <= start else { return }
        let begin = start - bytes.count
        start = begin
        var target = storage.mutableBytes
        for index in bytes.indices { target[begin + index] = bytes[index] }
    }

    /// Puts octets that are not secret before what is there.
    mutating func prepend(_ bytes: [UInt8]) { prepend(bytes.span) }

    /// Puts the header of a value before what was written since `count` was `end`.
    mutating func header(_ tag: UInt8, since end: Int) {
        let length = count - end
        if length < 0x80 {
            prepend([tag, UInt8(length)])
        } else if length <= 0xff {
            prepend([tag, 0x81, UInt8(length)])
        } else {
            prepend([tag, 0x82, UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)])
        }
    }

    /// Puts an INTEGER that is not negative before what is there, from big-endian octets.
    mutating func unsignedInteger(_ number: Span<UInt8>) {
        let end = count
        var zeros = 0
        while zeros < number.count - 1, number[zeros] == 0 { zeros += 1 }
        prepend(number.extracting(zeros..<number.count))
        if number.isEmpty || number[zeros] >= 0x80 { prepend([0]) }
        header(0x02, since: end)
    }
}
