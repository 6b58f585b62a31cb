// PresentedIdentity.swift — whether a certificate names the peer that was asked for.
// RFC 9525 §6.2 – §6.5; RFC 5280 §4.2.1.6.
// Next: Path/CertificatePurpose.swift.

/// The match of one certificate's subjectAltName with a reference identity. The subject is never looked at.
package enum PresentedIdentity {
    /// The name of the certificate that matches, or nil.
    static func match(_ names: [GeneralName], _ identity: ReferenceIdentity) -> GeneralName? {
        switch identity {
        case .dns(let reference):
            let labels = Array(reference.text.utf8)
            return names.first { name in
                guard case .dns(let presented) = name else { return false }
                return matches(presented: Array(presented.utf8), reference: labels)
            }
        case .ip(let address):
            // RFC 9525 §6.4: octet for octet; a dNSName that looks like an address is none.
            return names.first { $0 == .ip(address.bytes) }
        }
    }

    /// RFC 9525 §6.3: ASCII without regard to case, label for label; the left-most label may be `*`.
    ///
    /// `reference` is a checked host name in lower case, so a presented name with NUL, a trailing dot, an empty label or
    /// anything beyond a host name's characters is unequal to it.
    static func matches(presented: [UInt8], reference: [UInt8]) -> Bool {
        guard presented.count <= HostNameSyntax.longest + 1 else { return false }
        let dot = UInt8(ascii: ".")
        let lowered = presented.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 }
        guard lowered.starts(with: [UInt8(ascii: "*"), dot]) else { return lowered == reference }
        let parent = lowered[2...]
        // A wildcard right below a top-level domain would stand for every name in it: RFC 9525 §7.1.
        guard parent.contains(dot), let firstDot = reference.firstIndex(of: dot) else { return false }
        return parent == reference[(firstDot + 1)...]
    }

    /// Checks a certificate that error messages call `subject`.
    ///
    /// - Returns: the name that matched.
    package static func check(
        _ certificate: Certificate, _ identity: ReferenceIdentity, subject: @autoclosure () -> CertificateSubject
    ) throws(CertificateError) -> GeneralName {
        let names = certificate.subjectAlternativeName
        if let name = match(names, identity) { return name }
        guard certificate.extensions.hasSubjectAlternativeName else {
            let commonName = certificate.subject.commonName.map { ", and the common name \"\(Printable.escaped($0))\"" }
            throw CertificateError(
                .subjectAlternativeName, subject: subject(), expected: expected(identity),
                found: "no subjectAltName\(commonName ?? "")",
                advice: "have the certificate issued with \(expected(identity)); a common name is never a peer's name")
        }
        throw CertificateError(
            .nameMatch, subject: subject(), expected: expected(identity), found: list(names), advice: advice(names))
    }

    static func expected(_ identity: ReferenceIdentity) -> String {
        switch identity {
        case .dns(let name): "DNS:\(name) in subjectAltName"
        case .ip(let address): "IP:\(address) in subjectAltName"
        }
    }

    private static func advice(_ names: [GeneralName]) -> String? {
        for case .dns(let name) in names where HostNameSyntax.isHostName(Array(name.lowercased().utf8)) {
            return "ask for \(name), or have the certificate issued with the name that was asked for"
        }
        return nil
    }

    /// The first names, and how many more there are.
    static func list(_ names: [GeneralName]) -> String {
        let shown = names.prefix(8).map(\.description).joined(separator: ", ")
        return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
    }
}
