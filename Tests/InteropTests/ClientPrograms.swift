// ClientPrograms.swift — the clients that make many connections in one process: Go, JSSE, Node, Python.
// Next: ServerMatrixTests.swift.

import Foundation
import Synchronization
import TestSupport
import WireFormat

/// A running program of scripts/interop-peers. Its connections are made one after another.
final class ClientProgram: Sendable {
    private static let running = Mutex<[ClientPeer: ClientProgram]>([:])

    /// The program of this peer; started once, and again should it have ended.
    static func of(_ peer: ClientPeer) throws -> ClientProgram {
        try running.withLock { running in
            if let program = running[peer], program.child.isRunning { return program }
            let program = try ClientProgram(peer)
            running[peer] = program
            return program
        }
    }

    private let peer: ClientPeer
    private let child: ChildProcess
    private let answers = Mutex(0)

    private init(_ peer: ClientPeer) throws {
        self.peer = peer
        // As long as the whole run may take: it waits between the tests of its peer.
        child = try ChildProcess(try Self.command(peer), keepsErrors: false, lifetime: 1800)
    }

    private static let folder = SharedFolder.checkout + "/scripts/interop-peers"

    private static func command(_ peer: ClientPeer) throws -> [String] {
        switch peer {
        case .go: [try GoBuild.client]
        // A small machine that is there soon.
        case .jsse:
            [
                "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m", "-cp",
                try JavaBuild.client, "Client",
            ]
        case .node: ["node", folder + "/node-client/client.js"]
        case .python: ["python3", folder + "/python-client/client.py", "ssl"]
        case .rustls: [PythonModules.command, folder + "/python-client/client.py", "rtls"]
        case .boringssl: [PythonModules.command, folder + "/python-client/client.py", "utls"]
        case .openssl, .gnutls, .nss, .curl: throw InteropFailure("\(peer) is no program of ours")
        }
    }

    /// Makes one connection.
    func run(_ port: UInt16, _ task: ClientTask) throws -> ClientOutcome {
        let request = try request(port, task)
        return try answers.withLock { number in
            try child.write(request + "\n")
            number += 1
            let log = try child.waitForOutput("an answer to \(request)", within: .seconds(90)) {
                $0.utf8.count { $0 == UInt8(ascii: "\n") } >= number
            }
            return try outcome(String(log.split(separator: "\n", omittingEmptySubsequences: false)[number - 1]))
        }
    }

    private func request(_ port: UInt16, _ task: ClientTask) throws -> String {
        var fields = [
            "port=\(port)", "name=\(task.name ?? "")", "ca=\(try InteropCertificates.file(task.authority + ".pem"))",
            "min=\(Self.number(task.versions.lowerBound))", "max=\(Self.number(task.versions.upperBound))",
        ]
        func add(_ name: String, _ list: [String]) {
            if !list.isEmpty { fields.append("\(name)=\(list.joined(separator: ","))") }
        }
        if let suites = task.suites {
            let old = suites.filter(CipherSuite.namedTLS12.contains)
            switch peer {
            case .go, .jsse: add("suites", suites.map(\.description))
            case .node:
                // Without one of TLS 1.2 there is no list for it.
                let names = try old.isEmpty ? ["ALL"] : old.map(OpenSSLNames.name)
                add("suites", names + suites.filter { !old.contains($0) }.map(\.description))
            default: add("suites", try old.map(OpenSSLNames.name))
            }
        }
        if let groups = task.groups, peer.choosesGroups {
            add("groups", groups.map { peer == .go ? "\($0)" : OpenSSLNames.name($0) })
        }
        add("alpn", task.alpnProtocols)
        if let certificate = task.certificate, let key = task.key {
            if peer == .jsse {
                fields.append("keystore=\(try InteropCertificates.archive(certificate, key: key))")
            } else {
                fields.append("cert=\(try InteropCertificates.file(certificate + ".pem"))")
                fields.append("key=\(try InteropCertificates.file(key + ".key"))")
            }
        }
        if let session = task.session { fields.append("session=\(session)") }
        if !task.lines.isEmpty { fields.append("send=\(task.lines.joined(separator: "|"))") }
        if task.transfer > 0 { fields.append("transfer=\(task.transfer)") }
        if let label = task.exportLabel { fields.append("export=\(label)") }
        if task.asksForStatus { fields.append("status=1") }
        return fields.joined(separator: "\t")
    }

    private static func number(_ version: ProtocolVersion) -> String {
        version == .ssl30 ? "3.0" : "1.\((version.rawValue & 255) - 1)"
    }

    private func outcome(_ line: String) throws -> ClientOutcome {
        var fields: [Substring: String] = [:]
        for field in line.split(separator: "\t") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw InteropFailure("\(peer) answers \(line)") }
            fields[parts[0]] = String(parts[1])
        }
        var outcome = ClientOutcome()
        outcome.log = line
        outcome.error = fields["error"] ?? (fields["closed"] == "1" ? nil : "no close_notify came")
        outcome.version = fields["version"].map { $0.hasPrefix("SSL") ? $0 : "TLS \($0)" }
        outcome.suite = try fields["suite"].map(OpenSSLNames.standard)
        outcome.group = fields["group"].flatMap(OpenSSLNames.group)
        outcome.alpn = fields["alpn"]
        outcome.isResumed = fields["resumed"].map { $0 == "true" }
        outcome.exported = fields["exported"]
        outcome.status = fields["status"]
        outcome.replies = fields["replies"]?.split(separator: "|").map(String.init) ?? []
        outcome.transferred = fields["transferred"].flatMap { Int($0) } ?? 0
        return outcome
    }
}

/// OpenSSL's names of things, which many programs have taken over.
enum OpenSSLNames {
    private static let suites: Result<[String: String], any Error> = Result {
        // TLS_RSA_WITH_AES_128_CBC_SHA - AES128-SHA …
        let list = try InteropFolder.run(["openssl", "ciphers", "-stdname", "ALL:@SECLEVEL=0"])
        var names: [String: String] = [:]
        for line in list.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count > 2 { names[String(words[0])] = String(words[2]) }
        }
        return names
    }

    static func name(_ suite: CipherSuite) throws -> String {
        guard let name = try suites.get()["\(suite)"] else { throw InteropFailure("OpenSSL has no name for \(suite)") }
        return name
    }

    /// IANA's name of a suite, whoever's name it was.
    static func standard(_ name: String) throws -> String {
        try suites.get().first { $0.value == name }?.key ?? name
    }

    static func name(_ group: NamedGroup) -> String {
        switch group {
        case .secp256r1: "P-256"
        case .secp384r1: "P-384"
        case .secp521r1: "P-521"
        case .x25519: "X25519"
        case .x448: "X448"
        default: "\(group)"
        }
    }

    static func name(_ version: ProtocolVersion) -> String {
        switch version {
        case .ssl30: "SSL3"
        case .tls10: "TLSv1"
        case .tls11: "TLSv1.1"
        case .tls12: "TLSv1.2"
        default: "TLSv1.3"
        }
    }

    /// IANA's name of a group, by the names that programs have for it; nil when it is none of those we know.
    static func group(_ name: String) -> String? {
        switch name.lowercased() {
        case "p-256", "prime256v1", "secp256r1", "curvep256": "secp256r1"
        case "p-384", "secp384r1", "curvep384": "secp384r1"
        case "p-521", "secp521r1", "curvep521": "secp521r1"
        case "x25519": "x25519"
        case "x448": "x448"
        case "ffdhe2048": "ffdhe2048"
        case "ffdhe3072": "ffdhe3072"
        case "ffdhe4096": "ffdhe4096"
        default: nil
        }
    }
}
