// ServeProcess.swift — a running `securesocket serve`, and certificates for it made by `securesocket make-cert`.
// Next: CommandServeTests.swift.

import Foundation
import Synchronization

/// A server process on a loopback port. It is ended by its own process id when it is let go.
final class ServeProcess: Sendable {
    let port: UInt16
    private let process: Process
    private let lines: Lines

    /// What a process prints, as it prints it.
    private final class Lines: Sendable {
        private let text = Mutex("")
        private let ended = DispatchSemaphore(value: 0)

        init(_ pipe: Pipe) {
            let handle = pipe.fileHandleForReading
            Thread.detachNewThread { [self] in
                while true {
                    let data = handle.availableData
                    if data.isEmpty { break }
                    text.withLock { $0 += String(decoding: data, as: UTF8.self) }
                }
                ended.signal()
            }
        }

        var all: String { text.withLock { $0 } }
        func waitForEnd() { ended.wait() }
    }

    /// Starts the server with the certificate of `folder` and waits until it listens.
    init(_ folder: ScratchFolder, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = CommandRun.executable
        process.arguments =
            ["serve", "--listen", "127.0.0.1:0", "--cert", folder.path("cert.pem"), "--key", folder.path("key.pem")]
            + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let pipe = try Launch.withPipes(1) { pipes in
            process.standardOutput = pipes[0]
            process.standardError = pipes[0]
            try process.run()
            return pipes[0]
        }
        let lines = Lines(pipe)
        self.process = process
        self.lines = lines
        let limit = ContinuousClock.now + .seconds(20)
        while true {
            let text = lines.all
            if let start = text.range(of: "listening on 127.0.0.1:")?.upperBound, text[start...].contains("\n"),
                let port = UInt16(text[start...].prefix { $0.isNumber })
            {
                self.port = port
                return
            }
            guard process.isRunning, ContinuousClock.now < limit else {
                kill(process.processIdentifier, SIGKILL)
                throw InteropFailure("securesocket serve does not listen: \(text)")
            }
            usleep(5_000)
        }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// What it has printed so far.
    var output: String { lines.all }

    /// Waits until it has printed `text`.
    func waitForOutput(_ text: String) throws {
        let limit = ContinuousClock.now + .seconds(20)
        while !output.contains(text) {
            guard process.isRunning || output.contains(text), ContinuousClock.now < limit else {
                throw InteropFailure("securesocket serve did not print \(text); it printed:\n\(output)")
            }
            usleep(5_000)
        }
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Ends it by SIGINT, as Control-C does, and answers with its exit status and all that it printed.
    func end() -> (status: Int32, output: String) {
        send(SIGINT)
        return waitForEnd()
    }

    /// Waits for its own end.
    func waitForEnd() -> (status: Int32, output: String) {
        let watch = DispatchWorkItem { [process] in kill(process.processIdentifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 30, execute: watch)
        process.waitUntilExit()
        watch.cancel()
        lines.waitForEnd()
        let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        return (status, output)
    }

    /// A folder with ca.pem, ca.key, cert.pem and key.pem.
    static func certificates(_ arguments: [String] = []) throws -> ScratchFolder {
        let folder = try ScratchFolder()
        let run = try CommandRun(["make-cert", "--out", folder.url.path] + arguments)
        guard run.status == 0 else { throw InteropFailure("make-cert: \(run.errors)") }
        return folder
    }

    /// `securesocket connect` to this server.
    func connect(
        _ folder: ScratchFolder, _ arguments: [String] = [], input: [UInt8] = []
    ) throws -> CommandRun {
        try CommandRun(["connect", "localhost:\(port)", "--ca", folder.path("ca.pem")] + arguments, input: input)
    }

    /// Sends `request` as it is and answers with all that comes.
    func http(_ folder: ScratchFolder, _ request: String) throws -> String {
        try connect(folder, ["--alpn", "http/1.1"], input: Array(request.utf8)).text
    }
}
