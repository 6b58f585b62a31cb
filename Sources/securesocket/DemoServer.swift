// DemoServer.swift — a throw-away certification authority, and `openssl s_server` on a free loopback port.
// Next: SecureSocketCommand.swift.

import Foundation

/// Ends a child by its number. Not with SIGTERM, which a child inherits blocked from some threads.
private func end(_ process: Process) { kill(process.processIdentifier, SIGKILL) }

/// An `openssl s_server` child with a fresh certificate for `localhost`, 127.0.0.1 and ::1. `stop` ends it and removes its
/// files.
final class DemoServer {
    /// The certificate of the authority, in PEM: the trust anchor for this server.
    let authorityFile: String
    /// Where the server listens, always on 127.0.0.1.
    private(set) var port: UInt16 = 0

    private let folder: URL
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var printed = Data()

    /// Makes the certificates and starts the server.
    ///
    /// - Throws: ``CommandFailure`` when there is no `openssl` command, with the status `done`: nothing is wrong then; or when
    ///   it refuses.
    init() throws(CommandFailure) {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("securesocket-demo-\(UUID().uuidString)")
        authorityFile = folder.appendingPathComponent("authority.pem").path
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            try Self.opensslConfiguration.write(
                to: folder.appendingPathComponent("demo.cnf"), atomically: false, encoding: .utf8)
        } catch {
            throw CommandFailure(status: .usage, text: "the folder \(folder.path) cannot be used: \(error)")
        }
        do throws(CommandFailure) {
            try makeCertificates()
            try start()
        } catch {
            stop()
            throw error
        }
    }

    /// Ends the child, waits for it, and removes the files.
    func stop() {
        if process.isRunning {
            end(process)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    /// The process id of the server.
    var processIdentifier: Int32 { process.processIdentifier }

    /// Lets the server send a line to its client.
    func say(_ line: String) { input.fileHandleForWriting.write(Data("\(line)\n".utf8)) }

    /// Waits until the server has printed `text`, as it does with what it receives.
    func waits(for text: String) -> Bool {
        while printed.range(of: Data(text.utf8)) == nil {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { return false }
            printed.append(more)
        }
        return true
    }

    private func makeCertificates() throws(CommandFailure) {
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-batch", "-config", "demo.cnf"]
        try openssl(
            ["req", "-x509"] + curve + [
                "-keyout", "authority.key", "-out", "authority.pem", "-days", "2", "-extensions", "authority",
                "-subj", "/CN=securesocket demo authority",
            ])
        try openssl(["req", "-new"] + curve + ["-keyout", "server.key", "-out", "server.csr"])
        try openssl([
            "x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial",
            "-days", "2", "-out", "server.pem", "-extfile", "demo.cnf", "-extensions", "server",
        ])
    }

    private func start() throws(CommandFailure) {
        prepare(
            process,
            [
                "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert", "server.pem", "-key", "server.key",
                "-tls1_3",
            ])
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try run(process)
        // The child gets ten seconds to say where it listens; when it ends, so does its output.
        let child = process
        let watch = DispatchWorkItem { end(child) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 10, execute: watch)
        defer { watch.cancel() }
        guard waits(for: "ACCEPT 127.0.0.1:"), waits(for: "\n"), let port = listeningPort else {
            throw CommandFailure(status: .usage, text: "openssl s_server did not start to listen")
        }
        self.port = port
    }

    /// From the line `ACCEPT 127.0.0.1:43211`.
    private var listeningPort: UInt16? {
        let lines = String(decoding: printed, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("ACCEPT ") }) else { return nil }
        return line.split(separator: ":").last.flatMap { UInt16($0) }
    }

    private func openssl(_ arguments: [String]) throws(CommandFailure) {
        let process = Process()
        let complaints = Pipe()
        prepare(process, arguments)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = complaints
        try run(process)
        let text = complaints.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        switch process.terminationStatus {
        case 0: return
        // What env(1) answers for a command that is not there.
        case 127: throw CommandFailure(status: .done, text: "there is no openssl command; scripts/setup installs it")
        default:
            let complaint = String(decoding: text, as: UTF8.self)
            throw CommandFailure(status: .usage, text: "openssl \(arguments[0]) failed:\n\(complaint)")
        }
    }

    private func prepare(_ process: Process, _ arguments: [String]) {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
    }

    private func run(_ process: Process) throws(CommandFailure) {
        do {
            try process.run()
        } catch {
            throw CommandFailure(
                status: .usage, text: "the openssl command cannot be started (\(error)); scripts/setup installs it")
        }
    }

    private static let opensslConfiguration = """
        [req]
        distinguished_name = name
        prompt = no
        [name]
        CN = securesocket demo
        [authority]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign
        subjectKeyIdentifier = hash
        [server]
        basicConstraints = critical, CA:FALSE
        keyUsage = critical, digitalSignature
        extendedKeyUsage = serverAuth
        subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
        authorityKeyIdentifier = keyid
        """
}
