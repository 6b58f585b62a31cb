// OwnCredential.swift — SO_SSL_SET_CREDENTIALS: this side's certificates, with their key or with one that the hooks reach.
// Microsoft's sslsock.h; docs/winsock.md.
// Next: Hooks.swift.

import CSecureWinSock
import SocketProvider

/// This side's certificates.
enum OwnCredential: Sendable {
    case here(Credential)
    /// The key signs through the signature hook, and decrypts through the key-exchange hook.
    case elsewhere([Certificate])

    /// - Parameter decrypts: whether a key that is elsewhere does more than sign.
    func credential(decrypts: Bool = false) throws(WinsockError) -> Credential {
        switch self {
        case .here(let credential): return credential
        case .elsewhere(let certificates):
            do throws(HandshakeError) {
                return try Credential(
                    certificates: certificates, externalSchemes: OwnCredential.schemes, decrypts: decrypts)
            } catch { throw WinsockError(WSAEINVAL) }
        }
    }

    /// What a key elsewhere is taken to be able to sign; those that its kind fits are used.
    private static let schemes: [SignatureScheme] = [
        .ed25519, .ed448, .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512, .rsaPSSRSAESHA256,
        .rsaPSSRSAESHA384, .rsaPSSRSAESHA512, .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512, .rsaPKCS1SHA256,
    ]

    @unsafe
    init(_ credentials: SSLCREDENTIALS) throws(WinsockError) {
        guard unsafe credentials.dwFlags == 0 else { throw WinsockError(WSAEINVAL) }
        do {
            let certificates = try unsafe OwnCredential.certificates(credentials)
            guard !certificates.isEmpty else { throw WinsockError(WSAEINVAL) }
            guard unsafe credentials.PrivateKey.cbSize > 0 else {
                self = .elsewhere(certificates)
                return
            }
            let key =
                switch unsafe Int32(bitPattern: credentials.dwType) {
                case SSL_TYPE_FILE:
                    try PrivateKeyFile.parse(file: SystemFile.readSecret(unsafe Octets.path(credentials.PrivateKey)))
                default: try PrivateKeyFile.parse(pem: unsafe Octets.copy(credentials.PrivateKey))
                }
            self = .here(try Credential(certificates: certificates, key: key))
        } catch let error as WinsockError {
            throw error
        } catch let error as SocketError {
            throw WinsockError(error)
        } catch {
            // Certificates or a key that are none, or that do not belong together.
            throw WinsockError(WSAEINVAL)
        }
    }

    @unsafe
    private static func certificates(_ credentials: SSLCREDENTIALS) throws -> [Certificate] {
        switch unsafe Int32(bitPattern: credentials.dwType) {
        case SSL_TYPE_FILE:
            try Certificate.parse(pem: SystemFile.read(unsafe Octets.path(credentials.Certificates)))
        case SSL_TYPE_PEM: try Certificate.parse(pem: unsafe Octets.copy(credentials.Certificates))
        default: throw WinsockError(WSAEINVAL)
        }
    }
}

/// What a program gives in BLOBs.
enum Octets {
    /// No certificate, key or list of them is longer.
    private static let longest = 1 << 20

    @unsafe
    static func copy(_ blob: BLOB) throws(WinsockError) -> [UInt8] {
        guard let start = unsafe blob.pBlobData else { throw WinsockError(WSAEFAULT) }
        guard unsafe (1...longest).contains(Int(blob.cbSize)) else { throw WinsockError(WSAEINVAL) }
        return unsafe [UInt8](UnsafeBufferPointer(start: start, count: Int(blob.cbSize)))
    }

    /// The name of a file, with its NUL or without.
    @unsafe
    static func path(_ blob: BLOB) throws(WinsockError) -> String {
        var octets = try unsafe copy(blob)
        if octets.last == 0 { octets.removeLast() }
        guard !octets.isEmpty, octets.count < 4096, !octets.contains(0) else { throw WinsockError(WSAEINVAL) }
        return String(decoding: octets, as: UTF8.self)
    }
}
