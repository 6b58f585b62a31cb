// HandshakeBenchmark.swift — what a full handshake costs us beside its public-key operations.
// RFC 8446 §2.
// Next: ConfigurationBenchmark.swift.

import CPeer
import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import WireFormat

/// Our client against OpenSSL's server in memory. The public-key operations of the same handshake are measured beside it,
/// turn by turn: two X25519 operations, the leaf's signature over the transcript, the CA's over the leaf.
enum HandshakeBenchmark {
    static func run(_ effort: Effort, _ provider: CryptoProvider, _ report: inout Report) throws {
        report.section("Full handshake, X25519, leaf under a trusted CA, client's CPU time")
        for (keyType, scheme, certificate) in kinds {
            let server = try Server(keyType, suite: "TLS_AES_128_GCM_SHA256")
            var configuration = server.configuration(provider, .tlsAES128GCMSHA256)
            let identity = try ReferenceIdentity("localhost")
            let operations = try Operations(server, provider, handshake: scheme, certificate: certificate)
            var figures = HandshakeFigures()
            for turn in 0..<effort.handshakes + 2 {
                // A path that was validated before would spare the check of the CA's signature.
                configuration.trust = TrustAnchors([server.anchor])
                let client = try Client.connect(configuration, identity, server)
                let key = try operations.measure { _ = peer_handshake_nanoseconds(server.handle) }
                let peer = peer_handshake_nanoseconds(server.handle)
                guard peer > 0 else { throw PeerFailure("OpenSSL's own handshake") }
                // The first two warm up.
                guard turn >= 2 else { continue }
                figures.add(
                    spent: client.spent, publicKeyOperations: key, peer: peer, allocations: client.allocations)
            }
            figures.report(keyType, &report)
        }
    }

    private static let kinds: [(String, SignatureAlgorithm, SignatureAlgorithm)] = [
        ("RSA-2048", .rsaPSS(PSSParameters(hash: .sha256, saltLength: 32)), .rsaPKCS1(.sha256)),
        ("P-256", .ecdsa(.sha256), .ecdsa(.sha256)), ("Ed25519", .ed25519, .ed25519),
    ]

    /// The public-key operations of one handshake, alone.
    private struct Operations {
        let provider: CryptoProvider
        let leaf: PublicKey
        let anchor: PublicKey
        let handshake: SignatureAlgorithm
        let certificate: SignatureAlgorithm
        let message: [UInt8]
        let leafSignature: [UInt8]
        let anchorSignature: [UInt8]
        let peerShare: [UInt8]

        init(
            _ server: Server, _ provider: CryptoProvider, handshake: SignatureAlgorithm, certificate: SignatureAlgorithm
        ) throws {
            self.provider = provider
            self.handshake = handshake
            self.certificate = certificate
            leaf = server.leaf.publicKey
            anchor = server.anchor.publicKey
            // RFC 8446 §4.4.3: 64 blanks, the context, a zero octet, the transcript's hash.
            message = [UInt8](repeating: 0x20, count: 130)
            leafSignature = try server.signature(byAnchor: false, over: message)
            anchorSignature = try server.signature(byAnchor: true, over: message)
            peerShare = try KeyExchange.start(.x25519, random: provider.random).publicShare
        }

        /// - Parameter other: what a peer on the same core does meanwhile. In a handshake our operations find the caches as
        ///   the server's work has left them; without this they would be measured warm, and the difference put down to us.
        func measure(after other: () -> Void) throws -> UInt64 {
            other()
            let first = peer_nanoseconds()
            let exchange = try KeyExchange.start(.x25519, random: provider.random)
            var spent = peer_nanoseconds() - first
            other()
            let second = peer_nanoseconds()
            let secret = try exchange.finish(peerShare: peerShare.span)
            try anchor.verify(anchorSignature.span, over: message.span, using: certificate)
            try leaf.verify(leafSignature.span, over: message.span, using: handshake)
            spent += peer_nanoseconds() - second
            guard secret.count == 32 else { throw PeerFailure("X25519") }
            return spent
        }
    }
}
