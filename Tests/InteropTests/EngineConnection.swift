// EngineConnection.swift — a TLSConnection over a blocking socket, for either end.
// Next: LoopbackSocket.swift.

import Foundation
import Handshake
import SocketProvider
import TLS
import WireFormat

/// A connection and its buffers, in one value, so that they can be lent to each other.
struct EngineConnection: ~Copyable {
    let socket: LoopbackSocket
    var connection: TLSConnection
    private var input: ReceiveBuffer
    private var output: SendBuffer
    private var plaintext: [UInt8]
    private let answer: (PendingOperation) throws -> OperationAnswer
    private var tamper: (([UInt8]) -> [UInt8])?
    /// What a server received before its handshake was done.
    private(set) var earlyData: [UInt8]
    private(set) var isEnded: Bool

    /// - Parameters:
    ///   - flight: octets to send first.
    ///   - tamper: changes the first octets that come, as somebody on the way would.
    ///   - answer: what to say when the connection waits for something.
    init(
        _ connection: consuming TLSConnection, _ socket: LoopbackSocket, toSend flight: [UInt8] = [],
        tamper: (([UInt8]) -> [UInt8])? = nil,
        answer: @escaping (PendingOperation) throws -> OperationAnswer = { _ in
            throw InteropFailure("nobody here answers questions")
        }
    ) {
        var output = SendBuffer()
        output.append(flight.span)
        self.connection = connection
        self.socket = socket
        self.output = output
        self.answer = answer
        self.tamper = tamper
        input = ReceiveBuffer()
        plaintext = []
        earlyData = []
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

    /// Everything that is there; nothing at the end.
    mutating func receive() throws -> [UInt8] { try receive(upTo: .max) }

    mutating func updateKeys(requestPeer: Bool) throws {
        try connection.updateKeys(requestPeer: requestPeer, into: &output)
        try flush()
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
            let arriving = tamper?(octets) ?? octets
            tamper = nil
            input.append(arriving.span)
        case .applicationData(let range): plaintext += Self.copy(input.bytes(in: range))
        case .peerClosed: isEnded = true
        case .handshakeComplete: break
        case .earlyData(let range): earlyData += Self.copy(input.bytes(in: range))
        case .wants(let operation): try connection.resume(answer(operation), into: &output)
        }
    }

    private mutating func flush() throws {
        guard output.pendingCount > 0 else { return }
        let octets = Self.copy(output.pending)
        output.discard(octets.count)
        try socket.send(octets)
    }

    static func copy(_ bytes: Span<UInt8>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        return copy
    }
}
