// HandshakeType.swift — the handshake messages.
// RFC 8446 §4 (Handshake.msg_type), with the values that RFC 5246 §7.4 used before it.
// Next: ExtensionType.swift.

/// Handshake.msg_type. An open set.
public struct HandshakeType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let helloRequest = HandshakeType(rawValue: 0)
    public static let clientHello = HandshakeType(rawValue: 1)
    public static let serverHello = HandshakeType(rawValue: 2)
    public static let newSessionTicket = HandshakeType(rawValue: 4)
    public static let endOfEarlyData = HandshakeType(rawValue: 5)
    public static let encryptedExtensions = HandshakeType(rawValue: 8)
    public static let certificate = HandshakeType(rawValue: 11)
    public static let serverKeyExchange = HandshakeType(rawValue: 12)
    public static let certificateRequest = HandshakeType(rawValue: 13)
    public static let serverHelloDone = HandshakeType(rawValue: 14)
    public static let certificateVerify = HandshakeType(rawValue: 15)
    public static let clientKeyExchange = HandshakeType(rawValue: 16)
    public static let finished = HandshakeType(rawValue: 20)
    public static let certificateStatus = HandshakeType(rawValue: 22)
    public static let keyUpdate = HandshakeType(rawValue: 24)
    public static let compressedCertificate = HandshakeType(rawValue: 25)
    public static let messageHash = HandshakeType(rawValue: 254)

    /// Every value that has a name here, for tables and tests.
    public static let named: [HandshakeType] = [
        .helloRequest, .clientHello, .serverHello, .newSessionTicket, .endOfEarlyData, .encryptedExtensions,
        .certificate, .serverKeyExchange, .certificateRequest, .serverHelloDone, .certificateVerify,
        .clientKeyExchange, .finished, .certificateStatus, .keyUpdate, .compressedCertificate, .messageHash,
    ]
}

extension HandshakeType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .helloRequest: "HelloRequest"
        case .clientHello: "ClientHello"
        case .serverHello: "ServerHello"
        case .newSessionTicket: "NewSessionTicket"
        case .endOfEarlyData: "EndOfEarlyData"
        case .encryptedExtensions: "EncryptedExtensions"
        case .certificate: "Certificate"
        case .serverKeyExchange: "ServerKeyExchange"
        case .certificateRequest: "CertificateRequest"
        case .serverHelloDone: "ServerHelloDone"
        case .certificateVerify: "CertificateVerify"
        case .clientKeyExchange: "ClientKeyExchange"
        case .finished: "Finished"
        case .certificateStatus: "CertificateStatus"
        case .keyUpdate: "KeyUpdate"
        case .compressedCertificate: "CompressedCertificate"
        case .messageHash: "message_hash"
        default: "handshake message \(rawValue)"
        }
    }
}
