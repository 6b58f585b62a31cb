// RecordBenchmark.swift — one record sealed and opened, against the same libgcrypt calls from C.
// RFC 8446 §5.2.
// Next: Client.swift.

import CPeer
import CryptoGlue
import RecordLayer
import WireFormat

/// A suite as both sides name it.
struct Suite {
    let name: String
    let algorithm: AEADAlgorithm
    let peer: peer_suite

    static let aes128GCM = Suite(name: "AES-128-GCM", algorithm: .aes128GCM, peer: PEER_AES_128_GCM)
    static let all = [
        aes128GCM, Suite(name: "AES-256-GCM", algorithm: .aes256GCM, peer: PEER_AES_256_GCM),
        Suite(name: "ChaCha20-Poly1305", algorithm: .chaCha20Poly1305, peer: PEER_CHACHA20_POLY1305),
        Suite(name: "AES-128-CCM", algorithm: .aes128CCM, peer: PEER_AES_128_CCM),
        Suite(name: "AES-128-CCM-8", algorithm: .aes128CCM8, peer: PEER_AES_128_CCM_8),
    ]
}

/// One direction on the C side.
final class PeerRecords {
    let handle: OpaquePointer

    init(_ suite: Suite, _ key: [UInt8], _ iv: [UInt8]) throws {
        guard let handle = peer_records_new(suite.peer, key, iv) else {
            throw PeerFailure("libgcrypt refuses \(suite.name)")
        }
        self.handle = handle
    }

    deinit { peer_records_free(handle) }
}

/// Memory at a chosen place in its page.
final class Block {
    private let memory: UnsafeMutableRawPointer
    let base: UnsafeMutablePointer<UInt8>

    init(count: Int, pageOffset: Int) {
        memory = .allocate(byteCount: 4096 + count, alignment: 4096)
        base = (memory + pageOffset).initializeMemory(as: UInt8.self, repeating: 0, count: count)
    }

    deinit { memory.deallocate() }

    static func pageOffset(of bytes: Span<UInt8>) -> Int {
        bytes.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) & 4095 }
    }
}

/// Sealer, opener and the C side of one suite, all under one key, with buffers that have their size already.
struct RecordBenchmark: ~Copyable {
    private static let key: [UInt8] = (0..<32).map { UInt8($0) }
    private static let iv: [UInt8] = (100..<112).map { UInt8($0) }

    private let size: Int
    /// Records in a batch: as many as keep the clock's own time out of the result and the data in the cache.
    private let count: Int
    private let content: [UInt8]
    private var sealer: RecordSealer
    private var opener: RecordOpener
    private var sent = SendBuffer()
    private var received = ReceiveBuffer()
    private let peerSealer: PeerRecords
    private let peerOpener: PeerRecords
    /// Makes the records that both sides open.
    private let source: PeerRecords
    private var peerSent = Block(count: 0, pageOffset: 0)
    private var peerWire = Block(count: 0, pageOffset: 0)
    private var wire: [UInt8]
    private let recordLength: Int

    static func run(_ effort: Effort, _ report: inout Report) throws {
        report.section(
            "Records against the same libgcrypt calls from C (time, ours / C's; sending copies once on both sides)")
        for (size, target) in [(16384, 1.02), (1024, 1.05), (64, 1.15)] {
            var benchmark = try RecordBenchmark(.aes128GCM, size: size)
            try benchmark.placePeer()
            let (seal, open) = try benchmark.measure(effort)
            let name = "AES-128-GCM, \(size) octets"
            let both = zip(seal, open).map { Double($0.ours + $1.ours) / Double($0.peers + $1.peers) }
            report.time("\(name), seal + open", median(both), atMost: target)
            report.time("\(name), seal", median(seal.map(\.ratio)), atMost: nil)
            report.time("\(name), open", median(open.map(\.ratio)), atMost: nil)
        }
        report.section("Allocations by sealer and opener, steady state")
        for suite in Suite.all {
            for size in [16384, 64] {
                var benchmark = try RecordBenchmark(suite, size: size)
                try benchmark.placePeer()
                let (seal, open) = try benchmark.allocations()
                report.allocations("\(suite.name), \(size) octets, sealing", seal, records: benchmark.count)
                report.allocations("\(suite.name), \(size) octets, opening", open, records: benchmark.count)
            }
        }
    }

    private init(_ suite: Suite, size: Int) throws {
        let key = Array(RecordBenchmark.key[..<suite.algorithm.keyLength])
        let iv = RecordBenchmark.iv
        let (peerSealer, peerOpener) = try (PeerRecords(suite, key, iv), PeerRecords(suite, key, iv))
        let source = try PeerRecords(suite, key, iv)
        var sealer = RecordSealer()
        var opener = RecordOpener()
        try sealer.install(RecordBenchmark.recordKey(suite.algorithm, key, iv))
        try opener.install(RecordBenchmark.recordKey(suite.algorithm, key, iv), at: RecordBenchmark.boundary())
        self.sealer = sealer
        self.opener = opener
        self.peerSealer = peerSealer
        self.peerOpener = peerOpener
        self.source = source
        self.size = size
        count = max(8, min(512, 131_072 / (size + 64)))
        content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
        recordLength = 5 + size + 1 + suite.algorithm.tagLength
        wire = [UInt8](repeating: 0, count: recordLength * count)
    }

    /// Lays the C side's memory as ours lies in its pages: copying and AES differ by up to 2.6 times with that alone.
    private mutating func placePeer() throws {
        let content = self.content
        try sealer.seal(.applicationData, content.span, into: &sent)
        peerSent = Block(count: recordLength, pageOffset: Block.pageOffset(of: sent.pending))
        sent.discard(sent.pendingCount)
        let nothing = [UInt8](repeating: 0, count: wire.count)
        received.append(nothing.span)
        peerWire = Block(
            count: wire.count, pageOffset: Block.pageOffset(of: received.bytes(in: received.unreadRange)))
        received.discardUnread()
        guard peer_records_seal(peerSealer.handle, peerSent.base, content, size) == recordLength else {
            throw PeerFailure("a record was not sealed")
        }
    }

    private mutating func measure(_ effort: Effort) throws -> (seal: [Round], open: [Round]) {
        _ = try (seal(), peerSeal())
        try prepare()
        _ = try (open(), peerOpen())
        var seals: [Round] = []
        var opens: [Round] = []
        for round in 0..<effort.rounds {
            var sealing = Round()
            var opening = Round()
            for batch in 0..<effort.batches {
                // Each side goes first as often as the other.
                if (round + batch) % 2 == 0 {
                    sealing.ours += try seal()
                    sealing.peers += try peerSeal()
                    try prepare()
                    opening.ours += try open()
                    opening.peers += try peerOpen()
                } else {
                    sealing.peers += try peerSeal()
                    sealing.ours += try seal()
                    try prepare()
                    opening.peers += try peerOpen()
                    opening.ours += try open()
                }
            }
            seals.append(sealing)
            opens.append(opening)
        }
        return (seals, opens)
    }

    private mutating func allocations() throws -> (seal: UInt64, open: UInt64) {
        // Once before, so that the buffers have their size.
        _ = try seal()
        try prepare()
        _ = try open()
        var start = peer_allocations()
        _ = try seal()
        let sealing = peer_allocations() - start
        try prepare()
        start = peer_allocations()
        _ = try open()
        return (sealing, peer_allocations() - start)
    }

    // MARK: One batch each, in nanoseconds

    private mutating func seal() throws -> UInt64 {
        let content = self.content
        let start = peer_nanoseconds()
        for _ in 0..<count {
            try sealer.seal(.applicationData, content.span, into: &sent)
            sent.discard(sent.pendingCount)
        }
        return peer_nanoseconds() - start
    }

    private mutating func peerSeal() throws -> UInt64 {
        let start = peer_nanoseconds()
        let length = peer_records_seal_many(peerSealer.handle, peerSent.base, content, size, Int32(count))
        let spent = peer_nanoseconds() - start
        guard length == recordLength else { throw PeerFailure("a record was not sealed") }
        return spent
    }

    /// The next records of the connection, the same for both sides. What the transport writes into the receive buffer is
    /// no part of the measurement.
    private mutating func prepare() throws {
        for index in 0..<count {
            let length = wire.withUnsafeMutableBufferPointer {
                peer_records_seal(source.handle, $0.baseAddress! + index * recordLength, content, size)
            }
            guard length == recordLength else { throw PeerFailure("a record was not sealed") }
        }
        peerWire.base.update(from: wire, count: wire.count)
        let records = wire
        received.append(records.span)
    }

    private mutating func open() throws -> UInt64 {
        let start = peer_nanoseconds()
        var octets = 0
        while let record = try RecordDeframer.next(in: received, isProtected: opener.isProtected) {
            octets += try opener.open(record, in: &received).content.count
            received.consume(record.range.count)
        }
        let spent = peer_nanoseconds() - start
        guard octets == 0 || octets == count * size else { throw PeerFailure("\(octets) octets were opened") }
        return spent
    }

    private mutating func peerOpen() throws -> UInt64 {
        let start = peer_nanoseconds()
        let opened = peer_records_open_many(peerOpener.handle, peerWire.base, wire.count)
        let spent = peer_nanoseconds() - start
        guard Int(opened) == count else { throw PeerFailure("a record was not opened") }
        return spent
    }

    // MARK: Keys

    private static func recordKey(_ algorithm: AEADAlgorithm, _ key: [UInt8], _ iv: [UInt8]) -> RecordKey {
        RecordKey(algorithm: algorithm, key: SecretBytes(copying: key.span), iv: SecretBytes(copying: iv.span))
    }

    private static func boundary() throws -> RecordBoundary {
        var reassembler = HandshakeReassembler()
        let message: [UInt8] = [20, 0, 0, 0]
        reassembler.append(message.span)
        guard let boundary = try reassembler.next()?.takeBoundary() else { throw PeerFailure("no boundary") }
        return boundary
    }
}
