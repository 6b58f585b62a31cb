// CommandPeer.swift — a TLS server made of python3's ssl module (OpenSSL) with certificates of the openssl command.
// Next: CommandTests.swift.

import Foundation

/// A server that takes one connection after another on a loopback port, and its certificates.
///
/// `localhost` is in its certificate, and 127.0.0.1; not 127.0.0.2. The client certificate is from the same authority.
final class CommandPeer {
    /// What the server does with a connection.
    enum Behaviour: String {
        /// Sends back what it gets, as it gets it, until close_notify; then sends close_notify.
        case echo
        /// Takes everything until close_notify, then sends it back in reverse, then close_notify.
        case reverse
        /// Sends a few octets and ends the TCP connection without close_notify.
        case truncate
        /// Accepts TCP and says nothing.
        case silent
        /// Answers in HTTP without TLS.
        case plain
    }

    let port: UInt16
    let folder: ScratchFolder
    private let process = Process()

    /// Whether there are openssl and python3 to make one from.
    static let isAvailable: Bool = {
        let programs = ["openssl": ["version"], "python3": ["-c", "import ssl"]]
        return programs.allSatisfy { program, arguments in (try? run(program, arguments)) == 0 }
    }()

    init(_ behaviour: Behaviour, options: [String: String] = [:]) throws {
        folder = try ScratchFolder()
        try Self.makeCertificates(in: folder, expired: options["expired"] != nil)
        try Self.program.write(toFile: folder.path("server.py"), atomically: false, encoding: .utf8)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "server.py", behaviour.rawValue]
        process.environment = ProcessInfo.processInfo.environment.merging(options) { $1 }
        process.currentDirectoryURL = folder.url
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let output = try Launch.withPipes(1) { [process] pipes in
            process.standardOutput = pipes[0]
            try process.run()
            return pipes[0]
        }
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw PeerFailure.didNotStart }
            line += more
        }
        guard let port = UInt16(String(decoding: line.dropLast(), as: UTF8.self)) else { throw PeerFailure.didNotStart }
        self.port = port
    }

    enum PeerFailure: Error { case didNotStart, openssl(String) }

    deinit {
        // Not SIGTERM: a child of one of dispatch's threads inherits a mask that blocks it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// `connect` with the authority of this peer.
    func connect(_ host: String = "localhost", _ arguments: [String] = [], input: [UInt8] = []) throws -> CommandRun {
        try CommandRun(["connect", "\(host):\(port)", "--ca", folder.path("ca.pem")] + arguments, input: input)
    }

    private static func makeCertificates(in folder: ScratchFolder, expired: Bool) throws {
        try configuration.write(toFile: folder.path("ca.cnf"), atomically: false, encoding: .utf8)
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-batch", "-config", "ca.cnf"]
        try openssl(
            folder,
            ["req", "-x509"] + key + ["-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-extensions", "ca"])
        for name in ["server", "client"] {
            try openssl(folder, ["req", "-new"] + key + ["-keyout", "\(name).key", "-out", "\(name).csr"])
            // Valid for no days at all: over at once.
            let days = expired && name == "server" ? "-1" : "2"
            try openssl(
                folder,
                ["x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
                    + ["-days", days, "-out", "\(name).pem", "-extfile", "ca.cnf", "-extensions", name])
        }
    }

    private static func openssl(_ folder: ScratchFolder, _ arguments: [String]) throws {
        guard try run("openssl", arguments, in: folder.url) == 0 else {
            throw PeerFailure.openssl(arguments.joined(separator: " "))
        }
    }

    private static func run(_ program: String, _ arguments: [String], in folder: URL? = nil) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try Launch.withPipes(0) { _ in try process.run() }
        process.waitUntilExit()
        return process.terminationStatus
    }

    private static let configuration = """
        [req]
        distinguished_name = name
        prompt = no
        [name]
        CN = command tests
        [ca]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign
        subjectKeyIdentifier = hash
        [server]
        subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
        extendedKeyUsage = serverAuth
        [client]
        extendedKeyUsage = clientAuth
        """

    private static let program = """
        import os, socket, ssl, sys

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("server.pem", "server.key")
        context.load_verify_locations("ca.pem")
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if "alpn" in os.environ:
            context.set_alpn_protocols(os.environ["alpn"].split(","))
        if "client" in os.environ:
            context.verify_mode = ssl.CERT_REQUIRED
        if "maximum" in os.environ:
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        behaviour = sys.argv[1]
        family = socket.AF_INET6 if "ipv6" in os.environ else socket.AF_INET
        listener = socket.create_server(("::1" if "ipv6" in os.environ else "127.0.0.1", 0), family=family)
        print(listener.getsockname()[1], flush=True)

        def serve(raw):
            if behaviour == "silent":
                raw.recv(65536)
                raw.recv(65536)
                return
            if behaviour == "plain":
                raw.recv(65536)
                raw.sendall(b"HTTP/1.1 400 Bad Request\\r\\n\\r\\n")
                return
            with context.wrap_socket(raw, server_side=True, suppress_ragged_eofs=False) as stream:
                received = []
                if behaviour == "truncate":
                    # All is read first: closing over unread data would be a reset.
                    while stream.recv(65536):
                        pass
                    stream.sendall(b"this is not all")
                    os.close(stream.detach())
                    return
                while True:
                    block = stream.recv(65536)
                    if not block:
                        break
                    if behaviour == "echo":
                        stream.sendall(block)
                    else:
                        received.append(block)
                if behaviour == "reverse":
                    stream.sendall(b"".join(received)[::-1])
                stream.unwrap().close()

        while True:
            raw, _ = listener.accept()
            try:
                serve(raw)
            except OSError as error:
                print(error, file=sys.stderr)
            finally:
                raw.close()
        """
}
