// CookieExtension.swift — cookie: what a HelloRetryRequest gives the client to send back.
// RFC 8446 §4.2.2.
// Next: PSKKeyExchangeModesExtension.swift.

package import WireFormat

package enum CookieExtension {
    /// 1 to 65535 octets, copied from the HelloRetryRequest.
    package static func writeClientHello(_ cookie: [UInt8], into writer: inout WireWriter) {
        writer.vector16("cookie", 1...65535) { $0.bytes(cookie) }
    }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [UInt8] {
        var reader = WireReader(body)
        var cookie = try reader.vector16("cookie", 1...65535)
        try reader.end("cookie")
        return cookie.restAsArray()
    }

    package static func writeHelloRetryRequest(_ cookie: [UInt8], into writer: inout WireWriter) {
        writeClientHello(cookie, into: &writer)
    }

    package static func parseHelloRetryRequest(_ body: Span<UInt8>) throws(DecodeError) -> [UInt8] {
        try parseClientHello(body)
    }
}
