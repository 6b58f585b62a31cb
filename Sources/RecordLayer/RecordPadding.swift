// RecordPadding.swift — how much a sender hides the length of its data.
// RFC 8446 §5.4; RFC 8449 §4.
// Next: SendBuffer.swift.

/// How many zero octets follow the content of each protected record that is sent.
public enum RecordPadding: Sendable, Hashable {
    /// None: the length of every record shows the length of its content.
    case none
    /// The inner plaintext is filled up to a multiple of this many octets, 1...16384, as far as a record holds it.
    case multiple(of: Int)

    /// Zeros to append to `length` octets of content and type, at most `limit` in all.
    @inline(__always)
    func count(after length: Int, limit: Int = RecordLimits.plaintext + 1) -> Int {
        switch self {
        case .none: 0
        case .multiple(let block): RecordPadding.fill(length, toMultipleOf: block, limit: limit)
        }
    }

    @inline(never)
    private static func fill(_ length: Int, toMultipleOf block: Int, limit: Int) -> Int {
        guard block > 1 else { return 0 }
        // RFC 8446 §5.4, RFC 8449 §4: padding does not take the record over its limit, and neither does a larger block.
        let block = min(block, limit)
        let padded = (length + block - 1) / block * block
        return min(padded, limit) - length
    }
}
