// InteropClient.swift — enumerate, select, configure, connect: the only way in which these tests use the library.
// Next: InteropSummary.swift.

import Handshake
import SocketProvider
import TLS
import WireFormat

enum InteropClient {
    /// Options that trust this run's authority, expect `localhost`, and wait for a bounded time.
    static func options(_ provider: Provider) throws -> ClientOptions {
        var options = provider.defaultOptions
        options.trust = .anchors(try InteropCertificates.anchors())
        options.peerName = "localhost"
        options.timeouts.connect = .seconds(10)
        options.timeouts.handshake = .seconds(30)
        options.timeouts.read = .seconds(30)
        options.timeouts.write = .seconds(30)
        return options
    }

    /// Enumerates the providers, selects TLS over the server's address family and configures it.
    static func configured(
        for server: PeerServer, _ change: (inout ClientOptions) throws -> Void = { _ in }
    ) throws -> ConfiguredProvider {
        let family = server.address.family
        let descriptor = ProviderCatalog.enumerate().first {
            $0.securityScheme == .tls && $0.supports(.tls13) && $0.addressFamily == family
        }
        guard let descriptor else { throw InteropFailure("no TLS provider over \(family)") }
        let provider = try ProviderCatalog.standard.select(descriptor)
        var options = try options(provider)
        try change(&options)
        return try provider.configure(options)
    }

    /// All four steps.
    static func connect(
        to server: PeerServer, _ change: (inout ClientOptions) throws -> Void = { _ in }
    ) throws -> SecureSocket {
        let socket = try configured(for: server, change).makeSocket()
        try socket.connect(to: .address(server.address))
        return socket
    }

    /// The error that connecting, or waiting for the first data, ends with. An alert that answers the client's last
    /// flight comes after the client's handshake is done.
    static func failure(
        connectingTo server: PeerServer, _ change: (inout ClientOptions) throws -> Void = { _ in }
    ) throws -> TLSError {
        let socket = try configured(for: server, change).makeSocket()
        defer { socket.close() }
        do {
            try socket.connect(to: .address(server.address))
            let received = try socket.receive(upTo: 1)
            throw InteropFailure("connected with \(server.peer) and received \(received)")
        } catch SocketError.security(let error) {
            return error
        }
    }
}

extension SecureSocket {
    /// What TLS tells about the connection.
    var tls: ConnectionInfo {
        get throws {
            guard let tls = information.tls else { throw InteropFailure("no information about TLS") }
            return tls
        }
    }
}

/// A connection that carries lines: a socket of the library, or the engine alone.
protocol LineConnection {
    func send(_ bytes: [UInt8]) throws
    func receive(upTo limit: Int) throws -> [UInt8]
    func closeSending() throws
    func close()
}

extension SecureSocket: LineConnection {}

extension LineConnection {
    /// Receives exactly `count` octets.
    func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try receive(upTo: count - bytes.count)
            guard !more.isEmpty else { throw InteropFailure("the peer ended after \(bytes.count) of \(count) octets") }
            bytes += more
        }
        return bytes
    }

    /// Sends a line and checks that what comes back is, octet for octet, what this peer answers.
    func exchange(_ line: String, with server: PeerServer) throws {
        let (sent, answered) = server.exchange(of: line)
        try send(Array(sent.utf8))
        try receive(answered, for: line, from: server)
    }

    /// Checks that this comes, octet for octet.
    func receive(_ answer: String, for line: String, from server: PeerServer) throws {
        let expected = Array(answer.utf8)
        try equal(try receive(exactly: expected.count), expected, "the reply to \(line)")
        guard server.peer.answersOnce else { return }
        try equal(try receive(upTo: 1), [], "data after the answer")
    }

    /// Ends both directions in order: ours first, then the peer's close_notify.
    func finish() throws {
        try closeSending()
        let rest = try receive(upTo: 1)
        close()
        guard rest.isEmpty else { throw InteropFailure("data after the last reply") }
    }
}

/// Throws unless the two are equal.
func equal<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
    guard found == expected else { throw InteropFailure("\(what): expected \(expected), found \(found)") }
}

/// Throws unless it is so.
func holds(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw InteropFailure(what()) }
}
