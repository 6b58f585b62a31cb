// Client.swift — a TLSConnection with its buffers and OpenSSL's server at the other end, all in memory.
// Next: BulkBenchmark.swift.

import CPeer
import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import WireFormat

/// OpenSSL's server with a fresh certificate.
final class Server {
    let handle: OpaquePointer
    let anchor: Certificate
    let leaf: Certificate

    init(_ keyType: String, suite: String, isTLS12: Bool = false, resumes: Bool = false) throws {
        guard let handle = peer_server_new(keyType, suite, isTLS12 ? 1 : 0, resumes ? 1 : 0) else {
            throw PeerFailure("no server with \(keyType)")
        }
        self.handle = handle
        func certificate(_ copy: (UnsafeMutablePointer<UInt8>?, Int) -> Int) throws -> Certificate {
            var der = [UInt8](repeating: 0, count: 4096)
            let count = der.withUnsafeMutableBufferPointer { copy($0.baseAddress, $0.count) }
            return try Certificate(derEncoded: Array(der[..<count]))
        }
        anchor = try certificate { peer_server_anchor(handle, $0, $1) }
        leaf = try certificate { peer_server_leaf(handle, $0, $1) }
    }

    deinit { peer_server_free(handle) }

    /// The key of `leaf`.
    func leafKey() throws -> SigningKey {
        var pem = [UInt8](repeating: 0, count: 8192)
        let count = pem.withUnsafeMutableBufferPointer { peer_server_leaf_key(handle, $0.baseAddress, $0.count) }
        return try PrivateKeyFile.parse(pem: Array(pem[..<count]))
    }

    func configuration(_ provider: CryptoProvider, _ suite: CipherSuite) -> ClientConfiguration {
        var configuration = ClientConfiguration(provider: provider, trust: TrustAnchors([anchor]), clock: Now())
        configuration.cipherSuites = [suite]
        return configuration
    }

    func signature(byAnchor: Bool, over message: [UInt8]) throws -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 1024)
        let count = peer_server_sign(handle, byAnchor ? 1 : 0, message, message.count, &signature, signature.count)
        guard count > 0 else { throw PeerFailure("OpenSSL did not sign") }
        return Array(signature[..<count])
    }
}

/// A time inside the fresh certificates' validity.
struct Now: WallClock {
    private let seconds = peer_unix_seconds()
    func now() -> UnixTime { UnixTime(seconds: seconds) }
}

/// One end of a connection of OpenSSL's.
final class Session {
    let handle: OpaquePointer

    init(_ server: Server, isClient: Bool = false) throws {
        guard let handle = peer_session_new(server.handle, isClient ? 1 : 0) else { throw PeerFailure("no session") }
        self.handle = handle
    }

    deinit { peer_session_free(handle) }
}

/// Our client and OpenSSL's end of its connection.
struct Client: ~Copyable {
    var connection: TLSConnection
    var received = ReceiveBuffer()
    var toSend: SendBuffer
    let peer: Session
    /// What our own calls took, in nanoseconds, and how often they allocated.
    var spent: UInt64
    var allocations: UInt64

    /// Makes a whole handshake.
    static func connect(
        _ configuration: ClientConfiguration, _ identity: ReferenceIdentity, _ server: Server
    ) throws -> Client {
        let peer = try Session(server)
        var toSend = SendBuffer()
        let allocated = peer_allocations()
        let start = peer_nanoseconds()
        let connection = try TLSConnection(client: configuration, identity: identity, into: &toSend)
        let spent = peer_nanoseconds() - start
        let allocations = peer_allocations() - allocated
        var client = Client(
            connection: connection, toSend: toSend, peer: peer, spent: spent, allocations: allocations)
        try client.finishHandshake()
        return client
    }

    private mutating func finishHandshake() throws {
        var scratch = [UInt8](repeating: 0, count: 32768)
        for _ in 0..<4 {
            Client.flush(&toSend, peer)
            guard peer_session_handshake(peer.handle) >= 0 else { throw PeerFailure("OpenSSL refuses the handshake") }
            // The transport's write into the receive buffer is no part of our work.
            let count = peer_session_drain(peer.handle, &scratch, scratch.count)
            received.append(scratch.span.extracting(first: count))
            let allocated = peer_allocations()
            let start = peer_nanoseconds()
            let event = try connection.receive(&received, into: &toSend)
            spent += peer_nanoseconds() - start
            allocations += peer_allocations() - allocated
            if case .handshakeComplete = event {
                Client.flush(&toSend, peer)
                guard peer_session_handshake(peer.handle) == 1 else {
                    throw PeerFailure("OpenSSL refuses our Finished")
                }
                return
            }
        }
        throw PeerFailure("the handshake does not end")
    }

    /// Takes the tickets that come after a handshake of TLS 1.3.
    mutating func takeTickets() throws {
        var scratch = [UInt8](repeating: 0, count: 32768)
        let count = peer_session_drain(peer.handle, &scratch, scratch.count)
        received.append(scratch.span.extracting(first: count))
        while case .needsInput = try connection.receive(&received, into: &toSend), received.unread > 0 {}
    }

    /// Gives OpenSSL what we have to send.
    private static func flush(_ toSend: inout SendBuffer, _ peer: Session) {
        toSend.pending.withUnsafeBufferPointer { _ = peer_session_feed(peer.handle, $0.baseAddress, $0.count) }
        toSend.discard(toSend.pendingCount)
    }
}
