// OpenSSL.swift — the openssl command as an independent peer, when it is installed.
// Next: TLSSocketTests.swift.

import Foundation
import SocketProvider
import TestSupport

/// Runs the openssl command.
enum OpenSSL {
    private static let path = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static var isInstalled: Bool { path != nil }

    static func process(_ arguments: [String]) throws -> Process {
        guard let path else { throw TestFailure("openssl is not installed") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }

    static func run(_ arguments: [String]) throws {
        let process = try process(arguments)
        try process.runAlone()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TestFailure("openssl \(arguments.first ?? "")") }
    }
}

/// `openssl s_server -rev` on a loopback port, with a certificate and an authority made for it: answers each line backwards.
final class OpenSSLServer: @unchecked Sendable {
    let port: UInt16
    /// The authority that issued the certificate, in PEM.
    let anchor: [UInt8]
    private let process: Process
    private let folder: TemporaryFolder
    /// Standard input that never ends: a server that does not answer by itself closes its connections at the end of it.
    private let input = Pipe()

    /// - Parameters:
    ///   - names: the certificate's subjectAltName, as openssl spells it.
    ///   - version: the protocol version, as openssl spells it.
    ///   - reverses: whether it answers each line backwards; otherwise it says nothing.
    init(
        names: String, address: String = "127.0.0.1", _ arguments: [String] = [], version: String = "-tls1_3",
        reverses: Bool = true
    ) throws {
        folder = try TemporaryFolder()
        let path = folder.path
        let (certificate, key) = ("\(path)/cert.pem", "\(path)/key.pem")
        let settings = """
            [req]
            distinguished_name = name
            [name]
            [authority]
            basicConstraints = critical, CA:TRUE
            keyUsage = critical, keyCertSign
            [server]
            subjectAltName = \(names)
            """
        try settings.write(toFile: "\(path)/settings", atomically: false, encoding: .utf8)
        let make = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10", "-config",
            "\(path)/settings", "-subj", "/CN=\(UUID().uuidString)",
        ]
        try OpenSSL.run(
            make + ["-extensions", "authority", "-keyout", "\(path)/ca.key", "-out", "\(path)/ca.pem"])
        try OpenSSL.run(
            make + ["-extensions", "server", "-CA", "\(path)/ca.pem", "-CAkey", "\(path)/ca.key"]
                + ["-keyout", key, "-out", certificate])
        anchor = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(path)/ca.pem")))
        // The listener finds a free port, which s_server takes over a moment later.
        port = try TestListener().port
        process = try OpenSSL.process(
            ["s_server", "-accept", address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"]
                + ["-cert", certificate, "-key", key, version, "-quiet"]
                + (reverses ? ["-rev"] : []) + arguments)
        if !reverses { process.standardInput = input }
        try process.runAlone()
        try waitUntilListening(address)
    }

    private func waitUntilListening(_ address: String) throws {
        for _ in 0..<200 {
            let socket = try plainSocket()
            if (try? socket.connect(to: .name(address, port: port))) != nil {
                socket.close()
                return
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
        throw TestFailure("s_server does not listen")
    }

    deinit {
        // A child of a task's thread inherits its blocked signals, so a polite one would never arrive.
        kill(process.processIdentifier, SIGKILL)
        // Not `waitUntilExit`: the last reference may go with the closure of a thread that is ending, and the run loop which that
        // makes there is taken down when the thread sanitizer has already forgotten the thread, and crashes.
        while process.isRunning { Thread.sleep(forTimeInterval: 0.002) }
    }
}
