// SessionSamples.swift — sessions and bindings for the tests of stores.
// Next: SessionBindingTests.swift.

import Certificates
import CryptoGlue
import Handshake
import TestSupport
import WireFormat

enum SessionSamples {
    /// When the samples were received.
    static let start = UnixTime(seconds: 1_780_000_000)

    static func after(_ seconds: Int64) -> UnixTime { UnixTime(seconds: start.seconds + seconds) }

    /// A binding that no other number gives.
    static func binding(_ number: Int = 0, isPersistable: Bool = true) -> SessionBinding {
        var digest = [UInt8](repeating: 0, count: 32)
        for index in 0..<8 { digest[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
        return SessionBinding(digest: digest, isPersistable: isPersistable)
    }

    static func facts(_ version: ProtocolVersion = .tls13, receivedAt: UnixTime = start) throws -> Session.Facts {
        let certificates = try TestIdentity.serverP256().certificates
        var facts = Session.Facts(
            version: version, cipherSuite: version == .tls13 ? .tlsAES128GCMSHA256 : .tlsECDHEECDSAWithAES128GCMSHA256,
            ticket: [1, 2, 3], receivedAt: receivedAt, authenticatedAt: receivedAt,
            identity: try ReferenceIdentity("server.example"), peerCertificates: certificates,
            validatedPath: certificates + (try TestCertificates.trust().certificates))
        facts.lifetime = 7200
        facts.alpnProtocol = "h2"
        facts.peerSignatureScheme = .ecdsaSecp256r1SHA256
        facts.group = .x25519
        facts.stapledOCSPResponse = [0x30, 0]
        if version == .tls13 {
            facts.ageAdd = 0x8000_0001
            facts.maxEarlyDataSize = 16_384
        } else {
            facts.sessionID = [9, 9]
            facts.usesExtendedMasterSecret = true
        }
        return facts
    }

    static func session(
        _ version: ProtocolVersion = .tls13, receivedAt: UnixTime = start,
        _ change: (inout Session.Facts) throws -> Void = { _ in }
    ) throws -> Session {
        var facts = try facts(version, receivedAt: receivedAt)
        try change(&facts)
        return Session(facts, secret: secret(version == .tls13 ? 32 : 48))
    }

    /// Octets that are easy to find again.
    static func secret(_ count: Int) -> SecretBytes {
        let octets = (0..<count).map { UInt8(truncatingIfNeeded: 0xa0 &+ $0) }
        return SecretBytes(copying: octets.span)
    }

    /// The leaf of the samples with another end; nobody looks at its signature any more.
    static func certificate(until year: String) throws -> Certificate {
        var der = try TestIdentity.serverP256().certificates[0].derEncoded
        let end = Array("21260101000000Z".utf8)
        guard let place = der.indices.first(where: { der[$0...].starts(with: end) }) else {
            throw DecodeError(.valueOutOfRange, "notAfter")
        }
        der.replaceSubrange(place..<place + 4, with: year.utf8)
        return try Certificate(derEncoded: der)
    }
}
