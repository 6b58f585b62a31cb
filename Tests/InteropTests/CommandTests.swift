// CommandTests.swift — the command as its users see it: octets, exit statuses, explanations, reports.
// Next: CommandUsageTests.swift.

import Foundation
import TestSupport
import Testing

// Skipped, and said so, where openssl or python3 with its ssl module is missing.
@Suite("securesocket connect", .enabled(if: CommandPeer.isAvailable, "skipped: openssl and python3 are needed"))
struct CommandTests {
    @Test("1 MiB of every octet value passes in both directions at the same time, unchanged")
    func echo() throws {
        let peer = try CommandPeer(.echo)
        let sent = Self.octets(1 << 20)
        let run = try peer.connect(input: sent)
        #expect(run.status == 0, "\(run.errors)")
        #expect(Hex.difference(expected: sent, found: run.output) == nil)
    }

    @Test("RFC 8446 §6.1: the end of input closes one direction; what the peer sends afterwards arrives")
    func halfClose() throws {
        let peer = try CommandPeer(.reverse)
        let sent = Self.octets(300_001)
        let run = try peer.connect(input: sent)
        #expect(run.status == 0, "\(run.errors)")
        #expect(Hex.difference(expected: sent.reversed(), found: run.output) == nil)
    }

    @Test("T-38: an end without close_notify is exit status 1, and what came before is there")
    func truncation() throws {
        let run = try CommandPeer(.truncate).connect()
        #expect(run.status == 1)
        #expect(run.text == "this is not all")
        #expect(run.errors.contains("close_notify"))
    }

    @Test("a report as text says what was negotiated, with whom, and why")
    func textReport() throws {
        let run = try CommandPeer(.reverse, options: ["alpn": "h2,http/1.1"]).connect(
            "localhost", ["--alpn", "http/1.1", "--report", "text"], input: Array("octets".utf8))
        #expect(run.status == 0)
        #expect(run.text == "stetco")
        for expected in ["TLS 1.3", "TLS_AES_128_GCM_SHA256", "x25519", "http/1.1", "CN=command tests", "RFC 8446 §"] {
            #expect(run.errors.contains(expected), "\(expected) is missing in:\n\(run.errors)")
        }
        #expect(run.errors.contains("octets sent 6, received 6"))
    }

    @Test("a report as text goes to its file whole; without --report there is a short one, without the reasons")
    func reportFile() throws {
        let peer = try CommandPeer(.reverse)
        let run = try peer.connect("localhost", ["--report-file", peer.folder.path("report.txt")], input: [1])
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        let report = try peer.folder.contents("report.txt")
        #expect(report.contains("x25519") && report.contains("RFC 8446 §4.1.3") && report.contains("octets sent 1"))

        let short = try peer.connect(input: [1])
        #expect(short.errors.contains("x25519") && !short.errors.contains("RFC 8446"))
        let unwritable = try peer.connect("localhost", ["--report-file", "/nowhere/report.txt"])
        #expect(unwritable.status == 2)
        #expect(unwritable.errors.contains("/nowhere/report.txt"))
    }

    @Test("a report as JSON has its shape, and goes to the file that was named")
    func jsonReport() throws {
        let peer = try CommandPeer(.reverse)
        let file = peer.folder.path("report.json")
        let choices = ["--cipher-suite", "TLS_CHACHA20_POLY1305_SHA256", "--group", "P-384", "--report", "json"]
        let run = try peer.connect("localhost", choices + ["--report-file", file], input: [1, 2, 3])
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        let report = try Self.json(try Data(contentsOf: URL(fileURLWithPath: file)))
        let negotiated = try #require(report["negotiated"] as? [String: Any])
        #expect(negotiated["version"] as? String == "TLS 1.3")
        #expect(negotiated["cipherSuite"] as? String == "TLS_CHACHA20_POLY1305_SHA256")
        #expect(negotiated["group"] as? String == "secp384r1")
        #expect(negotiated["serverName"] as? String == "localhost")
        #expect(report["exitStatus"] as? Int == 0)
        #expect(report["isKeyLogged"] as? Bool == false)
        let traffic = try #require(report["traffic"] as? [String: Any])
        #expect(traffic["bytesSent"] as? Int == 3)
        #expect(traffic["bytesReceived"] as? Int == 3)
        let path = try #require(report["validatedPath"] as? [[String: Any]])
        #expect(path.count == 2)
        #expect((path.first?["sha256"] as? String)?.count == 64)
        let decisions = try #require(report["decisions"] as? [[String: Any]])
        #expect(decisions.contains { $0["topic"] as? String == "cipherSuite" && $0["outcome"] as? String == "chosen" })
        #expect(decisions.allSatisfy { ($0["section"] as? String)?.hasPrefix("RFC ") == true })
    }

    @Test("a refusal as JSON on standard error is JSON alone, with rule, expectation, finding, advice and alert")
    func jsonRefusal() throws {
        let run = try CommandPeer(.echo).connect(
            "localhost", ["--server-name", "elsewhere.example", "--report", "json"])
        #expect(run.status == 1)
        let report = try Self.json(Data(run.errors.utf8))
        let error = try #require(report["error"] as? [String: Any])
        #expect(error["alert"] as? String == "bad_certificate")
        #expect(error["origin"] as? String == "local")
        let explanation = try #require(error["explanation"] as? [String: Any])
        for field in ["rule", "section", "subject", "expected", "found", "advice"] {
            #expect((explanation[field] as? String)?.isEmpty == false, "\(field) is empty")
        }
        #expect((explanation["found"] as? String)?.contains("localhost") == true)
    }

    @Test("an authority that is not trusted is exit status 1, with rule, expectation, finding and advice")
    func unknownAuthority() throws {
        let peer = try CommandPeer(.echo)
        let other = try CommandPeer(.echo)
        let run = try CommandRun(["connect", "localhost:\(peer.port)", "--ca", other.folder.path("ca.pem")])
        #expect(run.status == 1)
        Self.expectExplanation(run.errors)
        #expect(run.errors.contains("RFC 5280 §6.1"))
    }

    @Test("RFC 9525 §6: another name than the certificate's is exit status 1, and names those it has")
    func otherName() throws {
        let run = try CommandPeer(.echo).connect("localhost", ["--server-name", "elsewhere.example"])
        #expect(run.status == 1)
        Self.expectExplanation(run.errors)
        #expect(run.errors.contains("elsewhere.example") && run.errors.contains("localhost"))
    }

    @Test("an address that is not in the certificate is exit status 1; one that is there is fine")
    func addresses() throws {
        let peer = try CommandPeer(.reverse)
        #expect(try peer.connect("127.0.0.1").status == 0)
        let run = try peer.connect("127.0.0.1", ["--server-name", "127.0.0.2"])
        #expect(run.status == 1)
        #expect(run.errors.contains("127.0.0.2"))
    }

    @Test("an IPv6 address in brackets connects")
    func brackets() throws {
        let peer = try CommandPeer(.reverse, options: ["ipv6": "1"])
        let run = try peer.connect("[::1]", input: [7])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == [7])
    }

    @Test("an expired certificate is exit status 1, with the dates")
    func expired() throws {
        let run = try CommandPeer(.echo, options: ["expired": "1"]).connect()
        #expect(run.status == 1)
        Self.expectExplanation(run.errors)
        #expect(run.errors.contains("notAfter"))
    }

    @Test("a server of TLS 1.2 only is spoken to in TLS 1.2; with --min-version 1.3 it is exit status 1")
    func olderServer() throws {
        let peer = try CommandPeer(.echo, options: ["maximum": "1"])
        let run = try peer.connect()
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.contains("TLS 1.2"))
        let refused = try peer.connect("localhost", ["--min-version", "1.3"])
        #expect(refused.status == 1)
        #expect(refused.errors.contains("TLS 1.3"))
    }

    @Test("a port that speaks HTTP is exit status 1, and is said to look like it")
    func plainServer() throws {
        let run = try CommandPeer(.plain).connect()
        #expect(run.status == 1)
        Self.expectExplanation(run.errors)
        #expect(run.errors.contains("HTTP"))
    }

    @Test("RFC 8446 §4.4.2: a client certificate is sent when asked for; without one the server's alert is explained")
    func clientCertificate() throws {
        let peer = try CommandPeer(.reverse, options: ["client": "1"])
        let credential = ["--cert", peer.folder.path("client.pem"), "--key", peer.folder.path("client.key")]
        let run = try peer.connect("localhost", credential, input: [1, 2])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == [2, 1])
        #expect(run.errors.contains("asked for and sent"))
        let without = try peer.connect("localhost", [], input: [1, 2])
        #expect(without.status == 1)
        #expect(without.errors.contains("certificate_required"))
    }

    @Test("T-48: a key log is written on request alone, readable by its owner alone, and the report says so")
    func keyLog() throws {
        let peer = try CommandPeer(.reverse)
        let file = peer.folder.path("keys.log")
        let plain = try CommandRun(
            ["connect", "localhost:\(peer.port)", "--ca", peer.folder.path("ca.pem")],
            environment: ["SSLKEYLOGFILE": file])
        #expect(plain.status == 0)
        #expect(!FileManager.default.fileExists(atPath: file))
        let run = try peer.connect("localhost", ["--keylog", file])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.lowercased().contains("key log"))
        let lines = try peer.folder.contents("keys.log").split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("CLIENT_TRAFFIC_SECRET_0 ") })
        #expect(lines.allSatisfy { $0.split(separator: " ").count == 3 })
        let permissions = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(permissions == 0o600)
    }

    @Test("a peer that says nothing is exit status 3 when the time is up")
    func silence() throws {
        let started = ContinuousClock.now
        let run = try CommandPeer(.silent).connect("localhost", ["--timeout", "0.5"])
        #expect(run.status == 3)
        #expect(run.errors.contains("time"))
        #expect(ContinuousClock.now - started < .seconds(30))
    }

    /// Every octet value, in an order without a period that a record length divides.
    private static func octets(_ count: Int) -> [UInt8] {
        var state: UInt32 = 1
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    /// The five lines of an explanation.
    private static func expectExplanation(_ text: String) {
        for label in ["rule:", "on:", "expected:", "found:", "change:"] {
            #expect(text.contains(label), "\(label) is missing in:\n\(text)")
        }
    }

    private static func json(_ data: Data) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}
