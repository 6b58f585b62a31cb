// SessionCodecTests.swift — sessions as octets: nothing is lost, and nothing else is taken.
// RFC 8446 §3.
// Next: none.

import Certificates
import CryptoGlue
import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("SessionCodec")
struct SessionCodecTests {
    private static let binding = SessionSamples.binding(7)

    private func octets(of session: Session, for binding: SessionBinding = binding) throws -> [UInt8] {
        let encoded = try SessionCodec.encode(session, for: binding)
        return [UInt8](copying: encoded.bytes)
    }

    private func decode(_ octets: [UInt8], for binding: SessionBinding = binding) throws(SessionCodecError) -> Session {
        let secret = SecretBytes(copying: octets.span)
        return try SessionCodec.decode(secret, for: binding)
    }

    /// With a checksum that fits: what somebody who can write the file could do.
    private func sealed(_ octets: [UInt8]) throws -> [UInt8] {
        octets + (try HashFunction.digest(.sha256, octets.span))
    }

    private static let changes: [@Sendable (inout Session.Facts) throws -> Void] = [
        { _ in },
        {
            $0.lifetime = nil
            $0.alpnProtocol = nil
            $0.maxEarlyDataSize = nil
            $0.peerSignatureScheme = nil
            $0.stapledOCSPResponse = nil
            $0.group = nil
            $0.validatedPath = []
        },
        { $0.maxEarlyDataSize = $0.version == .tls13 ? 0 : nil },
        { $0.identity = try ReferenceIdentity("2001:db8::1") },
        { $0.ticket = [UInt8](repeating: 7, count: 65_535) },
        { $0.receivedAt = UnixTime(seconds: $0.receivedAt.seconds + 5) },
        { $0.usesExtendedMasterSecret = false },
        { if $0.version == .tls12 { $0.ticket = [] } },
        { $0.sessionID = $0.version == .tls12 ? [UInt8](repeating: 1, count: 32) : [] },
    ]

    @Test("T-34: a session comes back as it was, the peer's chain and the time of its authentication included")
    func roundTrip() throws {
        for version in [ProtocolVersion.tls13, .tls12] {
            for change in Self.changes {
                let session = try SessionSamples.session(version, change)
                let back = try decode(octets(of: session))
                #expect(back.facts == session.facts)
                let (left, right) = (back.facts.peerCertificates, session.facts.peerCertificates)
                #expect(left.map(\.derEncoded) == right.map(\.derEncoded) && !left.isEmpty)
                #expect(Self.equalSecrets(back, session))
            }
        }
    }

    @Test(
        "RFC 7250: a raw public key comes back, and stands beside no certificates",
        arguments: [ProtocolVersion.tls13, .tls12])
    func rawPublicKey(_ version: ProtocolVersion) throws {
        let der = try TestIdentity.serverP256().certificates[0].subjectPublicKeyInfo
        let session = try SessionSamples.session(version) {
            $0.peerCertificates = []
            $0.validatedPath = []
            $0.peerRawPublicKey = try RawPublicKey(derEncoded: der)
        }
        let back = try decode(octets(of: session))
        #expect(back.facts == session.facts)
        #expect(back.peerRawPublicKey?.derEncoded == der)
        let both = try SessionSamples.session(version) { $0.peerRawPublicKey = try RawPublicKey(derEncoded: der) }
        let encoded = try octets(of: both)
        #expect(throws: SessionCodecError.malformed(DecodeError(.valueOutOfRange, "raw_public_key"))) {
            try decode(encoded)
        }
    }

    private static func equalSecrets(_ left: Session, _ right: Session) -> Bool {
        let a = left.secret.copy()
        let b = right.secret.copy()
        return ConstantTime.equal(a.bytes, b.bytes)
    }

    @Test(
        "T-35: what is cut short anywhere, longer, or has one bit changed is refused",
        arguments: [ProtocolVersion.tls13, .tls12])
    func damage(version: ProtocolVersion) throws {
        let octets = try octets(of: SessionSamples.session(version))
        for count in 0..<octets.count {
            #expect(throws: SessionCodecError.self) { try decode(Array(octets[..<count])) }
        }
        #expect(throws: SessionCodecError.damaged) { try decode(octets + [0]) }
        for index in octets.indices {
            var changed = octets
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(throws: SessionCodecError.self) { try decode(changed) }
        }
    }

    @Test("T-47: octets that somebody made with a checksum that fits end in a session or in an error, never in a trap")
    func hostile() throws {
        var random = SystemRandomNumberGenerator()
        for version in [ProtocolVersion.tls13, .tls12] {
            let octets = Array(try octets(of: SessionSamples.session(version)).dropLast(32))
            for round in 0..<3000 {
                var changed = octets
                for _ in 0...Int.random(in: 0..<4, using: &random) {
                    let place =
                        round < 2000
                        ? Int.random(in: 40..<160, using: &random) : Int.random(in: 0..<changed.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: changed[place] = .random(in: 0...255, using: &random)
                    case 1: changed[place] = 0xff
                    case 2: changed.remove(at: place)
                    default: changed.insert(0, at: place)
                    }
                }
                let sealed = try sealed(changed)
                do throws(SessionCodecError) {
                    let session = try decode(sealed)
                    // What is taken can be used without a trap, and is written the same way again.
                    _ = session.isUsable(at: SessionSamples.start, timeout: .max)
                    #expect((try? self.octets(of: session)) == sealed)
                } catch {
                    #expect(!"\(error)".isEmpty)
                }
            }
        }
    }

    @Test(
        "T-35: a session of another binding, of another version of the form, and octets of another kind are told apart")
    func foreign() throws {
        let octets = try octets(of: SessionSamples.session())
        #expect(throws: SessionCodecError.otherBinding) { try decode(octets, for: SessionSamples.binding(8)) }
        var newer = octets
        newer[7] = UInt8(ascii: "4")
        #expect(throws: SessionCodecError.unknownVersion(0x34)) { try decode(newer) }
        #expect(throws: SessionCodecError.foreign) { try decode([]) }
        #expect(throws: SessionCodecError.foreign) { try decode(Array("-----BEGIN CERTIFICATE-----\n".utf8) + octets) }
        let long = [UInt8](repeating: 0, count: SessionCodec.longest + 1)
        #expect(throws: SessionCodecError.malformed(DecodeError(.lengthOutOfRange, "StoredSession"))) {
            try decode(long)
        }
    }

    @Test(
        "T-35: no session is made of facts that do not go together",
        arguments: [
            (ProtocolVersion.tls13, "secret"), (.tls13, "ticket"), (.tls13, "session_id"), (.tls12, "ticket"),
            (.tls12, "age_add"), (.tls12, "secret"), (.tls13, "lifetime"), (.tls13, "authenticated_at"),
        ])
    func contradictions(version: ProtocolVersion, field: String) throws {
        // `encode` writes what it is given; `decode` is where a session is judged.
        let session = try SessionSamples.session(version) { facts in
            switch field {
            case "secret": facts.cipherSuite = version == .tls13 ? .tlsECDHERSAWithAES128GCMSHA256 : .tlsAES128GCMSHA256
            case "ticket": (facts.ticket, facts.sessionID) = ([], [])
            case "session_id": facts.sessionID = [1]
            case "age_add": facts.ageAdd = 1
            case "lifetime": facts.lifetime = 604_801
            default: facts.authenticatedAt = SessionSamples.after(1)
            }
        }
        let octets = try octets(of: session)
        #expect(throws: SessionCodecError.malformed(DecodeError(.valueOutOfRange, field))) { try decode(octets) }
    }

    @Test("a session that cannot be written is refused and not cut short")
    func unwritable() throws {
        for change: (inout Session.Facts) -> Void in [
            { $0.ticket = [UInt8](repeating: 0, count: 65_536) }, { $0.sessionID = [UInt8](repeating: 0, count: 33) },
            { $0.receivedAt = UnixTime(seconds: -1) }, { $0.authenticatedAt = UnixTime(seconds: .max) },
            { $0.alpnProtocol = String(repeating: "x", count: 256) },
        ] {
            let session = try SessionSamples.session(.tls13, change)
            #expect(throws: SessionCodecError.self) { try octets(of: session) }
        }
        let short = SessionBinding(digest: [1], isPersistable: true)
        let session = try SessionSamples.session()
        #expect(throws: SessionCodecError.self) { try octets(of: session, for: short) }
    }

    @Test("T-48: no error about a stored session holds anything of its secret")
    func errors() throws {
        let octets = Array(try octets(of: SessionSamples.session()).dropLast(32))
        // The last 33 octets are the secret with its length.
        for index in octets.count - 33..<octets.count {
            var changed = octets
            changed[index] ^= 0x55
            do throws(SessionCodecError) { _ = try decode(try sealedOrEmpty(changed)) } catch {
                #expect(!"\(error)".contains("a0") && !"\(error)".contains("160"))
            }
        }
    }

    private func sealedOrEmpty(_ octets: [UInt8]) throws(SessionCodecError) -> [UInt8] {
        guard let all = try? sealed(octets) else { throw .damaged }
        return all
    }
}
