// TLS12MatrixTests.swift — every TLS 1.2 suite × kind of certificate that a peer has, and what it has not.
// RFC 5246 §7.4.1, §7.4.2, §7.4.3, App. A.5; RFC 8422 §5; RFC 7919.
// Next: TLS12VariantTests.swift.

import Certificates
import CryptoGlue
import Foundation
import Handshake
import SocketProvider
import TLS
import Testing
import WireFormat

extension ClientOptions {
    /// Offers these suites of TLS 1.2, whatever their weaknesses, every group, and nothing else.
    mutating func offerTLS12(_ suites: [CipherSuite] = [.tlsECDHEECDSAWithAES128GCMSHA256]) {
        versions = .tls12 ... .tls12
        cipherSuites = suites
        acceptedTLS12Weaknesses = Set(TLS12Weakness.allCases)
        groups = NamedGroup.named
    }
}

extension Interop {
    @Suite("TLS 1.2 matrix")
    struct TLS12MatrixTests {
        private let row = "TLS 1.2: suite × certificate"

        @Test(
            "RFC 5246 §7.4.3: every suite of the peer that its key fits, by kind of certificate",
            arguments: Peer.allCases, KeyKind.allCases)
        func matrix(peer: Peer, kind: KeyKind) throws {
            guard peer.isPresent, peer.keyKinds.contains(kind) else { return }
            let server = try PeerServer(peer, .tls12(kind))
            for suite in peer.tls12Suites where kind.fits(suite) {
                InteropSummary.count(peer, row, "\(suite.code) \(kind)") { try shakeHands(server, suite, kind) }
            }
            InteropSummary.note(peer, row, peer.lacksInTLS12)
        }

        private func shakeHands(_ server: PeerServer, _ suite: TLS12Suite, _ kind: KeyKind) throws {
            let socket = try InteropClient.connect(to: server) { $0.offerTLS12([suite.code]) }
            try socket.exchange("\(suite.code) with \(kind)", with: server)
            let info = try socket.tls
            try equal(info.version, .tls12, "version")
            try equal(info.cipherSuite, suite.code, "cipher suite")
            try equal(info.isResumed, false, "resumed")
            try equal(info.usesExtendedMasterSecret, true, "extended_master_secret")
            switch suite.protection {
            case .aead: try equal(info.usesEncryptThenMAC, false, "encrypt_then_mac")
            case .cbc, .legacy: try equal(info.usesEncryptThenMAC, server.peer.hasEncryptThenMAC, "encrypt_then_mac")
            }
            switch suite.keyExchange {
            case .rsa:
                try equal(info.peerSignatureScheme, nil, "scheme of a signature that there is not")
                try equal(info.group, nil, "group of a key exchange that there is not")
            case .dheRSA, .ecdheECDSA, .ecdheRSA:
                try holds(
                    info.peerSignatureScheme.map(kind.tls12Schemes.contains) ?? false,
                    "the scheme of the server's signature is \(info.peerSignatureScheme, default: "none")")
            }
            if suite.keyExchange == .ecdheRSA || suite.keyExchange == .ecdheECDSA {
                try holds(info.group.map(server.peer.groups.contains) ?? false, "group \(info.group, default: "none")")
            }
            try equal(info.serverName, "localhost", "server name")
            try equal(info.validatedPath.count, 2, "certificates in the validated path")
            try socket.finish()
        }

        @Test("RFC 5246 §7.4.1.3: suites the peer lacks end in its alert", arguments: Peer.allCases)
        func missing(peer: Peer) throws {
            let has = Set(peer.tls12Suites.map(\.code))
            let suites = CipherSuite.namedTLS12.filter { !has.contains($0) }.compactMap { TLS12Suite($0) }
            guard !suites.isEmpty, peer.isPresent else { return }
            for kind in [KeyKind.rsa2048, .p256] {
                let server = try PeerServer(peer, .tls12(kind))
                for suite in suites where kind.fits(suite) {
                    InteropSummary.count(peer, "TLS 1.2: suites it lacks are refused", "\(suite.code)") {
                        let error = try InteropClient.failure(connectingTo: server) { $0.offerTLS12([suite.code]) }
                        try equal(error.origin, .peer, "who refused")
                        try equal(error.alert, .handshakeFailure, "alert")
                        let found = error.explanation.found
                        try holds(found.contains("\(suite.code)"), "no offer in: \(found)")
                    }
                }
            }
        }

        @Test("RFC 8422 §5.1.1: every curve of the peer", arguments: Peer.allCases)
        func curves(peer: Peer) throws {
            guard peer.isPresent else { return }
            // The key is RSA: a curve offered is then one for the key exchange alone.
            let server = try PeerServer(peer, .tls12(.rsa2048))
            for group in peer.groups where !"\(group)".hasPrefix("ffdhe") {
                InteropSummary.count(peer, "TLS 1.2: ECDHE with every curve", "\(group)") {
                    let socket = try InteropClient.connect(to: server) {
                        $0.offerTLS12([.tlsECDHERSAWithAES256GCMSHA384])
                        $0.groups = [group]
                        $0.keyShareGroups = []
                    }
                    try socket.exchange("on \(group)", with: server)
                    try equal(try socket.tls.group, group, "group")
                    try socket.finish()
                }
            }
        }

        @Test(
            "RFC 7919 §4: a server that knows our finite-field groups takes one of them",
            arguments: [Peer.gnutls, .nss, .jsse])
        func negotiatedFiniteField(peer: Peer) throws {
            guard peer.isPresent else { return }
            let server = try PeerServer(peer, .tls12(.rsa2048))
            for group in [NamedGroup.ffdhe2048, .ffdhe3072, .ffdhe4096] {
                InteropSummary.count(peer, "TLS 1.2: DHE with a negotiated group", "\(group)") {
                    let socket = try InteropClient.connect(to: server) {
                        $0.offerTLS12([.tlsDHERSAWithAES128GCMSHA256])
                        $0.groups = [group]
                        $0.keyShareGroups = []
                    }
                    try socket.exchange("in \(group)", with: server)
                    try equal(try socket.tls.cipherSuite, .tlsDHERSAWithAES128GCMSHA256, "cipher suite")
                    try socket.finish()
                }
            }
        }

        /// Groups of RFC 7919 and RFC 3526 as openssl calls them, and others that nobody should use.
        static let finiteFields: [(name: String, isPermitted: Bool)] =
            [2048, 3072, 4096, 6144, 8192].flatMap { [("ffdhe\($0)", true), ("modp_\($0)", true)] }
            + [("modp_1536", false), ("modp_2048 with another generator", false)]

        @Test("RFC 7919 §3, RFC 3526: the server's group is taken when it is a known one of 2048 bits or more")
        func finiteFields() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            for (name, isPermitted) in Self.finiteFields {
                InteropSummary.count(peer, "TLS 1.2: DHE with a group of the server's", name) {
                    var setup = PeerSetup.tls12(.rsa2048)
                    setup.dhParameters = try Self.parameters(of: name)
                    let server = try PeerServer(peer, setup)
                    let change = { (options: inout ClientOptions) in options.offerTLS12([.tlsDHERSAWithAES128GCMSHA256])
                    }
                    try holds(!server.child.output.contains("default temp DH"), "s_server did not take \(name)")
                    guard isPermitted else {
                        let error = try InteropClient.failure(connectingTo: server, change)
                        try equal(error.origin, .local, "who refused")
                        let alerts: [AlertDescription] = [.insufficientSecurity, .handshakeFailure, .illegalParameter]
                        try holds(error.alert.map(alerts.contains) ?? false, "alert \(error.alert, default: "none")")
                        return
                    }
                    let socket = try InteropClient.connect(to: server, change)
                    try socket.exchange("in \(name)", with: server)
                    try socket.finish()
                }
            }
        }

        /// A file with the parameters of a group.
        private static func parameters(of name: String) throws -> String {
            let file = try InteropFolder.newFile("group")
            let group = name.split(separator: " ").first.map(String.init) ?? name
            _ = try InteropFolder.run([
                "openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:\(group)", "-out", file,
            ])
            guard name != group else { return file }
            let pem = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").dropFirst().dropLast()
            var der = Array(Data(base64Encoded: pem.joined()) ?? Data())
            // DHParameter ::= SEQUENCE { p, g, … } (PKCS #3 §9): the generator 2 becomes 4.
            guard let start = der.indices.dropLast(2).last(where: { Array(der[$0...$0 + 2]) == [2, 1, 2] }) else {
                throw InteropFailure("no generator in the parameters of \(group)")
            }
            der[start + 2] = 4
            let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
            try "-----BEGIN DH PARAMETERS-----\n\(text)\n-----END DH PARAMETERS-----\n"
                .write(toFile: file, atomically: false, encoding: .utf8)
            return file
        }

        @Test("RFC 5246 §7.4.2: static RSA needs a key that may encipher")
        func keyUsage() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "TLS 1.2: static RSA with a key that may only sign") {
                var setup = PeerSetup.tls12(.rsa2048)
                setup.certificate = "signonly"
                setup.key = "rsa2048"
                let server = try PeerServer(peer, setup)
                let signed = try InteropClient.connect(to: server) { $0.offerTLS12([.tlsECDHERSAWithAES128GCMSHA256]) }
                try signed.exchange("signed", with: server)
                try signed.finish()
                let error = try InteropClient.failure(connectingTo: server) {
                    $0.offerTLS12([.tlsRSAWithAES128GCMSHA256])
                }
                try equal(error.origin, .local, "who refused")
            }
        }
    }
}
