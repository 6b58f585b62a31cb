// SecretReader.swift — reads DER out of wiped storage without copying it.
// X.690 §8.1, §10.1.
// Next: PrivateKeyFile.swift.

import CryptoGlue

/// The values of one constructed value, as spans of the storage that owns them.
///
/// swift-asn1 parses arrays: a private key in one would leave copies that nobody can be sure to wipe. This reader knows
/// just what key files need and checks headers with the same strict ``DERHeader``.
struct SecretReader: ~Escapable {
    private var rest: Span<UInt8>

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    /// The contents of the next value, which must have this identifier octet.
    @_lifetime(copy self)
    mutating func read(_ tag: UInt8, _ name: String) throws(Fault) -> Span<UInt8> {
        let header = try DERHeader.read(rest, at: 0)
        guard header.tag == tag else {
            throw Fault(.privateKey, expected: name, found: "a value with tag 0x\(Printable.hexadecimal(header.tag))")
        }
        let end = header.length + header.contentLength
        let contents = rest.extracting(header.length..<end)
        rest = rest.extracting(end..<rest.count)
        return contents
    }

    /// Whether the next value has this identifier octet.
    func nextIs(_ tag: UInt8) -> Bool { !rest.isEmpty && rest[0] == tag }

    /// A non-negative INTEGER in its fewest octets, without the leading zero.
    @_lifetime(copy self)
    mutating func unsignedInteger(_ name: String) throws(Fault) -> Span<UInt8> {
        let contents = try read(0x02, name)
        guard !contents.isEmpty, contents[0] < 0x80 else {
            throw Fault(.privateKey, expected: "\(name) not negative", found: "a negative or empty number")
        }
        guard contents[0] == 0, contents.count > 1 else { return contents }
        guard contents[1] >= 0x80 else {
            throw Fault(.derEncoding, expected: "\(name) in the fewest octets", found: "a leading zero")
        }
        return contents.extracting(droppingFirst: 1)
    }

    /// A small INTEGER, as versions are.
    mutating func version(_ name: String) throws(Fault) -> UInt8 {
        let contents = try unsignedInteger(name)
        guard contents.count == 1 else { throw Fault(.privateKey, expected: name, found: "a larger number") }
        return contents[0]
    }

    func end(_ name: String) throws(Fault) {
        guard isAtEnd else { throw Fault(.privateKey, expected: "the end of \(name)", found: "more") }
    }
}
