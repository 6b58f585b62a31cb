// CommandUsageTests.swift — command lines that cannot be used, the catalogue, the demo.
// Next: CommandRun.swift.

import Foundation
import Testing

@Suite("securesocket")
struct CommandUsageTests {
    private static func legacy(_ versions: String, _ reason: String, _ until: String) -> [String] {
        ["connect", "a:1", "--legacy", versions, "--legacy-reason", reason, "--legacy-until", until]
    }

    @Test(
        "a command line that cannot be used is exit status 2 and says what would be",
        arguments: [
            (["frobnicate"], "frobnicate"),
            (["connect"], "peer"),
            (["connect", "localhost"], "localhost"),
            (["connect", "localhost:0"], "localhost:0"),
            (["connect", "localhost:65536"], "localhost:65536"),
            (["connect", "::1:443"], "brackets"),
            (["connect", "[::1:443"], "[::1:443"),
            (["connect", "localhost:443", "--min-version", "1.3", "--max-version", "1.2"], "is newer than"),
            (["connect", "localhost:443", "--session-timeout", "604801"], "--session-timeout"),
            (["connect", "localhost:443", "--session-cache", "/proc/self"], "/proc/self"),
            (["connect", "localhost:443", "--reconnect", "0"], "--reconnect"),
            (["connect", "localhost:443", "--early-data", "/nowhere/data"], "/nowhere/data"),
            (["connect", "localhost:443", "--accept-weakness", "all"], "no-forward-secrecy"),
            (["connect", "localhost:443", "--cipher-suite", "TLS_RSA_WITH_AES_128_GCM_SHA256"], "noForwardSecrecy"),
            (["connect", "localhost:443", "--min-version", "1.1"], "1.1"),
            (["connect", "localhost:443", "--cipher-suite", "TLS_NULL"], "TLS_AES_128_GCM_SHA256"),
            (["connect", "localhost:443", "--group", "curve1"], "x25519"),
            (["connect", "localhost:443", "--cert", "a.pem"], "--key"),
            (["connect", "localhost:443", "--timeout", "-1"], "--timeout"),
            (["connect", "localhost:443", "--report", "xml"], "xml"),
            (["connect", "localhost:443", "--ca", "/nowhere/ca.pem"], "/nowhere/ca.pem"),
            (["connect", "localhost:443", "--cert", "/nowhere/a.pem", "--key", "/nowhere/a.key"], "/nowhere/a.pem"),
            (["connect", "localhost:443", "--alpn", ""], "alpn"),
            (["connect", "localhost:443", "--legacy", "ssl3"], "--legacy-reason and --legacy-until are missing"),
            (["connect", "localhost:443", "--legacy", "ssl3", "--legacy-reason", "old"], "--legacy-until is missing"),
            (["connect", "a:1", "--legacy-reason", "old", "--legacy-until", "2999-01-01"], "--legacy is missing"),
            (["connect", "localhost:443", "--legacy-peer", "localhost"], "--legacy: it is missing"),
            (["connect", "localhost:443", "--legacy-accept", "sha1-certificates"], "--legacy: it is missing"),
            (["connect", "localhost:443", "--legacy-only"], "--legacy: it is missing"),
            (["connect", "localhost:443", "--legacy-accept", "everything"], "md5-certificates"),
            (Self.legacy("ssl2", "old", "2999-01-01"), "ssl3, tls1.0, tls1.1"),
            (Self.legacy("tls1.0", "old", "2027-02-29"), "is no day"),
            (Self.legacy("tls1.0", "old", "2026-01-01"), "in the past"),
            (Self.legacy("tls1.0", " ", "2999-01-01"), "reason is empty"),
            (["serve", "--listen", "127.0.0.1:0", "--cert", "a", "--key", "b", "--legacy", "ssl3"], "are missing"),
            (["serve"], "--listen"),
            (["serve", "--listen", "localhost:443", "--cert", "a", "--key", "b"], "--listen"),
            (["serve", "--listen", "::1:443", "--cert", "a", "--key", "b"], "--listen"),
            (["serve", "--listen", "127.0.0.1:0", "--cert", "a"], "--key"),
            (["serve", "--listen", "127.0.0.1:0", "--cert", "a", "--key", "b", "--echo", "--http", "."], "exclude"),
            (["serve", "--listen", "127.0.0.1:0", "--cert", "a", "--key", "b", "--timeout", "0"], "--timeout"),
            (["serve", "--listen", "127.0.0.1:0", "--cert", "/nowhere/a", "--key", "b"], "/nowhere/a"),
            (["make-cert", "--days", "0"], "--days"),
            (["make-cert", "--key-type", "dsa"], "ed25519"),
            (["make-cert", "--out", "/proc/nowhere"], "/proc/nowhere"),
        ]
    )
    func usage(arguments: [String], expected: String) throws {
        let run = try CommandRun(arguments)
        #expect(run.status == 2)
        #expect(run.output.isEmpty)
        #expect(run.errors.lowercased().contains(expected.lowercased()), "\(run.errors)")
    }

    @Test("a port where nobody listens is exit status 3, with an explanation")
    func refused() throws {
        // Port 1 is the port of a service that nobody runs.
        let run = try CommandRun(["connect", "127.0.0.1:1"])
        #expect(run.status == 3)
        #expect(run.errors.contains("Connection refused"))
        #expect(run.errors.contains("change:"))
    }

    @Test("RFC 6761 §6.4: a name that cannot exist is exit status 3")
    func noSuchName() throws {
        let run = try CommandRun(["connect", "nowhere.invalid:443"])
        #expect(run.status == 3)
        #expect(run.errors.contains("nowhere.invalid"))
    }

    @Test(
        "help has examples and the exit statuses, and is exit status 0",
        arguments: ["", "providers", "connect", "serve", "make-cert", "demo"])
    func help(command: String) throws {
        let run = try CommandRun([command, "--help"].filter { !$0.isEmpty })
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        #expect(run.text.contains("EXAMPLES"))
        #expect(!command.isEmpty || run.text.contains("EXIT STATUS"))
    }

    @Test("the catalogue lists plain TCP and TLS over IPv4 and IPv6")
    func providers() throws {
        let table = try CommandRun(["providers"])
        #expect(table.status == 0)
        #expect(table.text.contains("TLS over TCP/IPv6"))

        let run = try CommandRun(["providers", "--json"])
        #expect(run.status == 0)
        let entries = try #require(try JSONSerialization.jsonObject(with: Data(run.output)) as? [[String: Any]])
        let schemes = entries.compactMap { entry -> String? in
            guard let scheme = entry["securityScheme"] as? String, let family = entry["addressFamily"] as? String else {
                return nil
            }
            return "\(scheme) \(family)"
        }
        #expect(Set(schemes) == ["none IPv4", "none IPv6", "TLS IPv4", "TLS IPv6"])
        let tls = try #require(entries.first { $0["securityScheme"] as? String == "TLS" })
        #expect(tls["versions"] as? [String] == ["TLS 1.2", "TLS 1.3"])
        #expect((tls["backend"] as? String)?.hasPrefix("libgcrypt 1.") == true)
        // 5 of TLS 1.3 and 39 of TLS 1.2.
        #expect((tls["cipherSuites"] as? [String])?.count == 44)
        #expect((tls["groups"] as? [String])?.contains("ffdhe2048") == true)
        #expect((tls["capabilities"] as? [String])?.contains("peerAuthentication") == true)
        for key in ["id", "name", "socketType", "transport", "package"] { #expect(tls[key] != nil, "\(key)") }
    }

    @Test("the demo goes through the four steps with our own server, then with openssl's, and leaves no server behind")
    func demo() throws {
        let run = try CommandRun(["demo"])
        #expect(run.status == 0, "\(run.errors)")
        for step in [
            "1. enumerate", "2. select", "3. configure", "4. connect", "TLS_AES_128_GCM_SHA256",
            "hello from our own server", "resumed in ",
        ] {
            #expect(run.text.contains(step), "\(step) is missing in:\n\(run.text)")
        }
        guard CommandPeer.isAvailable else { return }
        #expect(run.text.contains("hello from openssl"))
        let process = try #require(run.text.split(separator: "\n").first { $0.hasPrefix("openssl s_server, process ") })
        let identifier = process.split(separator: " ")[3].dropLast()
        #expect(!FileManager.default.fileExists(atPath: "/proc/\(identifier)"))
    }

    @Test("without an openssl command the demo shows our own server, and says what installs openssl")
    func demoWithoutOpenSSL() throws {
        let run = try CommandRun(["demo"], environment: ["PATH": "/nowhere"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.text.contains("hello from our own server") && run.text.contains("scripts/setup"))
    }
}
