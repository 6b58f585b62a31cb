// Hooks.swift — functions of the program that decide: whether a peer is accepted, and with which certificate it is answered.
// Microsoft's sslsock.h; RFC 8446 §4.3.2, §4.4.2.4.
// Next: KeyHooks.swift.

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
        let result = unsafe lendBlobs(&octets) { unsafe function(DWORD(SSL_CERT_X509), hook.pvArg, $1, $0, flags) }
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
}

/// SSLAUTHREQUESTHOOK, as ``ValidateHook``.
@safe
struct AuthRequestHook: @unchecked Sendable {
    private let hook: SSLAUTHREQUESTHOOK
    private let function: SSLAUTHREQUESTFUNC

    init?(_ hook: SSLAUTHREQUESTHOOK) {
        guard let function = unsafe hook.HookFunc else { return nil }
        unsafe self.hook = unsafe hook
        unsafe self.function = unsafe function
    }

    var value: SSLAUTHREQUESTHOOK { unsafe hook }

    /// The hook chooses, each time a server asks.
    ///
    /// - Parameter own: whose key signs for the chain that is its own; for any other chain the signature hook does.
    func credentials(_ own: OwnCredential?) -> ClientOptions.Credentials {
        let name = unsafe "hook \(function as Any) \(UInt(bitPattern: hook.pvArg))"
        return .callback({ request, answer in answer(choose(request, own)) }, identity: .named(name))
    }

    /// No certificate leads to no more than the hook has: the server decides then.
    private func choose(_ request: CertificateRequestInfo, _ own: OwnCredential?) -> [Credential] {
        var authorities = request.authorities
        var count: DWORD = 0
        var list: LPBLOB?
        let result = unsafe lendBlobs(&authorities) {
            unsafe function(DWORD(SSL_CERT_X509), hook.pvArg, $1, $0, 0, &count, &list)
        }
        guard result == SSL_ERR_OKAY, (1...Self.longest).contains(Int(count)), let list = unsafe list else { return [] }
        var chain: [Certificate] = []
        for index in 0..<Int(count) {
            let blob = unsafe list[index]
            guard let octets = unsafe try? Octets.copy(blob), let certificate = try? Certificate(derEncoded: octets)
            else {
                return []
            }
            chain.append(certificate)
        }
        if case .here(let credential) = own, credential.certificates.first == chain.first { return [credential] }
        return (try? OwnCredential.elsewhere(chain).credential()).map { [$0] } ?? []
    }

    /// No chain is longer.
    private static let longest = 64
}

/// Lends octets as a list of BLOBs.
@unsafe
private func lendBlobs(
    _ items: inout [[UInt8]], _ body: (UnsafeMutablePointer<BLOB>?, DWORD) -> Int32
) -> Int32 {
    var all = items.flatMap { $0 }
    let counts = items.map(\.count)
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
