// CryptographyKeyExchangeTests.swift — NIST's and the RFCs' answers for ECDH, X25519 and X448.
// Next: CryptographySignatureTests.swift.

import CryptoGlue
import TestSupport
import Testing
import WireFormat

extension EllipticCurve {
    /// The group of the same curve.
    var group: NamedGroup {
        switch self {
        case .p256: .secp256r1
        case .p384: .secp384r1
        case .p521: .secp521r1
        }
    }

    /// `[P-256]`, `[P-256,SHA-384]`; nil for a curve that this project does not offer.
    init?(heading: String) {
        let name = heading.split(separator: ",").first.map { $0.replacing("-", with: "").lowercased() }
        guard let found = EllipticCurve(rawValue: name ?? "") else { return nil }
        self = found
    }

    /// The uncompressed point; a coordinate that is too large for its place makes the point too long.
    func point(_ x: String, _ y: String) throws -> [UInt8] {
        let coordinates = try [x, y].map { text -> [UInt8] in
            if let fitting = try? Scalar.octets(text, length: coordinateLength) { return fitting }
            return try Scalar.octets(text, length: coordinateLength + 1)
        }
        return [4] + coordinates[0] + coordinates[1]
    }
}

@Suite("cryptography-vectors: key exchange", .enabled(if: CryptographyVectors.isPresent, "needs cryptography-vectors"))
struct CryptographyKeyExchangeTests {
    @Test("NIST CAVP: ECDH on P-256, P-384 and P-521, validity of keys and of the shared secret")
    func ecdh() throws {
        // The files' parameter sets, each with the hash that proves Z.
        let sets: [(heading: String, EllipticCurve, HashAlgorithm)] = [
            ("EC - SHA256", .p256, .sha256), ("ED - SHA384", .p384, .sha384), ("EE - SHA512", .p521, .sha512),
        ]
        for (heading, curve, hash) in sets {
            var tally = VectorTally("ECDH \(curve.title)", source: CryptographyVectors.source)
            for role in ["init", "resp"] {
                let name = "asymmetric/ECDH/KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_\(role).fax"
                for block in try CryptographyVectors.records(name) where block.sections == [heading] {
                    guard try Self.isInRange(block["dsIUT"] ?? "", curve) else {
                        tally.setAside("a private key of more bits than the curve")
                        continue
                    }
                    tally.record(
                        try block.verdict, try Self.outcome(block, curve, hash),
                        "\(role) \(block["COUNT"] ?? ""): \(block["Result"] ?? "")")
                }
            }
            tally.finish(expecting: 60)
        }
    }

    /// Drawing a private key for P-521 clears the seven bits that are too many, so none of 528 bits can be given.
    private static func isInRange(_ privateKey: String, _ curve: EllipticCurve) throws -> Bool {
        let octets = try Scalar.octets(privateKey, length: curve.coordinateLength)
        return curve != .p521 || octets[0] <= 1
    }

    private static func outcome(
        _ block: KeyValueFile.Block, _ curve: EllipticCurve, _ hash: HashAlgorithm
    ) throws -> Outcome {
        guard let ownX = block["QsIUTx"], let ownY = block["QsIUTy"], let peerX = block["QsCAVSx"],
            let peerY = block["QsCAVSy"], let privateKey = block["dsIUT"]
        else { throw VectorFileError("a case without keys") }
        let own = try curve.point(ownX, ownY)
        let peer = try curve.point(peerX, peerY)
        let proof = try block.bytes("CAVSHashZZ")
        return Outcome {
            let random = VectorRandom(try Scalar.octets(privateKey, length: curve.coordinateLength))
            let exchange = try KeyExchange.start(curve.group, random: random)
            // Bad keys of our own are not of this interface's making: the file's changed ones show as another share.
            if exchange.publicShare != own { return .refused }
            let secret = try exchange.finish(peerShare: peer.span)
            return try HashFunction.digest(hash, secret.bytes) == proof ? .passed : .refused
        }
    }

    @Test("NIST CAVP: public keys on and off P-256, P-384 and P-521")
    func publicKeyValidity() throws {
        for curve in EllipticCurve.allCases {
            var tally = VectorTally("public key \(curve.title)", source: CryptographyVectors.source)
            for name in ["FIPS_186-2", "FIPS_186-3"] {
                for block in try CryptographyVectors.blocks("asymmetric/ECDSA/\(name)/PKV.rsp") {
                    guard block.sections.first.flatMap(EllipticCurve.init(heading:)) == curve else { continue }
                    guard let x = block["Qx"], let y = block["Qy"] else { throw VectorFileError("no point") }
                    let one = [UInt8](repeating: 0, count: curve.coordinateLength - 1) + [1]
                    let point = try curve.point(x, y)
                    // With the private key 1 the shared secret is the peer's own X.
                    let outcome = Outcome.keyExchange(
                        curve.group, privateKey: one, peerShare: point,
                        shared: Array(point[1...].prefix(curve.coordinateLength)))
                    tally.record(try block.verdict, outcome, "\(name): \(block["Result"] ?? "")")
                }
            }
            tally.finish()
        }
    }

    @Test(
        "RFC 7748 §5.2: X25519 and X448",
        arguments: [(NamedGroup.x25519, "X25519"), (.x448, "X448")])
    func montgomery(group: NamedGroup, name: String) throws {
        var tally = VectorTally(name, source: CryptographyVectors.source + " (RFC 7748)")
        for block in try CryptographyVectors.records("asymmetric/\(name)/rfc7748.txt") {
            let outcome = Outcome.keyExchange(
                group, privateKey: try block.bytes("INPUT_SCALAR"), peerShare: try block.bytes("INPUT_U"),
                shared: try block.bytes("OUTPUT_U"))
            tally.record(.valid, outcome, block["COUNT"] ?? "")
        }
        tally.finish()
    }
}
