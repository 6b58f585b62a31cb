// CommandServeTests.swift — `securesocket serve` and `make-cert` as their users see them.
// RFC 9112; RFC 8446 §6.1.
// Next: CommandServeHTTPTests.swift.

import Foundation
import TestSupport
import Testing

@Suite("securesocket serve", .timeLimit(.minutes(10)))
struct CommandServeTests {
    @Test("1 MiB of every octet value comes back unchanged; one line says who came and what was agreed on")
    func echo() throws {
        let folder = try ServeProcess.certificates()
        let server = try ServeProcess(folder, ["--echo"])
        let sent = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        let run = try server.connect(folder, input: sent)
        #expect(run.status == 0, "\(run.errors)")
        #expect(Hex.difference(expected: sent, found: run.output) == nil)
        let (status, output) = server.end()
        #expect(status == 0)
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("connection 1 from 127.0.0.1:") })
        for part in ["TLS 1.3", "TLS_AES_128_GCM_SHA256", "x25519", "name localhost", "received 1048576, sent 1048576"]
        {
            #expect(line.contains(part), "\(part) is missing in \(line)")
        }
        #expect(output.contains("served 1 connections, 0 of them resumed; refused 0; received 1048576"))
    }

    @Test("sessions are resumed under TLS 1.2 and 1.3, and the summary counts them")
    func resumption() throws {
        let folder = try ServeProcess.certificates()
        let server = try ServeProcess(folder)
        for version in ["1.2", "1.3"] {
            let run = try server.connect(
                folder, ["--min-version", version, "--max-version", version, "--reconnect", "3"], input: [1, 2, 3])
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output == [1, 2, 3, 1, 2, 3, 1, 2, 3])
            #expect(run.errors.contains("connection 1: full") && run.errors.contains("connection 3: resumed"))
        }
        #expect(server.end().output.contains("served 6 connections, 4 of them resumed"))
    }

    @Test("handshakes that fail are said in a line each and do not end the server")
    func refusals() throws {
        let folder = try ServeProcess.certificates()
        let server = try ServeProcess(folder, ["--min-version", "1.3"])
        let old = try server.connect(folder, ["--max-version", "1.2"])
        #expect(old.status == 1)
        let others = try ServeProcess.certificates()
        let stranger = try server.connect(others)
        #expect(stranger.status == 1)
        let good = try server.connect(folder, input: [9])
        #expect(good.output == [9])
        let (status, output) = server.end()
        #expect(status == 0)
        #expect(output.split(separator: "\n").filter { $0.contains("refused: ") }.count == 2)
        #expect(output.contains("served 1 connections, 0 of them resumed; refused 2"))
    }

    @Test("with --client-ca only clients with a certificate of that authority get in, and the line names them")
    func clientCertificates() throws {
        let folder = try ServeProcess.certificates(["--name", "localhost", "--name", "127.0.0.1"])
        let server = try ServeProcess(folder, ["--client-ca", folder.path("ca.pem")])
        let without = try server.connect(folder, input: [1])
        #expect(without.status == 1 && without.output.isEmpty)
        let with = try server.connect(
            folder, ["--cert", folder.path("cert.pem"), "--key", folder.path("key.pem")], input: [1])
        #expect(with.output == [1], "\(with.errors)")
        #expect(server.end().output.contains("client CN=localhost"))
    }

    @Test("RFC 5958: certificates and keys may be DER files, at the server and at the client")
    func der() throws {
        let folder = try ServeProcess.certificates(["--name", "localhost", "--name", "127.0.0.1"])
        for file in ["cert.pem", "key.pem"] {
            // The first block; the name of the file says nothing.
            let lines = try String(contentsOfFile: folder.path(file), encoding: .utf8).split(separator: "\n")
            let block = lines.dropFirst().prefix { !$0.hasPrefix("-----END") }
            let octets = try #require(Data(base64Encoded: block.joined()))
            try octets.write(to: URL(fileURLWithPath: folder.path(file)))
        }
        let server = try ServeProcess(folder, ["--client-ca", folder.path("ca.pem")])
        let run = try server.connect(
            folder, ["--cert", folder.path("cert.pem"), "--key", folder.path("key.pem")], input: [1])
        #expect(run.output == [1], "\(run.errors)")
        #expect(server.end().output.contains("client CN=localhost"))
    }

    @Test("each name gets its certificate; a name that nobody has gets the first")
    func names() throws {
        let (one, other) = (try ServeProcess.certificates(["--name", "one.test"]), try ScratchFolder())
        for file in ["ca.pem", "ca.key"] {
            try FileManager.default.copyItem(atPath: one.path(file), toPath: other.path(file))
        }
        let made = try CommandRun(["make-cert", "--out", other.url.path, "--name", "*.two.test"])
        #expect(made.status == 0, "\(made.errors)")
        let server = try ServeProcess(one, ["--cert", other.path("cert.pem"), "--key", other.path("key.pem")])
        for (name, expected) in [("one.test", "one.test"), ("x.two.test", "*.two.test")] {
            let run = try server.connect(one, ["--server-name", name], input: [1])
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.errors.contains("CN=\(expected)"))
        }
        #expect(try server.connect(one, ["--server-name", "three.test"]).errors.contains("one.test"))
    }

    @Test("SIGHUP reads the certificate again; what cannot be read leaves the old one")
    func reload() throws {
        let folder = try ServeProcess.certificates()
        let server = try ServeProcess(folder)
        func fingerprint() throws -> String {
            let run = try server.connect(folder, ["--no-resume", "--report", "json"])
            let line = run.errors.split(separator: "\n").first { $0.contains("\"sha256\"") }
            return String(try #require(line, "\(run.errors)"))
        }
        let before = try fingerprint()
        #expect(try CommandRun(["make-cert", "--out", folder.url.path, "--replace"]).status == 0)
        #expect(try fingerprint() == before)
        server.send(SIGHUP)
        try server.waitForOutput("reloaded: ")
        let after = try fingerprint()
        #expect(after != before)
        try FileManager.default.removeItem(atPath: folder.path("key.pem"))
        server.send(SIGHUP)
        try server.waitForOutput("NOT reloaded")
        #expect(try fingerprint() == after)
        #expect(server.end().status == 0)
    }

    @Test("SIGINT lets what is under way finish and closes what is idle in order")
    func interrupt() throws {
        let folder = try ServeProcess.certificates()
        let server = try ServeProcess(folder)
        // Its input stays open: the server has to be the one who closes, and the client sees an end, not a truncation.
        let client = try ChildProcess([
            CommandRun.executable.path, "connect", "localhost:\(server.port)", "--ca", folder.path("ca.pem"),
            "--timeout", "30",
        ])
        try client.write("1, 2, 3\n")
        try client.waitForOutput("what came back") { $0.contains("1, 2, 3\n") }
        let (status, output) = server.end()
        #expect(status == 0, "\(output)")
        #expect(output.contains("served 1 connections"))
        client.closeInput()
        _ = try client.waitForEnd(within: .seconds(20))
        #expect(!client.output.contains("cut off"), "\(client.output)")
    }

    @Test("--connections ends the server by itself")
    func counted() throws {
        let folder = try ServeProcess.certificates()
        let server = try ServeProcess(folder, ["--connections", "2"])
        for octet: UInt8 in 1...2 { #expect(try server.connect(folder, input: [octet]).output == [octet]) }
        let (status, output) = server.waitForEnd()
        #expect(status == 0 && output.contains("served 2 connections"), "\(output)")
    }

    @Test("a port where somebody listens is exit status 3; files that are not there are exit status 2")
    func failures() throws {
        let folder = try ServeProcess.certificates()
        let server = try ServeProcess(folder)
        let identity = ["--cert", folder.path("cert.pem"), "--key", folder.path("key.pem")]
        let second = try CommandRun(["serve", "--listen", "127.0.0.1:\(server.port)"] + identity)
        #expect(second.status == 3 && second.errors.contains("Address already in use"), "\(second.errors)")
        let mismatch = try ServeProcess.certificates()
        for arguments in [
            ["--cert", folder.path("cert.pem"), "--key", mismatch.path("key.pem")],
            ["--cert", "/nowhere/cert.pem", "--key", folder.path("key.pem")],
            identity + ["--client-ca", "/nowhere/ca.pem"], identity + ["--http", "/nowhere"],
        ] {
            let run = try CommandRun(["serve", "--listen", "127.0.0.1:0"] + arguments)
            #expect(run.status == 2, "\(arguments): \(run.errors)")
        }
    }
}

@Suite("securesocket make-cert", .timeLimit(.minutes(10)))
struct CommandMakeCertificateTests {
    @Test("T-48: the keys can be read by their owner alone; what is there is kept, and the authority used again")
    func files() throws {
        let folder = try ServeProcess.certificates()
        func mode(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: folder.path(name))[.posixPermissions] as? Int
        }
        #expect(try mode("ca.key") == 0o600 && mode("key.pem") == 0o600)
        let (authority, certificate) = (try folder.contents("ca.pem"), try folder.contents("cert.pem"))
        let again = try CommandRun(["make-cert", "--out", folder.url.path])
        #expect(again.status == 2 && again.errors.contains("--replace"))
        #expect(try folder.contents("cert.pem") == certificate)
        let replaced = try CommandRun(["make-cert", "--out", folder.url.path, "--replace"])
        #expect(replaced.status == 0, "\(replaced.errors)")
        #expect(try folder.contents("ca.pem") == authority && folder.contents("cert.pem") != certificate)
        #expect(try mode("key.pem") == 0o600)
    }

    @Test(
        "OpenSSL reads what is made, for keys of every kind, and finds nothing wrong",
        .enabled(if: CommandPeer.isAvailable, "skipped: openssl is needed"),
        arguments: ["p256", "p384", "p521", "ed25519", "ed448", "rsa2048"])
    func openssl(_ type: String) throws {
        let folder = try ServeProcess.certificates(["--key-type", type, "--name", "a.test", "--name", "::1"])
        for arguments in [
            [
                "verify", "-x509_strict", "-verify_hostname", "a.test", "-CAfile", folder.path("ca.pem"),
                folder.path("cert.pem"),
            ],
            ["verify", "-x509_strict", "-verify_ip", "::1", "-CAfile", folder.path("ca.pem"), folder.path("cert.pem")],
            ["pkey", "-in", folder.path("key.pem"), "-check", "-noout"],
        ] {
            let child = try ChildProcess(["openssl"] + arguments)
            #expect(try child.waitForEnd(within: .seconds(20)) == 0, "openssl \(arguments): \(child.output)")
        }
    }
}
