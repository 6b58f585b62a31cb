// ServerSessionCodecTests.swift — the plaintext of tickets: nothing is lost, and nothing else is taken.
// RFC 8446 §3; RFC 5077 §4.
// Next: TicketKeyRingTests.swift.

import Certificates
import CryptoGlue
import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("ServerSessionCodec")
struct ServerSessionCodecTests {
    private func octets(of session: ServerSession) throws -> [UInt8] {
        let encoded = try ServerSessionCodec.encode(session)
        return ServerSessionSamples.octets(of: encoded)
    }

    private func decode(_ octets: [UInt8]) throws(DecodeError) -> ServerSession {
        try ServerSessionCodec.decode(octets.span)
    }

    private static let changes: [@Sendable (inout ServerSession.Facts) throws -> Void] = [
        { _ in },
        {
            $0.serverName = nil
            $0.alpnProtocol = nil
            $0.group = nil
        },
        { try ServerSessionSamples.authenticate(&$0) },
        {
            // A verification callback took over: there is no path.
            try ServerSessionSamples.authenticate(&$0)
            $0.validatedPath = []
        },
        {
            // The client sent its chain in another order, and more than the path needs.
            try ServerSessionSamples.authenticate(&$0)
            $0.peerCertificates.append(contentsOf: try TestIdentity.serverP256().certificates)
            $0.peerCertificates.append(contentsOf: $0.validatedPath.suffix(1))
        },
        {
            let client = try TestIdentity.clientP256().certificates[0]
            $0.peerRawPublicKey = try RawPublicKey(derEncoded: client.subjectPublicKeyInfo)
        },
        { $0.authenticatedAt = ServerSessionSamples.after(-1000) },
        {
            $0.createdAt = UnixTime(seconds: 253_402_300_799)
            $0.authenticatedAt = UnixTime(seconds: 0)
        },
        { $0.lifetime = 604_800 },
        {
            guard $0.version == .tls13 else {
                $0.usesEncryptThenMAC = true
                return
            }
            $0.maxEarlyDataSize = 16_384
            $0.replayGuard = .max
        },
        { $0.serverName = String(repeating: "a", count: 255) },
    ]

    @Test("RFC 7250: a raw public key stands beside no certificates, and is one")
    func rawPublicKey() throws {
        let der = try TestIdentity.clientP256().certificates[0].subjectPublicKeyInfo
        let session = try ServerSessionSamples.session {
            try ServerSessionSamples.authenticate(&$0)
            $0.peerRawPublicKey = try RawPublicKey(derEncoded: der)
        }
        let encoded = try octets(of: session)
        #expect(throws: DecodeError(.valueOutOfRange, "raw_public_key")) { try decode(encoded) }
        let raw = try ServerSessionSamples.session { $0.peerRawPublicKey = try RawPublicKey(derEncoded: der) }
        var broken = try octets(of: raw)
        let place = try #require(broken.indices.first { broken[$0...].starts(with: der) })
        broken[place] = 0x31
        #expect(throws: DecodeError(.valueOutOfRange, "raw_public_key")) { try decode(broken) }
    }

    @Test(
        "T-34: RFC 5077 §4: a session comes back as it was, the client's chain and the time of its authentication included",
        arguments: [ProtocolVersion.tls13, .tls12])
    func roundTrip(version: ProtocolVersion) throws {
        for change in Self.changes {
            let session = try ServerSessionSamples.session(version, change)
            let back = try decode(octets(of: session))
            #expect(back.facts == session.facts)
            #expect(ServerSessionSamples.secret(of: back) == ServerSessionSamples.secret(of: session))
        }
    }

    @Test("a certificate that the client sent and the path has is written once")
    func certificatesOnce() throws {
        let session = try ServerSessionSamples.session(.tls13, ServerSessionSamples.authenticate)
        let bare = try octets(of: ServerSessionSamples.session())
        let sizes = Set(session.facts.peerCertificates + session.facts.validatedPath).map { $0.derEncoded.count + 3 }
        // Each with its length, and one index for each of the path.
        let more = sizes.reduce(0, +) + session.facts.validatedPath.count
        #expect(try octets(of: session).count == bare.count + more)
    }

    @Test("header and trailer are room around the plaintext")
    func room() throws {
        let session = try ServerSessionSamples.session()
        let bare = try octets(of: session)
        let encoded = try ServerSessionCodec.encode(session, header: 28, trailer: 16)
        let roomy = ServerSessionSamples.octets(of: encoded)
        #expect(roomy == [UInt8](repeating: 0, count: 28) + bare + [UInt8](repeating: 0, count: 16))
    }

    @Test(
        "T-35: what is cut short anywhere, or longer, is refused",
        arguments: [ProtocolVersion.tls13, .tls12])
    func lengths(version: ProtocolVersion) throws {
        let octets = try octets(of: ServerSessionSamples.session(version, ServerSessionSamples.authenticate))
        for count in 0..<octets.count {
            #expect(throws: DecodeError.self) { try decode(Array(octets[..<count])) }
        }
        #expect(throws: DecodeError(.trailingBytes, "TicketPlaintext")) { try decode(octets + [0]) }
        #expect(throws: DecodeError(.lengthOutOfRange, "TicketPlaintext")) {
            try decode(octets + [UInt8](repeating: 0, count: ServerSessionCodec.longest))
        }
    }

    @Test("T-47: octets of whoever has the key end in a session or in an error, never in a trap")
    func hostile() throws {
        var random = SystemRandomNumberGenerator()
        for version in [ProtocolVersion.tls13, .tls12] {
            let octets = try octets(of: ServerSessionSamples.session(version, ServerSessionSamples.authenticate))
            for _ in 0..<3000 {
                var changed = octets
                for _ in 0...Int.random(in: 0..<4, using: &random) {
                    let place = Int.random(in: 0..<min(changed.count, 200), using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: changed[place] = .random(in: 0...255, using: &random)
                    case 1: changed[place] = 0xff
                    case 2: changed.remove(at: place)
                    default: changed.insert(0, at: place)
                    }
                }
                do throws(DecodeError) {
                    let session = try decode(changed)
                    // What is taken can be used without a trap, and is written the same way again.
                    _ = session.isUsable(at: ServerSessionSamples.start, timeout: .max)
                    #expect((try? self.octets(of: session)) == changed)
                } catch {
                    #expect(!"\(error)".isEmpty)
                }
            }
        }
    }

    @Test(
        "T-35: no session is made of facts that do not go together",
        arguments: [
            (ProtocolVersion.tls13, "secret"), (.tls12, "secret"), (.tls13, "lifetime"), (.tls13, "authenticated_at"),
            (.tls12, "age_add"), (.tls13, "flags"), (.tls13, "replay_guard"),
        ])
    func contradictions(version: ProtocolVersion, field: String) throws {
        // `encode` writes what it is given; `decode` is where a session is judged.
        let session = try ServerSessionSamples.session(version) { facts in
            switch field {
            case "secret": facts.cipherSuite = version == .tls13 ? .tlsAES256GCMSHA384 : .tlsAES128GCMSHA256
            case "lifetime": facts.lifetime = 604_801
            case "age_add": facts.ageAdd = 1
            case "flags": facts.usesExtendedMasterSecret = true
            case "replay_guard": facts.maxEarlyDataSize = 1
            default: facts.authenticatedAt = ServerSessionSamples.after(1)
            }
        }
        let octets = try octets(of: session)
        #expect(throws: DecodeError(.valueOutOfRange, field)) { try decode(octets) }
    }

    @Test("T-35: a session of one version is none of the other, whatever its octets say")
    func versions() throws {
        for version in [ProtocolVersion.tls13, .tls12, .tls11, ProtocolVersion(rawValue: 0x0305)] {
            for suite in [CipherSuite.tlsAES128GCMSHA256, .tlsECDHEECDSAWithAES128GCMSHA256] {
                for count in [32, 48] {
                    var facts = ServerSessionSamples.facts(version == .tls13 ? .tls13 : .tls12)
                    facts.version = version
                    facts.cipherSuite = suite
                    let isTLS13 = version == .tls13 && suite == .tlsAES128GCMSHA256 && count == 32
                    let isTLS12 = version == .tls12 && suite != .tlsAES128GCMSHA256 && count == 48
                    let octets = try octets(of: ServerSession(facts, secret: SessionSamples.secret(count)))
                    let decoded = try? decode(octets)
                    #expect((decoded != nil) == (isTLS13 || isTLS12), "\(version) \(suite) \(count)")
                }
            }
        }
    }

    @Test("a session that does not fit into a ticket, or cannot be written, is refused and not cut short")
    func unwritable() throws {
        let certificates = try TestIdentity.serverRSA().certificates
        let long = try ServerSessionSamples.session { facts in
            while facts.peerCertificates.reduce(0, { $0 + $1.derEncoded.count }) <= ServerSessionCodec.longest {
                facts.peerCertificates += certificates
            }
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "TicketPlaintext")) { try octets(of: long) }
        for change: (inout ServerSession.Facts) -> Void in [
            { $0.binding = [1] }, { $0.createdAt = UnixTime(seconds: -1) },
            { $0.authenticatedAt = UnixTime(seconds: .max) },
            { $0.alpnProtocol = String(repeating: "x", count: 256) },
            { $0.serverName = String(repeating: "x", count: 256) },
            { $0.peerCertificates = [Certificate](repeating: certificates[0], count: 256) },
        ] {
            let session = try ServerSessionSamples.session(.tls13, change)
            #expect(throws: DecodeError.self) { try octets(of: session) }
        }
    }
}
