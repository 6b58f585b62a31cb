// EngineClient.swift — a connection without the socket provider, for what its options cannot say.
// Next: InteropClient.swift.

import Certificates
import CryptoGlue
import Foundation
import Glibc
import Handshake
import SocketProvider
import TLS
import WireFormat

/// A `TLSConnection` over a blocking socket of this class. Used by one thread.
final class EngineClient: LineConnection {
    private var core: EngineCore

    /// What a client trusts and expects here.
    static func configuration(
        _ change: (inout ClientConfiguration) throws -> Void = { _ in }
    ) throws -> ClientConfiguration {
        var configuration = ClientConfiguration(
            provider: try .gcrypt(), trust: try InteropCertificates.anchors(), clock: SystemClock())
        try change(&configuration)
        return configuration
    }

    /// Connects and shakes hands.
    ///
    /// - Parameter tamper: changes the octets of the first flight, as somebody on the way would.
    init(
        to server: PeerServer, _ configuration: ClientConfiguration, earlyData: String = "",
        tamper: ([UInt8]) -> [UInt8] = { $0 }
    ) throws {
        var core = try EngineCore(server.address.port, configuration, Array(earlyData.utf8), tamper)
        try core.shakeHands()
        self.core = core
    }

    var info: ConnectionInfo { core.connection.info }

    /// Keying material without a context (RFC 5705 §4).
    func export(_ label: String, length: Int) throws -> SecretBytes {
        try core.connection.exportKeyingMaterial(label: label, context: nil, length: length)
    }

    func send(_ bytes: [UInt8]) throws { try core.send(bytes) }
    func receive(upTo limit: Int) throws -> [UInt8] { try core.receive(upTo: limit) }
    func closeSending() throws { try core.closeSending() }
    func close() { core.socket.close() }
}

/// A connection and its buffers, in one value, so that they can be lent to each other.
private struct EngineCore: ~Copyable {
    let socket: LoopbackSocket
    var connection: TLSConnection
    private var input: ReceiveBuffer
    private var output: SendBuffer
    private var plaintext: [UInt8]
    private var isEnded: Bool

    init(
        _ port: UInt16, _ configuration: ClientConfiguration, _ earlyData: [UInt8], _ tamper: ([UInt8]) -> [UInt8]
    ) throws {
        var first = SendBuffer()
        let identity = try ReferenceIdentity("localhost")
        let connection = try TLSConnection(
            client: configuration, identity: identity, earlyData: earlyData, into: &first)
        let socket = try LoopbackSocket(port)
        let flight = tamper(Self.copy(first.pending))
        var output = SendBuffer()
        output.append(flight.span)
        self.connection = connection
        self.socket = socket
        self.output = output
        input = ReceiveBuffer()
        plaintext = []
        isEnded = false
    }

    mutating func shakeHands() throws {
        while !connection.isHandshakeComplete {
            try step()
            guard !isEnded else { throw InteropFailure("closed in the handshake") }
        }
    }

    mutating func send(_ bytes: [UInt8]) throws {
        try connection.send(bytes.span, into: &output)
        try flush()
    }

    mutating func receive(upTo limit: Int) throws -> [UInt8] {
        while plaintext.isEmpty && !isEnded { try step() }
        let some = Array(plaintext.prefix(limit))
        plaintext.removeFirst(some.count)
        return some
    }

    mutating func closeSending() throws {
        connection.close(into: &output)
        try flush()
    }

    /// One event, or some octets to make one of.
    private mutating func step() throws {
        try flush()
        let event: ReceiveEvent
        do {
            event = try connection.receive(&input, into: &output)
        } catch {
            // The alert.
            try? flush()
            throw error
        }
        try flush()
        switch event {
        case .needsInput:
            let octets = try socket.receive()
            guard !octets.isEmpty else {
                try connection.receiveEndOfFile()
                isEnded = true
                return
            }
            input.append(octets.span)
        case .applicationData(let range), .earlyData(let range): plaintext += Self.copy(input.bytes(in: range))
        case .peerClosed: isEnded = true
        case .handshakeComplete: break
        case .wants: throw InteropFailure("nobody here answers questions")
        }
    }

    private mutating func flush() throws {
        guard output.pendingCount > 0 else { return }
        let octets = Self.copy(output.pending)
        output.discard(octets.count)
        try socket.send(octets)
    }

    private static func copy(_ bytes: Span<UInt8>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        return copy
    }
}

/// A TCP connection with blocking calls, each bounded by half a minute. Closed with its last copy.
private final class LoopbackSocket {
    private var descriptor: Int32

    init(_ port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw InteropFailure("socket: errno \(errno)") }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            // What was opened is closed with this object.
            throw InteropFailure("connect: errno \(errno)")
        }
    }

    deinit { close() }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    func send(_ octets: [UInt8]) throws {
        var sent = 0
        while sent < octets.count {
            let count = unsafe octets.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    descriptor, bytes.baseAddress?.advanced(by: sent), octets.count - sent, Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { throw InteropFailure("send: errno \(errno)") }
            sent += count
        }
    }

    /// Some octets; none at the end.
    func receive() throws -> [UInt8] {
        var room = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe room.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw InteropFailure("recv: errno \(errno)") }
        return Array(room.prefix(count))
    }
}
