// TicketKey.swift — a key that tickets are sealed with, under a name that tells it from others.
// RFC 5077 §4, §5.5.
// Next: TicketKeyRing.swift.

public import CryptoGlue
internal import WireFormat

/// A key for session tickets: 16 octets of name, which stand in each ticket, and 32 octets of secret.
///
/// Several machines that serve the same clients take the same keys; a file of 48 random octets holds one:
///
///     head -c 48 /dev/urandom > ticket.key
///
///     let key = try TicketKey(octets: SecretBytes(copying: file.span))
///
/// - Important: Whoever has the key can read and forge every ticket that it seals, and with TLS 1.2 tickets, or tickets
///   used without a key exchange, the connections too. Change it at least daily (RFC 5077 §5.5), and do not keep it on a
///   disk. A value may be copied and shared between threads; the secret is wiped when the last copy goes.
public struct TicketKey: Sendable {
    /// Octets of a name.
    public static let nameLength = 16
    /// Octets of a secret.
    public static let secretLength = 32

    package final class Storage: Sendable {
        let secret: SecretBytes
        init(_ secret: consuming SecretBytes) { self.secret = secret }
    }

    /// Tells which key a ticket belongs to; public: 16 octets.
    public let name: [UInt8]
    package let storage: Storage

    /// A key of its two parts.
    ///
    /// - Parameters:
    ///   - name: 16 octets, other ones for each key.
    ///   - secret: 32 octets that nobody can guess.
    /// - Throws: `HandshakeError.configuration` for other lengths and for a secret of zeros: that is what a key that nobody
    ///   has set looks like, and everybody could forge tickets with it (CVE-2020-13777).
    public init(name: [UInt8], secret: consuming SecretBytes) throws(HandshakeError) {
        guard name.count == TicketKey.nameLength, secret.count == TicketKey.secretLength else {
            throw .configuration("a ticket key has a name of 16 octets and a secret of 32")
        }
        let isZero = ConstantTime.isZero(secret.bytes)
        guard !isZero else { throw .configuration("the secret of a ticket key is all zero") }
        self.name = name
        storage = Storage(secret)
    }

    /// A key as a file holds it: the name, then the secret.
    ///
    /// - Parameter octets: 48 octets.
    /// - Throws: as ``init(name:secret:)``.
    public init(octets: borrowing SecretBytes) throws(HandshakeError) {
        guard octets.count == TicketKey.nameLength + TicketKey.secretLength else {
            throw .configuration("a ticket key has 48 octets: a name of 16 and a secret of 32")
        }
        let name = [UInt8](copying: octets.bytes.extracting(first: TicketKey.nameLength))
        let secret = SecretBytes(copying: octets.bytes.extracting(droppingFirst: TicketKey.nameLength))
        try self.init(name: name, secret: secret)
    }

    /// A new key.
    ///
    /// - Throws: `HandshakeError.crypto` when there is no randomness, `.configuration` when it is none: all zero.
    public static func random(from random: any RandomSource = SystemRandom()) throws(HandshakeError) -> TicketKey {
        var octets = SecretBytes(count: TicketKey.nameLength + TicketKey.secretLength)
        do throws(CryptoError) {
            var bytes = octets.mutableBytes
            try random.fill(&bytes)
        } catch { throw .crypto(error, during: "drawing a ticket key") }
        return try TicketKey(octets: octets)
    }
}

extension TicketKey: CustomStringConvertible {
    /// The name; never the secret.
    public var description: String {
        "ticket key " + name.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
