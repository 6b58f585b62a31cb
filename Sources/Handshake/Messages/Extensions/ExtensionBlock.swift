// ExtensionBlock.swift — the list of extensions that a message carries, in wire order.
// RFC 8446 §4.2.
// Next: ExtensionPlacement.swift.

package import WireFormat

/// One extension whose body has not been looked at.
package struct RawExtension: Equatable, Sendable {
    package var type: ExtensionType
    /// extension_data: at most 65535 octets.
    package var body: [UInt8]

    package init(type: ExtensionType, body: [UInt8]) {
        self.type = type
        self.body = body
    }
}

/// The extensions of one message. Unknown types survive; so do duplicates, which the handshake refuses with
/// illegal_parameter, not with this codec's decode_error.
package struct ExtensionBlock: Equatable, Sendable {
    package var list: [RawExtension]
    /// No more are taken in one message. RFC 8446 §4.2 has no bound but the length of the block, in which 16,383 empty
    /// ones have room; clients send two dozen.
    package static let most = 256
    /// The field that an `append` could not write within its bounds; `write(into:)` passes it on.
    private var refused: String?

    package init(_ list: [RawExtension] = []) { self.list = list }

    /// Nothing was added, in any form.
    package var isEmpty: Bool { list.isEmpty && refused == nil }

    /// The types in wire order.
    package var types: [ExtensionType] { list.map(\.type) }

    /// The body of the first extension of this type, or nil when there is none.
    package func body(of type: ExtensionType) -> [UInt8]? {
        list.first { $0.type == type }?.body
    }

    /// RFC 8446 §4.2: there must not be more than one extension of the same type in a block.
    package var firstDuplicate: ExtensionType? {
        var seen: Set<ExtensionType> = []
        return list.first { !seen.insert($0.type).inserted }?.type
    }

    /// Adds an extension at the end. A body outside its bounds makes the message's `message()` throw.
    package mutating func append(_ type: ExtensionType, _ body: (inout WireWriter) -> Void = { _ in }) {
        var writer = WireWriter()
        body(&writer)
        do throws(DecodeError) {
            list.append(RawExtension(type: type, body: try writer.finish()))
        } catch {
            refused = refused ?? error.field
        }
    }

    package func write(into writer: inout WireWriter, _ bounds: ClosedRange<Int> = 0...65535) {
        if let refused { writer.refuse(refused) }
        writer.vector16("extensions", bounds) { block in
            for entry in list {
                block.uint16(entry.type.rawValue)
                block.vector16("extension_data") { $0.bytes(entry.body) }
            }
        }
    }

    package static func parse(
        _ reader: inout WireReader, _ field: String, _ bounds: ClosedRange<Int> = 0...65535
    ) throws(DecodeError) -> ExtensionBlock {
        var block = try reader.vector16(field, bounds)
        var list: [RawExtension] = []
        while !block.isEmpty {
            guard list.count < most else { throw DecodeError(.lengthOutOfRange, field) }
            let type = ExtensionType(rawValue: try block.uint16("extension_type"))
            var body = try block.vector16("extension_data")
            list.append(RawExtension(type: type, body: body.restAsArray()))
        }
        return ExtensionBlock(list)
    }
}
