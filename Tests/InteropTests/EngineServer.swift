// EngineServer.swift — our own server in the test's process: TLSConnection over accepted sockets, a thread for each.
// Next: ClientPeer.swift.

import Certificates
import CryptoGlue
import Foundation
import Handshake
import SocketProvider
import Synchronization
import TLS
import WireFormat

/// A server of the engine on a free port. It serves until it is released.
final class EngineServer: Sendable {
    /// What it does with what it receives.
    enum Service: Sendable {
        /// Sends it back, beginning with the early data. The lines of `Command` make it do something before that.
        case echo
        /// Answers each request of HTTP/1.1 with a line that names the path, and keeps the connection.
        case http
    }

    /// A line that asks the server for more than itself.
    enum Command: String {
        case updateKeys = "update your keys"
        case updateBothKeys = "update your keys and ask for mine"
        /// The server closes first.
        case close = "close now"
    }

    /// What became of a connection.
    struct Served: Sendable {
        var info = ConnectionInfo()
        /// What it ended with, unless it ended in order.
        var error: (any Error)?
        var earlyData: [UInt8] = []
        var exported = ""

        /// The TLS error it ended with.
        var failure: TLSError {
            get throws {
                guard let failure = error as? TLSError else {
                    throw InteropFailure("the server ended with \(error.map { "\($0)" } ?? "no error")")
                }
                return failure
            }
        }
    }

    let port: UInt16
    private let listener: LoopbackListener
    private let record = Record()

    /// - Parameters:
    ///   - exportLabel: keying material with this label goes to `Served.exported`.
    ///   - tamper: changes the first octets of a client, as somebody on the way would.
    ///   - answer: what to say when a connection waits for something.
    init(
        _ configuration: ServerConfiguration, _ service: Service = .echo, exportLabel: String? = nil,
        tamper: (@Sendable ([UInt8]) -> [UInt8])? = nil,
        answer: @escaping @Sendable (PendingOperation) throws -> OperationAnswer = { _ in
            throw InteropFailure("nobody here answers questions")
        }
    ) throws {
        let listener = try LoopbackListener()
        let record = record
        self.listener = listener
        port = listener.port
        Thread.detachNewThread {
            while let socket = listener.accept() {
                let number = record.begin()
                Thread.detachNewThread {
                    record.end(number, Self.serve(socket, configuration, service, exportLabel, tamper, answer))
                }
            }
        }
    }

    deinit { listener.stop() }

    /// What a server shows and allows here: certificates of these kinds, and everything the stack has.
    static func configuration(
        _ kinds: [KeyKind] = [.p256], _ change: (inout ServerConfiguration) throws -> Void = { _ in }
    ) throws -> ServerConfiguration {
        var configuration = ServerConfiguration(
            provider: try .gcrypt(),
            credentials: .fixed(try kinds.map { try InteropCertificates.serverCredential($0) }),
            clock: SystemClock())
        configuration.groups = NamedGroup.named
        configuration.cipherSuites = CipherSuite.namedTLS13 + CipherSuite.namedTLS12
        configuration.acceptedTLS12Weaknesses = Set(TLS12Weakness.allCases)
        try change(&configuration)
        return configuration
    }

    /// A server with the configuration above.
    convenience init(
        _ kinds: [KeyKind] = [.p256], _ service: Service = .echo, exportLabel: String? = nil,
        change: (inout ServerConfiguration) throws -> Void = { _ in }
    ) throws {
        try self.init(Self.configuration(kinds, change), service, exportLabel: exportLabel)
    }

    /// What became of the connection that was accepted next; waits for its end.
    func next(within limit: TimeInterval = 15) throws -> Served { try record.take(within: limit) }

    /// What became of the connections, in the order in which they were accepted: their threads end in any order.
    private final class Record: @unchecked Sendable {
        private let condition = NSCondition()
        private var ended: [Int: Served] = [:]
        private var accepted = 0
        private var taken = 0

        func begin() -> Int {
            condition.withLock {
                accepted += 1
                return accepted
            }
        }

        func end(_ number: Int, _ served: Served) {
            condition.withLock {
                ended[number] = served
                condition.broadcast()
            }
        }

        func take(within limit: TimeInterval) throws -> Served {
            let end = Date(timeIntervalSinceNow: limit)
            return try condition.withLock {
                while true {
                    if let served = ended.removeValue(forKey: taken + 1) {
                        taken += 1
                        return served
                    }
                    guard condition.wait(until: end) else { throw InteropFailure("no connection ended at our server") }
                }
            }
        }
    }

    // MARK: One connection

    private static func serve(
        _ socket: LoopbackSocket, _ configuration: ServerConfiguration, _ service: Service, _ exportLabel: String?,
        _ tamper: (@Sendable ([UInt8]) -> [UInt8])?,
        _ answer: @escaping @Sendable (PendingOperation) throws -> OperationAnswer
    ) -> Served {
        var served = Served()
        do {
            let connection = try TLSConnection(server: configuration)
            var core = EngineConnection(connection, socket, tamper: tamper, answer: answer)
            do {
                try core.shakeHands()
                served.earlyData = core.earlyData
                if let label = exportLabel { served.exported = try exported(label, core.connection) }
                switch service {
                case .echo: try echo(&core)
                case .http: try http(&core)
                }
                try core.closeSending()
            } catch { served.error = error }
            served.info = core.connection.info
        } catch { served.error = error }
        socket.closeInOrder()
        return served
    }

    private static func echo(_ core: inout EngineConnection) throws {
        var octets = core.earlyData.isEmpty ? try core.receive() : core.earlyData
        // What has come of a line: in old versions its first octet comes in a record of its own.
        var begun: [UInt8] = []
        while !octets.isEmpty {
            var isLast = false
            let text = begun + octets
            // Most of what comes is a line, or some.
            let lines = text.count < 4096 ? text.split(separator: UInt8(ascii: "\n")) : []
            begun = text.count == 1 ? text : []
            for line in lines {
                switch Command(rawValue: String(decoding: line, as: UTF8.self)) {
                case .updateKeys: try core.updateKeys(requestPeer: false)
                case .updateBothKeys: try core.updateKeys(requestPeer: true)
                case .close: isLast = true
                case nil: break
                }
            }
            try core.send(octets)
            if isLast { return }
            octets = try core.receive()
        }
    }

    private static func http(_ core: inout EngineConnection) throws {
        var received = ""
        while true {
            let octets = try core.receive()
            guard !octets.isEmpty else { return }
            received += String(decoding: octets, as: UTF8.self)
            while let end = received.range(of: "\r\n\r\n") {
                let words = received[..<end.lowerBound].prefix { $0 != "\r\n" }.split(separator: " ")
                let isLast = received[..<end.lowerBound].lowercased().contains("\r\nconnection: close")
                received = String(received[end.upperBound...])
                let body = "you asked for \(words.dropFirst().first ?? "")\n"
                try core.send(Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
                if isLast { return }
            }
        }
    }

    private static func exported(_ label: String, _ connection: borrowing TLSConnection) throws -> String {
        let secret = try connection.exportKeyingMaterial(label: label, context: nil, length: 32)
        var text = ""
        for index in 0..<secret.count { text += String(format: "%02x", secret.bytes[index]) }
        return text
    }
}

extension InteropCertificates {
    /// A server's certificate and key.
    static func serverCredential(_ kind: KeyKind) throws -> Credential {
        try serverCredential(certificate: kind.rawValue, key: kind.rawValue)
    }

    /// A server's certificate and key, with the OCSP response to staple.
    static func serverCredential(certificate: String, key: String, ocsp: String? = nil) throws -> Credential {
        var credential = try Credential(
            certificates: Certificate.parse(pem: bytes(certificate + ".pem")),
            key: PrivateKeyFile.parse(pem: bytes(key + ".key")))
        if let ocsp { credential.ocspResponse = try bytes(ocsp) }
        return credential
    }
}
