// TLS12PrimitiveTests.swift — the PRF, Diffie-Hellman groups, RSA encryption and CBC of TLS 1.2, by themselves.
// RFC 5246 §5, §6.2.3.2, §7.4.7.1, §8.1.2; RFC 7919; RFC 3526; RFC 8017 §7.2.
// Next: StartupTests.swift.

import CryptoGlue
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 primitives")
struct TLS12PrimitiveTests {
    @Test("RFC 5246 §5: the PRF with SHA-256, the answer the TLS working group published")
    func prf() throws {
        let secret = octets("9bbe436ba940f017b17652849a71db35")
        let seed = octets("a0ba9f936cda311827a6f796ffd5198c")
        let output = octets(
            """
            e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af\
            0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701\
            87347b66
            """)
        for length in 0...100 {
            let found = try PRF.derive(
                .sha256, secret: secret.span, label: "test label" as StaticString, seed: seed.span, length: length)
            #expect(found.array == Array(output[..<length]))
        }
        let named = try PRF.derive(
            .sha256, secret: secret.span, label: String("test label"), seed: seed.span, length: 100)
        #expect(named.array == output)
        for length in [-1, PRF.longestOutput + 1] {
            #expect(
                refusal { () throws(CryptoError) in
                    _ = try PRF.derive(
                        .sha256, secret: secret.span, label: "x" as StaticString, seed: seed.span, length: length)
                } == .lengthOutOfRange("PRF output of \(length) bytes, at most 65536"))
        }
    }

    @Test("T-03: a group is known by its exact prime and generator alone", arguments: DHGroup.allCases)
    func recognition(_ group: DHGroup) throws {
        let (prime, generator) = group.parameters
        #expect(prime.count * 8 == group.bitCount)
        func recognized(_ prime: [UInt8], _ generator: [UInt8]) -> DHGroup? {
            DHGroup.recognized(prime: prime.span, generator: generator.span)
        }
        #expect(recognized(prime, generator) == group)
        #expect(recognized([0, 0] + prime, [0] + generator) == group)
        for bit in stride(from: 0, to: group.bitCount, by: 97) {
            var changed = prime
            changed[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            #expect(recognized(changed, generator) == nil)
        }
        for other in [[], [0], [1], [3], [5], [2, 0], [0, 2, 2]] as [[UInt8]] {
            #expect(recognized(prime, other) == nil)
        }
        #expect(recognized(Array(prime.dropLast()), generator) == nil)
        #expect(recognized(prime + [0xff], generator) == nil)
        #expect(recognized([], generator) == nil)
    }

    @Test("T-03: the 1024-bit prime of RFC 2409, and one of 512 bits, are no groups")
    func small() {
        let group2 = octets(
            """
            ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
            ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
            ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff
            """)
        let two: [UInt8] = [2]
        #expect(group2.count == 128)
        #expect(DHGroup.recognized(prime: group2.span, generator: two.span) == nil)
        let export = [UInt8](repeating: 0xff, count: 64)
        #expect(DHGroup.recognized(prime: export.span, generator: two.span) == nil)
    }

    @Test(
        "T-10: each exchange has an exponent of its own, and both sides agree",
        arguments: [DHGroup.ffdhe2048, .modp2048])
    func agreement(_ group: DHGroup) throws {
        let first = try DHKeyExchange.start(group, random: SystemRandom())
        let second = try DHKeyExchange.start(group, random: SystemRandom())
        let (share1, share2) = (first.publicShare, second.publicShare)
        #expect(share1 != share2 && share1.count == 256 && share2.count == 256)
        let secret1 = try first.finish(peerShare: share2.span)
        let secret2 = try second.finish(peerShare: share1.span)
        #expect(secret1.array == secret2.array && secret1.count <= 256)
    }

    @Test("T-09: RSA encryption draws no zero into its padding, and gives up on a source of zeros")
    func encryption() throws {
        let key = try SigningKey(KeyKind.rsa2048.material())
        let message = [UInt8](repeating: 7, count: 48)
        #expect(throws: CryptoError.self) {
            try key.publicKey.encryptPKCS1(message.span, random: ReplayedRandom([]))
        }
        // A source with many zeros is drawn from until there are enough others.
        let sparse = (0..<2000).map { UInt8($0 % 5 == 0 ? 9 : 0) }
        let random = ReplayedRandom(sparse)
        let encrypted = try key.publicKey.encryptPKCS1(message.span, random: random)
        #expect(encrypted.count == 256 && random.draws.count > 1)
        for count in [0, 1, 245, 246] {
            let message = [UInt8](repeating: 1, count: count)
            if count <= 245 {
                #expect(try key.publicKey.encryptPKCS1(message.span, random: SystemRandom()).count == 256)
            } else {
                #expect(throws: CryptoError.self) {
                    try key.publicKey.encryptPKCS1(message.span, random: SystemRandom())
                }
            }
        }
    }

    @Test("T-09: a premaster secret comes back; with another version, or from another ciphertext, a random one does")
    func premaster() throws {
        let key = try SigningKey(KeyKind.rsa2048.material())
        let premaster = [3, 3] + [UInt8](repeating: 0x5e, count: 46)
        let encrypted = try key.publicKey.encryptPKCS1(premaster.span, random: SystemRandom())
        func decrypted(_ encrypted: [UInt8], _ version: ProtocolVersion = .tls12) throws -> [UInt8] {
            try key.decryptPremasterSecret(encrypted.span, version: version, random: SystemRandom()).array
        }
        #expect(try decrypted(encrypted) == premaster)
        for version in [ProtocolVersion.tls11, .tls13, .ssl30] {
            let found = try decrypted(encrypted, version)
            #expect(found != premaster && found.count == 48)
        }
        var changed = encrypted
        changed[100] ^= 1
        let (first, second) = (try decrypted(changed), try decrypted(changed))
        #expect(first.count == 48 && first != premaster && first != second)
    }

    @Test("RFC 5246 §7.4.7: keys that are not rsaEncryption neither encrypt nor decrypt", arguments: KeyKind.allCases)
    func otherKeys(_ kind: KeyKind) throws {
        guard kind != .rsa2048, kind != .rsa1025 else { return }
        let key = try SigningKey(kind.material())
        let message = [UInt8](repeating: 3, count: 48)
        func isUnsupported(_ error: CryptoError?) -> Bool {
            if case .unsupported = error { true } else { false }
        }
        #expect(
            isUnsupported(
                refusal { () throws(CryptoError) in
                    _ = try key.publicKey.encryptPKCS1(message.span, random: SystemRandom())
                }))
        #expect(
            isUnsupported(
                refusal { () throws(CryptoError) in
                    _ = try key.decryptPremasterSecret(message.span, version: .tls12, random: SystemRandom())
                }))
    }

    @Test("SP 800-38A F.2: AES-CBC, 128 and 256 bits, both ways")
    func cbc() throws {
        let plaintext = octets("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
        let iv = octets("000102030405060708090a0b0c0d0e0f")
        for (algorithm, key, expected) in [
            (
                CBCAlgorithm.aes128SHA1, "2b7e151628aed2a6abf7158809cf4f3c",
                "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
            ),
            (
                .aes256SHA384, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
            ),
        ] {
            let key = octets(key)
            var cipher = try RecordCBC(algorithm, key: key.span)
            var record = iv + plaintext
            var span = record.mutableSpan
            try cipher.encrypt(&span, in: 16..<48)
            #expect(record == iv + octets(expected))
            var other = try RecordCBC(algorithm, key: key.span)
            var opened = record.mutableSpan
            try other.decrypt(&opened, in: 16..<48)
            #expect(record == iv + plaintext)
            for range in [0..<16, 16..<47, 16..<64, 8..<24] {
                var bad = record.mutableSpan
                #expect(
                    refusal { () throws(CryptoError) in try cipher.encrypt(&bad, in: range) }
                        == .lengthOutOfRange("whole blocks with an IV before them"))
            }
        }
    }

    @Test("RFC 2202 §3, RFC 4231: the MACs of records, whole, from a copy and after a reset")
    func recordMAC() throws {
        // Test case 1 of RFC 2202 §3; its key has 20 octets, as ours must.
        let key = [UInt8](repeating: 0x0b, count: 20)
        let message = Array("Hi There".utf8)
        var mac = try RecordMAC(.aes128SHA1, key: key.span)
        var code = [UInt8](repeating: 0, count: 22)
        mac.update(message.span.extracting(first: 3))
        var early = code.mutableSpan
        try mac.snapshot(into: &early)
        mac.update(message.span.extracting(droppingFirst: 3))
        var span = code.mutableSpan
        try mac.finalize(into: &span, at: 2)
        #expect(Array(code[2...]) == octets("b617318655057264e28bc0b6fb378c8ef146be00"))
        mac.update(key.span)
        mac.reset()
        mac.update(message.span)
        var again = code.mutableSpan
        try mac.snapshot(into: &again)
        #expect(Array(code[..<20]) == octets("b617318655057264e28bc0b6fb378c8ef146be00"))
        #expect(
            refusal { () throws(CryptoError) in
                var small = code.mutableSpan
                try mac.finalize(into: &small, at: 3)
            } != nil)
        for algorithm in CBCAlgorithm.allCases {
            let short = [UInt8](repeating: 1, count: algorithm.macLength - 1)
            #expect(throws: CryptoError.self) { _ = try RecordMAC(algorithm, key: short.span) }
        }
    }

    @Test("T-11: SHA-1 authenticates records and is no hash for signatures or transcripts")
    func noSHA1() {
        #expect(HashAlgorithm.allCases == [.sha256, .sha384, .sha512])
    }
}
