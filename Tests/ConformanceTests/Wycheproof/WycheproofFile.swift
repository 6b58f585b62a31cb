// WycheproofFile.swift — Project Wycheproof's JSON, read into one shape for all its schemas.
// Next: WycheproofTests.swift.

import CryptoGlue
import TestSupport

/// A file of `testvectors_v1`.
struct WycheproofFile: Decodable {
    let numberOfTests: Int
    let testGroups: [Group]

    /// Cases that share a key or a size.
    struct Group: Decodable {
        let ivSize: Int?
        let keySize: Int?
        let publicKey: Key?
        let tests: [Case]
    }

    /// The public key of a group, in the fields that its kind has.
    struct Key: Decodable {
        let uncompressed: HexBytes?
        let pk: HexBytes?
        let modulus: HexBytes?
        let publicExponent: HexBytes?
    }

    /// One case; which fields are there depends on the schema.
    struct Case: Decodable {
        let tcId: Int
        let comment: String
        let result: Verdict
        let key: HexBytes?
        let iv: HexBytes?
        let aad: HexBytes?
        let msg: HexBytes?
        let ct: HexBytes?
        let tag: HexBytes?
        let sig: HexBytes?
        let ikm: HexBytes?
        let salt: HexBytes?
        let info: HexBytes?
        let size: Int?
        let okm: HexBytes?
        let shared: HexBytes?
        let publicShare: HexBytes?
        /// A hex number that may have an odd number of digits.
        let privateKey: String?

        enum CodingKeys: String, CodingKey {
            case tcId, comment, result, key, iv, aad, msg, ct, tag, sig, ikm, salt, info, size, okm, shared
            case publicShare = "public"
            case privateKey = "private"
        }

        var name: String { "tcId \(tcId) (\(comment))" }
    }

    /// The file of this name in the shared folder.
    init(named name: String) throws {
        guard let path = SharedFolder.file("vectors/wycheproof/\(name)") else {
            throw VectorFileError("\(name) is not in the shared folder")
        }
        self = try VectorFile.json(WycheproofFile.self, path)
    }

    /// Every case with its group.
    var cases: [(group: Group, test: Case)] {
        testGroups.flatMap { group in group.tests.map { (group, $0) } }
    }

    /// Whether the shared folder is there; says so when it is not.
    static let isPresent: Bool = {
        if SharedFolder.file("vectors/wycheproof") != nil { return true }
        print("skipped: Wycheproof's vectors are not beside the checkout (folder ../shared or SHARED_DIR)")
        return false
    }()
}

extension HexBytes? {
    /// The octets, or an error that ends the test: the schema promises them.
    var required: [UInt8] {
        get throws {
            guard let self else { throw VectorFileError("a field of the schema is missing") }
            return self.bytes
        }
    }
}
