// LegacyUse.swift — a permission that holds here and now: what every piece of legacy code asks for when it is made.
// RFC 7568 §3; RFC 8996 §4, §5.
// Next: LegacyCipher.swift.

public import WireFormat

/// A ``LegacyPermission`` that was found to hold for one connection. Only that makes one, and no legacy code is made without
/// one.
public struct LegacyUse: Sendable, Hashable {
    /// The permission that holds.
    public let permission: LegacyPermission

    fileprivate init(_ permission: LegacyPermission) { self.permission = permission }

    /// What a report says of a connection that speaks this version.
    public func warning(_ version: ProtocolVersion) -> String {
        "\(version) is broken: what is sent can be read and changed on the way. "
            + "Permitted until \(permission.until): \(permission.reason)"
    }
}

extension LegacyPermission {
    /// The permission, when it holds now and for this peer; as ``refusal(at:peer:)``.
    public func use(at now: UnixTime, peer: String?) -> LegacyUse? {
        refusal(at: now, peer: peer) == nil ? LegacyUse(self) : nil
    }
}
