// SecretBytesTests.swift — secrets have one owner, show nothing, and leave nothing in memory.
// RFC 8446 App. C.
// Next: StartupTests.swift.

import CryptoGlue
import Testing

@Suite("SecretBytes")
struct SecretBytesTests {
    @Test("Made with a count they are zeros; made from octets they hold a copy")
    func making() {
        let zeros = SecretBytes(count: 40)
        #expect(zeros.array == [UInt8](repeating: 0, count: 40))
        #expect(SecretBytes(count: 0).count == 0)
        #expect(SecretBytes(count: -5).count == 0)
        #expect(SecretBytes(copying: [UInt8]().span).array == [])
        var original: [UInt8] = [1, 2, 3]
        let secret = SecretBytes(copying: original.span)
        original[0] = 9
        #expect(secret.array == [1, 2, 3])
    }

    @Test("A copy has bytes of its own")
    func copying() {
        var secret = SecretBytes([1, 2, 3])
        let copy = secret.copy()
        var bytes = secret.mutableBytes
        bytes[1] = 7
        #expect(secret.array == [1, 7, 3])
        #expect(copy.array == [1, 2, 3])
    }
}
