// Accepted.swift — our server's end of a connection, with its buffers, and OpenSSL's client at the other, all in memory.
// Next: ServerBenchmark.swift.

import CPeer
import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import WireFormat

extension Server {
    /// Our server with the certificate of this one, and tickets as it gives them: one for each connection of TLS 1.3.
    func accepting(
        _ provider: CryptoProvider, _ suite: CipherSuite, resumes: Bool
    ) throws -> ServerConfiguration {
        let credential = try Credential(certificates: [leaf], key: try leafKey())
        var configuration = ServerConfiguration(
            provider: provider, credentials: .fixed([credential]), clock: Now())
        configuration.cipherSuites = [suite]
        configuration.versions = TLS13Suite(suite) == nil ? .tls12 ... .tls12 : .tls13 ... .tls13
        configuration.ticketsPerConnection = 1
        if resumes { configuration.sessionTickets = try TicketKeyRing(clock: Now()) }
        return configuration
    }
}

/// Our server's end of a connection.
struct Accepted: ~Copyable {
    var connection: TLSConnection
    private var received = ReceiveBuffer()
    private var toSend = SendBuffer()
    /// What our own calls took, in nanoseconds, and how often they allocated.
    private(set) var spent: UInt64 = 0
    private(set) var allocations: UInt64 = 0

    private init(_ connection: consuming TLSConnection) { self.connection = connection }

    /// Makes a whole handshake with OpenSSL's client; returns what it took us, the end of the connection included.
    static func measure(
        _ configuration: ServerConfiguration, _ server: Server, resumed: Bool
    ) throws -> (spent: UInt64, allocations: UInt64) {
        let client = try Session(server, isClient: true)
        _ = peer_session_resume(server.handle, client.handle)
        let allocated = peer_allocations()
        let start = peer_nanoseconds()
        var accepted = Accepted(try TLSConnection(server: configuration))
        accepted.spent += peer_nanoseconds() - start
        accepted.allocations += peer_allocations() - allocated
        try accepted.finishHandshake(client)
        guard accepted.connection.info.isResumed == resumed,
            (peer_session_is_resumed(client.handle) == 1) == resumed
        else { throw PeerFailure(resumed ? "the session is not resumed" : "the session was resumed") }
        return accepted.close()
    }

    private mutating func finishHandshake(_ client: Session) throws {
        var scratch = [UInt8](repeating: 0, count: 32768)
        var isDone = false
        for _ in 0..<5 {
            guard peer_session_handshake(client.handle) >= 0 else { throw PeerFailure("OpenSSL refuses the handshake") }
            let count = peer_session_drain(client.handle, &scratch, scratch.count)
            received.append(scratch.span.extracting(first: count))
            let allocated = peer_allocations()
            let start = peer_nanoseconds()
            isDone = try Accepted.work(&connection, &received, &toSend) || isDone
            spent += peer_nanoseconds() - start
            allocations += peer_allocations() - allocated
            Accepted.flush(&toSend, client)
            guard !isDone else { break }
        }
        // What comes last is a Finished or a ticket.
        guard isDone, peer_session_handshake(client.handle) == 1 else {
            throw PeerFailure("the handshake does not end")
        }
        var nothing: UInt8 = 0
        guard peer_session_read(client.handle, &nothing, 1) == 0 else { throw PeerFailure("data that nobody sent") }
    }

    /// Until nothing whole is left.
    private static func work(
        _ connection: inout TLSConnection, _ received: inout ReceiveBuffer, _ toSend: inout SendBuffer
    ) throws -> Bool {
        var isDone = false
        while true {
            switch try connection.receive(&received, into: &toSend) {
            case .handshakeComplete: isDone = true
            case .needsInput: return isDone
            default: throw PeerFailure("something that no handshake has")
            }
        }
    }

    private static func flush(_ toSend: inout SendBuffer, _ client: Session) {
        toSend.pending.withUnsafeBufferPointer { _ = peer_session_feed(client.handle, $0.baseAddress, $0.count) }
        toSend.discard(toSend.pendingCount)
    }

    /// Gives everything back; OpenSSL's figure has that too.
    private consuming func close() -> (spent: UInt64, allocations: UInt64) {
        let (spent, allocations) = (self.spent, self.allocations)
        let start = peer_nanoseconds()
        Accepted.drop(self)
        return (spent + peer_nanoseconds() - start, allocations)
    }

    @inline(never)
    private static func drop(_ accepted: consuming Accepted) {}
}
