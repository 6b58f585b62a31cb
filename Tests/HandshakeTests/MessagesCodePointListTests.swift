// MessagesCodePointListTests.swift — lists of 16-bit code points wherever they stand.
// RFC 8446 §3.4.
// Next: MessagesExtensionBlockTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: CodePointList")
struct MessagesCodePointListTests {
    /// Code point lists with a two-octet prefix.
    enum List: CaseIterable {
        case groups, signatureAlgorithms

        func parse(_ bytes: [UInt8]) throws(DecodeError) -> [UInt16] {
            switch self {
            case .groups: try Codec.parse(bytes, SupportedGroupsExtension.parseClientHello).map(\.rawValue)
            case .signatureAlgorithms:
                try Codec.parse(bytes, SignatureAlgorithmsExtension.parseClientHello).map(\.rawValue)
            }
        }
    }

    @Test("RFC 8446 §3.4: a list whose length is not a multiple of two is refused", arguments: List.allCases)
    func oddLength(_ list: List) {
        for count in [1, 3, 5, 65533, 65535] {
            let error = #expect(throws: DecodeError.self) { try list.parse(Codec.vector(2, Codec.filler(count))) }
            #expect(error?.rule == .lengthOutOfRange)
        }
    }

    @Test("Every value of sixteen bits survives, in order", arguments: List.allCases)
    func allValues(_ list: List) throws {
        let values = Array(0...UInt16.max)
        for half in [values.prefix(32767), values.suffix(32767)] {
            let octets = half.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
            #expect(try list.parse(Codec.vector(2, octets)) == Array(half))
        }
    }
}
