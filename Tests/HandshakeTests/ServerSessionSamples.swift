// ServerSessionSamples.swift — server's sessions, ClientHellos and clocks for the tests of tickets and caches.
// Next: ServerSessionExpiryTests.swift.

import Certificates
import CryptoGlue
import Handshake
import Synchronization
import TestSupport
import WireFormat

/// A clock that stands where it is put.
final class SettableClock: WallClock {
    private let seconds: Mutex<Int64>
    init(_ time: UnixTime = ServerSessionSamples.start) { seconds = Mutex(time.seconds) }
    func now() -> UnixTime { seconds.withLock { UnixTime(seconds: $0) } }
    /// So many seconds after the samples' start.
    func set(_ offset: Int64) { seconds.withLock { $0 = ServerSessionSamples.start.seconds + offset } }
}

/// A generator without entropy, as a machine has that was never seeded.
struct ConstantRandom: RandomSource {
    let octet: UInt8
    func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
        for index in 0..<bytes.count { bytes[index] = octet }
    }
}

/// How often each of something happened, in whatever thread.
final class Tallies<Key: Hashable & Sendable>: Sendable {
    private let counts = Mutex<[Key: Int]>([:])
    func add(_ key: Key) { counts.withLock { $0[key, default: 0] += 1 } }
    var all: [Int] { counts.withLock { Array($0.values) } }
}

enum ServerSessionSamples {
    static let start = FixedClock().now()

    static func after(_ seconds: Int64) -> UnixTime { UnixTime(seconds: start.seconds + seconds) }

    static func facts(
        _ version: ProtocolVersion = .tls13, binding: [UInt8] = [UInt8](repeating: 7, count: 32)
    ) -> ServerSession.Facts {
        var facts = ServerSession.Facts(
            version: version, cipherSuite: version == .tls13 ? .tlsAES128GCMSHA256 : .tlsECDHEECDSAWithAES128GCMSHA256,
            createdAt: start, authenticatedAt: start, binding: binding, lifetime: 7200)
        facts.serverName = "server.example"
        facts.alpnProtocol = "h2"
        facts.group = .x25519
        if version == .tls13 { facts.ageAdd = 0x8000_0001 } else { facts.usesExtendedMasterSecret = true }
        return facts
    }

    static func session(
        _ version: ProtocolVersion = .tls13, binding: [UInt8] = [UInt8](repeating: 7, count: 32),
        _ change: (inout ServerSession.Facts) throws -> Void = { _ in }
    ) throws -> ServerSession {
        var facts = facts(version, binding: binding)
        try change(&facts)
        return ServerSession(facts, secret: SessionSamples.secret(version == .tls13 ? 32 : 48))
    }

    /// With the client's certificate, its path, and the scheme it signed with.
    static func authenticate(_ facts: inout ServerSession.Facts) throws {
        facts.peerCertificates = try TestIdentity.clientP256().certificates
        facts.validatedPath = facts.peerCertificates + (try TestCertificates.trust().certificates)
        facts.peerSignatureScheme = .ecdsaSecp256r1SHA256
    }

    /// A server of the name and protocol of the samples, with a ring of its own.
    static func configuration(_ clock: any WallClock = FixedClock()) throws -> ServerConfiguration {
        let identity = try TestIdentity.serverP256()
        let credential = try Credential(certificates: identity.certificates, key: identity.key)
        var configuration = ServerConfiguration(
            provider: try .gcrypt(random: FixedRandom(seed: 1)), credentials: .fixed([credential]), clock: clock)
        configuration.alpnProtocols = ["h2", "http/1.1"]
        configuration.sessionTickets = try TicketKeyRing(clock: clock)
        return configuration
    }

    /// What a client says that fits the samples.
    struct Hello {
        var serverName: String? = "server.example"
        var alpnProtocols: [String]? = ["http/1.1", "h2"]
        var cipherSuites: [CipherSuite] = [
            .tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsECDHEECDSAWithAES128GCMSHA256,
            .tlsECDHEECDSAWithAES256GCMSHA384,
        ]
        var offersExtendedMasterSecret = true
        var offersEncryptThenMAC = true

        func received(_ configuration: ServerConfiguration) throws -> ReceivedHello {
            var block = ExtensionBlock()
            if let serverName {
                block.append(.serverName) { ServerNameExtension.writeClientHello(Array(serverName.utf8), into: &$0) }
            }
            if let alpnProtocols {
                block.append(.applicationLayerProtocolNegotiation) {
                    ALPNExtension.writeClientHello(alpnProtocols.map { Array($0.utf8) }, into: &$0)
                }
            }
            if offersExtendedMasterSecret { block.append(.extendedMasterSecret) }
            if offersEncryptThenMAC { block.append(.encryptThenMAC) }
            let hello = ClientHello(
                random: [UInt8](repeating: 1, count: 32), legacySessionID: [], cipherSuites: cipherSuites,
                extensions: block)
            return try ReceivedHello(try hello.message(), configuration)
        }
    }

    /// What is known of a connection that is done.
    static func info(_ version: ProtocolVersion = .tls13) -> ConnectionInfo {
        var info = ConnectionInfo()
        info.version = version
        info.cipherSuite = version == .tls13 ? .tlsAES128GCMSHA256 : .tlsECDHEECDSAWithAES128GCMSHA256
        info.serverName = "server.example"
        info.alpnProtocol = "h2"
        info.group = .x25519
        info.usesExtendedMasterSecret = true
        info.isHandshakeComplete = true
        return info
    }

    static func secret(of session: ServerSession) -> [UInt8] {
        let secret = session.secret.copy()
        return octets(of: secret)
    }

    static func octets(of secret: borrowing SecretBytes) -> [UInt8] { [UInt8](copying: secret.bytes) }
}
