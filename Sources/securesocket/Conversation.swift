// Conversation.swift — octets to the peer and the peer to standard output, both at the same time.
// RFC 8446 §6.1: each direction ends on its own, with close_notify.
// Next: ConnectCommand.swift.

import Foundation
import SocketProvider
import Synchronization

/// Carries octets unchanged in both directions until both have ended.
///
/// The end of standard input closes the sending direction only. When the peer has closed, what is left of standard input is
/// still sent, unless it is a terminal: nobody should have to press a key to find out that the peer has gone.
final class Conversation: Sendable {
    private let socket: SecureSocket
    /// What to send; nil sends standard input as it comes.
    private let octets: [UInt8]?
    private let sendFailure = Mutex<SocketError?>(nil)
    private let hasSentAll = DispatchSemaphore(value: 0)

    init(over socket: SecureSocket, sending octets: [UInt8]? = nil) {
        self.socket = socket
        self.octets = octets
    }

    /// Returns when both directions have ended.
    ///
    /// - Throws: ``SocketError`` of the direction that failed; standard output counts as a file.
    func run() throws(SocketError) {
        Thread.detachNewThread { self.sendAll() }
        try receiveToStandardOutput()
        if octets != nil || isatty(FileHandle.standardInput.fileDescriptor) == 0 { hasSentAll.wait() }
        if let failure = sendFailure.withLock({ $0 }) { throw failure }
    }

    private func receiveToStandardOutput() throws(SocketError) {
        while true {
            let bytes = try socket.receive(upTo: Self.blockSize)
            if bytes.isEmpty { return }
            do {
                try FileHandle.standardOutput.write(contentsOf: bytes)
            } catch {
                let failure = (error as? CocoaError)?.underlying as? POSIXError
                throw .file(path: "standard output", errno: failure?.code.rawValue ?? EIO)
            }
        }
    }

    private func sendAll() {
        defer { hasSentAll.signal() }
        do throws(SocketError) {
            if let octets {
                try socket.send(octets)
            } else {
                let input = InputBlocks(FileHandle.standardInput)
                while let block = input.next() { try socket.send(block) }
            }
            // All is sent. When the farewell cannot be, receiving tells why, or has ended well.
            try? socket.closeSending()
        } catch {
            sendFailure.withLock { $0 = error }
        }
    }

    /// A few records' worth.
    private static let blockSize = 64 * 1024
}

/// A file's contents in blocks, each as soon as there is something.
struct InputBlocks {
    private let file: FileHandle
    /// A file on disk is read in blocks; from a pipe or a terminal what is there is taken at once.
    private let isSeekable: Bool

    init(_ file: FileHandle) {
        self.file = file
        isSeekable = (try? file.offset()) != nil
    }

    /// The next block; nil at the end.
    func next() -> [UInt8]? {
        let data = isSeekable ? (try? file.read(upToCount: 64 * 1024)) ?? Data() : file.availableData
        return data.isEmpty ? nil : [UInt8](data)
    }
}
