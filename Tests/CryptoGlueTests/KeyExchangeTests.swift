// KeyExchangeTests.swift — known answers, agreement, and the shares that must be refused.
// RFC 7748 §6; RFC 7919; RFC 8446 §4.2.8, §7.4.
// Next: KnownKeys.swift.

import CryptoGlue
import Testing
import WireFormat

/// How `finish` ends for a share when the private key is an ordinary one.
private func refusal(_ group: NamedGroup, share: [UInt8]) throws -> CryptoError? {
    let exchange = try KeyExchange.start(group, random: SystemRandom())
    do throws(CryptoError) {
        _ = try exchange.finish(peerShare: share.span)
        return nil
    } catch {
        return error
    }
}

private let all: [NamedGroup] = [
    .x25519, .x448, .secp256r1, .secp384r1, .secp521r1, .ffdhe2048, .ffdhe3072, .ffdhe4096,
]

@Suite("KeyExchange")
struct KeyExchangeTests {
    @Test("RFC 7748 §6.1: X25519 between Bob and Alice")
    func x25519() throws {
        let random = ReplayedRandom(octets("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        let bob = try KeyExchange.start(.x25519, random: random)
        #expect(random.draws == [32])
        #expect(
            bob.publicShare == octets("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
        let alice = octets("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        let secret = try bob.finish(peerShare: alice.span)
        #expect(secret.array == octets("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"))
    }

    @Test("RFC 7748 §6.2: X448 between Bob and Alice")
    func x448() throws {
        let random = ReplayedRandom(
            octets(
                """
                1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120\
                bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d
                """))
        let bob = try KeyExchange.start(.x448, random: random)
        #expect(random.draws == [56])
        #expect(
            bob.publicShare
                == octets(
                    """
                    3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972\
                    fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609
                    """))
        let alice = octets(
            """
            9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bb\
            c836647241d953d40c5b12da88120d53177f80e532c41fa0
            """)
        let secret = try bob.finish(peerShare: alice.span)
        #expect(
            secret.array
                == octets(
                    """
                    07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56\
                    fd2464c335543936521c24403085d59a449a5037514a879d
                    """))
    }

    static let curves: [(NamedGroup, String, String, String, String)] = [
        (.secp256r1, KnownKeys.p256Scalar, KnownKeys.p256Point, KnownKeys.p256Peer, KnownKeys.p256Shared),
        (.secp384r1, KnownKeys.p384Scalar, KnownKeys.p384Point, KnownKeys.p384Peer, KnownKeys.p384Shared),
        (.secp521r1, KnownKeys.p521Scalar, KnownKeys.p521Point, KnownKeys.p521Peer, KnownKeys.p521Shared),
    ]

    @Test("RFC 8446 §7.4.2: the NIST curves agree with OpenSSL", arguments: curves)
    func nistCurves(group: NamedGroup, scalar: String, point: String, peer: String, shared: String) throws {
        let exchange = try KeyExchange.start(group, random: ReplayedRandom(octets(scalar)))
        #expect(exchange.publicShare == octets(point))
        #expect(try exchange.finish(peerShare: octets(peer).span).array == octets(shared))
    }

    @Test("Both sides reach the same secret, of the length RFC 8446 §7.4 gives it", arguments: all)
    func agreement(group: NamedGroup) throws {
        for _ in 0..<3 {
            let client = try KeyExchange.start(group, random: SystemRandom())
            let server = try KeyExchange.start(group, random: SystemRandom())
            let (clientShare, serverShare) = (client.publicShare, server.publicShare)
            #expect(client.group == group)
            #expect(clientShare != serverShare)
            let first = try client.finish(peerShare: serverShare.span)
            let second = try server.finish(peerShare: clientShare.span)
            #expect(first.array == second.array)
            let length =
                switch group {
                case .x25519, .secp256r1: 32
                case .secp384r1: 48
                case .x448: 56
                case .secp521r1: 66
                default: clientShare.count
                }
            #expect(first.count == length)
        }
    }

    @Test("SEC 1 §3.2.1: scalars 0, n and above are drawn again; 1 and n-1 are taken")
    func scalarRange() throws {
        let order = octets("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        var last = order
        last[31] -= 1
        let one = [UInt8](repeating: 0, count: 31) + [1]
        let bad = [UInt8](repeating: 0, count: 32) + order + [UInt8](repeating: 0xff, count: 32)
        for good in [one, last] {
            let random = ReplayedRandom(bad + good)
            let exchange = try KeyExchange.start(.secp256r1, random: random)
            #expect(random.draws == [32, 32, 32, 32])
            // Both are ±G, so x is the generator's.
            #expect(
                Array(exchange.publicShare[1...32])
                    == octets("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"))
        }
        // P-521: the seven bits that are too many are cleared, not counted.
        let masked = ReplayedRandom([0xfe] + [UInt8](repeating: 0, count: 64) + [5])
        let plain = ReplayedRandom([UInt8](repeating: 0, count: 65) + [5])
        let first = try KeyExchange.start(.secp521r1, random: masked).publicShare
        let second = try KeyExchange.start(.secp521r1, random: plain).publicShare
        #expect(first == second)
        #expect(masked.draws == [66])
    }

    @Test("A random source that never gives a scalar ends in an error, not in a loop")
    func brokenRandom() {
        let error = refusal { () throws(CryptoError) in
            _ = try KeyExchange.start(.secp384r1, random: ReplayedRandom([]))
        }
        #expect(error != nil)
    }

    @Test("A group of another kind is unsupported")
    func unknownGroup() {
        let error = refusal { () throws(CryptoError) in
            _ = try KeyExchange.start(NamedGroup(rawValue: 0x11ec), random: SystemRandom())
        }
        guard case .unsupported = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

@Suite("KeyExchange refuses")
struct KeyExchangeRefusalTests {
    static let points: [(NamedGroup, String, String)] = [
        (.secp256r1, KnownKeys.p256Peer, KnownKeys.p256Compressed),
        (.secp384r1, KnownKeys.p384Peer, KnownKeys.p384Compressed),
        (.secp521r1, KnownKeys.p521Peer, KnownKeys.p521Compressed),
    ]

    @Test(
        "T-16: RFC 8446 §4.2.8.2: altered, compressed, short, long, zero and infinite points are refused",
        arguments: points)
    func badPoints(group: NamedGroup, peer: String, compressed: String) throws {
        let good = octets(peer)
        let length = (good.count - 1) / 2
        #expect(try refusal(group, share: good) == nil)
        var shares: [[UInt8]] = [
            [], [0], [4], octets(compressed), Array(good.dropLast()), good + [0], Array(good.dropFirst()),
            [4] + [UInt8](repeating: 0, count: 2 * length), [0] + [UInt8](repeating: 0, count: 2 * length),
            [4] + [UInt8](repeating: 0xff, count: 2 * length),
            // Off the curve: x alone, the other curves' sizes, hybrid forms of the same point.
            [UInt8](good.prefix(1 + length)), [6] + good.dropFirst(), [7] + good.dropFirst(),
            [UInt8](repeating: 4, count: 65), [UInt8](repeating: 4, count: 97), [UInt8](repeating: 4, count: 133),
        ]
        // y altered in its first, a middle and its last byte; then x.
        for place in [1 + length, length + length / 2, 2 * length, 1, length] {
            var altered = good
            altered[place] ^= 1
            shares.append(altered)
        }
        // x and y exchanged.
        shares.append([4] + good[(1 + length)...] + good[1...length])
        for share in shares {
            #expect(try refusal(group, share: share) == .invalidPeerShare(group))
        }
    }

    @Test("T-16: coordinates that are not reduced modulo p are refused, although they name a point")
    func unreducedCoordinates() throws {
        // P-256 has a point with x = 5; x = 5 + p names it too, in as many bytes.
        let y = "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc"
        let reduced = octets("04" + String(repeating: "0", count: 63) + "5" + y)
        let unreduced = octets("04" + "ffffffff00000001000000000000000000000001000000000000000000000004" + y)
        #expect(try refusal(.secp256r1, share: reduced) == nil)
        #expect(try refusal(.secp256r1, share: unreduced) == .invalidPeerShare(.secp256r1))
    }

    /// Order 1, 2, 4 and 8 on the curve and its twist: 0, 1, two of order 8, p-1; then p and p+1, which stand for 0 and 1.
    static let lowOrder25519 = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]

    @Test(
        "T-17: RFC 7748 §6.1: X25519 refuses the points of low order, with the ignored bit clear and set",
        arguments: lowOrder25519)
    func lowOrderX25519(point: String) throws {
        var share = octets(point)
        #expect(try refusal(.x25519, share: share) == .invalidPeerShare(.x25519))
        share[31] |= 0x80
        #expect(try refusal(.x25519, share: share) == .invalidPeerShare(.x25519))
    }

    @Test(
        "T-17: RFC 7748 §5: the five of the usual list of twelve that are small only unmasked are ordinary points",
        arguments: [
            "cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
            "4c9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
            "d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        ])
    func maskedX25519(point: String) throws {
        let share = octets(point)
        var masked = share
        masked[31] &= 0x7f
        let scalar = [UInt8](repeating: 0x42, count: 32)
        let first = try KeyExchange.start(.x25519, random: ReplayedRandom(scalar)).finish(peerShare: share.span)
        let second = try KeyExchange.start(.x25519, random: ReplayedRandom(scalar)).finish(peerShare: masked.span)
        #expect(first.array == second.array)
        #expect(first.array != [UInt8](repeating: 0, count: 32))
    }

    @Test("T-17: RFC 7748 §6.2: X448 refuses the points of low order")
    func lowOrderX448() throws {
        let ones = [UInt8](repeating: 0xff, count: 28)
        let high: [UInt8] = [0xfe] + [UInt8](repeating: 0xff, count: 27)
        var lessOne = ones + high
        lessOne[0] = 0xfe
        let prime = ones + high
        let primeAndOne = [UInt8](repeating: 0, count: 28) + [UInt8](repeating: 0xff, count: 28)
        let zero = [UInt8](repeating: 0, count: 56)
        let one: [UInt8] = [1] + [UInt8](repeating: 0, count: 55)
        for share in [zero, one, lessOne, prime, primeAndOne] {
            #expect(share.count == 56)
            #expect(try refusal(.x448, share: share) == .invalidPeerShare(.x448))
        }
    }

    @Test(
        "RFC 8446 §4.2.8.2: X25519 and X448 shares have exactly 32 and 56 bytes",
        arguments: [(NamedGroup.x25519, 32), (.x448, 56)])
    func montgomeryLengths(group: NamedGroup, length: Int) throws {
        for count in [0, 1, length - 1, length + 1, 65, 256] where count != length {
            let share = [UInt8](repeating: 9, count: count)
            #expect(try refusal(group, share: share) == .invalidPeerShare(group))
        }
    }

    @Test(
        "RFC 8446 §4.2.8.1: Y is as long as p, and 1 < Y < p-1",
        arguments: [NamedGroup.ffdhe2048, .ffdhe3072, .ffdhe4096])
    func finiteFieldRange(group: NamedGroup) throws {
        let share = try KeyExchange.start(group, random: SystemRandom()).publicShare
        let length = share.count
        #expect(try refusal(group, share: share) == nil)
        var small = [UInt8](repeating: 0, count: length)
        #expect(try refusal(group, share: small) == .invalidPeerShare(group))
        small[length - 1] = 1
        #expect(try refusal(group, share: small) == .invalidPeerShare(group))
        small[length - 1] = 2
        #expect(try refusal(group, share: small) == nil)
        #expect(try refusal(group, share: [UInt8](repeating: 0xff, count: length)) == .invalidPeerShare(group))
        #expect(try refusal(group, share: Array(share.dropLast())) == .invalidPeerShare(group))
        #expect(try refusal(group, share: [0] + share) == .invalidPeerShare(group))
        #expect(try refusal(group, share: []) == .invalidPeerShare(group))
    }

    @Test("RFC 7919 App. A.1: p-1 and p are refused, p-2 is taken")
    func finiteFieldBoundary() throws {
        var prime = octets(
            """
            ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef9\
            7d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935\
            984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fb\
            b96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f61\
            9172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa\
            886b423861285c97ffffffffffffffff
            """)
        #expect(prime.count == 256)
        #expect(try refusal(.ffdhe2048, share: prime) == .invalidPeerShare(.ffdhe2048))
        prime[255] = 0xfe
        #expect(try refusal(.ffdhe2048, share: prime) == .invalidPeerShare(.ffdhe2048))
        prime[255] = 0xfd
        #expect(try refusal(.ffdhe2048, share: prime) == nil)
    }

    @Test(
        "RFC 7919 §5.2: exponents are short, drawn once, and all of one length",
        arguments: [(NamedGroup.ffdhe2048, 29), (.ffdhe3072, 35), (.ffdhe4096, 41)])
    func shortExponents(group: NamedGroup, length: Int) throws {
        let zeros = ReplayedRandom([])
        let share = try KeyExchange.start(group, random: zeros).publicShare
        #expect(zeros.draws == [length])
        // The top bit is set whatever is drawn, so even zeros give a share that is not 2^0.
        let ones = ReplayedRandom([UInt8](repeating: 0xff, count: length))
        #expect(try KeyExchange.start(group, random: ones).publicShare != share)
        #expect(share.count == [.ffdhe2048: 256, .ffdhe3072: 384, .ffdhe4096: 512][group])
    }

    @Test("Thousands of exchanges at once: nothing of them stays in the backend's secure memory")
    func manyAtOnce() throws {
        var exchanges: [Box] = []
        for index in 0..<4000 {
            exchanges.append(Box(try KeyExchange.start(.x25519, random: ReplayedRandom([UInt8(index & 0xff)]))))
        }
        let peer = exchanges[0].share
        for box in exchanges.prefix(50) { #expect(try box.finish(peer) == 32) }
    }
}

/// A noncopyable value has no array.
private final class Box {
    private var exchange: KeyExchange?
    let share: [UInt8]

    init(_ exchange: consuming KeyExchange) {
        share = exchange.publicShare
        self.exchange = consume exchange
    }

    func finish(_ peer: [UInt8]) throws -> Int {
        guard let taken = exchange.take() else { return 0 }
        return try taken.finish(peerShare: peer.span).count
    }
}
