// NameConstraints.swift — which names an authority may issue for.
// RFC 5280 §4.2.1.10.
// Next: HostConstraints.swift.

import SwiftASN1

/// The nameConstraints extension. Enforced for dNSName, iPAddress, directoryName, rfc822Name and
/// uniformResourceIdentifier; other forms are told apart only.
struct NameConstraints: Sendable {
    /// A form of name that constraints can be on.
    enum Form: Hashable, Sendable {
        case dns, ip, directory, email, uri, registeredID, other(UInt8)
    }

    /// The names under one base.
    enum Subtree: Sendable {
        /// The base in lower case; whether it began with a dot and so leaves out the base itself.
        case dns(base: [UInt8], onlyBelow: Bool)
        case ip(address: [UInt8], mask: [UInt8])
        case directory(DistinguishedName)
        /// One mail address.
        case mailbox(MailAddress)
        /// The hosts of mail addresses, or of URIs.
        case hosts(HostSubtree)
        /// A form that is not enforced, or a base that makes no sense in its form.
        case unenforced
    }

    /// A name to hold against subtrees, made ready once for all comparisons.
    enum Name: Sendable {
        /// In lower case.
        case dns([UInt8])
        case ip([UInt8])
        case directory(DistinguishedName)
        case email(MailAddress)
        /// The URI's host, in lower case.
        case uri([UInt8])
        /// A form that is not enforced, or a name that makes no sense in its form.
        case unenforced

        init(_ name: GeneralName) {
            switch name {
            case .dns(let text): self = .dns(Array(text.lowercased().utf8))
            case .ip(let bytes): self = .ip(bytes)
            case .directory(let name): self = .directory(name)
            case .email(let text): self = MailAddress(text).map { .email($0) } ?? .unenforced
            case .uri(let text): self = URIHost.of(text).map { .uri($0) } ?? .unenforced
            case .registeredID, .other: self = .unenforced
            }
        }
    }

    let permitted: [Form: [Subtree]]
    let excluded: [Form: [Subtree]]
    let isCritical: Bool

    init(_ node: ASN1Node, isCritical: Bool) throws(Fault) {
        var fields = try FieldReader(node, "nameConstraints")
        let permitted = fields.readIf(.context(0))
        let excluded = fields.readIf(.context(1))
        try fields.end()
        // RFC 5280 §4.2.1.10: an empty sequence must not be.
        guard permitted != nil || excluded != nil else {
            throw Fault(.structure, expected: "a subtree in nameConstraints", found: "none")
        }
        self.permitted = try permitted.map { node throws(Fault) in try NameConstraints.subtrees(node, 0) } ?? [:]
        self.excluded = try excluded.map { node throws(Fault) in try NameConstraints.subtrees(node, 1) } ?? [:]
        self.isCritical = isCritical
    }

    /// Whether there is a constraint on mail addresses.
    var isOnMail: Bool { permitted[.email] != nil || excluded[.email] != nil }

    private static func subtrees(_ node: ASN1Node, _ tag: UInt) throws(Fault) -> [Form: [Subtree]] {
        var subtrees: [Form: [Subtree]] = [:]
        var list = try FieldReader(node, .context(tag), "subtrees")
        guard !list.isAtEnd else { throw Fault(.structure, expected: "at least one subtree", found: "none") }
        while !list.isAtEnd {
            var fields = try FieldReader(try list.read("a subtree"), "a subtree")
            let base = try GeneralName(try fields.read("a base"))
            // RFC 5280 §4.2.1.10: minimum is 0, which DER leaves out as the default, and maximum is absent.
            guard fields.isAtEnd else {
                throw Fault(.structure, expected: "a subtree without minimum and maximum", found: "one of them")
            }
            subtrees[base.form, default: []].append(try Subtree(base))
        }
        return subtrees
    }
}

extension NameConstraints.Subtree {
    init(_ base: GeneralName) throws(Fault) {
        switch base {
        case .dns(let name):
            // A leading dot is not in RFC 5280 for host names, but authorities write it and other implementations take
            // it to mean names below the base only. A wildcard has no meaning in a constraint.
            let lowered = Array(name.lowercased().utf8)
            let onlyBelow = lowered.first == UInt8(ascii: ".")
            let rest = onlyBelow ? Array(lowered.dropFirst()) : lowered
            guard lowered.isEmpty || HostNameSyntax.isHostName(rest) else {
                throw Fault(.structure, expected: "a host name as constraint", found: Printable.escaped(name))
            }
            self = .dns(base: rest, onlyBelow: onlyBelow)
        case .ip(let bytes):
            guard bytes.count == 8 || bytes.count == 32 else {
                throw Fault(.structure, expected: "an address and mask of 8 or 32 bytes", found: "\(bytes.count)")
            }
            let mask = Array(bytes[(bytes.count / 2)...])
            guard NameConstraints.Subtree.isContiguous(mask) else {
                throw Fault(.structure, expected: "a mask as RFC 4632 has it", found: Printable.hexadecimal(mask))
            }
            self = .ip(address: Array(bytes[..<(bytes.count / 2)]), mask: mask)
        case .directory(let name): self = .directory(name)
        case .email(let text) where text.contains("@"):
            self = MailAddress(text).map { .mailbox($0) } ?? .unenforced
        case .email(let text), .uri(let text):
            self = HostSubtree(text).map { .hosts($0) } ?? .unenforced
        case .registeredID, .other: self = .unenforced
        }
    }

    /// Ones and then zeros.
    private static func isContiguous(_ mask: [UInt8]) -> Bool {
        let rest = mask.drop { $0 == 0xff }
        guard let first = rest.first else { return true }
        return (~first & (~first &+ 1)) == 0 && rest.dropFirst().allSatisfy { $0 == 0 }
    }

    /// Whether `name`, of the same form, lies in this subtree.
    ///
    /// - Parameter orOverlaps: count a wildcard that could stand for a name in the subtree, and a name or a base that makes no
    ///   sense, for excluded subtrees.
    func contains(_ name: NameConstraints.Name, orOverlaps: Bool) -> Bool {
        switch (self, name) {
        case (.dns(let base, let onlyBelow), .dns(let text)):
            return NameConstraints.Subtree.contains(text, base, onlyBelow, orOverlaps)
        case (.ip(let address, let mask), .ip(let bytes)):
            return bytes.count == address.count
                && bytes.indices.allSatisfy { bytes[$0] & mask[$0] == address[$0] & mask[$0] }
        case (.directory(let base), .directory(let subject)):
            return subject.isWithin(base)
        case (.mailbox(let base), .email(let address)): return address == base
        case (.hosts(let base), .email(let address)): return base.contains(address.host)
        case (.hosts(let base), .uri(let host)): return base.contains(host)
        default:
            return orOverlaps
        }
    }

    private static func contains(_ name: [UInt8], _ base: [UInt8], _ onlyBelow: Bool, _ orOverlaps: Bool) -> Bool {
        if base.isEmpty { return true }
        let dot = UInt8(ascii: ".")
        if name == base { return !onlyBelow }
        if name.count > base.count, name.hasSuffix(base), name[name.count - base.count - 1] == dot { return true }
        // `*.example.org` stands for `a.example.org` as well, which a base `a.example.org` excludes.
        guard orOverlaps, name.starts(with: [UInt8(ascii: "*"), dot]), !onlyBelow else { return false }
        let parent = name.dropFirst(2)
        guard let firstDot = base.firstIndex(of: dot) else { return false }
        return base[(firstDot + 1)...] == parent
    }
}

extension GeneralName {
    var form: NameConstraints.Form {
        switch self {
        case .dns: .dns
        case .ip: .ip
        case .directory: .directory
        case .email: .email
        case .uri: .uri
        case .registeredID: .registeredID
        case .other(let tag): .other(tag)
        }
    }
}

extension NameConstraints.Form {
    /// Whether constraints on this form are enforced.
    var isEnforced: Bool {
        switch self {
        case .dns, .ip, .directory, .email, .uri: true
        case .registeredID, .other: false
        }
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ suffix: [UInt8]) -> Bool {
        count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
    }
}
