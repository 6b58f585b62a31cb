// CryptographyVectors.swift — finds PyPI's cryptography-vectors, which hold NIST's CAVP files and the RFCs' examples.
// Next: CryptographySymmetricTests.swift.

import CryptoGlue
import TestSupport

enum CryptographyVectors {
    /// What the tallies call it.
    static let source = "cryptography-vectors"

    /// Whether the package is installed; says so when it is not.
    static let isPresent: Bool = {
        if SharedFolder.cryptographyVectors != nil { return true }
        print("skipped: PyPI's cryptography-vectors are not installed (pip install cryptography-vectors)")
        return false
    }()

    /// The full path of one of its files.
    static func path(_ name: String) throws -> String {
        guard let folder = SharedFolder.cryptographyVectors else { throw VectorFileError("no cryptography-vectors") }
        return folder + "/" + name
    }

    /// The cases of a file that begins each with COUNT.
    static func records(_ name: String) throws -> [KeyValueFile.Block] {
        try KeyValueFile(path(name)).records(startingWith: "COUNT")
    }

    /// The cases of a file that parts them by blank lines.
    static func blocks(_ name: String, sticky: Set<String> = []) throws -> [KeyValueFile.Block] {
        try KeyValueFile(path(name)).blocks(sticky: sticky)
    }
}

extension KeyValueFile.Block {
    /// A value in brackets, as in `[Nlen = 12]` or `[Alen = 0, Plen = 0, Nlen = 7, Tlen = 4]`.
    func heading(_ name: String) -> Int? {
        for part in sections.flatMap({ $0.split(separator: ",") }) {
            let sides = part.split(separator: "=").map { String($0.filter { $0 != " " }) }
            if sides.count == 2, sides[0] == name { return Int(sides[1]) }
        }
        return nil
    }

    /// CAVP's word on a case: `Pass`, `P (0 )`, `Fail`, `F (3 - S changed)`.
    var verdict: Verdict {
        get throws {
            switch self["Result"]?.first {
            case "P": return .valid
            case "F": return .invalid
            default: throw VectorFileError("no result in \(fields.keys.sorted())")
            }
        }
    }
}
