// StartupTests.swift — the backend starts once, whoever comes first, and says so when it is too old.
// Next: ResidueTests.swift.

import CryptoGlue
import Testing
import WireFormat

@Suite("CryptoProvider.gcrypt")
struct StartupTests {
    @Test("The provider names its backend and everything TLS 1.3 needs of it")
    func provider() throws {
        let provider = try CryptoProvider.gcrypt()
        #expect(provider.name == "libgcrypt")
        #expect(provider.version.split(separator: ".").count >= 3)
        #expect(Set(provider.cipherSuites) == Set(CipherSuite.named))
        #expect(Set(provider.groups) == Set(NamedGroup.named))
        #expect(provider.signatureSchemes.count == 14)
        #expect(!provider.signatureSchemes.contains(.rsaPKCS1SHA1))
        #expect(!provider.signatureSchemes.contains(.ecdsaSHA1))
    }

    @Test("A provider carries its own source of randomness")
    func injectedRandom() throws {
        let provider = try CryptoProvider.gcrypt(random: ReplayedRandom([1, 2, 3]))
        var bytes = [UInt8](repeating: 0, count: 3)
        var span = bytes.mutableSpan
        try provider.random.fill(&span)
        #expect(bytes == [1, 2, 3])
    }

    @Test("A backend that is too old is refused with both versions in the error")
    func tooOld() throws {
        let found = try GcryptStartup.check(required: GcryptStartup.requiredVersion)
        let error = refusal { () throws(CryptoError) in _ = try GcryptStartup.check(required: "99.0.0") }
        #expect(error == .backendTooOld(found: found, required: "99.0.0"))
    }

    @Test("System randomness: draws differ, lengths are kept, nothing is left unfilled")
    func systemRandom() throws {
        func draw(_ count: Int) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            var span = bytes.mutableSpan
            try SystemRandom().fill(&span)
            return bytes
        }
        #expect(try draw(0) == [])
        #expect(try Set((0..<50).map { _ in try draw(32) }).count == 50)
        let long = try draw(4096)
        #expect(Set(long).count > 200 && Set(long.suffix(1024)).count > 200)
    }

    @Test("In a new process sixteen threads ask first at the same moment, each for something else")
    func concurrentStart() async {
        await #expect(processExitsWith: .success) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<16 {
                    group.addTask {
                        switch task % 6 {
                        case 0: _ = try CryptoProvider.gcrypt()
                        case 1: _ = try HashFunction.digest(.sha256, [1].span)
                        case 2: _ = try KeyExchange.start(.x25519, random: SystemRandom()).publicShare
                        case 3: _ = try RecordAEAD(.aes128GCM, key: [UInt8](repeating: 1, count: 16).span).algorithm
                        case 4: _ = try HKDF.expand(.sha384, secret: [1].span, info: [2].span, length: 100).count
                        default: _ = try SigningKey(.ed25519(seed: SecretBytes(count: 32))).publicKey
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
