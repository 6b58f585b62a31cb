// PrimitiveFile.swift — reads TestVectors/primitives; SOURCE.md there says what the fields mean.
// Next: SymmetricVectorTests.swift.

import CryptoGlue
import TestSupport

/// A file of cases of one shape.
struct PrimitiveFile<Case: Decodable>: Decodable {
    let cases: [Case]

    init(_ name: String, in folder: String = "primitives") throws {
        self = try VectorFile.json(Self.self, "\(SharedFolder.testVectors)/\(folder)/\(name).json")
    }
}

/// What the tallies call the project's own data.
let primitiveSource = "TestVectors/primitives (cryptography)"

extension HashAlgorithm: Decodable {}
extension AEADAlgorithm: Decodable {}
extension EllipticCurve: Decodable {}

extension HashAlgorithm {
    /// As standards write it.
    var title: String {
        switch self {
        case .sha256: "SHA-256"
        case .sha384: "SHA-384"
        case .sha512: "SHA-512"
        }
    }

    /// As NIST's files write it, with or without the dash; nil for a hash that this project does not offer.
    init?(title: String) {
        let plain = title.replacing("-", with: "").lowercased()
        guard let found = HashAlgorithm(rawValue: plain) else { return nil }
        self = found
    }
}

extension AEADAlgorithm {
    var title: String {
        switch self {
        case .aes128GCM: "AES-128-GCM"
        case .aes256GCM: "AES-256-GCM"
        case .chaCha20Poly1305: "ChaCha20-Poly1305"
        case .aes128CCM: "AES-128-CCM"
        case .aes128CCM8: "AES-128-CCM-8"
        case .aes256CCM: "AES-256-CCM"
        case .aes256CCM8: "AES-256-CCM-8"
        }
    }
}

extension EllipticCurve {
    var title: String { rawValue.uppercased().replacing("P", with: "P-") }
}

/// The message that SOURCE.md describes by length and seed.
func patternMessage(length: Int, seed: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: 167 &* $0 &+ seed) }
}

/// A case without a reason in the file is named by its place.
func caseName(_ index: Int, _ why: String?) -> String {
    "case \(index)" + (why.map { " (\($0))" } ?? "")
}
