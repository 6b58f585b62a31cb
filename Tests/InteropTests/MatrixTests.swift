// MatrixTests.swift — every cipher suite × group × kind of certificate that a peer has, and what it has not.
// RFC 8446 §4.1.3, §4.2.8, §4.4.3, App. B.4.
// Next: HelloRetryTests.swift.

import SocketProvider
import TLS
import Testing
import WireFormat

/// Everything with a peer runs one after the other: the machine has few cores and the times are part of the result.
@Suite("Interop", .serialized)
enum Interop {}

extension Interop {
    #if DEBUG
    static let pairing = "each suite, each group × certificate"
    #else
    static let pairing = "suite × group × certificate"
    #endif

    /// Every suite with every group. In a debug build, which takes long for each, every suite and every group, with changing
    /// partners.
    static func pairs(_ suites: [CipherSuite], _ groups: [NamedGroup]) -> [(suite: CipherSuite, group: NamedGroup)] {
        #if DEBUG
        (0..<max(suites.count, groups.count)).map { (suites[$0 % suites.count], groups[$0 % groups.count]) }
        #else
        suites.flatMap { suite in groups.map { (suite, $0) } }
        #endif
    }

    @Suite("matrix")
    struct MatrixTests {
        @Test(
            "RFC 8446 §4.1.1: suite × group of the peer, by kind of certificate; every pair in a release build",
            arguments: Peer.allCases, KeyKind.allCases)
        func matrix(peer: Peer, kind: KeyKind) throws {
            guard peer.isPresent, peer.keyKinds.contains(kind) else { return }
            let server = try PeerServer(peer, PeerSetup(kind))
            for (suite, group) in Interop.pairs(peer.cipherSuites, peer.groups) {
                InteropSummary.count(peer, Interop.pairing, "\(suite) \(group) \(kind)") {
                    try peer.withKeys(of: group) { try shakeHands(server, suite, group, kind) }
                }
            }
            InteropSummary.note(peer, Interop.pairing, peer.lacks)
        }

        private func shakeHands(
            _ server: PeerServer, _ suite: CipherSuite, _ group: NamedGroup, _ kind: KeyKind
        ) throws {
            let socket = try InteropClient.connect(to: server) {
                $0.cipherSuites = [suite]
                $0.groups = [group]
                $0.keyShareGroups = [group]
            }
            try socket.exchange("\(suite) with \(group) and \(kind)", with: server)
            let info = try socket.tls
            try equal(info.version, .tls13, "version")
            try equal(info.cipherSuite, suite, "cipher suite")
            try equal(info.group, group, "group")
            try holds(
                info.peerSignatureScheme.map(kind.schemes.contains) ?? false,
                "the scheme of the server's signature is \(info.peerSignatureScheme, default: "none")")
            try equal(info.helloRetried, false, "hello retried")
            try equal(info.serverName, "localhost", "server name")
            try equal(info.validatedPath.count, 2, "certificates in the validated path")
            try socket.finish()
        }

        @Test("RFC 8446 §6.2: what the peer lacks ends in its alert; we say what was offered", arguments: Peer.allCases)
        func missing(peer: Peer) throws {
            let suites = CipherSuite.namedTLS13.filter { !peer.cipherSuites.contains($0) }
            let groups = NamedGroup.named.filter { !peer.groups.contains($0) }
            guard !suites.isEmpty || !groups.isEmpty, peer.isPresent else { return }
            let server = try PeerServer(peer)
            let offers = suites.map { ([$0], [NamedGroup.x25519]) } + groups.map { ([.tlsAES128GCMSHA256], [$0]) }
            for (suites, groups) in offers {
                InteropSummary.count(peer, "suites and groups it lacks are refused", "\(suites) \(groups)") {
                    let error = try InteropClient.failure(connectingTo: server) {
                        $0.cipherSuites = suites
                        $0.groups = groups
                        $0.keyShareGroups = groups
                    }
                    try equal(error.origin, .peer, "who refused")
                    try equal(error.alert, .handshakeFailure, "alert")
                    let found = error.explanation.found
                    try holds(found.contains("\(suites[0])") && found.contains("\(groups[0])"), "no offer in: \(found)")
                }
            }
        }

        @Test("RFC 8446 §4.4.2: a path with an intermediate authority", arguments: Peer.allCases)
        func intermediate(peer: Peer) throws {
            guard peer.isPresent else { return }
            var setup = PeerSetup(certificate: "chain", key: "p256")
            setup.chain = "intermediate"
            let server = try PeerServer(peer, setup)
            InteropSummary.count(peer, "path with an intermediate") {
                let socket = try InteropClient.connect(to: server)
                try equal(try socket.tls.validatedPath.count, 3, "certificates in the validated path")
                try socket.exchange("intermediate", with: server)
                try socket.finish()
            }
        }
    }
}
