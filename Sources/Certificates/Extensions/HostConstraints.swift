// HostConstraints.swift — constraints on mail addresses and URIs, which are constraints on the hosts in them.
// RFC 5280 §4.2.1.10, §7.4, §7.5.
// Next: Path/CertificatePurpose.swift.

/// The base of a constraint on hosts: a host alone, all below a domain when it begins with a dot, or, when it is empty, all.
struct HostSubtree: Sendable {
    private let base: [UInt8]
    private let onlyBelow: Bool

    /// nil when the text is no base.
    init?(_ text: String) {
        let lowered = Array(text.lowercased().utf8)
        onlyBelow = lowered.first == UInt8(ascii: ".")
        base = onlyBelow ? Array(lowered.dropFirst()) : lowered
        guard lowered.isEmpty || HostNameSyntax.isHostName(base) else { return nil }
    }

    /// Whether a host in lower case lies in the subtree. Unlike a dNSName's, a base without a dot is that host alone.
    func contains(_ host: [UInt8]) -> Bool {
        if base.isEmpty { return true }
        guard onlyBelow else { return host == base }
        return host.count > base.count + 1 && host.suffix(base.count).elementsEqual(base)
            && host[host.count - base.count - 1] == UInt8(ascii: ".")
    }
}

/// A mail address: its local part as it stands, its host in lower case.
struct MailAddress: Sendable, Equatable {
    let local: [UInt8]
    let host: [UInt8]

    /// nil for what is no `local@host`, or has a quoted local part, of which one address has many spellings.
    init?(_ text: String) {
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        guard parts[0].allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        else { return nil }
        local = Array(parts[0])
        // RFC 5280 §7.5: the local part is compared as it is, the host without regard to case.
        host = Array(String(decoding: parts[1], as: UTF8.self).lowercased().utf8)
        guard HostNameSyntax.isHostName(host) else { return nil }
    }
}

/// The host of a URI.
enum URIHost {
    /// The host in lower case; nil when the URI has no authority, or its host is an address: RFC 5280 §4.2.1.10 has such a URI
    /// refused where URIs are constrained.
    static func of(_ uri: String) -> [UInt8]? {
        // RFC 3986 §3: scheme ":" "//" [ userinfo "@" ] host [ ":" port ], up to the path, the query or the fragment.
        let bytes = Array(uri.lowercased().utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return nil }
        let rest = bytes[(colon + 1)...]
        guard rest.starts(with: Array("//".utf8)) else { return nil }
        var authority = rest.dropFirst(2).prefix { !"/?#".utf8.contains($0) }
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) { authority = authority[(at + 1)...] }
        if let port = authority.lastIndex(of: UInt8(ascii: ":")) {
            guard authority[(port + 1)...].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            authority = authority[..<port]
        }
        let host = Array(authority)
        return HostNameSyntax.isHostName(host) && !HostNameSyntax.endsInNumber(host) ? host : nil
    }
}
