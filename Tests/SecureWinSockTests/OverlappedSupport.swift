// OverlappedSupport.swift — a program of the C interface that moves patterns of octets with overlapped calls.
// Next: OverlappedTests.swift.

import CSecureWinSock
import Foundation
import SecureWinSock
import Synchronization
import TestSupport

/// Something of the interface did not go as it should: where, and the error it told.
struct Unexpected: Error {
    let what: String
    let code = WSAGetLastError()
    init(_ what: String) { self.what = what }
}

/// Runs a program on a thread of its own, between WSAStartup and WSACleanup: it may block, and its routines find it.
func program<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
            let result = Result { () throws -> Value in
                var data = unsafe WSADATA()
                guard unsafe WSAStartup(0x0202, &data) == 0 else { throw Unexpected("WSAStartup") }
                defer { _ = WSACleanup() }
                return try body()
            }
            continuation.resume(with: result)
        }
        thread.start()
    }
}

/// Two sockets of this process that are connected to each other.
struct OverlappedPair: Sendable {
    let client: SOCKET
    let server: SOCKET

    /// Through TCP and, if it is secure, TLS.
    init(secure: Bool) throws {
        let listener = try OverlappedPair.listener(secure: secure)
        defer { _ = closesocket(listener) }
        client = try OverlappedPair.socket(secure: secure)
        guard try OverlappedPair.connect(client, to: OverlappedPair.address(of: listener)) == 0 else {
            throw Unexpected("WSAConnect")
        }
        server = try OverlappedPair.accept(listener)
    }

    /// Secure, through somebody who passes octets on and may stop at any time.
    init(through relay: OverlappedRelay) throws {
        let listener = try OverlappedPair.listener(secure: true)
        defer { _ = closesocket(listener) }
        try relay.start(to: OverlappedPair.address(of: listener))
        client = try OverlappedPair.socket(secure: true)
        guard try OverlappedPair.connect(client, to: OverlappedPair.address(of: relay.listener)) == 0 else {
            throw Unexpected("WSAConnect")
        }
        server = try OverlappedPair.accept(listener)
    }

    static func address(of socket: SOCKET) throws -> sockaddr_in {
        var address = sockaddr_in()
        var length = Int32(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe securewinsock_getsockname(socket, name, &length)
            }
        }
        guard result == 0 else { throw Unexpected("getsockname") }
        return address
    }

    static func connect(_ socket: SOCKET, to address: sockaddr_in) throws -> Int32 {
        var address = address
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe WSAConnect(socket, name, Int32(MemoryLayout<sockaddr_in>.size), nil, nil, nil, nil)
            }
        }
    }

    static func accept(_ listener: SOCKET) throws -> SOCKET {
        let server = WSAAccept(listener, nil, nil, nil, 0)
        guard server >= 0 else { throw Unexpected("WSAAccept") }
        return server
    }

    func close() {
        _ = closesocket(client)
        _ = closesocket(server)
    }

    static func socket(secure: Bool) throws -> SOCKET {
        var list = [WSAPROTOCOL_INFO](repeating: WSAPROTOCOL_INFO(), count: 16)
        var size = DWORD(MemoryLayout<WSAPROTOCOL_INFO>.stride * 16)
        let count = unsafe WSAEnumProtocols(nil, &list, &size)
        let scheme = secure ? SECURITY_PROTOCOL_SSL : SECURITY_PROTOCOL_NONE
        for index in 0..<Int(max(count, 0)) {
            var info = list[index]
            guard info.iSecurityScheme == scheme, info.iAddressFamily == AF_INET else { continue }
            let made = unsafe WSASocket(
                FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, DWORD(WSA_FLAG_OVERLAPPED))
            guard made >= 0 else { break }
            // It does no harm to a listener.
            if secure { try setTrust(made) }
            return made
        }
        throw Unexpected("WSASocket")
    }

    private static func file(_ name: String) -> [UInt8] {
        Array("\(SharedFolder.testVectors)/certificates/\(name)".utf8)
    }

    private static func setTrust(_ socket: SOCKET) throws {
        var path = file("root.pem")
        let result = unsafe path.withUnsafeMutableBufferPointer { path in
            var trust = unsafe SSLTRUST(
                dwType: DWORD(SSL_TYPE_FILE), dwFlags: 0,
                Anchors: BLOB(cbSize: ULONG(path.count), pBlobData: path.baseAddress))
            return unsafe WSAIoctl(
                socket, DWORD(SO_SSL_SET_TRUST), &trust, DWORD(MemoryLayout<SSLTRUST>.size), nil, 0, nil, nil, nil)
        }
        guard result == 0 else { throw Unexpected("SO_SSL_SET_TRUST") }
    }

    private static func setCredentials(_ socket: SOCKET) throws {
        var flags = DWORD(SSL_FLAG_ENABLE | SSL_FLAG_SERVER)
        var (certificates, key) = (file("server-p256.pem"), file("server-p256.key.pem"))
        let result = unsafe certificates.withUnsafeMutableBufferPointer { certificates in
            unsafe key.withUnsafeMutableBufferPointer { key in
                var credentials = unsafe SSLCREDENTIALS(
                    dwType: DWORD(SSL_TYPE_FILE), dwFlags: 0,
                    Certificates: BLOB(cbSize: ULONG(certificates.count), pBlobData: certificates.baseAddress),
                    PrivateKey: BLOB(cbSize: ULONG(key.count), pBlobData: key.baseAddress))
                let size = unsafe DWORD(MemoryLayout<SSLCREDENTIALS>.size)
                return unsafe WSAIoctl(socket, DWORD(SO_SSL_SET_FLAGS), &flags, 4, nil, 0, nil, nil, nil) == 0
                    && WSAIoctl(socket, DWORD(SO_SSL_SET_CREDENTIALS), &credentials, size, nil, 0, nil, nil, nil) == 0
            }
        }
        guard result else { throw Unexpected("SO_SSL_SET_CREDENTIALS") }
    }

    static func listener(secure: Bool) throws -> SOCKET {
        let listener = try socket(secure: secure)
        if secure { try setCredentials(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe securewinsock_bind(listener, name, Int32(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, securewinsock_listen(listener, 16) == 0 else { throw Unexpected("listen") }
        return listener
    }
}

/// Passes octets between two plain sockets until it is cut.
final class OverlappedRelay: Sendable {
    let listener: SOCKET
    private let ends = Mutex<[SOCKET]>([])

    init() throws { listener = try OverlappedPair.listener(secure: false) }

    func start(to address: sockaddr_in) throws {
        Thread { [self] in
            guard let near = try? OverlappedPair.accept(listener), let far = try? OverlappedPair.socket(secure: false),
                (try? OverlappedPair.connect(far, to: address)) == 0
            else { return }
            ends.withLock { $0 = [near, far] }
            for (source, target) in [(near, far), (far, near)] {
                Thread {
                    var octets = [CChar](repeating: 0, count: 65536)
                    while case let count = unsafe securewinsock_recv(source, &octets, 65536, 0), count > 0 {
                        _ = unsafe securewinsock_send(target, &octets, count, 0)
                    }
                }.start()
            }
        }.start()
    }

    /// Both ends see the end of TCP, which TLS did not announce.
    func cut() {
        for end in ends.withLock({ $0 }) { _ = securewinsock_shutdown(end, SD_BOTH) }
        _ = closesocket(listener)
    }

    deinit { for end in ends.withLock({ $0 }) { _ = closesocket(end) } }
}

/// Memory for one transfer after another: an OVERLAPPED, an event, and room.
@safe
final class OverlappedSlot {
    let overlapped: UnsafeMutablePointer<WSAOVERLAPPED>
    let room: UnsafeMutableRawBufferPointer
    let event: WSAEVENT?

    init(room count: Int, event wantsEvent: Bool = true) {
        unsafe overlapped = .allocate(capacity: 1)
        unsafe overlapped.initialize(to: WSAOVERLAPPED())
        unsafe room = .allocate(byteCount: max(count, 1), alignment: 16)
        unsafe event = wantsEvent ? WSACreateEvent() : nil
        unsafe overlapped.pointee.hEvent = unsafe event
    }

    deinit {
        if let event = unsafe event { unsafe WSACloseEvent(event) }
        unsafe overlapped.deallocate()
        unsafe room.deallocate()
    }

    /// Begins to receive into the room: what the call answered, and its error.
    func receive(
        on socket: SOCKET, upTo count: Int? = nil, routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE? = nil
    ) -> (result: Int32, error: Int32) {
        // In two pieces.
        let count = unsafe count ?? room.count
        let start = unsafe room.baseAddress?.assumingMemoryBound(to: CChar.self)
        var buffers = unsafe [
            WSABUF(len: ULONG(count / 3), buf: start),
            WSABUF(len: ULONG(count - count / 3), buf: start.map { unsafe $0 + count / 3 }),
        ]
        let result = unsafe WSARecv(socket, &buffers, 2, nil, nil, overlapped, routine)
        return (result, result == 0 ? 0 : WSAGetLastError())
    }

    /// Begins to send octets that stay where they are.
    func send(
        _ octets: UnsafeRawBufferPointer, on socket: SOCKET, routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE? = nil
    ) -> (result: Int32, error: Int32) {
        // In three pieces, one of which is nothing.
        let start = unsafe UnsafeMutableRawPointer(mutating: octets.baseAddress)?.assumingMemoryBound(to: CChar.self)
        let half = octets.count / 2
        var buffers = unsafe [
            WSABUF(len: ULONG(half), buf: start), WSABUF(len: 0, buf: nil),
            WSABUF(len: ULONG(octets.count - half), buf: start.map { unsafe $0 + half }),
        ]
        let result = unsafe WSASend(socket, &buffers, 3, nil, 0, overlapped, routine)
        return (result, result == 0 ? 0 : WSAGetLastError())
    }

    /// What WSAGetOverlappedResult says.
    func result(on socket: SOCKET, wait: Bool) -> (error: Int32, count: Int) {
        var (count, flags) = (DWORD(0), DWORD(7))
        let succeeded = unsafe WSAGetOverlappedResult(socket, overlapped, &count, wait ? 1 : 0, &flags) != 0
        return (succeeded ? 0 : WSAGetLastError(), Int(count))
    }

    /// Waits for the event at most ten seconds.
    var isSetSoon: Bool {
        var handle = unsafe event
        return unsafe WSAWaitForMultipleEvents(1, &handle, 0, 10_000, 0) == DWORD(WSA_WAIT_EVENT_0)
    }

    /// Whether the event is set.
    var isSet: Bool {
        var handle = unsafe event
        return unsafe WSAWaitForMultipleEvents(1, &handle, 0, 0, 0) == DWORD(WSA_WAIT_EVENT_0)
    }
}

/// One direction of one socket: so many octets of a pattern are sent, or received and compared, several transfers at a time.
@safe
final class OverlappedStream: @unchecked Sendable {
    private static let period = 1_000_003
    private static let pieceSize = 200_000

    let socket: SOCKET
    let sends: Bool
    private let total: Int
    /// Twice the pattern, so that a piece of it begins anywhere.
    private let pattern: UnsafeMutableRawBufferPointer
    private(set) var waiting: [OverlappedSlot] = []
    private var begun = 0
    private(set) var moved = 0
    private(set) var hasEnded = false
    var failure: Unexpected?

    /// Set for completion by routine: then the member for the event leads from the structure to the stream.
    private let routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?

    init(
        _ socket: SOCKET, sends: Bool, total: Int, seed: UInt64, routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE? = nil
    ) {
        self.socket = socket
        self.sends = sends
        self.total = total
        unsafe self.routine = unsafe routine
        unsafe pattern = .allocate(byteCount: 2 * Self.period, alignment: 16)
        var state = seed
        for index in 0..<Self.period {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            unsafe pattern[index] = UInt8(truncatingIfNeeded: state >> 56)
            unsafe pattern[index + Self.period] = UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    deinit { unsafe pattern.deallocate() }

    var isOver: Bool { failure != nil || (hasEnded && waiting.isEmpty) }

    /// Begins as many transfers as are to go on at once.
    func start() {
        for _ in 0..<3 {
            let slot = unsafe OverlappedSlot(room: sends ? 0 : Self.pieceSize, event: routine == nil)
            if unsafe routine != nil {
                unsafe slot.overlapped.pointee.hEvent = unsafe Unmanaged.passUnretained(self).toOpaque()
            }
            begin(slot)
        }
    }

    private func begin(_ slot: OverlappedSlot) {
        if hasEnded || failure != nil { return }
        let answer: (result: Int32, error: Int32)
        if sends {
            let count = min(Self.pieceSize, total - begun)
            let place = begun % Self.period
            answer = unsafe slot.send(
                UnsafeRawBufferPointer(rebasing: pattern[place..<place + count]), on: socket, routine: routine)
            begun += count
        } else {
            answer = unsafe slot.receive(on: socket, routine: routine)
        }
        guard answer.result == 0 || answer.error == WSA_IO_PENDING else {
            failure = failure ?? Unexpected(sends ? "WSASend" : "WSARecv")
            return
        }
        waiting.append(slot)
        if sends && begun == total {
            // What waits is sent all the same.
            hasEnded = true
            if securewinsock_shutdown(socket, SD_SEND) != 0 { failure = Unexpected("shutdown") }
        }
    }

    /// The oldest transfer is over: looks at what it did, and begins another.
    func finish(_ code: Int32, _ count: Int) {
        let slot = waiting.removeFirst()
        guard code == 0 else {
            WSASetLastError(code)
            failure = failure ?? Unexpected(sends ? "sending" : "receiving")
            return
        }
        if !sends {
            if count == 0 {
                hasEnded = true
                if moved != total { failure = failure ?? Unexpected("the end after \(moved)") }
            }
            let place = moved % Self.period
            let expected = unsafe pattern[place..<place + count]
            let isEqual = unsafe slot.room[..<count].withUnsafeBytes { received in
                unsafe expected.withUnsafeBytes { unsafe memcmp(received.baseAddress!, $0.baseAddress!, count) == 0 }
            }
            if !isEqual { failure = failure ?? Unexpected("other octets at \(moved)") }
        }
        moved += count
        begin(slot)
    }
}
