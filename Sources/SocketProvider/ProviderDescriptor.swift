// ProviderDescriptor.swift — one entry of the catalogue: a transport with a security package on it.
// The counterpart of WinSock's WSAPROTOCOL_INFO.
// Next: ProviderCatalog.swift.

public import TLS

/// How a socket's data is cut: a stream of octets.
public enum SocketType: String, Sendable, Hashable, CaseIterable {
    /// Octets in order, without message boundaries.
    case stream
}

/// The transport protocol under the security package.
public enum TransportProtocol: String, Sendable, Hashable, CaseIterable {
    case tcp = "TCP"
}

/// Which family of security protocols a provider speaks. An open set: a package of your own picks a value of its own.
public struct SecurityScheme: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// No security: octets as they are (SECURITY_PROTOCOL_NONE).
    public static let none = SecurityScheme(rawValue: 0)
    /// SSL and TLS (SECURITY_PROTOCOL_SSL).
    public static let tls = SecurityScheme(rawValue: 1)
}

extension SecurityScheme: CustomStringConvertible {
    public var description: String {
        switch self {
        case .none: "none"
        case .tls: "TLS"
        default: "scheme \(rawValue)"
        }
    }
}

/// The cryptographic library behind a security package.
public struct CryptoBackend: Sendable, Hashable {
    /// The library's name, as `libgcrypt`.
    public let name: String
    /// The version that is loaded, as `1.10.1`.
    public let version: String

    /// A library of this name and version.
    public init(name: String, version: String) {
        self.name = name
        self.version = version
    }
}

/// What a provider can do.
public enum ProviderCapability: String, Sendable, Hashable, CaseIterable {
    /// Connects to servers.
    case client
    /// Accepts connections of clients.
    case server
    /// Reading and writing at the same time from two threads or tasks.
    case fullDuplex
    /// One direction can be closed while the other goes on.
    case halfClose
    /// Nobody between the two ends can read the data.
    case confidentiality
    /// Nobody between the two ends can change, repeat, drop or cut off the data unnoticed.
    case integrity
    /// The peer proves who it is.
    case peerAuthentication
    /// This end can prove who it is.
    case clientAuthentication
    /// The application protocol is agreed on in the handshake (RFC 7301).
    case applicationProtocolNegotiation
    /// A later connection can begin with what an earlier one agreed on (RFC 8446 §2.2).
    case sessionResumption
    /// Data can go out with the first flight of a resumed connection (RFC 8446 §2.3).
    case earlyData
    /// Keys can be renewed while the connection lives (RFC 8446 §4.6.3).
    case keyUpdate
    /// Both ends can derive keys of their own from the connection (RFC 8446 §7.5).
    case keyingMaterialExport
    /// Records can hide the length of their contents (RFC 8446 §5.4).
    case recordPadding
    /// Secrets can be logged for analysis when the options ask for it.
    case keyLog
    /// Every choice and refusal can be reported as a value.
    case decisionReport
}

/// A provider as the catalogue lists it: transport, security scheme, versions, backend, capabilities.
public struct ProviderDescriptor: Sendable, Hashable, Identifiable {
    /// The position in the catalogue, from 1.
    public let id: UInt32
    /// A name for people, as `TLS over TCP/IPv6`.
    public let name: String
    /// IPv4 or IPv6 (WSAPROTOCOL_INFO: iAddressFamily).
    public let addressFamily: AddressFamily
    /// How data is cut (iSocketType).
    public let socketType: SocketType
    /// The protocol under the security package (iProtocol).
    public let transport: TransportProtocol
    /// The family of security protocols (iSecurityScheme).
    public let securityScheme: SecurityScheme
    /// The name the security package is registered under.
    public let packageName: String
    /// The protocol versions the package speaks, oldest first; empty for packages that have none.
    public let versions: [ProtocolVersion]
    /// The library that does the cryptography; nil when there is none.
    public let backend: CryptoBackend?
    /// What the provider can do.
    public let capabilities: Set<ProviderCapability>
    /// Every suite that can be configured, best first.
    public let cipherSuites: [CipherSuite]
    /// Every group that can be configured, best first.
    public let groups: [NamedGroup]

    /// Whether the provider speaks `version`.
    public func supports(_ version: ProtocolVersion) -> Bool { versions.contains(version) }

    /// Whether the provider can do `capability`.
    public func supports(_ capability: ProviderCapability) -> Bool { capabilities.contains(capability) }
}
