// LoadServer.swift — the server's process: sends back what comes, and tells about itself when it is asked.
// Next: IdleLoad.swift.

import Foundation
import SocketProvider
import Synchronization
import TLS

/// The server, in a process of its own.
enum LoadServer {
    private static let open = Mutex(0)

    static func run(authority path: String) async {
        do {
            let identity = try LoadIdentity()
            try Data(identity.authority.derEncoded).write(to: URL(fileURLWithPath: path))
            let provider = try ProviderCatalog.standard.select(scheme: .tls, capabilities: [.server])
            var options = provider.defaultServerOptions
            options.credentials = .fixed([identity.credential])
            options.timeouts.read = .seconds(3600)
            let listener = try provider.configure(server: options).makeListener()
            try listener.bind(to: .loopback(.ipv4, port: 0))
            try listener.listen(backlog: 4096)
            say("\(listener.localAddress?.port ?? 0)")
            answerQuestions(listener)
            while true {
                let socket = try await listener.asynchronous.accept()
                Task { await serve(socket) }
            }
        } catch {
            say("failed: \(error)")
            exit(1)
        }
    }

    private static func serve(_ socket: AsynchronousSocket) async {
        open.withLock { $0 += 1 }
        while let bytes = try? await socket.receive(upTo: 16_384), !bytes.isEmpty {
            guard (try? await socket.send(bytes)) != nil else { break }
        }
        await socket.close()
        open.withLock { $0 -= 1 }
    }

    /// One line for each line that comes: open connections, resident KiB, descriptors, failed handshakes.
    private static func answerQuestions(_ listener: ListeningSocket) {
        Thread.detachNewThread {
            while readLine() != nil {
                let facts = ProcessFacts.own
                say("\(open.withLock { $0 }) \(facts.residentKiB) \(facts.descriptors) \(listener.statistics.failed)")
            }
            exit(0)
        }
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

/// The server as its clients' process sees it.
final class ServerProcess {
    let port: UInt16
    let authority: Certificate
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var pending = Data()

    struct Facts {
        let open: Int
        let residentKiB: Int
        let descriptors: Int
        let failed: Int
    }

    init() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("load-\(UUID().uuidString).der")
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["server", path.path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while line.last != 0x0a {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw LoadFailure("the server did not start") }
            line += more
        }
        guard let port = UInt16(String(decoding: line.dropLast(), as: UTF8.self)) else {
            throw LoadFailure(String(decoding: line, as: UTF8.self))
        }
        self.port = port
        authority = try Certificate(derEncoded: [UInt8](try Data(contentsOf: path)))
        try FileManager.default.removeItem(at: path)
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func facts() throws -> Facts {
        try input.fileHandleForWriting.write(contentsOf: Data("?\n".utf8))
        while !pending.contains(0x0a) {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw LoadFailure("the server has ended") }
            pending += more
        }
        let numbers = String(decoding: pending.prefix { $0 != 0x0a }, as: UTF8.self).split(separator: " ").compactMap {
            Int($0)
        }
        pending = Data(pending.drop { $0 != 0x0a }.dropFirst())
        guard numbers.count == 4 else { throw LoadFailure("the server talks nonsense") }
        return Facts(open: numbers[0], residentKiB: numbers[1], descriptors: numbers[2], failed: numbers[3])
    }

    /// Clients of this server; their sessions are resumed.
    func clients() throws -> ConfiguredProvider {
        let provider = try ProviderCatalog.standard.select(scheme: .tls)
        var options = provider.defaultOptions
        options.trust = .certificates([authority])
        options.peerName = "localhost"
        return try provider.configure(options)
    }

    var endpoint: Endpoint { .address(.loopback(.ipv4, port: port)) }
}
