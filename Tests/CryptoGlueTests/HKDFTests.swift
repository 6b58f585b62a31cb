// HKDFTests.swift — the test cases of RFC 5869 and the limits of its output.
// Next: RecordAEADTests.swift.

import CryptoGlue
import Testing

/// Spans of temporaries in one throwing call crash the compiler, so they are made of parameters.
private func extract(_ hash: HashAlgorithm, salt: [UInt8], _ key: [UInt8]) throws(CryptoError) -> [UInt8] {
    try HKDF.extract(hash, salt: salt.span, inputKeyMaterial: key.span).array
}

private func expand(_ hash: HashAlgorithm, _ key: [UInt8], info: [UInt8], _ length: Int) throws(CryptoError) -> [UInt8]
{
    try HKDF.expand(hash, secret: key.span, info: info.span, length: length).array
}

@Suite("HKDF")
struct HKDFTests {
    struct Case: Sendable {
        let inputKey, salt, info, pseudorandomKey, output: String
    }

    static let cases = [
        Case(
            inputKey: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", salt: "000102030405060708090a0b0c",
            info: "f0f1f2f3f4f5f6f7f8f9",
            pseudorandomKey: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
        Case(
            inputKey: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", salt: "", info: "",
            pseudorandomKey: "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ]

    @Test("RFC 5869 App. A.1 and A.3: extract, then expand", arguments: cases)
    func knownAnswers(test: Case) throws {
        let key = try extract(.sha256, salt: octets(test.salt), octets(test.inputKey))
        #expect(key == octets(test.pseudorandomKey))
        #expect(try expand(.sha256, key, info: octets(test.info), 42) == octets(test.output))
    }

    @Test("RFC 5869 App. A.2: 82 bytes from long inputs")
    func longInputs() throws {
        let input = (0...0x4f).map { UInt8($0) }
        let salt = (0x60...0xaf).map { UInt8($0) }
        let info = (0xb0...0xff).map { UInt8($0) }
        let expected = octets(
            """
            b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
            59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71\
            cc30c58179ec3e87c14c01d5c1f3434f1d87
            """)
        #expect(try expand(.sha256, extract(.sha256, salt: salt, input), info: info, 82) == expected)
    }

    @Test("RFC 5869 §2.2: no salt is a salt of zeros", arguments: HashAlgorithm.allCases)
    func emptySalt(hash: HashAlgorithm) throws {
        let zeros = [UInt8](repeating: 0, count: hash.digestLength)
        #expect(try extract(hash, salt: [], [1, 2, 3]) == extract(hash, salt: zeros, [1, 2, 3]))
    }

    @Test(
        "RFC 5869 §2.3: every length is the start of the longest, and 255 blocks are the most",
        arguments: HashAlgorithm.allCases)
    func lengths(hash: HashAlgorithm) throws {
        let most = 255 * hash.digestLength
        let longest = try expand(hash, [7], info: [9], most)
        #expect(longest.count == most)
        for length in [0, 1, hash.digestLength - 1, hash.digestLength, hash.digestLength + 1, most - 1] {
            #expect(try expand(hash, [7], info: [9], length) == Array(longest.prefix(length)))
        }
        for length in [-1, most + 1, Int.max, Int.min] {
            let error = refusal { () throws(CryptoError) in _ = try expand(hash, [7], info: [9], length) }
            guard case .lengthOutOfRange = error else {
                Issue.record("length \(length): \(String(describing: error))")
                continue
            }
        }
    }
}
