// KeyExchange.swift — one ephemeral key pair and the shared secret it leads to.
// RFC 8446 §4.2.8, §7.4; RFC 7748; RFC 7919.
// Next: DHGroup.swift.

public import WireFormat

/// One side's ephemeral key of one group: made, shown to the peer, used once, wiped.
///
/// Groups: x25519, x448, secp256r1, secp384r1, secp521r1, ffdhe2048, ffdhe3072, ffdhe4096. A value belongs to one task
/// at a time; it may be sent to another.
public struct KeyExchange: ~Copyable, Sendable {
    /// The group, fixed when the exchange was started.
    public let group: NamedGroup

    /// What goes into `KeyShareEntry.key_exchange`: an uncompressed point, a 32- or 56-byte u-coordinate, or Y as many
    /// bytes long as the prime.
    public let publicShare: [UInt8]

    private let scalar: SecretBytes

    /// Draws a private key from `random` and computes its public share.
    ///
    /// X25519 and X448 draw exactly 32 and 56 bytes, once. The NIST curves draw as many bytes as a coordinate has
    /// (P-521 clears the seven bits that are too many) and draw again unless the scalar is in 1…n-1. The finite-field
    /// groups draw a short exponent (RFC 7919 §5.2: 225, 275 or 325 bits) of fixed length once.
    ///
    /// - Throws: ``CryptoError/unsupported(_:)`` for another group, and what `random` throws.
    public static func start(
        _ group: NamedGroup, random: any RandomSource
    ) throws(CryptoError) -> KeyExchange {
        let kind = try KeyExchangeKind(group)
        let scalar = try kind.drawScalar(from: random)
        let share = try kind.publicShare(of: scalar)
        return KeyExchange(group: group, publicShare: share, scalar: scalar)
    }

    private init(group: NamedGroup, publicShare: [UInt8], scalar: consuming SecretBytes) {
        self.group = group
        self.publicShare = publicShare
        self.scalar = scalar
    }

    /// Checks the peer's share and returns the shared secret as RFC 8446 §7.4 wants it, leading zeros kept; the private
    /// key is wiped.
    ///
    /// - Throws: ``CryptoError/invalidPeerShare(_:)``.
    public consuming func finish(peerShare: Span<UInt8>) throws(CryptoError) -> SecretBytes {
        try KeyExchangeKind(group).sharedSecret(scalar, peerShare: peerShare)
    }
}

/// The three kinds of groups, each with a file of its own under Gcrypt/.
enum KeyExchangeKind {
    case montgomery(MontgomeryCurve)
    case weierstrass(EllipticCurve)
    case finiteField(DHGroup, NamedGroup)

    init(_ group: NamedGroup) throws(CryptoError) {
        switch group {
        case .x25519: self = .montgomery(.x25519)
        case .x448: self = .montgomery(.x448)
        case .secp256r1: self = .weierstrass(.p256)
        case .secp384r1: self = .weierstrass(.p384)
        case .secp521r1: self = .weierstrass(.p521)
        case .ffdhe2048: self = .finiteField(.ffdhe2048, group)
        case .ffdhe3072: self = .finiteField(.ffdhe3072, group)
        case .ffdhe4096: self = .finiteField(.ffdhe4096, group)
        default: throw .unsupported("key exchange group \(group)")
        }
    }

    func drawScalar(from random: any RandomSource) throws(CryptoError) -> SecretBytes {
        switch self {
        case .montgomery(let curve): try curve.drawScalar(from: random)
        case .weierstrass(let curve): try curve.drawScalar(from: random)
        case .finiteField(let group, _): try group.drawExponent(from: random)
        }
    }

    func publicShare(of scalar: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        switch self {
        case .montgomery(let curve): try curve.publicShare(of: scalar)
        case .weierstrass(let curve): try curve.publicPoint(of: scalar)
        case .finiteField(let group, _): try group.publicShare(of: scalar)
        }
    }

    func sharedSecret(_ scalar: borrowing SecretBytes, peerShare: Span<UInt8>) throws(CryptoError) -> SecretBytes {
        switch self {
        case .montgomery(let curve): try curve.sharedSecret(scalar, peerShare: peerShare)
        case .weierstrass(let curve): try curve.sharedSecret(scalar, peerShare: peerShare)
        case .finiteField(let group, let name):
            try KeyExchangeKind.sharedSecret(scalar, group, name, peerShare: peerShare)
        }
    }

    private static func sharedSecret(
        _ exponent: borrowing SecretBytes, _ group: DHGroup, _ name: NamedGroup, peerShare: Span<UInt8>
    ) throws(CryptoError) -> SecretBytes {
        // RFC 8446 §4.2.8.1: the share is padded to the length of p.
        guard peerShare.count == group.length else { throw .invalidPeerShare(name) }
        do throws(CryptoError) {
            return try group.sharedSecret(exponent, peerShare: peerShare)
        } catch .invalidDHShare {
            throw .invalidPeerShare(name)
        }
    }
}
