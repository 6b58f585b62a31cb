// DNSName.swift — a host name as a reference identity.
// RFC 9525 §6.1, §6.3; RFC 1123 §2.1; RFC 5890 §2.3.2.1 for A-labels.
// Next: IPAddressName.swift.

/// A fully qualified host name of ASCII labels, in lower case, without a trailing dot.
public struct DNSName: Sendable, Hashable {
    /// The name: at most 253 bytes, all ASCII.
    public let text: String

    /// Checks and lowers a host name; one trailing dot is dropped.
    ///
    /// - Throws: ``CertificateError`` with the rule `referenceIdentity` for anything that is no host name: NUL, empty or
    ///   overlong labels, a wildcard, a space, letters beyond ASCII (give the `xn--` form), an all-numeric last label.
    public init(_ text: String) throws(CertificateError) {
        var bytes = Array(text.utf8)
        if bytes.last == UInt8(ascii: "."), bytes.count > 1 { bytes.removeLast() }
        for index in bytes.indices where (0x41...0x5a).contains(bytes[index]) { bytes[index] += 0x20 }
        let isHostName = HostNameSyntax.isHostName(bytes)
        // A name that ends in a number is an address to most programs (127.1, 0x7f.1), so it must not be a host here.
        guard isHostName, !HostNameSyntax.endsInNumber(bytes) else {
            let isASCII = bytes.allSatisfy { $0 < 0x80 }
            throw CertificateError(
                .referenceIdentity, subject: "the peer's name", expected: "a host name or an IP address",
                found: text.isEmpty ? "nothing" : "\"\(Printable.escaped(text))\"",
                advice: isASCII ? nil : "give the name in its ASCII form, with labels as xn--…")
        }
        self.text = String(decoding: bytes, as: UTF8.self)
    }
}

extension DNSName: CustomStringConvertible {
    public var description: String { text }
}

/// What a host name may look like, for reference names and constraints.
enum HostNameSyntax {
    /// RFC 1034 §3.1: 255 octets on the wire are 253 characters.
    static let longest = 253
    private static let longestLabel = 63

    /// Labels of letters, digits, hyphens inside and underscores (which hosts of service names have), in lower case.
    static func isHostName(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty, bytes.count <= longest else { return false }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last, label.count <= longestLabel else { return false }
            return first != UInt8(ascii: "-") && last != UInt8(ascii: "-") && label.allSatisfy(isLabelCharacter)
        }
    }

    /// A host name in any case, whose left-most label may be `*`.
    static func isPresentedName(_ text: String) -> Bool {
        let lowered = Array(text.lowercased().utf8)
        return isHostName(
            lowered.starts(with: [UInt8(ascii: "*"), UInt8(ascii: ".")]) ? Array(lowered.dropFirst(2)) : lowered)
    }

    static func endsInNumber(_ bytes: [UInt8]) -> Bool {
        let label = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).last ?? []
        return label.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isLabelCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
