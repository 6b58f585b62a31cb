// EncryptThenMACExtension.swift — encrypt_then_mac: an empty mark in both hellos.
// RFC 7366 §2.
// Next: ECPointFormatsExtension.swift.

package import WireFormat

package enum EncryptThenMACExtension {
    package static func writeClientHello(into writer: inout WireWriter) {}

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) {
        try WireReader(body).end("encrypt_then_mac")
    }

    package static func writeServerHello(into writer: inout WireWriter) {}

    package static func parseServerHello(_ body: Span<UInt8>) throws(DecodeError) { try parseClientHello(body) }
}
