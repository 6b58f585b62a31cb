// DERLimits.swift — bounds on hostile DER, checked in one pass before anything is allocated for it.
// X.690 §8.1, §10.1; RFC 5280 §8.
// Next: FieldReader.swift.

/// How large a DER value may be in every direction. swift-asn1 makes a node of about 100 bytes for each value, two bytes
/// of input at the least, and recurses for each level; these bounds keep both small.
enum DERLimits {
    /// Longer than any certificate in use, post-quantum signatures included.
    static let certificateLength = 65_536
    /// A certificate nests 7 levels deep in practice.
    static let depth = 16
    /// Room for some thousand subject alternative names.
    static let nodes = 16_384
    /// RFC 5280 App. B asks for 20 arcs below 2^28, which take at most 80 bytes.
    static let objectIdentifierLength = 128
    /// An RSA modulus of 16384 bits with its leading zero.
    static let integerLength = 2049

    /// Checks the header of every value in `bytes`, which swift-asn1 then parses: it accepts no header that this refuses.
    static func check(_ bytes: Span<UInt8>) throws(Fault) {
        // Where the constructed values end that the current offset is in, outermost first.
        var ends = InlineArray<16, Int>(repeating: 0)
        var depth = 0
        var count = 0
        var offset = 0
        while offset < bytes.count {
            while depth > 0, offset >= ends[depth - 1] { depth -= 1 }
            let header = try DERHeader.read(bytes, at: offset)
            count += 1
            guard count <= nodes else {
                throw Fault(.parsingLimit, expected: "at most \(nodes) values", found: "more")
            }
            offset += header.length
            if header.isConstructed {
                guard depth < Self.depth else {
                    throw Fault(.parsingLimit, expected: "at most \(Self.depth) levels of nesting", found: "more")
                }
                ends[depth] = offset + header.contentLength
                depth += 1
            } else {
                if header.tag == 0x06, header.contentLength > objectIdentifierLength {
                    throw Fault(
                        .parsingLimit, expected: "an object identifier of at most \(objectIdentifierLength) bytes",
                        found: "one of \(header.contentLength) bytes")
                }
                if header.tag == 0x02, header.contentLength > integerLength {
                    throw Fault(
                        .parsingLimit, expected: "an INTEGER of at most \(integerLength) bytes",
                        found: "one of \(header.contentLength) bytes")
                }
                offset += header.contentLength
            }
        }
    }
}

/// Identifier and length octets of one DER value.
struct DERHeader {
    /// The identifier octet, class and constructed bit included.
    let tag: UInt8
    /// How many octets identifier and length take.
    let length: Int
    let contentLength: Int

    var isConstructed: Bool { tag & 0x20 != 0 }

    /// Reads the header at `offset` and checks that its contents are all there.
    ///
    /// Works on a span alone, so that private keys are read without leaving copies: see PrivateKeyFile.swift.
    static func read(_ bytes: Span<UInt8>, at offset: Int) throws(Fault) -> DERHeader {
        let left = bytes.count - offset
        guard left >= 2 else { throw truncated() }
        let tag = bytes[offset]
        // X.690 §8.1.2.4: tag numbers from 31 take more octets. No structure here has one.
        guard tag & 0x1f != 0x1f else { throw Fault(.derEncoding, expected: "a low tag number", found: "a high one") }
        let first = Int(bytes[offset + 1])
        if first < 0x80 {
            guard left - 2 >= first else { throw truncated() }
            return DERHeader(tag: tag, length: 2, contentLength: first)
        }
        // X.690 §10.1: the definite form, in the fewest octets. Four octets would be 16 MiB and more.
        let octets = first & 0x7f
        guard octets != 0 else { throw Fault(.derEncoding, expected: "a definite length", found: "an indefinite one") }
        guard octets <= 3 else { throw Fault(.derEncoding, expected: "a length below 2^24", found: "a longer one") }
        guard left - 2 >= octets else { throw truncated() }
        var contentLength = 0
        for index in 0..<octets { contentLength = contentLength << 8 | Int(bytes[offset + 2 + index]) }
        guard contentLength >= (octets == 1 ? 0x80 : 1 << (8 * (octets - 1))) else {
            throw Fault(.derEncoding, expected: "a length in the fewest octets", found: "a longer encoding")
        }
        guard left - 2 - octets >= contentLength else { throw truncated() }
        return DERHeader(tag: tag, length: 2 + octets, contentLength: contentLength)
    }

    private static func truncated() -> Fault {
        Fault(.derEncoding, expected: "a whole value", found: "the end of the input inside one")
    }
}
