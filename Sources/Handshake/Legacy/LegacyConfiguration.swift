// LegacyConfiguration.swift — what a permission adds to a configuration: versions, and suites after all others.
// RFC 7568; RFC 8996; RFC 7465 §2.
// Next: VersionRules.swift.

internal import CryptoGlue
package import WireFormat

/// What a client offers, or a server speaks, by a permission.
struct LegacyOffer: Sendable {
    /// The versions besides those of `versions`, the newest first; empty without a permission that holds.
    let versions: [ProtocolVersion]
    private let permitted: Set<CipherSuite>?

    init(_ use: LegacyUse?) {
        versions = use.map { $0.permission.versions.sorted(by: >) } ?? []
        permitted = use?.permission.cipherSuites
    }

    /// The suites of a version, the better first; none when it is not permitted.
    func suites(of version: ProtocolVersion) -> [TLS12Suite] {
        guard versions.contains(version) else { return [] }
        let suites = TLS12Suite.legacySuites(of: version)
        guard let permitted else { return suites }
        return suites.filter { permitted.contains($0.code) }
    }
}

extension ClientConfiguration {
    private var legacyOffer: LegacyOffer { LegacyOffer(legacyUse) }

    /// With the permission as it holds here and now.
    func permittingLegacy(peer: String) -> ClientConfiguration {
        var result = self
        result.legacyUse = legacyPermission?.use(at: clock.now(), peer: peer)
        return result
    }

    /// Every version that is offered, the newest first.
    package var offeredVersions: [ProtocolVersion] {
        [ProtocolVersion.tls13, .tls12].filter(offersModern) + legacyOffer.versions.filter(offersLegacy)
    }

    /// Versions that the machine of TLS 1.2 speaks: it, and those before it.
    var offersTLS12OrOlder: Bool { (offeredVersions.last ?? .tls13) < .tls13 }

    /// RFC 6101 has no extensions, and a server that speaks SSL 3.0 alone may not survive them.
    var offersSSL30Alone: Bool { offeredVersions == [.ssl30] }

    func offersLegacy(_ version: ProtocolVersion) -> Bool { !legacyOffer.suites(of: version).isEmpty }

    /// The suites that a permission adds, after all others.
    var legacyCipherSuites: [CipherSuite] {
        var suites: [CipherSuite] = []
        for version in legacyOffer.versions {
            for suite in legacyOffer.suites(of: version) where !suites.contains(suite.code) {
                // RFC 7465 §2: a ClientHello of TLS must not offer RC4.
                if case .legacy(.rc4, _) = suite.protection, !offersSSL30Alone { continue }
                suites.append(suite.code)
            }
        }
        return suites
    }

    /// Why the versions of the permission are not offered; nil when they are, or there is none.
    func legacyRefusal(peer: String) -> String? { legacyPermission?.refusal(at: clock.now(), peer: peer) }
}

extension ServerConfiguration {
    private var legacyOffer: LegacyOffer { LegacyOffer(legacyUse) }

    /// With the permission as it holds here and now.
    ///
    /// - Parameter peer: the client's address; nil when nobody knows it.
    func permittingLegacy(peer: String?) -> ServerConfiguration {
        var result = self
        result.legacyUse = legacyPermission?.use(at: clock.now(), peer: peer)
        return result
    }

    /// Every version that is spoken, the newest first.
    package var spokenVersions: [ProtocolVersion] {
        [ProtocolVersion.tls13, .tls12].filter(speaksModern) + legacyOffer.versions.filter(speaksLegacy)
    }

    func speaksLegacy(_ version: ProtocolVersion) -> Bool { !legacyOffer.suites(of: version).isEmpty }

    /// The suites to choose from with this version, the most wanted first.
    func cipherSuites(for version: ProtocolVersion) -> [CipherSuite] {
        version < .tls12
            ? legacyOffer.suites(of: version).map(\.code) : cipherSuites.filter { $0.belongs(to: version) }
    }
}

enum LegacyVersions {
    /// Refuses versions that nobody has permitted.
    static func check(
        _ versions: ClosedRange<ProtocolVersion>, _ permission: LegacyPermission?
    ) throws(HandshakeError) {
        for version in LegacyPermission.legacyVersions where versions.contains(version) {
            guard permission?.versions.contains(version) ?? false else {
                throw .configuration("versions contains \(version), which needs a legacyPermission that names it")
            }
        }
    }
}
