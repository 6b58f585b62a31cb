// EngineClient.swift — a connection without the socket provider, for what its options cannot say.
// Next: EngineConnection.swift.

import Certificates
import CryptoGlue
import Foundation
import Handshake
import SocketProvider
import TLS
import WireFormat

/// A `TLSConnection` over a blocking socket of this class. Used by one thread.
final class EngineClient: LineConnection {
    private var core: EngineConnection

    /// What a client trusts and expects here.
    static func configuration(
        _ change: (inout ClientConfiguration) throws -> Void = { _ in }
    ) throws -> ClientConfiguration {
        var configuration = ClientConfiguration(
            provider: try .gcrypt(), trust: try InteropCertificates.anchors(), clock: SystemClock())
        try change(&configuration)
        return configuration
    }

    /// Connects and shakes hands.
    ///
    /// - Parameter tamper: changes the octets of the first flight, as somebody on the way would.
    convenience init(
        to server: PeerServer, _ configuration: ClientConfiguration, earlyData: String = "",
        tamper: ([UInt8]) -> [UInt8] = { $0 }
    ) throws {
        try self.init(port: server.address.port, configuration, earlyData: earlyData, tamper: tamper)
    }

    init(
        port: UInt16, _ configuration: ClientConfiguration, earlyData: String = "",
        tamper: ([UInt8]) -> [UInt8] = { $0 }
    ) throws {
        var first = SendBuffer()
        let connection = try TLSConnection(
            client: configuration, identity: ReferenceIdentity("localhost"), earlyData: Array(earlyData.utf8),
            into: &first)
        let flight = tamper(EngineConnection.copy(first.pending))
        let socket = try LoopbackSocket(port)
        var core = EngineConnection(connection, socket, toSend: flight)
        try core.shakeHands()
        self.core = core
    }

    var info: ConnectionInfo { core.connection.info }

    /// Keying material without a context (RFC 5705 §4).
    func export(_ label: String, length: Int) throws -> SecretBytes {
        try core.connection.exportKeyingMaterial(label: label, context: nil, length: length)
    }

    func send(_ bytes: [UInt8]) throws { try core.send(bytes) }
    func receive(upTo limit: Int) throws -> [UInt8] { try core.receive(upTo: limit) }
    func closeSending() throws { try core.closeSending() }
    func close() { core.socket.close() }
}
