// LegacyPair.swift — our client and our server in a version before TLS 1.2, and the octets between them.
// RFC 6101; RFC 2246; RFC 4346.
// Next: LegacyHandshakeTests.swift.

import CryptoGlue
import Handshake
import Synchronization
import TLS
import TestSupport
import Testing
import WireFormat

/// Our client and our server.
struct LegacyPair: ~Copyable {
    var client: TestClient
    var server: TestClient

    init(_ client: ClientConfiguration, _ server: ServerConfiguration, peer: String? = nil) throws {
        let connecting = try TestClient(client, identity: try ReferenceIdentity("localhost"))
        let connection = try TLSConnection(server: server, peer: peer)
        self.client = connecting
        self.server = TestClient(connection: connection, toSend: SendBuffer())
    }

    static func permission(
        _ versions: Set<ProtocolVersion>, suites: Set<CipherSuite>? = nil, seconds: Int64 = 60,
        peers: Set<String>? = nil
    ) throws -> LegacyPermission {
        var permission = try LegacyPermission(
            versions: versions, reason: "a test",
            until: UnixTime(seconds: FixedClock().now().seconds + seconds), peers: peers)
        permission.cipherSuites = suites
        return permission
    }

    /// - Parameter version: offered alone.
    static func client(_ version: ProtocolVersion, suite: CipherSuite? = nil) throws -> ClientConfiguration {
        var configuration = try TestClient.configuration()
        configuration.versions = version...version
        configuration.legacyPermission = try permission([version], suites: suite.map { [$0] })
        return configuration
    }

    /// - Parameter version: spoken alone.
    static func server(_ version: ProtocolVersion, suite: CipherSuite? = nil) throws -> ServerConfiguration {
        let identities: [TestIdentity] = [try .serverP256(), try .serverRSA(), try .serverRSAEncipherment()]
        var configuration = ServerConfiguration(
            provider: try .gcrypt(),
            credentials: .fixed(
                try identities.map { try Credential(certificates: $0.certificates, key: $0.key) }),
            clock: FixedClock())
        configuration.versions = version...version
        configuration.legacyPermission = try permission([version], suites: suite.map { [$0] })
        return configuration
    }

    /// Every legacy version with every one of its suites.
    static let combinations: [(version: ProtocolVersion, suite: CipherSuite)] = LegacyPermission.legacyVersions.flatMap
    {
        version in TLS12Suite.legacySuites(of: version).map { (version, $0.code) }
    }

    /// Moves octets both ways until neither side has anything to say.
    ///
    /// - Parameter piece: so many octets at once; nil is all there are.
    mutating func run(piece: Int? = nil) throws {
        for _ in 0..<16 {
            let toServer = client.takeOutput()
            try LegacyPair.deliver(toServer, to: server, piece)
            let toClient = server.takeOutput()
            try LegacyPair.deliver(toClient, to: client, piece)
            if toServer.isEmpty, toClient.isEmpty { return }
        }
        Issue.record("the two sides never stop talking")
    }

    private static func deliver(_ octets: [UInt8], to side: TestClient, _ piece: Int?) throws {
        var rest = octets[...]
        while !rest.isEmpty {
            let next = rest.prefix(piece ?? rest.count)
            rest = rest.dropFirst(next.count)
            try side.receive(Array(next))
        }
    }
}

/// Keeps the master secrets of connections.
final class MasterSecretLog: KeyLog {
    private let lines = Mutex<[String]>([])

    func write(line: String) { lines.withLock { $0.append(line) } }

    /// The last one.
    func secret() throws -> [UInt8] {
        let line = try present(lines.withLock { $0.last })
        let digits = Array(try #require(line.split(separator: " ").last))
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
        }
    }
}
