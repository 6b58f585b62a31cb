// HashFunctionTests.swift — known answers of FIPS 180-4, and that a snapshot does not disturb the hash.
// Next: HMACTests.swift.

import CryptoGlue
import Testing

@Suite("HashFunction")
struct HashFunctionTests {
    static let abc: [(HashAlgorithm, String)] = [
        (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        ),
        (
            .sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
    ]

    @Test("FIPS 180-4: the digest of abc, in one step and in three", arguments: abc)
    func knownAnswer(algorithm: HashAlgorithm, digest: String) throws {
        #expect(try HashFunction.digest(algorithm, Array("abc".utf8).span) == octets(digest))
        var hash = try HashFunction(algorithm)
        for character in "abc".utf8 { hash.update([character].span) }
        #expect(try hash.snapshot() == octets(digest))
        #expect(hash.algorithm == algorithm)
        #expect(octets(digest).count == algorithm.digestLength)
    }

    @Test(
        "A snapshot at every length equals the digest of that many bytes, and the hash goes on",
        arguments: HashAlgorithm.allCases)
    func snapshots(algorithm: HashAlgorithm) throws {
        let message = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var hash = try HashFunction(algorithm)
        for count in 0...message.count {
            let expected = try HashFunction.digest(algorithm, Array(message.prefix(count)).span)
            #expect(try hash.snapshot() == expected)
            #expect(try hash.snapshot() == expected)
            if count < message.count { hash.update([message[count]].span) }
        }
    }

    @Test("The digest of nothing: an empty span is a message too")
    func empty() throws {
        var hash = try HashFunction(.sha256)
        hash.update([UInt8]().span)
        let expected = octets("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(try hash.snapshot() == expected)
        #expect(try HashFunction.digest(.sha256, [UInt8]().span) == expected)
    }
}
