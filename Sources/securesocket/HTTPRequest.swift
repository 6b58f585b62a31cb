// HTTPRequest.swift — the head of a request, of bounded size.
// RFC 9112 §2, §3, §9.3; RFC 3986 §2.1 (percent-encoding).
// Next: HTTPFiles.swift.

/// What is wrong with a request, as the status to answer with.
enum HTTPRefusal: Error {
    case badRequest, notFound, methodNotAllowed, tooLong, timedOut, versionNotSupported

    var status: String {
        switch self {
        case .badRequest: "400 Bad Request"
        case .notFound: "404 Not Found"
        case .methodNotAllowed: "405 Method Not Allowed"
        case .timedOut: "408 Request Timeout"
        case .tooLong: "431 Request Header Fields Too Large"
        case .versionNotSupported: "505 HTTP Version Not Supported"
        }
    }
}

/// The head of one request.
struct HTTPRequest {
    let method: String
    /// The path's segments, decoded: none is empty, begins with a dot, or holds a slash or NUL.
    let segments: [String]
    /// Whether the connection stays open afterwards.
    let isPersistent: Bool

    /// As many octets as a head may have.
    static let longest = 16 * 1024

    /// Where the head ends in `bytes`; nil when its end is not there yet.
    static func endOfHead(in bytes: [UInt8], from start: Int) -> Int? {
        // An empty line ends it, with or without carriage returns.
        var index = start
        while index < bytes.count {
            if bytes[index] == 0x0a {
                if index + 1 < bytes.count, bytes[index + 1] == 0x0a { return index + 2 }
                if index + 2 < bytes.count, bytes[index + 1] == 0x0d, bytes[index + 2] == 0x0a { return index + 3 }
            }
            index += 1
        }
        return nil
    }

    /// Reads a head.
    init(head: ArraySlice<UInt8>) throws(HTTPRefusal) {
        var lines = head.split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
            line.last == 0x0d ? line.dropLast() : line
        }
        let first = lines.removeFirst()
        let parts = first.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { throw .badRequest }
        let version = String(decoding: parts[2], as: UTF8.self)
        guard version.hasPrefix("HTTP/") else { throw .badRequest }
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else { throw .versionNotSupported }
        method = String(decoding: parts[0], as: UTF8.self)
        var persists = version == "HTTP/1.1"
        var hasHost = false
        for line in lines where !line.isEmpty {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .badRequest }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            let value = String(decoding: line[(colon + 1)...], as: UTF8.self).lowercased()
            // RFC 9112 §5.1: no space before the colon.
            guard !name.isEmpty, !name.contains(where: \.isWhitespace) else { throw .badRequest }
            switch name {
            case "connection":
                if value.contains("close") { persists = false }
                if value.contains("keep-alive") { persists = true }
            case "host": hasHost = true
            // Nothing here takes a body, and what is not read would be taken for the next request.
            case "transfer-encoding": throw .badRequest
            case "content-length":
                guard value.allSatisfy({ $0 == "0" || $0 == " " || $0 == "\t" }) else { throw .badRequest }
            default: break
            }
        }
        // RFC 9112 §3.2: a request of HTTP/1.1 without Host is answered with 400.
        guard hasHost || version == "HTTP/1.0" else { throw .badRequest }
        isPersistent = persists
        segments = try Self.segments(of: parts[1])
    }

    /// The path of a request target, origin-form or absolute-form. Nothing that could lead out of a directory passes.
    private static func segments(of target: ArraySlice<UInt8>) throws(HTTPRefusal) -> [String] {
        var path = target
        for scheme in ["https://", "http://"] where path.starts(with: scheme.utf8) {
            path = path.dropFirst(scheme.utf8.count)
            path = path[(path.firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex)...]
            if path.isEmpty { return [] }
        }
        guard path.first == UInt8(ascii: "/") else { throw .badRequest }
        path = path.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        var segments: [String] = []
        for part in path.split(separator: UInt8(ascii: "/")) {
            let octets = try decoded(part)
            guard let text = String(validating: octets, as: UTF8.self) else { throw .badRequest }
            // A dot in front: this directory, the one above, and files that are hidden.
            guard !text.hasPrefix("."), !octets.contains(0), !octets.contains(UInt8(ascii: "/")),
                !octets.contains(UInt8(ascii: "\\"))
            else { throw .notFound }
            segments.append(text)
        }
        return segments
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        Character(Unicode.Scalar(character)).hexDigitValue.map { UInt8($0) }
    }

    private static func decoded(_ text: ArraySlice<UInt8>) throws(HTTPRefusal) -> [UInt8] {
        var octets: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            guard text[index] == UInt8(ascii: "%") else {
                octets.append(text[index])
                index += 1
                continue
            }
            guard index + 2 < text.endIndex, let high = digit(text[index + 1]), let low = digit(text[index + 2])
            else { throw .badRequest }
            octets.append(high << 4 | low)
            index += 3
        }
        return octets
    }
}
