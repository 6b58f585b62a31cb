// CommandCertificateTests.swift — `securesocket verify` and `inspect` as their users see them, and `limbo-harness`.
// RFC 5280 §6.1.

import Foundation
import Testing

@Suite("securesocket verify and inspect", .timeLimit(.minutes(5)))
struct CommandCertificateTests {
    /// ca.pem and cert.pem of `make-cert`.
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        let made = try CommandRun(["make-cert", "--out", folder.url.path])
        try #require(made.status == 0, "\(made.errors)")
    }

    private func verify(_ arguments: String...) throws -> CommandRun {
        try CommandRun(["verify", folder.path("cert.pem")] + arguments)
    }

    @Test("A chain is accepted, with the path")
    func accepted() throws {
        let run = try verify("--ca", folder.path("ca.pem"), "--name", "localhost")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.text.hasPrefix("accepted as a server named localhost at "))
        #expect(run.text.contains("└ CN=securesocket test authority, a trust anchor"))
        let client = try verify("--ca", folder.path("ca.pem"), "--purpose", "client")
        #expect(client.status == 0 && client.text.hasPrefix("accepted as a client at "))
        let nameless = try verify("--ca", folder.path("ca.pem"))
        #expect(nameless.status == 0 && nameless.text.contains("no name was checked: give --name"))
    }

    @Test(
        "A refusal names the rule that broke, and ends with 1",
        arguments: [
            (["--name", "other.test"], "nameMatch", "RFC 9525 §6"),
            (["--name", "localhost", "--time", "2100-01-01"], "expired", "RFC 5280 §4.1.2.5"),
            (["--name", "localhost", "--time", "1000000000"], "notYetValid", "RFC 5280 §4.1.2.5"),
            (["--name", "localhost", "--revocation", "require"], "revocationStatusUnknown", "RFC 5280 §6.3.3"),
            (["--name", "localhost", "--depth", "1"], "pathDepth", "RFC 5280 §6.1"),
            (["--name", "localhost", "--policy", "1.2.3"], "certificatePolicy", "RFC 5280 §6.1.5"),
        ])
    func refused(_ arguments: [String], _ rule: String, _ section: String) throws {
        let all = ["verify", folder.path("cert.pem"), "--ca", folder.path("ca.pem")] + arguments
        let text = try CommandRun(all)
        #expect(text.status == 1 && text.text.hasPrefix("refused as a server"), "\(text.text)\(text.errors)")
        #expect(text.text.contains("(\(section))"), "\(text.text)")
        let json = try CommandRun(all + ["--json"])
        #expect(json.status == 1)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any], "\(json.text)")
        #expect(object["result"] as? String == "refused")
        let error = try #require(object["error"] as? [String: Any])
        #expect(error["rule"] as? String == rule && error["section"] as? String == section)
        for key in ["sentence", "subject", "expected", "found", "advice", "alert"] {
            #expect((error[key] as? String)?.isEmpty == false, "\(key)")
        }
        #expect((object["attempts"] as? [Any])?.isEmpty == false)
    }

    @Test("T-45: the refusal of an authority's own certificate tells its pin, and a pinned key needs no authority")
    func pinned() throws {
        let alone = ["verify", folder.path("ca.pem"), "--time"]
        let now = "\(Int(Date().timeIntervalSince1970))"
        let refused = try CommandRun(alone + [now, "--ca", folder.path("ca.pem")])
        #expect(refused.status == 1)
        let pin = try #require(refused.text.split(separator: "pin its key: ").last).prefix { !$0.isNewline }
        let accepted = try CommandRun(alone + [now, "--pin", String(pin)])
        #expect(accepted.status == 1 && accepted.text.contains("RFC 8446 §4.4.2.2"), "\(accepted.text)")
        let leaf = try CommandRun(["inspect", folder.path("cert.pem"), "--json"])
        let facts = try #require(
            try JSONSerialization.jsonObject(with: Data(leaf.output)) as? [[String: [String]]], "\(leaf.text)")
        let own = try #require(facts.first?["pin"]?.first)
        let byPin = try verify("--pin", own, "--name", "localhost")
        #expect(byPin.status == 0, "\(byPin.text)")
    }

    @Test(
        "What cannot be used is said, and ends with 2",
        arguments: [
            ["verify"], ["verify", "missing.pem"], ["verify", "cert.pem", "--time", "tomorrow"],
            ["verify", "cert.pem", "--pin", "sha256/AAAA"], ["verify", "cert.pem", "--depth", "11"],
            ["verify", "cert.pem", "--revocation", "maybe"], ["verify", "cert.pem", "--name", "a b"],
            ["verify", "key.pem"], ["inspect", "missing.pem"], ["inspect", "key.pem"], ["inspect"],
        ])
    func usage(_ arguments: [String]) throws {
        let run = try CommandRun(
            arguments.map { $0.hasSuffix("cert.pem") || $0 == "key.pem" ? folder.path($0) : $0 })
        #expect(run.status == 2, "\(run.text)\(run.errors)")
        #expect(!run.errors.isEmpty && run.output.isEmpty)
    }

    @Test("inspect prints what a certificate says, from a file in PEM and in DER alike")
    func inspect() throws {
        let pem = try CommandRun(["inspect", folder.path("cert.pem")])
        #expect(pem.status == 0)
        for text in ["CN=localhost", "DNS:localhost", "IP:127.0.0.1", "elliptic curve P-256", "serverAuth", "sha256/"] {
            #expect(pem.text.contains(text), "\(text)")
        }
        let lines = try String(contentsOfFile: folder.path("cert.pem"), encoding: .utf8).split(separator: "\n")
        let der = try #require(Data(base64Encoded: lines.filter { !$0.hasPrefix("-") }.joined()))
        try der.write(to: URL(fileURLWithPath: folder.path("cert.der")))
        let again = try CommandRun(["inspect", folder.path("cert.der")])
        #expect(again.text == pem.text)
    }

    @Test(
        "inspect prints what a server sends, trusted or not",
        // skipped: CommandPeer needs openssl and python3.
        .enabled(if: CommandPeer.isAvailable))
    func inspectServer() throws {
        let peer = try CommandPeer(.echo)
        let run = try CommandRun(["inspect", "localhost:\(peer.port)"])
        #expect(run.status == 0 && run.text.contains("DNS:localhost"), "\(run.text)\(run.errors)")
        #expect(run.errors.contains("nothing was verified"))
        let nobody = try CommandRun(["inspect", "localhost:1", "--timeout", "5"])
        #expect(nobody.status == 3)
    }

    @Test(
        "T-39: no certificates of 100 KiB take more than 16 MiB",
        // skipped: python3 tells how much memory a child had.
        .enabled(if: CommandPeer.isAvailable))
    func memory() throws {
        func tlv(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
            [tag, 0x83, UInt8(contents.count >> 16), UInt8(contents.count >> 8 & 0xff), UInt8(contents.count & 0xff)]
                + contents
        }
        var nested: [UInt8] = []
        while nested.count < 95_000 { nested = tlv(0x30, nested) + [0x05, 0x00] }
        let pem = try String(contentsOfFile: folder.path("cert.pem"), encoding: .utf8)
        let inputs: [(name: String, octets: [UInt8])] = [
            ("nulls", tlv(0x30, Array(repeating: [0x05, 0x00], count: 50_000).flatMap { $0 })),
            ("empty sequences", tlv(0x30, Array(repeating: [0x30, 0x00], count: 50_000).flatMap { $0 })),
            (
                "nulls within the limit of a certificate",
                tlv(0x30, Array(repeating: [0x05, 0x00], count: 16_000).flatMap { $0 })
            ),
            ("nested", nested), ("one long string", tlv(0x30, tlv(0x04, [UInt8](repeating: 0, count: 100_000)))),
            ("many certificates", Array(String(repeating: pem, count: 100_000 / pem.utf8.count).utf8)),
            ("many beginnings", Array(String(repeating: "-----BEGIN CERTIFICATE-----\n", count: 3500).utf8)),
        ]
        let usual = try peak([UInt8](pem.utf8))
        for (name, octets) in inputs {
            let more = try peak(octets) - usual
            #expect(more <= 16 * 1024, "\(name): \(more) KiB")
        }
    }

    /// The most memory that `verify` had at a time, in KiB.
    private func peak(_ octets: [UInt8]) throws -> Int {
        let file = folder.path("input")
        try Data(octets).write(to: URL(fileURLWithPath: file))
        let program = """
            import resource, subprocess, sys
            subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """
        let run = try CommandRun(
            ["python3", "-c", program, CommandRun.executable.path, "verify", file, "--ca", folder.path("ca.pem")],
            program: "/usr/bin/env")
        return try #require(Int(run.text.trimmingCharacters(in: .whitespacesAndNewlines)), "\(run.errors)")
    }

    @Test("limbo-harness answers in x509-limbo's format, and skips what does not apply")
    func limbo() throws {
        let leaf = try String(contentsOfFile: folder.path("cert.pem"), encoding: .utf8)
        let authority = try String(contentsOfFile: folder.path("ca.pem"), encoding: .utf8)
        func testcase(_ id: String, _ change: [String: Any]) -> [String: Any] {
            let usual: [String: Any] = [
                "id": id, "validation_kind": "SERVER", "trusted_certs": [authority], "untrusted_intermediates": [],
                "peer_certificate": leaf, "peer_certificate_key": NSNull(), "validation_time": NSNull(),
                "signature_algorithms": [], "key_usage": [], "extended_key_usage": [], "expected_result": "SUCCESS",
                "expected_peer_name": ["kind": "DNS", "value": "localhost"], "expected_peer_names": [],
                "max_chain_depth": NSNull(), "crls": [], "features": [], "importance": "high", "description": "",
                "conflicts_with": [],
            ]
            return usual.merging(change) { $1 }
        }
        let cases: [(id: String, change: [String: Any], result: String)] = [
            ("usual", [:], "SUCCESS"), ("nobody's", ["trusted_certs": []], "FAILURE"),
            ("late", ["validation_time": "2100-01-01T00:00:00Z"], "FAILURE"),
            ("other name", ["expected_peer_name": ["kind": "DNS", "value": "other.test"]], "FAILURE"),
            ("address", ["expected_peer_name": ["kind": "IP", "value": "127.0.0.1"]], "SUCCESS"),
            ("client", ["validation_kind": "CLIENT", "expected_peer_name": NSNull()], "SUCCESS"),
            ("mail", ["expected_peer_name": ["kind": "RFC\u{38}22", "value": "a@b.test"]], "SKIPPED"),
            ("code signing", ["extended_key_usage": ["codeSigning"]], "SKIPPED"),
            ("no intermediates", ["max_chain_depth": 0], "SUCCESS"),
            ("no status", ["crls": ["-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"]], "FAILURE"),
            ("garbage", ["peer_certificate": "none"], "FAILURE"),
        ]
        let suite: [String: Any] = ["version": 1, "testcases": cases.map { testcase($0.id, $0.change) }]
        let run = try CommandRun(
            [], input: [UInt8](try JSONSerialization.data(withJSONObject: suite)), program: "limbo-harness")
        #expect(run.status == 0, "\(run.errors)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(run.output)) as? [String: Any])
        #expect(object["version"] as? Int == 1 && object["harness"] as? String == "swift-secure-sockets")
        let results = try #require(object["results"] as? [[String: String]])
        #expect(results.map { $0["id"] } == cases.map(\.id))
        for (result, wanted) in zip(results, cases) {
            #expect(result["actual_result"] == wanted.result, "\(result)")
            #expect(result["context"]?.isEmpty == false)
        }
        let garbage = try CommandRun([], input: Array("{}".utf8), program: "limbo-harness")
        #expect(garbage.status == 1 && garbage.output.isEmpty && garbage.errors.hasPrefix("limbo-harness: "))
    }
}
