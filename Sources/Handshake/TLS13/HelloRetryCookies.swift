// HelloRetryCookies.swift — all that a HelloRetryRequest leaves to remember, given to the client to bring back.
// RFC 8446 §4.1.4, §4.2.2, §4.4.1.
// Next: TLS13Server+Flight.swift.

public import CryptoGlue
internal import WireFormat

/// Makes and checks the cookies of HelloRetryRequests.
///
/// With it a HelloRetryRequest carries a cookie that holds everything the server would have to remember: the hash of the
/// first ClientHello, the cipher suite and the group asked for, under a MAC. The second ClientHello may then arrive at a
/// connection that never saw the first, in this process or, with the same key, in another one.
///
///     configuration.helloRetryCookies = try HelloRetryCookies(random: SystemRandom())
///
/// Thread-safe and immutable: connections share one. It holds a key, which is wiped when the last reference goes.
public final class HelloRetryCookies: Sendable {
    private let key: SecretBytes
    /// Seconds for which a cookie is taken.
    public let lifetime: UInt32

    /// With a key of its own, drawn from `random`.
    ///
    /// - Parameters:
    ///   - random: where the key comes from.
    ///   - lifetime: seconds for which a cookie is taken: a client answers at once.
    /// - Throws: `HandshakeError.crypto` when no randomness is to be had.
    public convenience init(random: any RandomSource, lifetime: UInt32 = 60) throws(HandshakeError) {
        var key = SecretBytes(count: HelloRetryCookies.keyLength)
        do throws(CryptoError) {
            var bytes = key.mutableBytes
            try random.fill(&bytes)
        } catch { throw .crypto(error, during: "drawing the key of cookies") }
        try self.init(key: key, lifetime: lifetime)
    }

    /// With a key that several servers share.
    ///
    /// - Parameters:
    ///   - key: 32 octets, random.
    ///   - lifetime: seconds for which a cookie is taken.
    /// - Throws: `HandshakeError.configuration` when the key has another length.
    public init(key: consuming SecretBytes, lifetime: UInt32 = 60) throws(HandshakeError) {
        let count = key.count
        guard count == HelloRetryCookies.keyLength else {
            throw .configuration("a key for cookies has \(HelloRetryCookies.keyLength) octets, not \(count)")
        }
        self.key = key
        self.lifetime = lifetime
    }

    /// What a cookie says.
    struct Content: Equatable, Sendable {
        /// Hash(ClientHello1), with the hash of the suite.
        let messageHash: [UInt8]
        let cipherSuite: CipherSuite
        let group: NamedGroup
    }

    /// issued (8) | cipher_suite (2) | selected_group (2) | Hash(ClientHello1) | MAC (32)
    func make(_ content: Content, at now: UnixTime) throws(HandshakeError) -> [UInt8] {
        var writer = WireWriter()
        let issued = UInt64(bitPattern: now.seconds)
        writer.uint32(UInt32(truncatingIfNeeded: issued >> 32))
        writer.uint32(UInt32(truncatingIfNeeded: issued))
        writer.uint16(content.cipherSuite.rawValue)
        writer.uint16(content.group.rawValue)
        writer.bytes(content.messageHash)
        let body = try parsing(.serverHello, writer.finish)
        return body + (try authenticate(body))
    }

    /// nil for a cookie that is not ours, or not of now.
    func open(_ cookie: [UInt8], at now: UnixTime) throws(HandshakeError) -> Content? {
        guard cookie.count > HelloRetryCookies.macLength else { return nil }
        let body = Array(cookie.dropLast(HelloRetryCookies.macLength))
        let mac = Array(cookie.suffix(HelloRetryCookies.macLength))
        let expected = try authenticate(body)
        guard ConstantTime.equal(mac.span, expected.span) else { return nil }
        return try parsing(.clientHello) { () throws(DecodeError) in
            var reader = WireReader(body.span)
            let high = try reader.uint32("issued")
            let issued = Int64(bitPattern: UInt64(high) << 32 | UInt64(try reader.uint32("issued")))
            let suite = CipherSuite(rawValue: try reader.uint16("cipher_suite"))
            let group = NamedGroup(rawValue: try reader.uint16("selected_group"))
            let age = now.seconds.subtractingReportingOverflow(issued)
            guard !age.overflow, (0...Int64(lifetime)).contains(age.partialValue) else { return nil }
            return Content(messageHash: reader.restAsArray(), cipherSuite: suite, group: group)
        }
    }

    private func authenticate(_ body: [UInt8]) throws(HandshakeError) -> [UInt8] {
        let input = Array("swift-secure-sockets HelloRetryRequest cookie".utf8) + [0] + body
        let key = self.key.copy()
        let mac: SecretBytes
        do throws(CryptoError) { mac = try HMAC.authenticate(.sha256, key: key.bytes, input.span) } catch {
            throw .crypto(error, during: "computing the MAC of a cookie")
        }
        return [UInt8](copying: mac.bytes)
    }

    private static let keyLength = 32
    private static let macLength = 32
}
