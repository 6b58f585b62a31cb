// Winsock.swift — the C interface as the tests call it: sockets that close themselves, errors as values.
// Next: SecurePair.swift.

import CSecureWinSock
import Glibc
import Synchronization

/// A step of a test that failed without being what the test is about.
struct StepFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// POLLRDHUP, which glibc has for programs that ask for more than POSIX.
let peerClosed: Int32 = 0x2000

/// WSAStartup, once for the process: other suites go on, so nothing takes it back.
enum Winsock {
    static let started: Int32 = {
        var data = unsafe WSADATA()
        return unsafe WSAStartup(0x0202, &data)
    }()

    /// The error of a call that has just been made on this thread; 0 when there was none.
    static func error(_ result: Int32) -> Int32 { result == SOCKET_ERROR ? WSAGetLastError() : 0 }

    /// Every entry of the catalogue.
    static func entries() -> [WSAPROTOCOL_INFO] {
        guard started == 0 else { return [] }
        var list = [WSAPROTOCOL_INFO](repeating: WSAPROTOCOL_INFO(), count: 32)
        var size = DWORD(list.count * MemoryLayout<WSAPROTOCOL_INFO>.stride)
        let count = unsafe WSAEnumProtocols(nil, &list, &size)
        return Array(list.prefix(max(0, Int(count))))
    }

    static func entry(_ scheme: Int32, _ family: Int32) throws -> WSAPROTOCOL_INFO {
        guard let found = entries().first(where: { $0.iSecurityScheme == scheme && $0.iAddressFamily == family })
        else { throw StepFailure("no entry of scheme \(scheme) and family \(family)") }
        return found
    }

    /// WSAIoctl, with what it takes; NULL for nil.
    static func control(
        _ number: SOCKET, _ code: DWORD, _ input: [UInt8]? = nil, _ output: inout [UInt8], returned: inout DWORD
    ) -> Int32 {
        let count = DWORD(input?.count ?? 0)
        var given = input ?? []
        let room = DWORD(output.count)
        return unsafe given.withUnsafeMutableBytes { given in
            unsafe output.withUnsafeMutableBytes { place in
                error(
                    unsafe WSAIoctl(
                        number, code, count == 0 ? nil : given.baseAddress, count, room == 0 ? nil : place.baseAddress,
                        room, &returned, nil, nil))
            }
        }
    }
}

/// A socket of this interface, closed when it is let go.
final class TestSocket: Sendable {
    let number: SOCKET
    /// The number may be another's after that.
    private let isClosed = Atomic(false)

    init(adopting number: SOCKET) throws {
        guard number != INVALID_SOCKET else { throw StepFailure("no socket: error \(WSAGetLastError())") }
        self.number = number
    }

    /// A new one of the catalogue's entry.
    convenience init(_ scheme: Int32 = SECURITY_PROTOCOL_SSL, _ family: Int32 = AF_INET) throws {
        var info = try Winsock.entry(scheme, family)
        let all = FROM_PROTOCOL_INFO
        try self.init(adopting: unsafe WSASocket(all, all, all, &info, 0, 0))
    }

    /// A client that trusts the authority of the tests and expects this name, or its address.
    static func client(_ name: String? = "localhost", flags: Int32 = SSL_FLAG_ENABLE) throws -> TestSocket {
        let socket = try TestSocket()
        try socket.check("flags", socket.set(SO_SSL_SET_FLAGS, DWORD(flags)))
        try socket.check("trust", socket.setTrust(TestFile.root))
        if let name { try socket.check("name", socket.set(SO_SSL_SET_PEERNAME, text: name)) }
        return socket
    }

    deinit { close() }

    func check(_ what: String, _ error: Int32) throws {
        guard error == 0 else { throw StepFailure("\(what): error \(error): \(text(SO_SSL_GET_ERROR_TEXT))") }
    }

    // MARK: Controls

    /// Gives octets; NULL for nil. The error, 0 for none.
    func set(_ code: DWORD, bytes: [UInt8]?) -> Int32 {
        var output: [UInt8] = []
        var returned: DWORD = 0
        return Winsock.control(number, code, bytes, &output, returned: &returned)
    }

    func set<Value: BitwiseCopyable>(_ code: DWORD, _ value: Value) -> Int32 {
        set(code, bytes: octets(of: value))
    }

    func set(_ code: DWORD, text: String) -> Int32 { set(code, bytes: Array(text.utf8) + [0]) }

    /// Takes at most `room` octets: the error, what is there, and what was said to be there or to be needed.
    func get(_ code: DWORD, room: Int, _ input: [UInt8]? = nil) -> (error: Int32, bytes: [UInt8], returned: Int) {
        var output = [UInt8](repeating: 0xa5, count: room)
        var returned: DWORD = 0
        let error = Winsock.control(number, code, input, &output, returned: &returned)
        return (error, Array(output.prefix(error == 0 ? Int(returned) : room)), Int(returned))
    }

    func get<Value: BitwiseCopyable>(_ code: DWORD, _ type: Value.Type) throws -> Value {
        let answer = get(code, room: MemoryLayout<Value>.stride)
        try check(String(code, radix: 16), answer.error)
        return unsafe answer.bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: type) }
    }

    func text(_ code: DWORD) -> String {
        let answer = get(code, room: 4096)
        return answer.error == 0 ? String(decoding: answer.bytes.dropLast(), as: UTF8.self) : "error \(answer.error)"
    }

    func setTrust(_ file: String, _ type: Int32 = SSL_TYPE_FILE) -> Int32 {
        var path = Array(file.utf8)
        return unsafe path.withUnsafeMutableBufferPointer { path in
            let trust = unsafe SSLTRUST(
                dwType: DWORD(type), dwFlags: 0, Anchors: BLOB(cbSize: ULONG(path.count), pBlobData: path.baseAddress))
            return unsafe set(SO_SSL_SET_TRUST, trust)
        }
    }

    func setCredentials(_ certificates: [UInt8], _ key: [UInt8], _ type: Int32 = SSL_TYPE_FILE) -> Int32 {
        var (certificates, key) = (certificates, key)
        return unsafe certificates.withUnsafeMutableBufferPointer { first in
            unsafe key.withUnsafeMutableBufferPointer { second in
                let credentials = unsafe SSLCREDENTIALS(
                    dwType: DWORD(type), dwFlags: 0,
                    Certificates: BLOB(cbSize: ULONG(first.count), pBlobData: first.baseAddress),
                    PrivateKey: BLOB(cbSize: ULONG(second.count), pBlobData: second.baseAddress))
                return unsafe set(SO_SSL_SET_CREDENTIALS, credentials)
            }
        }
    }

    // MARK: Connecting and transfer

    /// Connects to loopback: the error, 0 for none.
    func connect(_ port: UInt16) -> Int32 {
        var address = sockaddr_in(loopback: port)
        return unsafe withUnsafeBytes(of: &address) { raw in
            Winsock.error(
                unsafe WSAConnect(
                    number, raw.assumingMemoryBound(to: sockaddr.self).baseAddress, Int32(raw.count), nil, nil, nil, nil
                ))
        }
    }

    /// What one send took, or the error, negative.
    func send(_ bytes: [UInt8]) -> Int {
        unsafe bytes.withUnsafeBytes { raw in
            let count = unsafe securewinsock_send(
                number, raw.assumingMemoryBound(to: CChar.self).baseAddress, Int32(raw.count), 0)
            return count >= 0 ? Int(count) : -Int(WSAGetLastError())
        }
    }

    func sendAll(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = send(Array(rest.prefix(1 << 20)))
            guard count > 0 else { throw StepFailure("send: error \(-count): \(text(SO_SSL_GET_ERROR_TEXT))") }
            rest = rest.dropFirst(count)
        }
    }

    /// What one recv gave, or the error.
    func receive(upTo limit: Int = 65_536, flags: Int32 = 0) -> (error: Int32, bytes: [UInt8]) {
        var error: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { room, count in
            let place = unsafe UnsafeMutableRawPointer(room.baseAddress)?.assumingMemoryBound(to: CChar.self)
            let result = unsafe securewinsock_recv(number, place, Int32(limit), flags)
            if result < 0 { error = WSAGetLastError() }
            count = max(0, Int(result))
        }
        return (error, bytes)
    }

    func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let piece = receive(upTo: min(count - bytes.count, 1 << 20))
            guard piece.error == 0, !piece.bytes.isEmpty else {
                throw StepFailure("recv after \(bytes.count) of \(count) octets: error \(piece.error)")
            }
            bytes += piece.bytes
        }
        return bytes
    }

    func receiveToEnd() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = receive()
            guard piece.error == 0 else { throw StepFailure("recv after \(bytes.count) octets: error \(piece.error)") }
            if piece.bytes.isEmpty { return bytes }
            bytes += piece.bytes
        }
    }

    func setNonBlocking(_ isOn: Bool = true) throws {
        var value: UInt = isOn ? 1 : 0
        try check("FIONBIO", Winsock.error(unsafe ioctlsocket(number, Int(FIONBIO), &value)))
    }

    /// What poll says within a time; 0 when nothing of what is asked for came.
    func poll(_ events: Int32, within milliseconds: Int32) -> Int32 {
        var entry = pollfd(fd: number, events: Int16(events), revents: 0)
        return unsafe Glibc.poll(&entry, 1, milliseconds) > 0 ? Int32(entry.revents) : 0
    }

    /// What a program does that knows of nothing: libc's close.
    func closeWithLibc() -> Int32 {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return -1 }
        return Glibc.close(number)
    }

    @discardableResult
    func close() -> Int32 {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return 0 }
        return Winsock.error(closesocket(number))
    }

    /// Leaves the number alone from here on: somebody else has closed it, and it may be another socket's.
    func abandon() { isClosed.store(true, ordering: .relaxed) }

    /// Closes with the system's own call, of which the library is not told.
    func closeWithSystem() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        Glibc.close(number)
    }
}
