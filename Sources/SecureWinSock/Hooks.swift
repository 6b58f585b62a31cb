// Hooks.swift — functions of the program that decide: whether a peer is accepted, and with which certificate it is answered.
// Microsoft's sslsock.h; RFC 8446 §4.3.2, §4.4.2.4.
// Next: KeyHooks.swift.

import CSecureWinSock
import SocketProvider

/// SSLVALIDATECERTHOOK: a function of the program and its argument, which the program answers for until closesocket.
@safe
struct ValidateHook: @unchecked Sendable {
    private let hook: SSLVALIDATECERTHOOK
    private let function: SSLVALIDATECERTFUNC
    private let identity: CallbackIdentity

    /// Nil when there is no function: the library decides alone then.
    init?(_ hook: SSLVALIDATECERTHOOK) {
        guard let function = unsafe hook.HookFunc else { return nil }
        unsafe self.hook = unsafe hook
        unsafe self.function = unsafe function
        identity = unsafe hookIdentity(UInt(bitPattern: unsafeBitCast(function, to: Int.self)), hook.pvArg)
    }

    var value: SSLVALIDATECERTHOOK { unsafe hook }

    /// The hook decides; it sees what the library has against the peer. A peer that resumes a session was accepted by the hook
    /// with which the session was made.
    ///
    /// - Parameter decidesAlone: whether it may accept what the library would refuse.
    func verification(decidesAlone: Bool, _ calls: HookCalls) -> ClientOptions.Verification {
        let verifier: ClientOptions.Verifier = { request, answer in
            calls.run({ decide(request) }, otherwise: .reject(reason: "the socket was closed"), answer)
        }
        return decidesAlone ? .takeOver(verifier, identity: identity) : .additional(verifier, identity: identity)
    }

    private func decide(_ request: PeerVerificationRequest) -> PeerDecision {
        var octets: [[UInt8]] = request.certificates.map(\.derEncoded)
        let flags = request.standardFailures.reduce(DWORD(0)) { $0 | Self.flags($1.rule) }
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

    /// A path that does not hold leads to nobody who is trusted, whatever is wrong with it.
    private static func flags(_ rule: CertificateError.Rule) -> DWORD {
        switch rule {
        case .nameMatch, .subjectAlternativeName: DWORD(SSL_CERT_FLAG_WRONG_NAME)
        case .expired, .notYetValid: DWORD(SSL_CERT_FLAG_EXPIRED)
        case .unknownIssuer: DWORD(SSL_CERT_FLAG_ISSUER_UNKNOWN)
        case .signature, .signatureAlgorithmPermitted, .weakHash:
            DWORD(SSL_CERT_FLAG_BAD_SIGNATURE | SSL_CERT_FLAG_ISSUER_UNKNOWN)
        default: DWORD(SSL_CERT_FLAG_OTHER | SSL_CERT_FLAG_ISSUER_UNKNOWN)
        }
    }
}

/// Hooks decide alike when their function is the same and has no argument. What an argument points at can change, so that
/// nobody else's decision counts for a hook that has one.
private func hookIdentity(_ function: UInt, _ argument: UnsafeMutableRawPointer?) -> CallbackIdentity {
    unsafe argument == nil ? .named("hook \(function)") : .unique()
}

/// SSLAUTHREQUESTHOOK, as ``ValidateHook``.
@safe
struct AuthRequestHook: @unchecked Sendable {
    private let hook: SSLAUTHREQUESTHOOK
    private let function: SSLAUTHREQUESTFUNC
    private let identity: CallbackIdentity

    init?(_ hook: SSLAUTHREQUESTHOOK) {
        guard let function = unsafe hook.HookFunc else { return nil }
        unsafe self.hook = unsafe hook
        unsafe self.function = unsafe function
        identity = unsafe hookIdentity(UInt(bitPattern: unsafeBitCast(function, to: Int.self)), hook.pvArg)
    }

    var value: SSLAUTHREQUESTHOOK { unsafe hook }

    /// The hook chooses, each time a server asks.
    ///
    /// - Parameter own: whose key signs for the chain that is its own; for any other chain the signature hook does.
    func credentials(_ own: OwnCredential?, _ calls: HookCalls) -> ClientOptions.Credentials {
        .callback({ request, answer in calls.run({ choose(request, own) }, otherwise: [], answer) }, identity: identity)
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
