// HMACTests.swift — known answers of RFC 4231, and that a key serves several messages.
// Next: HKDFTests.swift.

import CryptoGlue
import Testing

@Suite("HMAC")
struct HMACTests {
    @Test("RFC 4231 §4.3: key Jefe, each hash")
    func knownAnswers() throws {
        let message = Array("what do ya want for nothing?".utf8)
        let key = Array("Jefe".utf8)
        let expected: [(HashAlgorithm, String)] = [
            (.sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                .sha384,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                    + "8e2240ca5e69e2c78b3239ecfab21649"
            ),
            (
                .sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                    + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
            ),
        ]
        for (algorithm, code) in expected {
            let found = try HMAC.authenticate(algorithm, key: key.span, message.span)
            #expect(found.array == octets(code))
        }
    }

    @Test("RFC 4231 §4.7: a key longer than the block is hashed first")
    func longKey() throws {
        let key = [UInt8](repeating: 0xaa, count: 131)
        let message = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        let found = try HMAC.authenticate(.sha256, key: key.span, message.span)
        #expect(found.array == octets("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"))
    }

    @Test("After finalize the same key serves the next message")
    func reuse() throws {
        let key = Array("Jefe".utf8)
        var mac = try HMAC(.sha256, key: key.span)
        var code = [UInt8](repeating: 0, count: 40)
        for message in ["", "one", "another message", ""] {
            var target = code.mutableSpan
            mac.update(Array(message.utf8).span)
            try mac.finalize(into: &target)
            let expected = try HMAC.authenticate(.sha256, key: key.span, Array(message.utf8).span)
            #expect(Array(code.prefix(32)) == expected.array)
            #expect(Array(code.suffix(8)) == [UInt8](repeating: 0, count: 8))
        }
    }

    @Test("A place too short for the code is refused")
    func shortTarget() throws {
        var mac = try HMAC(.sha384, key: [1].span)
        var code = [UInt8](repeating: 0, count: 47)
        var target = code.mutableSpan
        #expect(refusal { () throws(CryptoError) in try mac.finalize(into: &target) } != nil)
    }
}
