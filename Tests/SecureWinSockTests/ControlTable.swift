// ControlTable.swift — what each control code takes and gives, and what it answers in each state of a socket: as a table.
// docs/winsock.md.
// Next: ControlTableTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import SecureWinSock
import TestSupport

/// States of a secure socket that controls tell apart.
enum ControlState: CaseIterable {
    case fresh, deferred, connected, listening, failed
}

/// A socket in each state, as long as this lives.
final class StateSockets {
    private let sockets: [(ControlState, TestSocket)]
    private let listener: SecureListener
    private let plain: PlainListener
    private let server: TestSocket

    init() throws {
        listener = try SecureListener()
        plain = try PlainListener()
        let pair = try listener.pair()
        server = pair.server
        let deferred = try TestSocket.client(flags: SSL_FLAG_ENABLE | SSL_FLAG_DEFER_HANDSHAKE)
        try deferred.check("connect", deferred.connect(plain.port))
        let failed = try TestSocket.client()
        guard failed.connect(try PlainListener.freePort()) != 0 else { throw StepFailure("a connection to nobody") }
        sockets = [
            (.fresh, try TestSocket()), (.deferred, deferred), (.connected, pair.client), (.listening, listener.socket),
            (.failed, failed),
        ]
    }

    func visit(_ body: (ControlState, TestSocket) throws -> Void) rethrows {
        for (state, socket) in sockets { try body(state, socket) }
    }

    func socket(_ wanted: ControlState) throws -> TestSocket {
        guard let found = sockets.first(where: { $0.0 == wanted }) else { throw StepFailure("no socket is \(wanted)") }
        return found.1
    }
}

/// What a code takes, gives and answers.
struct ControlRow: Sendable {
    /// What is given to it; NULL for nil.
    var input: [UInt8]?
    /// Inputs that are too short, too long or of the wrong form.
    var wrong: [[UInt8]] = []
    /// Whether it gives something.
    var gives = false
    /// The answer to a good call; nil where a call would do more than this table is about.
    var answer: @Sendable (ControlState) -> Int32?

    @Sendable private static func always(_ state: ControlState) -> Int32? { 0 }
    @Sendable private static func connectedOnly(_ state: ControlState) -> Int32? {
        state == .connected ? 0 : WSAENOTCONN
    }
    @Sendable private static func early(_ state: ControlState) -> Int32? {
        state == .fresh || state == .deferred ? 0 : WSAEINVAL
    }

    /// Answered in every state.
    private static let question = ControlRow(gives: true, answer: always)
    private static let ofConnection = ControlRow(gives: true, answer: connectedOnly)
    private static let command = ControlRow(wrong: [[0], [0, 0, 0, 0]], answer: connectedOnly)

    /// A structure of one size, until there is a connection.
    private static func structure(_ octets: [UInt8]) -> ControlRow {
        ControlRow(
            input: octets, wrong: [[0], Array(octets.dropLast()), octets + [0], octets + octets], answer: early)
    }

    private static func list(_ octets: [UInt8], wrong: [[UInt8]]) -> ControlRow {
        ControlRow(input: octets, wrong: wrong, answer: early)
    }

    private static func numbers(_ numbers: [DWORD]) -> [UInt8] { numbers.flatMap { octets(of: $0) } }

    /// A function that nobody calls, with an argument.
    private static let hook = [0x1000, 0x2000].flatMap { octets(of: UInt($0)) }

    // Structures with pointers: what they point at is there for good.
    private static let trust: [UInt8] = {
        let trust = unsafe SSLTRUST(dwType: DWORD(SSL_TYPE_FILE), dwFlags: 0, Anchors: Self.blob(TestFile.root))
        return unsafe withUnsafeBytes(of: trust) { unsafe [UInt8]($0) }
    }()
    private static let credentials: [UInt8] = {
        let credentials = unsafe SSLCREDENTIALS(
            dwType: DWORD(SSL_TYPE_FILE), dwFlags: 0, Certificates: Self.blob(TestFile.certificate),
            PrivateKey: Self.blob(TestFile.key))
        return unsafe withUnsafeBytes(of: credentials) { unsafe [UInt8]($0) }
    }()
    private static let clientAuthentication: [UInt8] = {
        let options = unsafe SSLCLIENTAUTHOPTS(
            dwRequestClientAuth: DWORD(SSL_AUTH_OPTIONAL), dwRedoHandshake: 0, dwType: DWORD(SSL_CERT_X509),
            dwIssuerCount: 0, pIssuerList: nil, dwFlags: 0)
        return unsafe withUnsafeBytes(of: options) { unsafe [UInt8]($0) }
    }()

    @unsafe
    private static func blob(_ text: String) -> BLOB {
        let octets = Array(text.utf8)
        let place = UnsafeMutablePointer<BYTE>.allocate(capacity: octets.count)
        unsafe place.initialize(from: octets, count: octets.count)
        return unsafe BLOB(cbSize: ULONG(octets.count), pBlobData: place)
    }

    /// The row of a code. A new code does not compile without one.
    static func of(_ control: Control) -> ControlRow {
        switch control {
        case .getCapabilities, .getFlags, .getProtocols, .getClientOptions, .getServerOptions,
            .getClientAuthentication, .getValidateHook, .getAuthRequestHook, .getKeyExchangeHook, .getSignatureHook,
            .getLastAlert, .getErrorText, .getPolicy, .getWeaknesses:
            question
        case .getConnectionInfo, .getPeerCertificates, .getALPN, .getSessionInfo: ofConnection
        case .getCiphers:
            ControlRow(input: numbers([7]), wrong: [[7], [7, 0, 0]], gives: true, answer: always)
        case .setFlags:
            // A deferred connection cannot turn into anything else.
            ControlRow(
                input: numbers([DWORD(SSL_FLAG_ENABLE | SSL_FLAG_DEFER_HANDSHAKE)]),
                wrong: [[1], [1, 0, 0], [1, 0, 0, 0, 0]]
            ) { $0 == .fresh ? 0 : WSAEINVAL }
        case .setProtocols:
            list(numbers([1, 7, 0x0304, 0]), wrong: [[1], numbers([1]), numbers([1, 7, 0x0304]), numbers([17])])
        case .setCiphers:
            list(numbers([7, 1, 0x1302]), wrong: [[7], numbers([7]), numbers([7, 1]), numbers([7, 2, 0x1302])])
        case .setClientOptions, .setServerOptions:
            structure(octets(of: SSLCLIENTOPTS(CacheTimeout: 99, dwCacheEntries: 9, dwFlags: 1)))
        case .setClientAuthentication: structure(clientAuthentication)
        case .setValidateHook, .setAuthRequestHook, .setKeyExchangeHook, .setSignatureHook: structure(hook)
        case .setPeerName:
            list(Array("localhost\0".utf8), wrong: [[0], [UInt8](repeating: 0x61, count: 300)])
        case .setCredentials: structure(credentials)
        case .setTrust: structure(trust)
        case .setALPN: list([2, 0x68, 0x32], wrong: [[3, 0x68, 0x32], [0], [2, 0x68, 0x32, 1]])
        case .setWeaknesses: structure(numbers([DWORD(SSL_WEAK_CBC_PADDING_TIMING)]))
        case .performHandshake:
            // With a deferred connection there is a handshake: DeferredHandshakeTests.
            ControlRow(wrong: [[0], [UInt8](repeating: 0x61, count: 300)]) { $0 == .deferred ? nil : WSAEINVAL }
        // It is felt by every socket of the process: SessionCacheTests.
        case .purgeSessions: ControlRow(wrong: [[0]]) { _ in nil }
        case .renegotiate, .sendCloseNotify: command
        }
    }
}
