// KeyHooks.swift — functions of the program that use a key elsewhere: to sign, and to decrypt.
// Microsoft's sslsock.h; RFC 8446 §4.4.3; RFC 5246 §7.4.7.1.
// Next: Controls+Settings.swift.

import CSecureWinSock
import SocketProvider

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

    func signer(_ calls: HookCalls) -> ClientOptions.Signer {
        { request, answer in calls.run({ sign(request) }, otherwise: nil, answer) }
    }

    private func sign(_ request: SigningRequest) -> [UInt8]? {
        unsafe ask(request.message) { message, count, room, length in
            unsafe function(DWORD(request.scheme.rawValue), hook.pvArg, message, count, 0, room, length)
        }
    }
}

/// SSLKEYEXCHANGEHOOK, as ``ValidateHook``.
@safe
struct KeyExchangeHook: @unchecked Sendable {
    private let hook: SSLKEYEXCHANGEHOOK
    private let function: SSLKEYEXCHANGEFUNC

    init?(_ hook: SSLKEYEXCHANGEHOOK) {
        guard let function = unsafe hook.HookFunc else { return nil }
        unsafe self.hook = unsafe hook
        unsafe self.function = unsafe function
    }

    var value: SSLKEYEXCHANGEHOOK { unsafe hook }

    /// Decrypts for a server. To encrypt takes no key that anybody has to hide: the library does that itself.
    func decrypter(_ calls: HookCalls) -> ServerOptions.Decrypter {
        { request, answer in calls.run({ decrypt(request) }, otherwise: nil, answer) }
    }

    private func decrypt(_ request: DecryptionRequest) -> [UInt8]? {
        unsafe ask(request.encrypted) { encrypted, count, room, length in
            unsafe function(DWORD(EXCH_RSADECRYPT), hook.pvArg, encrypted, count, 0, room, length)
        }
    }
}

/// The longest result there is room for: RSA with 8192 bits and half of it again.
private let longestResult = 1536

/// Lends octets and room for a result to a function of the program; nil unless it says that it gave one.
@unsafe
private func ask(
    _ octets: [UInt8],
    _ function: (UnsafePointer<BYTE>?, DWORD, UnsafeMutablePointer<BYTE>?, UnsafeMutablePointer<DWORD>) -> Int32
) -> [UInt8]? {
    var length = DWORD(longestResult)
    var result = SSL_ERR_FAILED
    let answer = unsafe [UInt8](unsafeUninitializedCapacity: longestResult) { room, count in
        unsafe room.initialize(repeating: 0)
        unsafe octets.withUnsafeBufferPointer { octets in
            result = unsafe function(octets.baseAddress, DWORD(octets.count), room.baseAddress, &length)
        }
        count = min(Int(length), longestResult)
    }
    return result == SSL_ERR_OKAY && (1...longestResult).contains(Int(length)) ? answer : nil
}
