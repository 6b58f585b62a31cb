// BogoOffers.swift — versions, cipher suites, groups, schemes and protocols from the flags, for both roles.
// Next: BogoCredentials.swift.

import TLS

enum BogoOffers {
    /// The versions that are left of TLS 1.0 to TLS 1.3, and the permission for those before TLS 1.2.
    static func versions(
        _ flags: BogoFlags
    ) throws(BogoFailure) -> (range: ClosedRange<ProtocolVersion>, permission: LegacyPermission?) {
        let lowest = flags.minimumVersion ?? 0
        let highest = flags.maximumVersion.flatMap { $0 == 0 ? nil : $0 } ?? Int(ProtocolVersion.tls13.rawValue)
        let excluded = [
            flags.excludesTLS10 ? ProtocolVersion.tls10 : nil, flags.excludesTLS11 ? .tls11 : nil,
            flags.excludesTLS12 ? .tls12 : nil, flags.excludesTLS13 ? .tls13 : nil,
        ]
        let left = [ProtocolVersion.tls10, .tls11, .tls12, .tls13].filter {
            (lowest...max(lowest, highest)).contains(Int($0.rawValue)) && !excluded.contains($0)
        }
        guard let first = left.first, let last = left.last else { throw .failed("no version is left") }
        let permission = try permission(left.filter { $0 < .tls12 }, flags)
        // The permission adds its versions to the range.
        return (max(first, min(.tls12, last))...last, permission)
    }

    private static func permission(
        _ versions: [ProtocolVersion], _ flags: BogoFlags
    ) throws(BogoFailure) -> LegacyPermission? {
        guard !versions.isEmpty else { return nil }
        do throws(LegacyPermissionError) {
            var permission = try LegacyPermission(
                versions: Set(versions), reason: "BoGo", until: UnixTime(seconds: .max))
            if let text = flags.cipherSuites {
                let names = text.split { ":[]|".contains($0) }
                if !names.contains("DEFAULT") {
                    permission.cipherSuites = Set(
                        (CipherSuite.named + CipherSuite.legacyNamed).filter {
                            names.contains(Substring($0.description))
                        })
                }
            }
            return permission
        } catch { throw .failed("\(error)") }
    }

    /// The library's own order, then whatever else there is.
    static func cipherSuites(
        _ flags: BogoFlags, _ preferred: [CipherSuite], _ provider: CryptoProvider
    ) throws(BogoFailure) -> [CipherSuite] {
        let all = preferred + provider.cipherSuites.filter { !preferred.contains($0) }
        guard let text = flags.cipherSuites else { return all }
        // Of OpenSSL's language of cipher lists the names. A group of equal preference, in brackets, is taken in its order;
        // what the library does not have cannot be offered.
        let names = text.split { ":[]|".contains($0) }
        guard names.allSatisfy({ !"!-+@".contains($0.prefix(1)) }) else {
            throw .unimplemented("the cipher list \(text)")
        }
        let named = names.flatMap { name in name == "DEFAULT" ? all : all.filter { "\($0)" == name } }
        return named + all.filter { $0.rawValue >> 8 == 0x13 && !named.contains($0) }
    }

    static func groups(
        _ flags: BogoFlags, _ preferred: [NamedGroup], _ provider: CryptoProvider
    ) throws(BogoFailure) -> [NamedGroup] {
        guard !flags.groups.isEmpty else { return preferred }
        let groups = flags.groups.map { NamedGroup(rawValue: UInt16(truncatingIfNeeded: $0)) }
        // What the library does not have cannot be offered.
        let known = groups.filter(provider.groups.contains)
        guard !known.isEmpty else { throw .unimplemented("the groups \(groups)") }
        return known
    }

    /// Those that the library has: others cannot be offered.
    static func schemes(_ list: [Int], _ provider: CryptoProvider) -> [SignatureScheme] {
        list.map { SignatureScheme(rawValue: UInt16(truncatingIfNeeded: $0)) }.filter(
            provider.signatureSchemes.contains)
    }

    /// Those for handshakes of TLS 1.3; one that the runner does not speak when there are none, because a configuration
    /// needs one.
    static func handshakeSchemes(_ schemes: [SignatureScheme]) -> [SignatureScheme] {
        let able = schemes.filter { ![.rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPKCS1SHA512].contains($0) }
        return able.isEmpty ? [.ed448] : able
    }

    /// Protocol names as they are on the wire, each after its length; nil when that is no list.
    static func list(_ text: String) -> [String]? {
        var rest = Array(text.utf8)[...]
        var names: [String] = []
        while let length = rest.popFirst() {
            guard length > 0, rest.count >= Int(length) else { return nil }
            names.append(String(decoding: rest.prefix(Int(length)), as: UTF8.self))
            rest = rest.dropFirst(Int(length))
        }
        return names
    }

    static func protocols(_ flags: BogoFlags) throws(BogoFailure) -> [String] {
        guard let names = list(flags.advertisedProtocols ?? "") else { throw .failed("-advertise-alpn is no list") }
        return names
    }
}
