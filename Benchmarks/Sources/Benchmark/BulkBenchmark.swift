// BulkBenchmark.swift — bulk data through whole connections, against OpenSSL through memory BIOs.
// RFC 8446 §5.
// Next: HandshakeBenchmark.swift.

import CPeer
import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import WireFormat

/// The same octets through our connection and through OpenSSL's own pair.
///
/// What a side does for a record is the same on both: sending is one call and the octets moved to the wire, receiving is
/// the octets moved from the wire and one call.
struct BulkBenchmark: ~Copyable {
    private static let batch = 8
    private let size: Int
    private let content: [UInt8]
    private var client: Client
    private let near: Session
    private let far: Session
    private var wire: [UInt8]
    private var wireCount = 0
    private var plain: [UInt8]

    static func run(_ effort: Effort, _ provider: CryptoProvider, _ report: inout Report) throws {
        report.section("Bulk transfer in memory against OpenSSL through memory BIOs (rate, ours / OpenSSL's)")
        let suites: [(String, CipherSuite, Double?)] = [
            ("TLS_AES_128_GCM_SHA256", .tlsAES128GCMSHA256, 1.0), ("TLS_AES_256_GCM_SHA384", .tlsAES256GCMSHA384, 1.0),
            ("TLS_CHACHA20_POLY1305_SHA256", .tlsChaCha20Poly1305SHA256, nil),
        ]
        for (name, suite, target) in suites {
            for size in [16384, 1024, 64] {
                var benchmark = try BulkBenchmark(name, suite, provider, size: size)
                let (send, receive, allocations) = try benchmark.measure(effort)
                let both = zip(send, receive).map { Double($0.peers + $1.peers) / Double($0.ours + $1.ours) }
                report.rate("\(name), \(size) octets, both ways", median(both), atLeast: size == 16384 ? target : nil)
                report.rate("\(name), \(size) octets, sending", median(send.map { 1 / $0.ratio }), atLeast: nil)
                report.rate("\(name), \(size) octets, receiving", median(receive.map { 1 / $0.ratio }), atLeast: nil)
                report.allocations(
                    "\(name), \(size) octets, both ways", allocations,
                    records: effort.rounds * effort.batches * batch * 2)
            }
        }
    }

    private init(_ name: String, _ suite: CipherSuite, _ provider: CryptoProvider, size: Int) throws {
        let server = try Server("P-256", suite: name)
        let (near, far) = try (Session(server, isClient: true), Session(server))
        var wire = [UInt8](repeating: 0, count: max(8192, BulkBenchmark.batch * (size + 64)))
        for _ in 0..<3 {
            for (from, to) in [(near, far), (far, near)] {
                guard peer_session_handshake(from.handle) >= 0 else { throw PeerFailure("OpenSSL refuses itself") }
                try BulkBenchmark.move(from, to, through: &wire)
            }
        }
        client = try Client.connect(
            server.configuration(provider, suite), ReferenceIdentity("localhost"), server)
        self.near = near
        self.far = far
        self.wire = wire
        self.size = size
        content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
        plain = [UInt8](repeating: 0, count: BulkBenchmark.batch * size)
    }

    private mutating func measure(
        _ effort: Effort
    ) throws -> (send: [Round], receive: [Round], allocations: UInt64) {
        for _ in 0..<3 { _ = try (send(), receive(), peerTransfer()) }
        client.allocations = 0
        var sends: [Round] = []
        var receives: [Round] = []
        for round in 0..<effort.rounds {
            var sending = Round()
            var receiving = Round()
            for batch in 0..<effort.batches {
                let isFirst = (round + batch) % 2 == 0
                if isFirst { sending.ours += try send() }
                if isFirst { receiving.ours += try receive() }
                let (write, read) = try peerTransfer()
                sending.peers += write
                receiving.peers += read
                if !isFirst { receiving.ours += try receive() }
                if !isFirst { sending.ours += try send() }
            }
            sends.append(sending)
            receives.append(receiving)
        }
        return (sends, receives, client.allocations)
    }

    // MARK: Ours

    private mutating func send() throws -> UInt64 {
        let content = self.content
        wireCount = 0
        let allocated = peer_allocations()
        let start = peer_nanoseconds()
        for _ in 0..<BulkBenchmark.batch {
            try client.connection.send(content.span, into: &client.toSend)
            wireCount += BulkBenchmark.moveOut(&client.toSend, to: &wire, at: wireCount)
        }
        let spent = peer_nanoseconds() - start
        client.allocations += peer_allocations() - allocated
        guard peer_session_feed(client.peer.handle, wire, wireCount) == 1,
            Int(peer_session_read(client.peer.handle, &plain, plain.count)) == plain.count
        else { throw PeerFailure("OpenSSL does not read what we send") }
        return spent
    }

    private mutating func receive() throws -> UInt64 {
        for _ in 0..<BulkBenchmark.batch {
            guard Int(peer_session_write(client.peer.handle, content, size)) == size else {
                throw PeerFailure("SSL_write")
            }
        }
        wireCount = peer_session_drain(client.peer.handle, &wire, wire.count)
        let wire = self.wire
        let recordLength = wireCount / BulkBenchmark.batch
        var octets = 0
        let allocated = peer_allocations()
        let start = peer_nanoseconds()
        for index in 0..<BulkBenchmark.batch {
            client.received.append(wire.span.extracting(index * recordLength..<(index + 1) * recordLength))
            while case .applicationData(let range) = try client.connection.receive(
                &client.received, into: &client.toSend)
            {
                octets += range.count
            }
        }
        let spent = peer_nanoseconds() - start
        client.allocations += peer_allocations() - allocated
        guard octets == plain.count else { throw PeerFailure("\(octets) octets came instead of \(plain.count)") }
        return spent
    }

    // MARK: OpenSSL's

    private mutating func peerTransfer() throws -> (write: UInt64, read: UInt64) {
        var start = peer_nanoseconds()
        for _ in 0..<BulkBenchmark.batch {
            guard Int(peer_session_write(near.handle, content, size)) == size else { throw PeerFailure("SSL_write") }
        }
        let write = peer_nanoseconds() - start
        try BulkBenchmark.move(near, far, through: &wire)
        start = peer_nanoseconds()
        let octets = peer_session_read(far.handle, &plain, plain.count)
        let read = peer_nanoseconds() - start
        guard Int(octets) == plain.count else { throw PeerFailure("SSL_read") }
        return (write, read)
    }

    private static func move(_ from: Session, _ to: Session, through wire: inout [UInt8]) throws {
        while true {
            let count = peer_session_drain(from.handle, &wire, wire.count)
            guard count > 0 else { return }
            guard peer_session_feed(to.handle, wire, count) == 1 else { throw PeerFailure("a BIO is full") }
        }
    }

    private static func moveOut(_ from: inout SendBuffer, to target: inout [UInt8], at offset: Int) -> Int {
        let count = from.pendingCount
        from.pending.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer {
                _ = UnsafeMutableBufferPointer(rebasing: $0[offset...]).update(fromContentsOf: source)
            }
        }
        from.discard(count)
        return count
    }
}
