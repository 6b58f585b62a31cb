// ResidueTests.swift — after its owner is gone, a secret is nowhere in the memory of the process.
// RFC 8446 App. C.
// Next: ConstantTimeTests.swift.

import CryptoGlue
import Foundation
import TestSupport
import Testing
import WireFormat

/// A secret that the test itself never holds in the clear, but for the moment in which it hands it over.
private struct Canary: RandomSource {
    private static let mask: UInt8 = 0xa5
    let masked: [UInt8]

    /// A secret nobody else in this process has; the first byte is `first`, for those that must be small.
    init(_ length: Int, first: UInt8? = nil) {
        var random = SystemRandomNumberGenerator()
        var masked = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
        if let first { masked[0] = first ^ Canary.mask }
        self.masked = masked
    }

    init(masked: [UInt8]) { self.masked = masked }

    var secret: SecretBytes {
        var secret = SecretBytes(count: masked.count)
        var bytes = secret.mutableBytes
        for index in 0..<masked.count { bytes[index] = masked[index] ^ Canary.mask }
        return secret
    }

    func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
        for index in 0..<bytes.count { bytes[index] = masked[index % masked.count] ^ Canary.mask }
    }

    /// Masks a secret that the library has computed.
    static func masking(_ secret: borrowing SecretBytes) -> Canary {
        Canary(masked: (0..<secret.count).map { secret.bytes[$0] ^ mask })
    }

    /// The scan finds the secret. Memory changes while other tests run, so that one scan can miss it or fail: what is there
    /// is found soon.
    var isFound: Bool {
        get throws {
            for _ in 0..<20 {
                if let copies = try? self.copies, copies > 0 { return true }
                Thread.sleep(forTimeInterval: 0.05)
            }
            return try copies > 0
        }
    }

    /// How often twelve of the secret's bytes in a row, forwards or backwards, are in writable memory. Libraries keep
    /// numbers in either order, and allocators overwrite the beginning of what is freed.
    var copies: Int {
        get throws {
            let middle = Array(masked[8..<20])
            return try MemoryScan.count([middle, middle.reversed()], mask: Canary.mask)
        }
    }
}

/// An RSA key made for this test alone. The private numbers are masked as `Canary` masks, for the literals are in memory.
private enum MaskedRSAKey {
    static let modulus = """
        c2395fe3a3313427a1a862ba1a9d7b7ff07943bf1f4cd7c19774a156439bebe1bd2ac3914c4331a1d731db01983d7697\
        0f7ce244c69ccab2510dab23bc1674a43e15da6b014a923460ecb5642a121658c47c2dfed0dd0494ceadc5667d27bbb5\
        db5e190db3b43f172f20fbf1b2f5fb1eba9fdd9457d990ede6a505cf8b608bf5
        """
    static let privateExponent = """
        0c721bd511bb095eb6916f754a64f6c19da25681ed796e1254b25b33aab8c1376952dbdc0f515a29a0e4a064ec9be3f9\
        8284b5e0b5c46582feb0737d175e5db31c45f4fbae389952d14ed96df5c27ef4b5a1d90005a94c4082abe94583e8614a\
        dbf74fea94f96b5c1c7f23fa55c37d778c6d66c4208ebc3170ceace730298b24
        """
    static let prime1 = """
        4e9f3f7a7328ec33ba9bf01fe140ca0cc35e8bb86af149d6e0e2fc641eaed89d2e1ebdd4ad09f773b2ee7930a15e3ae8\
        468021de3b160c55cb9c6ae06c5d4da0
        """
    static let prime2 = """
        76fa7cbe91a89f579b2abee7a3f3aa376b25c4ea0f093133069f52ccd0dc7d5b1a2b56161ff009983a25ecb161d3a1ae\
        245fa3371eafa8f00357c937c1b1a294
        """
}

/// A scan that could not be done: not the same as one that found nothing.
private struct ScanFailure: Error, CustomStringConvertible {
    let description: String
    init(_ call: String) { description = "\(call): \(unsafe String(cString: strerror(errno)))" }
}

private enum MemoryScan {
    /// Occurrences of the unmasked needles in the writable memory of this process.
    static func count(_ needles: [[UInt8]], mask: UInt8) throws -> Int {
        let regions = try writableRegions()
        let file = unsafe open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ScanFailure("open /proc/self/mem") }
        defer { close(file) }
        let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { unsafe window.deallocate() }
        let own = Int(bitPattern: window.baseAddress)
        var found = 0
        for region in regions {
            // What the scan has read is not to be scanned again.
            let before = region.clamped(to: 0..<own)
            let after = region.clamped(to: (own + window.count)..<Int.max)
            found += unsafe scan(before, file, window, needles, mask) + scan(after, file, window, needles, mask)
        }
        unsafe window.initializeMemory(as: UInt8.self, repeating: 0)
        return found
    }

    private static func writableRegions() throws -> [Range<Int>] {
        let file = unsafe open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ScanFailure("open /proc/self/maps") }
        defer { close(file) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(file, &piece, piece.count)
            guard count >= 0 else { throw ScanFailure("read /proc/self/maps") }
            if count == 0 { break }
            text += piece[..<count]
        }
        return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = String(decoding: line, as: UTF8.self).split(separator: " ")
            let ends = fields[0].split(separator: "-").compactMap { Int($0, radix: 16) }
            return ends.count == 2 && fields[1].hasPrefix("rw") ? ends[0]..<ends[1] : nil
        }
    }

    private static func scan(
        _ range: Range<Int>, _ file: Int32, _ window: UnsafeMutableRawBufferPointer, _ needles: [[UInt8]],
        _ mask: UInt8
    ) -> Int {
        let overlap = (needles.map(\.count).max() ?? 1) - 1
        var found = 0
        var position = range.lowerBound
        while position < range.upperBound {
            let count = min(window.count, range.upperBound - position)
            let read = unsafe pread(file, window.baseAddress, count, position)
            // Another thread may have unmapped this page since the list was read; what follows may still be there.
            guard read > overlap else {
                position += 4096
                continue
            }
            for needle in needles {
                found += unsafe search(UnsafeRawBufferPointer(rebasing: window[..<read]), needle, mask)
            }
            // Overlap, so that no occurrence is cut in two.
            position += read == window.count ? read - overlap : read
        }
        return found
    }

    private static func search(_ bytes: UnsafeRawBufferPointer, _ needle: [UInt8], _ mask: UInt8) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var found = 0
        var start = 0
        while start + needle.count <= bytes.count,
            let hit = unsafe memchr(base + start, Int32(needle[0] ^ mask), bytes.count - start)
        {
            let place = unsafe UnsafeRawPointer(hit) - base
            if place + needle.count > bytes.count { break }
            if needle.indices.allSatisfy({ unsafe bytes[place + $0] == needle[$0] ^ mask }) { found += 1 }
            start = place + 1
        }
        return found
    }
}

/// One at a time: a scan looks at all memory, also at what another test has just read.
///
/// Not under a sanitizer: its allocator keeps what is freed, and its shadow memory is larger than can be read.
@Suite(
    "Secrets in memory, after their owners", .serialized,
    .disabled(
        if: ProcessInfo.processInfo.environment["SANITIZED_TESTS"] != nil, "skipped: a sanitizer owns the memory"))
struct ResidueTests {
    @Test("T-48: the scan finds a secret that is alive, and not one whose owner is gone")
    func scanWorks() throws {
        let canary = Canary(32)
        let secret = canary.secret
        #expect(try canary.isFound)
        #expect(secret.count == 32)
        _ = consume secret
        #expect(try canary.copies == 0)
    }

    @Test(
        "T-48: private halves of a key exchange and its shared secret are gone afterwards",
        arguments: NamedGroup.named)
    func keyExchange(group: NamedGroup) throws {
        let canary = Canary(66, first: 0)
        let peer = try KeyExchange.start(group, random: SystemRandom())
        let share = peer.publicShare
        var shared = Canary(1)
        func exchange() throws {
            let own = try KeyExchange.start(group, random: canary)
            #expect(try canary.isFound)
            let secret = try own.finish(peerShare: share.span)
            shared = Canary.masking(secret)
            #expect(try shared.isFound)
        }
        try exchange()
        #expect(try canary.copies == 0)
        #expect(try shared.copies == 0)
    }

    @Test(
        "T-48: EC and Edwards private keys are gone when the key is, also after it has signed",
        arguments: [KeyKind.p256, .p384, .p521, .ed25519, .ed448])
    func signingKeys(kind: KeyKind) throws {
        let lengths: [KeyKind: Int] = [.p256: 32, .p384: 48, .p521: 66, .ed25519: 32, .ed448: 57]
        let canary = Canary(lengths[kind] ?? 0, first: 0)
        func sign() throws {
            let material: PrivateKeyMaterial =
                switch kind {
                case .p256: .ec(.p256, scalar: canary.secret)
                case .p384: .ec(.p384, scalar: canary.secret)
                case .p521: .ec(.p521, scalar: canary.secret)
                case .ed25519: .ed25519(seed: canary.secret)
                default: .ed448(seed: canary.secret)
                }
            let key = try SigningKey(material)
            let message = KnownKeys.message
            for algorithm in kind.algorithms {
                _ = try key.sign(message.span, using: algorithm)
            }
            #expect(try canary.isFound)
        }
        try sign()
        #expect(try canary.copies == 0)
    }

    @Test("T-48: an RSA private key is gone when the key is, also after it has signed")
    func rsaKey() throws {
        let parts = [MaskedRSAKey.privateExponent, MaskedRSAKey.prime1, MaskedRSAKey.prime2]
            .map { Canary(masked: octets($0)) }
        func sign() throws {
            let key = try SigningKey(
                .rsa(
                    modulus: octets(MaskedRSAKey.modulus), publicExponent: [1, 0, 1], privateExponent: parts[0].secret,
                    prime1: parts[1].secret, prime2: parts[2].secret, restrictedToPSS: false, restriction: nil))
            let message = KnownKeys.message
            for algorithm in [SignatureAlgorithm.rsaPKCS1(.sha256), .rsaPSS(.init(.sha256))] {
                let signature = try key.sign(message.span, using: algorithm)
                try key.publicKey.verify(signature.span, over: message.span, using: algorithm)
            }
            #expect(try parts[1].isFound)
        }
        try sign()
        for part in parts { #expect(try part.copies == 0) }
    }

    @Test("T-48: traffic keys and HMAC keys are gone when their handles are", arguments: AEADAlgorithm.allCases)
    func trafficKeys(algorithm: AEADAlgorithm) throws {
        let canary = Canary(algorithm.keyLength + 8)
        func use() throws {
            let secret = canary.secret
            var handle = try RecordAEAD(algorithm, key: secret.bytes.extracting(last: algorithm.keyLength))
            var mac = try HMAC(.sha256, key: secret.bytes)
            var record = [UInt8](repeating: 0, count: 200)
            var span = record.mutableSpan
            try handle.seal(&span, header: 5, nonce: InlineArray(repeating: 0))
            mac.update(secret.bytes)
            var code = [UInt8](repeating: 0, count: 32)
            span = code.mutableSpan
            try mac.finalize(into: &span)
            _ = try HKDF.expand(.sha256, secret: secret.bytes, info: record.span, length: 100).count
            #expect(try canary.isFound)
        }
        try use()
        #expect(try canary.copies == 0)
    }
}
