// Hooks.swift — functions of the program that decide: whether a peer is accepted, and what a key elsewhere signs.
// Microsoft's sslsock.h; RFC 8446 §4.4.2.4, §4.4.3.
// Next: Controls+Settings.swift.

import CSecureWinSock
import SocketProvider

/// SSLVALIDATECERTHOOK. The program answers for its function and the argument from any thread, until the last socket that
/// has them is closed.
@safe
struct ValidateHook: @unchecked Sendable {
    private let hook: SSLVALIDATECERTHOOK
    private let function: SSLVALIDATECERTFUNC

    /// Nil when there is no function: the library decides alone then.
    init?(_ hook: SSLVALIDATECERTHOOK) {
        guard let function = unsafe hook.HookFunc else { return nil }
        unsafe self.hook = unsafe hook
        unsafe self.function = unsafe function
    }

    var value: SSLVALIDATECERTHOOK { unsafe hook }

    /// The hook decides; it sees what the library has against the peer. Sessions are resumed under the same function with
    /// the same argument.
    ///
    /// - Parameter decidesAlone: whether it may accept what the library would refuse.
    func verification(decidesAlone: Bool) -> ClientOptions.Verification {
        let name = unsafe "hook \(function as Any) \(UInt(bitPattern: hook.pvArg))"
        return decidesAlone
            ? .takeOver({ request, answer in answer(decide(request)) }, identity: .named(name))
            : .additional({ request, answer in answer(decide(request)) }, identity: .named(name))
    }

    private func decide(_ request: PeerVerificationRequest) -> PeerDecision {
        var octets: [[UInt8]] = request.certificates.map(\.derEncoded)
        var flags: DWORD = 0
        if case .failure(let error) = request.standardResult { flags = Self.flag(error.rule) }
        let result = unsafe Self.lend(&octets) { unsafe function(DWORD(SSL_CERT_X509), hook.pvArg, $1, $0, flags) }
        let alert: AlertDescription
        switch result {
        case SSL_ERR_OKAY: return .accept
        case SSL_ERR_CERT_EXPIRED: alert = .certificateExpired
        case SSL_ERR_CERT_REVOKED: alert = .certificateRevoked
        case SSL_ERR_CERT_UNKNOWN: alert = .certificateUnknown
        default: alert = .badCertificate
        }
        return .reject(reason: "the program's hook answered \(result)", alert: alert)
    }

    private static func flag(_ rule: CertificateError.Rule) -> DWORD {
        switch rule {
        case .unknownIssuer, .pathDepth, .signatureBudget: DWORD(SSL_CERT_FLAG_ISSUER_UNKNOWN)
        case .nameMatch, .subjectAlternativeName: DWORD(SSL_CERT_FLAG_WRONG_NAME)
        case .expired, .notYetValid: DWORD(SSL_CERT_FLAG_EXPIRED)
        case .signature, .signatureAlgorithmPermitted, .weakHash: DWORD(SSL_CERT_FLAG_BAD_SIGNATURE)
        default: DWORD(SSL_CERT_FLAG_OTHER)
        }
    }

    /// Lends the certificates as a list of BLOBs.
    @unsafe
    private static func lend(
        _ certificates: inout [[UInt8]], _ body: (UnsafeMutablePointer<BLOB>?, DWORD) -> Int32
    ) -> Int32 {
        var all = certificates.flatMap { $0 }
        let counts = certificates.map(\.count)
        return unsafe all.withUnsafeMutableBufferPointer { octets in
            var list = unsafe [BLOB]()
            var start = 0
            for count in counts {
                unsafe list.append(BLOB(cbSize: ULONG(count), pBlobData: octets.baseAddress.map { unsafe $0 + start }))
                start += count
            }
            return unsafe list.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress, DWORD($0.count)) }
        }
    }
}

/// SSLSIGNATUREHOOK, as ``ValidateHook``.
@safe
struct SignatureHook: @unchecked Sendable {
    private let hook: SSLSIGNATUREHOOK
    private let function: SSLSIGNATUREFUNC

    init?(_ hook: SSLSIGNATUREHOOK) {
        guard let function = unsafe hook.HookFunc else { return nil }
        unsafe self.hook = unsafe hook
        unsafe self.function = unsafe function
    }

    var value: SSLSIGNATUREHOOK { unsafe hook }

    var signer: ClientOptions.Signer { { request, answer in answer(sign(request)) } }

    /// The longest signature there is room for: RSA with 8192 bits and half of it again.
    private static let longest = 1536

    private func sign(_ request: SigningRequest) -> [UInt8]? {
        var signature = [UInt8](repeating: 0, count: Self.longest)
        var length = DWORD(Self.longest)
        let result = unsafe request.message.withUnsafeBufferPointer { message in
            unsafe signature.withUnsafeMutableBufferPointer { room in
                unsafe function(
                    DWORD(request.scheme.rawValue), hook.pvArg, message.baseAddress, DWORD(message.count), 0,
                    room.baseAddress, &length)
            }
        }
        guard result == SSL_ERR_OKAY, (1...Self.longest).contains(Int(length)) else { return nil }
        return Array(signature.prefix(Int(length)))
    }
}
