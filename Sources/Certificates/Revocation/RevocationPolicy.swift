// RevocationPolicy.swift — how much it counts whether certificates were revoked.
// RFC 5280 §6.3; RFC 6066 §8; RFC 7633 §4.
// Next: RevocationLists.swift.

/// Whether and how paths are held against revocation lists and stapled OCSP responses.
///
/// Nothing is fetched: lists are given in ``lists``, a response comes with the handshake. What counts as a status is a list
/// of the certificate's issuer, signed with the issuer's key and current, or for the peer's own certificate a stapled
/// response of its issuer or of a responder that the issuer named, current as well.
public struct RevocationPolicy: Sendable, Hashable {
    /// What a status counts.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Nothing is looked at.
        case off
        /// What is there counts: a revoked certificate is refused, and so is a stapled response that is wrong. A certificate
        /// without any status passes, unless it requires one itself (must-staple).
        case prefer
        /// As ``prefer``, and every certificate of the scope must have a status, good and current.
        case require
    }

    /// For which certificates a status is looked up.
    public enum Scope: String, Sendable, Hashable, CaseIterable {
        /// The peer's own.
        case peer
        /// Every certificate of the path below the trust anchor.
        case path
    }

    /// What a status counts; ``Mode/prefer`` by default.
    public var mode: Mode
    /// For which certificates it is looked up; ``Scope/path`` by default.
    public var scope: Scope
    /// The lists to look into; none by default.
    public var lists: RevocationLists

    /// Makes a policy.
    public init(mode: Mode = .prefer, scope: Scope = .path, lists: RevocationLists = RevocationLists()) {
        self.mode = mode
        self.scope = scope
        self.lists = lists
    }

    /// The same policies give the same text, others another: for digests.
    package var canonicalText: String {
        // Should the backend fail to make a digest, the lists stand for themselves.
        let lists = (try? lists.digest) ?? lists.lists.flatMap(\.derEncoded)
        return "\(mode.rawValue),\(scope.rawValue),\(Printable.hexadecimal(lists))"
    }
}
