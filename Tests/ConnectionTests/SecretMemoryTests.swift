// SecretMemoryTests.swift — T-48: the secrets of a connection are not in memory once it is gone.
// RFC 8446 App. C: secrets are not left behind.

import CryptoGlue
import Foundation
import Glibc
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

/// Not under a sanitizer: its allocator keeps what is freed, and its shadow memory is larger than can be read.
@Suite(
    "Secrets in memory", .serialized,
    .disabled(
        if: ProcessInfo.processInfo.environment["SANITIZED_TESTS"] != nil, "skipped: a sanitizer owns the memory"))
struct SecretMemoryTests {
    /// What hides the wanted octets from the search itself: they never stand in memory as they are.
    static let mask: UInt8 = 0xa5

    /// A handshake's secrets, masked, and the two ends as long as they are wanted.
    struct Run: ~Copyable {
        let secrets: [[UInt8]]
        let pair: InMemoryPair?
    }

    /// The traffic and exporter secrets of one handshake, masked. Client and server are gone when it returns.
    static func runHandshake(drop: Bool) throws -> Run {
        let log = CollectingLog()
        var configuration = try TestClient.configuration(seed: 77)
        configuration.keyLog = log
        var pair = try InMemoryPair(configuration)
        try pair.connect()
        try pair.exchange()
        let secrets = log.lines.map { line in masked(String(line.split(separator: " ")[2])) }
        if drop { return Run(secrets: secrets, pair: nil) }
        return Run(secrets: secrets, pair: pair)
    }

    /// A handshake's secrets as our server logs them, masked, and our client and server as long as they are wanted.
    struct ServerRun: ~Copyable {
        let secrets: [[UInt8]]
        let ends: BothEnds?
    }

    /// A handshake of our client with our server, data both ways, the tickets of TLS 1.3, and a key update.
    static func runServer(_ version: ProtocolVersion, drop: Bool) throws -> ServerRun {
        let log = CollectingLog()
        var configuration = try TestClient.serverConfiguration(.serverP256(), seed: 78)
        configuration.versions = version...version
        configuration.keyLog = log
        configuration.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 79), clock: FixedClock())
        var ends = try BothEnds(try TestClient.configuration(seed: 80), configuration)
        try ends.run()
        try ends.exchangeData()
        let secrets = log.lines.map { line in masked(String(line.split(separator: " ")[2])) }
        if drop { return ServerRun(secrets: secrets, ends: nil) }
        return ServerRun(secrets: secrets, ends: ends)
    }

    /// Decodes hexadecimal digits and masks each octet as it is made.
    static func masked(_ digits: String) -> [UInt8] {
        let values = digits.utf8.map { $0 < 0x3a ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: values.count, by: 2).map { (values[$0] << 4 | values[$0 + 1]) ^ mask }
    }

    /// How often one of the masked secrets stands, unmasked, in memory that can be written.
    static func occurrences(of secrets: [[UInt8]]) throws -> Int {
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        let memory = unsafe open("/proc/self/mem", O_RDONLY)
        defer { close(memory) }
        var found = 0
        var page = [UInt8](repeating: 0, count: 1 << 20)
        let firsts = Set(secrets.map { $0[0] ^ mask })
        for line in maps.split(separator: "\n") {
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard fields[1].hasPrefix("rw"), fields.count < 6 || !fields[5].contains("[v") else { continue }
            let bounds = fields[0].split(separator: "-").compactMap { Int($0, radix: 16) }
            var address = bounds[0]
            while address < bounds[1] {
                let wanted = min(page.count, bounds[1] - address)
                let count = unsafe pread(memory, &page, wanted, off_t(address))
                // Another thread may have unmapped this page since the list was read; what follows may still be there.
                guard count > 0 else {
                    address += 4096
                    continue
                }
                found += search(page, count, firsts, secrets)
                // Secrets that straddle two reads are found in the next one.
                address += count == wanted && wanted == page.count ? count - 64 : count
            }
        }
        return found
    }

    private static func search(_ page: [UInt8], _ count: Int, _ firsts: Set<UInt8>, _ secrets: [[UInt8]]) -> Int {
        var table = [Bool](repeating: false, count: 256)
        for first in firsts { table[Int(first)] = true }
        var found = 0
        unsafe page.withUnsafeBufferPointer { page in
            var index = 0
            while index + 32 <= count {
                if unsafe table[Int(page[index])] {
                    for secret in secrets where unsafe matches(page, index, secret) { found += 1 }
                }
                index += 1
            }
        }
        return found
    }

    private static func matches(_ page: UnsafeBufferPointer<UInt8>, _ index: Int, _ secret: [UInt8]) -> Bool {
        for offset in 0..<min(32, secret.count) where unsafe page[index + offset] != secret[offset] ^ mask {
            return false
        }
        return true
    }

    @Test("T-48: a live connection holds its secrets, and after it is gone none is left in memory")
    func secretsAreWiped() throws {
        // The search finds what is there: otherwise it would prove nothing.
        let live = try SecretMemoryTests.runHandshake(drop: false)
        #expect(live.secrets.count == 5)
        // The list of mappings is not read in one piece: a scan can miss one that changes while other tests run.
        var present = 0
        for _ in 0..<20 where present == 0 { present = try SecretMemoryTests.occurrences(of: live.secrets) }
        #expect(present > 0)
        let gone = try SecretMemoryTests.runHandshake(drop: true)
        _ = consume live
        let left = try SecretMemoryTests.occurrences(of: gone.secrets)
        #expect(left == 0, "\(left) copies of secrets are left in memory")
    }

    @Test(
        "T-48: a live server holds its secrets, and after it is gone none is left in memory",
        arguments: [ProtocolVersion.tls13, .tls12])
    func serverSecretsAreWiped(_ version: ProtocolVersion) throws {
        let live = try SecretMemoryTests.runServer(version, drop: false)
        #expect(live.secrets.count == (version == .tls13 ? 5 : 1))
        var present = 0
        for _ in 0..<20 where present == 0 { present = try SecretMemoryTests.occurrences(of: live.secrets) }
        #expect(present > 0)
        let gone = try SecretMemoryTests.runServer(version, drop: true)
        _ = consume live
        let left = try SecretMemoryTests.occurrences(of: gone.secrets)
        #expect(left == 0, "\(left) copies of secrets are left in memory")
    }
}
