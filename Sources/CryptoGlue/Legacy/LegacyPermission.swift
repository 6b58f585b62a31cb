// LegacyPermission.swift — the token without which nothing of SSL 3.0, TLS 1.0 and TLS 1.1 can be made.
// RFC 7568 §3 (SSL 3.0 must not be used), RFC 8996 §4, §5 (nor TLS 1.0 and 1.1).
// Next: LegacyUse.swift.

public import WireFormat

/// Permission to speak protocol versions that are broken, with its reason and its end.
///
///     let permission = try LegacyPermission(
///         versions: [.ssl30], reason: "the lathe's controller of 1998", until: UnixTime(year: 2027, month: 6, day: 1)!,
///         peers: ["lathe.example.org"])
///     configuration.legacyPermission = permission
///
/// There is no other way to these versions: no default, file or environment variable makes one of these. The versions come
/// with what they cannot do without — CBC, static RSA, MD5 with SHA-1 in the handshake, and RC4 in SSL 3.0. What they can do
/// without has to be permitted by its own name: certificates signed with MD5 or SHA-1, and RSA keys below 2048 bits.
public struct LegacyPermission: Sendable, Hashable {
    /// SSL 3.0, TLS 1.0 and TLS 1.1, oldest first.
    public static let legacyVersions: [ProtocolVersion] = [.ssl30, .tls10, .tls11]

    /// The versions that are permitted; never empty, each one of ``legacyVersions``.
    public let versions: Set<ProtocolVersion>
    /// Why; never empty. It stands in every report of a connection that needed the permission.
    public let reason: String
    /// The first second in which the permission holds no more.
    public let until: UnixTime
    /// The peers it holds for, in lower case: at a client the name or address it connects to, at a server the address of the
    /// client. nil is any peer.
    public let peers: Set<String>?
    /// The suites that are permitted, of those of the versions; nil is all of them.
    public var cipherSuites: Set<CipherSuite>?
    /// Accepts certificates that are signed with MD5: whoever wants can make another with the same signature (RFC 6151 §2).
    public var acceptsMD5Certificates = false
    /// Accepts certificates that are signed with SHA-1: collisions are for sale (RFC 9155 §1).
    public var acceptsSHA1Certificates = false
    /// Accepts RSA keys of 1024 to 2047 bits in the peer's certificates.
    public var acceptsShortRSAKeys = false

    /// - Parameters:
    ///   - versions: one at least of ``legacyVersions``.
    ///   - reason: why; for whoever reads the reports.
    ///   - until: when it ends.
    ///   - peers: names and addresses; nil is any peer.
    /// - Throws: ``LegacyPermissionError``.
    public init(
        versions: Set<ProtocolVersion>, reason: String, until: UnixTime, peers: Set<String>? = nil
    ) throws(LegacyPermissionError) {
        guard !versions.isEmpty else { throw .noVersion }
        for version in versions.sorted() where !LegacyPermission.legacyVersions.contains(version) {
            throw .notLegacy(version)
        }
        guard reason.contains(where: { !$0.isWhitespace }) else { throw .noReason }
        if let peers, peers.isEmpty { throw .noPeer }
        self.versions = versions
        self.reason = reason
        self.until = until
        self.peers = peers.map { Set($0.map(LegacyPermission.normalized)) }
    }

    /// Why the permission does not hold now and for this peer; nil when it does.
    ///
    /// - Parameters:
    ///   - now: the time by the connection's clock.
    ///   - peer: whom the connection is with; nil when nobody knows, which is on no list.
    public func refusal(at now: UnixTime, peer: String?) -> String? {
        guard now < until else { return "the permission ended at \(until)" }
        guard let peers else { return nil }
        guard let peer else { return "the permission names its peers, and it is not known who this one is" }
        return peers.contains(LegacyPermission.normalized(peer)) ? nil : "the permission does not name \(peer)"
    }

    /// Names are compared without regard to case and a trailing dot.
    private static func normalized(_ peer: String) -> String {
        let text = peer.lowercased()
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

/// Why a ``LegacyPermission`` cannot be made.
public enum LegacyPermissionError: Error, Equatable, Sendable {
    /// No version is named.
    case noVersion
    /// The version is none that needs a permission, or none at all.
    case notLegacy(ProtocolVersion)
    /// The reason is empty.
    case noReason
    /// The list of peers is empty: nil stands for any peer.
    case noPeer
}

extension LegacyPermissionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noVersion: "a permission names at least one of SSL 3.0, TLS 1.0 and TLS 1.1"
        case .notLegacy(let version): "\(version) is none of SSL 3.0, TLS 1.0 and TLS 1.1: it takes no permission"
        case .noReason: "a permission says why: its reason is empty"
        case .noPeer: "a permission for certain peers names at least one"
        }
    }
}
