// CertificateBenchmark.swift — parsing and validating a usual chain of three certificates, with and without known paths.
// RFC 5280 §6.1.
// Next: HandshakeBenchmark.swift.

import CPeer
import Certificates
import CryptoGlue
import TLS
import WireFormat

/// A leaf, an authority between and a root, as a handshake meets them: leaf and authority come in DER, the root was parsed
/// before. OpenSSL does the same, turn by turn. The two signature checks are measured alone besides.
enum CertificateBenchmark {
    static func run(_ effort: Effort, _ provider: CryptoProvider, _ report: inout Report) throws {
        report.section("Certificates: a leaf, an authority between and a root, parsed and validated")
        for keyType in ["RSA-2048", "P-256"] {
            let chain = try Chain(keyType)
            let known = TrustAnchors([chain.root])
            var figures = Figures()
            for turn in 0..<effort.handshakes + 2 {
                // Fresh anchors have no known paths.
                let fresh = try chain.validate(TrustAnchors([chain.root]))
                let again = try chain.validate(known)
                let peer = peer_chain_nanoseconds(chain.handle)
                guard peer > 0 else { throw PeerFailure("OpenSSL's own validation") }
                // The first two warm up, and the first makes the path known.
                guard turn >= 2 else { continue }
                figures.add(fresh, again, peer: peer, signatures: try chain.signatureChecks())
            }
            figures.report(keyType, &report)
        }
    }

    private struct Validation {
        let spent: UInt64
        let allocations: UInt64
    }

    private final class Chain {
        let handle: OpaquePointer
        let sent: [[UInt8]]
        let root: Certificate
        private let identity: ReferenceIdentity
        private let now = Now().now()
        private let schemes: [SignatureScheme] = [.rsaPKCS1SHA256, .ecdsaSecp256r1SHA256]

        init(_ keyType: String) throws {
            guard let handle = peer_chain_new(keyType) else { throw PeerFailure("no chain of \(keyType)") }
            self.handle = handle
            let certificates = try (0..<3).map { index in
                var count = 0
                guard let bytes = peer_chain_certificate(handle, Int32(index), &count) else {
                    throw PeerFailure("no certificate")
                }
                return Array(UnsafeBufferPointer(start: bytes, count: count))
            }
            sent = Array(certificates.prefix(2))
            root = try Certificate(derEncoded: certificates[2])
            identity = try ReferenceIdentity("localhost")
        }

        deinit { peer_chain_free(handle) }

        func validate(_ anchors: TrustAnchors) throws -> Validation {
            let allocated = peer_allocations()
            let start = peer_nanoseconds()
            var log = DecisionLog(isEnabled: false)
            let path = try PathValidator.validate(
                try UnvalidatedPath.parse(sent, log: &log),
                PathRequest(
                    anchors: anchors, identity: identity, purpose: .serverAuthentication, at: now,
                    allowedSignatures: schemes),
                log: &log)
            let spent = peer_nanoseconds() - start
            let allocations = peer_allocations() - allocated
            guard path.certificates.count == 3 else { throw PeerFailure("a path of another length") }
            return Validation(spent: spent, allocations: allocations)
        }

        /// Nanoseconds of the two signature checks alone.
        func signatureChecks() throws -> UInt64 {
            let leaf = try Certificate(derEncoded: sent[0])
            let issuing = try Certificate(derEncoded: sent[1])
            guard let algorithm = leaf.signatureAlgorithm else { throw PeerFailure("a signature of another kind") }
            let start = peer_nanoseconds()
            try leaf.verifySignature(with: issuing.publicKey, using: algorithm)
            try issuing.verifySignature(with: root.publicKey, using: algorithm)
            return peer_nanoseconds() - start
        }
    }

    private struct Figures {
        private var ratios: [Double] = []
        private var beside: [Double] = []
        private var known: [Double] = []
        private var allocations: (fresh: UInt64, again: UInt64) = (0, 0)

        mutating func add(_ fresh: Validation, _ again: Validation, peer: UInt64, signatures: UInt64) {
            ratios.append(Double(fresh.spent) / Double(peer))
            beside.append(Double(fresh.spent) / Double(signatures))
            known.append(Double(again.spent) / Double(fresh.spent))
            allocations = (fresh.allocations, again.allocations)
        }

        func report(_ keyType: String, _ report: inout Report) {
            report.time("\(keyType): ours / OpenSSL's", median(ratios), atMost: nil)
            report.time("\(keyType): ours / our two signature checks alone", median(beside), atMost: nil)
            report.time("\(keyType): a known path / the same validated anew", median(known), atMost: 0.5)
            report.note("  (\(allocations.fresh) allocations anew, \(allocations.again) for a known path)")
        }
    }
}
