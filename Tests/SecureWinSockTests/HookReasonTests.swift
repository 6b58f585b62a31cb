// HookReasonTests.swift — what a hook that judges a peer is told: everything that is wrong, whatever else is.
// Microsoft's sslsock.h; RFC 5280 §6.1; RFC 9525 §6.
// Next: HookLifeTests.swift.

import CSecureWinSock
import Glibc
import SocketProvider
import Testing

/// Keeps the flags where the argument points, and refuses.
private func note(
    _ type: DWORD, _ argument: UnsafeMutableRawPointer?, _ count: DWORD, _ chain: UnsafeMutablePointer<BLOB>?,
    _ flags: DWORD
) -> Int32 {
    unsafe argument?.assumingMemoryBound(to: DWORD.self).pointee = flags
    return SSL_ERR_FAILED
}

@Suite("WinSock hooks: reasons", .timeLimit(.minutes(5)))
struct HookReasonTests {

    private static let issuerUnknown = DWORD(SSL_CERT_FLAG_ISSUER_UNKNOWN)
    private static let wrongName = DWORD(SSL_CERT_FLAG_WRONG_NAME)
    private static let expired = DWORD(SSL_CERT_FLAG_EXPIRED)
    private static let badSignature = DWORD(SSL_CERT_FLAG_BAD_SIGNATURE)

    /// What a hook is told of a server with this certificate.
    private static func flags(
        _ identity: MadeIdentity, name: String = "localhost", isTrusted: Bool = true
    ) throws -> DWORD {
        let seen = UnsafeMutablePointer<DWORD>.allocate(capacity: 1)
        unsafe seen.initialize(to: .max)
        defer { unsafe seen.deallocate() }
        let listener = try identity.listen()
        let client = try TestSocket.client(name)
        if isTrusted {
            let anchors = String(decoding: identity.authority, as: UTF8.self)
            try client.check("trust", client.setTrust(anchors, SSL_TYPE_PEM))
        }
        let hook = unsafe SSLVALIDATECERTHOOK(HookFunc: note, pvArg: UnsafeMutableRawPointer(seen))
        try client.check("hook", unsafe client.set(SO_SSL_SET_VALIDATE_CERT_HOOK, hook))
        #expect(client.connect(listener.port) == WSAECONNABORTED)
        client.close()
        return unsafe seen.pointee
    }

    @Test("each reason by itself")
    func alone() async throws {
        try await onThread {
            let nothing = try Self.flags(MadeIdentity())
            #expect(nothing == 0)
            #expect(try Self.flags(MadeIdentity(), isTrusted: false) == Self.issuerUnknown)
            #expect(try Self.flags(MadeIdentity(), name: "other.example.org") == Self.wrongName)
            #expect(try Self.flags(MadeIdentity(days: -9 ... -2)) == Self.expired)
            #expect(try Self.flags(MadeIdentity(days: 2...9)) == Self.expired)
        }
    }

    @Test("a signature that is wrong leads to nobody who is trusted")
    func signature() async throws {
        try await onThread {
            let found = try Self.flags(MadeIdentity(isBroken: true))
            #expect(found == Self.badSignature | Self.issuerUnknown)
        }
    }

    @Test("no reason hides another: who passes over a name or a date still learns that the issuer is unknown")
    func together() async throws {
        try await onThread {
            let name = "other.example.org"
            #expect(
                try Self.flags(MadeIdentity(), name: name, isTrusted: false) == Self.wrongName | Self.issuerUnknown)
            let old = try MadeIdentity(days: -9 ... -2)
            #expect(try Self.flags(old, isTrusted: false) == Self.expired | Self.issuerUnknown)
            #expect(
                try Self.flags(old, name: name, isTrusted: false)
                    == Self.expired | Self.wrongName | Self.issuerUnknown)
            let broken = try MadeIdentity(days: -9 ... -2, isBroken: true)
            #expect(
                try Self.flags(broken, name: name)
                    == Self.expired | Self.wrongName | Self.badSignature | Self.issuerUnknown)
        }
    }
}
