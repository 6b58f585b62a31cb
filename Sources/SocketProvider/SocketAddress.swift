// SocketAddress.swift — IPv4 and IPv6 addresses with a port, and the endpoints a socket connects to.
// RFC 4291 §2.2; RFC 5952 for the text; RFC 4007 §11 for the zone after `%`.
// Next: NameResolution.swift.

/// The family of a network address.
public enum AddressFamily: String, Sendable, Hashable, CaseIterable {
    case ipv4 = "IPv4"
    case ipv6 = "IPv6"

    /// Octets in an address: 4 or 16.
    public var addressLength: Int { self == .ipv4 ? 4 : 16 }
}

/// An IP address and a TCP port.
public struct SocketAddress: Sendable, Hashable {
    /// IPv4 or IPv6.
    public let family: AddressFamily
    /// The address in network order: 4 or 16 octets.
    public let bytes: [UInt8]
    /// The TCP port, as a number.
    public let port: UInt16
    /// The interface of a link-local IPv6 address; 0 for none.
    public let scopeID: UInt32

    /// Takes an address in network order; nil unless there are 4 or 16 octets.
    public init?(bytes: [UInt8], port: UInt16, scopeID: UInt32 = 0) {
        switch bytes.count {
        case 4: family = .ipv4
        case 16: family = .ipv6
        default: return nil
        }
        self.bytes = bytes
        self.port = port
        self.scopeID = family == .ipv6 ? scopeID : 0
    }

    /// Reads an address literal: dotted decimals, or IPv6 with or without brackets, a zone allowed after `%`.
    ///
    /// Nil for anything else; the shorthand of old resolvers, like `127.1`, is not an address.
    public init?(_ literal: String, port: UInt16) {
        if let bytes = AddressText.parse(literal, .ipv4) {
            self.init(bytes: bytes, port: port)
            return
        }
        var text = Substring(literal)
        if text.hasPrefix("[") {
            guard text.hasSuffix("]") else { return nil }
            text = text.dropFirst().dropLast()
        }
        var scope: UInt32 = 0
        if let percent = text.firstIndex(of: "%") {
            let zone = String(text[text.index(after: percent)...])
            guard let number = UInt32(zone) ?? AddressText.interface(zone) else { return nil }
            scope = number
            text = text[..<percent]
        }
        guard let bytes = AddressText.parse(String(text), .ipv6) else { return nil }
        self.init(bytes: bytes, port: port, scopeID: scope)
    }

    /// The address without the port, zone and brackets: what a certificate's iPAddress is compared with.
    public var host: String { AddressText.format(bytes, family) }

    func with(port: UInt16) -> SocketAddress {
        SocketAddress(bytes: bytes, port: port, scopeID: scopeID) ?? self
    }

    /// The IPv4 address in an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2): how a listener for both families sees IPv4
    /// peers. Any other address as it is.
    var unmapped: SocketAddress {
        guard family == .ipv6, bytes.starts(with: Self.mappedPrefix) else { return self }
        return SocketAddress(bytes: Array(bytes.dropFirst(Self.mappedPrefix.count)), port: port) ?? self
    }

    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    /// Every address of this machine, at `port`. The IPv6 one takes IPv4 connections as well when the listener's provider
    /// has both families.
    public static func any(_ family: AddressFamily, port: UInt16) -> SocketAddress {
        SocketAddress(family: family, bytes: [UInt8](repeating: 0, count: family.addressLength), port: port)
    }

    /// This machine alone: 127.0.0.1 or ::1, at `port`.
    public static func loopback(_ family: AddressFamily, port: UInt16) -> SocketAddress {
        let ipv6 = [UInt8](repeating: 0, count: 15) + [1]
        return SocketAddress(family: family, bytes: family == .ipv4 ? [127, 0, 0, 1] : ipv6, port: port)
    }

    private init(family: AddressFamily, bytes: [UInt8], port: UInt16) {
        self.family = family
        self.bytes = bytes
        self.port = port
        scopeID = 0
    }
}

extension SocketAddress: CustomStringConvertible {
    /// As `127.0.0.1:443` or `[::1]:443`.
    public var description: String {
        switch family {
        case .ipv4: "\(host):\(port)"
        case .ipv6: scopeID == 0 ? "[\(host)]:\(port)" : "[\(host)%\(scopeID)]:\(port)"
        }
    }
}

/// Where to connect.
public enum Endpoint: Sendable, Hashable {
    /// A host name, which is looked up, or an address literal, which is not.
    case name(String, port: UInt16)
    /// An address.
    case address(SocketAddress)
}

extension Endpoint: CustomStringConvertible {
    public var description: String {
        switch self {
        case .name(let host, let port):
            host.contains(":") && !host.hasPrefix("[") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .address(let address): address.description
        }
    }
}
