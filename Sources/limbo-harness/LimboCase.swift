// LimboCase.swift — one path of x509-limbo, as its JSON has it.
// Next: LimboResult.swift.

/// limbo.json.
struct LimboSuite: Decodable {
    let version: Int
    let testcases: [LimboCase]
}

struct LimboCase: Decodable {
    /// A name that the peer must or may have.
    struct PeerName: Decodable {
        /// DNS, IP, or one for mail addresses.
        let kind: String
        let value: String
    }

    let id: String
    /// SERVER: a client judges a server's certificate. CLIENT: the other way round.
    let validationKind: String
    /// PEM, as all certificates and lists.
    let trustedCerts: [String]
    let untrustedIntermediates: [String]
    let peerCertificate: String
    /// RFC 3339; nil for now.
    let validationTime: String?
    let signatureAlgorithms: [String]?
    let keyUsage: [String]?
    let extendedKeyUsage: [String]?
    let expectedPeerName: PeerName?
    let expectedPeerNames: [PeerName]?
    /// Intermediate certificates between the peer's own and the anchor.
    let maxChainDepth: Int?
    let crls: [String]?

    enum CodingKeys: String, CodingKey {
        case id, crls
        case validationKind = "validation_kind"
        case trustedCerts = "trusted_certs"
        case untrustedIntermediates = "untrusted_intermediates"
        case peerCertificate = "peer_certificate"
        case validationTime = "validation_time"
        case signatureAlgorithms = "signature_algorithms"
        case keyUsage = "key_usage"
        case extendedKeyUsage = "extended_key_usage"
        case expectedPeerName = "expected_peer_name"
        case expectedPeerNames = "expected_peer_names"
        case maxChainDepth = "max_chain_depth"
    }
}
