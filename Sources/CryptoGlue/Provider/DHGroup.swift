// DHGroup.swift — the finite-field groups a TLS 1.2 server may send, and the exchange over them.
// RFC 5246 §7.4.3, §8.1.2; RFC 7919; RFC 3526.
// Next: DHGroupPrimes.swift.

internal import WireFormat

/// A finite-field group of 2048 bits or more, recognised by its exact prime and generator.
///
/// In TLS 1.2 the server sends the numbers themselves. A client cannot tell a good prime from one with a trap door, so
/// only the published safe primes are taken: those of RFC 7919, and groups 14 to 18 of RFC 3526.
public enum DHGroup: String, Sendable, Hashable, CaseIterable {
    case ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144, ffdhe8192
    case modp2048, modp3072, modp4096, modp6144, modp8192

    /// The length of the prime, in bits: 2048, 3072, 4096, 6144 or 8192.
    public var bitCount: Int {
        switch self {
        case .ffdhe2048, .modp2048: 2048
        case .ffdhe3072, .modp3072: 3072
        case .ffdhe4096, .modp4096: 4096
        case .ffdhe6144, .modp6144: 6144
        case .ffdhe8192, .modp8192: 8192
        }
    }

    /// The group with exactly this prime and this generator, big-endian; leading zeros do not count. Nil for any other.
    public static func recognized(prime: Span<UInt8>, generator: Span<UInt8>) -> DHGroup? {
        let sent = BigEndian.significant([UInt8](copying: prime))
        let found = allCases.first { $0.bitCount == sent.count * 8 && $0.prime == sent }
        guard let group = found else { return nil }
        // Each group has generator 2. Another one of the same prime may generate a subgroup that leaks the exponent.
        return BigEndian.significant([UInt8](copying: generator)) == [2] ? group : nil
    }

    /// The prime and the generator as a server sends them, big-endian without leading zeros.
    public var parameters: (prime: [UInt8], generator: [UInt8]) { (prime, [2]) }
}

/// One side's ephemeral key of one group of TLS 1.2: made, shown to the peer, used once, wiped.
///
/// A value belongs to one task at a time; it may be sent to another.
public struct DHKeyExchange: ~Copyable, Sendable {
    /// The group, fixed when the exchange was started.
    public let group: DHGroup

    /// What goes into `dh_Yc` or `dh_Ys`: as many bytes as the prime has.
    public let publicShare: [UInt8]

    private let exponent: SecretBytes

    /// Draws an exponent from `random` and computes its public share.
    ///
    /// All exponents of a group have the same length (RFC 7919 §5.2: 225 to 400 bits), and each is drawn once.
    ///
    /// - Throws: ``CryptoError/backend(operation:code:)``, and what `random` throws.
    public static func start(_ group: DHGroup, random: any RandomSource) throws(CryptoError) -> DHKeyExchange {
        let exponent = try group.drawExponent(from: random)
        let share = try group.publicShare(of: exponent)
        return DHKeyExchange(group: group, publicShare: share, exponent: exponent)
    }

    private init(group: DHGroup, publicShare: [UInt8], exponent: consuming SecretBytes) {
        self.group = group
        self.publicShare = publicShare
        self.exponent = exponent
    }

    /// Checks that 1 < Y < p - 1 and returns Z, big-endian without its leading zero bytes (RFC 5246 §8.1.2); the
    /// exponent is wiped. Leading zeros of Y do not count.
    ///
    /// - Throws: ``CryptoError/invalidDHShare(_:)``.
    public consuming func finish(peerShare: Span<UInt8>) throws(CryptoError) -> SecretBytes {
        let padded = try group.sharedSecret(exponent, peerShare: peerShare)
        // The length shows how many there are (Raccoon). RFC 5246 wants it so; no exponent is used twice.
        var zeros = 0
        let octets = padded.bytes
        while zeros < octets.count, octets[zeros] == 0 { zeros += 1 }
        return SecretBytes(copying: octets.extracting(droppingFirst: zeros))
    }
}
