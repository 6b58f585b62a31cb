// ExtensionType.swift — the hello and certificate extensions.
// RFC 8446 §4.2; IANA "TLS ExtensionType Values".
// Next: ProtocolVersion.swift.

/// Extension.extension_type. An open set.
public struct ExtensionType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let serverName = ExtensionType(rawValue: 0)
    public static let maxFragmentLength = ExtensionType(rawValue: 1)
    public static let statusRequest = ExtensionType(rawValue: 5)
    public static let supportedGroups = ExtensionType(rawValue: 10)
    public static let ecPointFormats = ExtensionType(rawValue: 11)
    public static let signatureAlgorithms = ExtensionType(rawValue: 13)
    public static let useSRTP = ExtensionType(rawValue: 14)
    public static let heartbeat = ExtensionType(rawValue: 15)
    public static let applicationLayerProtocolNegotiation = ExtensionType(rawValue: 16)
    public static let signedCertificateTimestamp = ExtensionType(rawValue: 18)
    public static let clientCertificateType = ExtensionType(rawValue: 19)
    public static let serverCertificateType = ExtensionType(rawValue: 20)
    public static let padding = ExtensionType(rawValue: 21)
    public static let encryptThenMAC = ExtensionType(rawValue: 22)
    public static let extendedMasterSecret = ExtensionType(rawValue: 23)
    public static let compressCertificate = ExtensionType(rawValue: 27)
    public static let recordSizeLimit = ExtensionType(rawValue: 28)
    public static let sessionTicket = ExtensionType(rawValue: 35)
    public static let preSharedKey = ExtensionType(rawValue: 41)
    public static let earlyData = ExtensionType(rawValue: 42)
    public static let supportedVersions = ExtensionType(rawValue: 43)
    public static let cookie = ExtensionType(rawValue: 44)
    public static let pskKeyExchangeModes = ExtensionType(rawValue: 45)
    public static let certificateAuthorities = ExtensionType(rawValue: 47)
    public static let oidFilters = ExtensionType(rawValue: 48)
    public static let postHandshakeAuth = ExtensionType(rawValue: 49)
    public static let signatureAlgorithmsCert = ExtensionType(rawValue: 50)
    public static let keyShare = ExtensionType(rawValue: 51)
    public static let renegotiationInfo = ExtensionType(rawValue: 0xff01)
}

extension ExtensionType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .serverName: "server_name"
        case .maxFragmentLength: "max_fragment_length"
        case .statusRequest: "status_request"
        case .supportedGroups: "supported_groups"
        case .ecPointFormats: "ec_point_formats"
        case .signatureAlgorithms: "signature_algorithms"
        case .useSRTP: "use_srtp"
        case .heartbeat: "heartbeat"
        case .applicationLayerProtocolNegotiation: "application_layer_protocol_negotiation"
        case .signedCertificateTimestamp: "signed_certificate_timestamp"
        case .clientCertificateType: "client_certificate_type"
        case .serverCertificateType: "server_certificate_type"
        case .padding: "padding"
        case .encryptThenMAC: "encrypt_then_mac"
        case .extendedMasterSecret: "extended_master_secret"
        case .compressCertificate: "compress_certificate"
        case .recordSizeLimit: "record_size_limit"
        case .sessionTicket: "session_ticket"
        case .preSharedKey: "pre_shared_key"
        case .earlyData: "early_data"
        case .supportedVersions: "supported_versions"
        case .cookie: "cookie"
        case .pskKeyExchangeModes: "psk_key_exchange_modes"
        case .certificateAuthorities: "certificate_authorities"
        case .oidFilters: "oid_filters"
        case .postHandshakeAuth: "post_handshake_auth"
        case .signatureAlgorithmsCert: "signature_algorithms_cert"
        case .keyShare: "key_share"
        case .renegotiationInfo: "renegotiation_info"
        default: "extension \(rawValue)"
        }
    }
}
