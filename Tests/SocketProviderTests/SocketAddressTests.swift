// SocketAddressTests.swift — addresses, their order, and the small parts under the reactor.
// RFC 4291 §2.2; RFC 5952; RFC 8305 §4.
// Next: TrustTests.swift.

import SocketProvider
import Testing

@Suite("SocketAddress")
struct SocketAddressTests {
    @Test(
        "RFC 4291 §2.2, RFC 5952: address literals are read and written",
        arguments: [
            ("127.0.0.1", "127.0.0.1:443"), ("::1", "[::1]:443"), ("[2001:db8::0:1]", "[2001:db8::1]:443"),
            ("::ffff:192.0.2.1", "[::ffff:192.0.2.1]:443"), ("fe80::1%1", "[fe80::1%1]:443"),
        ])
    func literals(text: String, written: String) throws {
        let address = try #require(SocketAddress(text, port: 443))
        #expect("\(address)" == written)
        #expect(address.bytes.count == address.family.addressLength)
    }

    @Test(
        "what is no address literal is not taken for one",
        arguments: [
            "localhost", "127.1", "0x7f.0.0.1", "1.2.3.4.5", "256.0.0.1", "::1::", "[::1", "fe80::1%nosuchdevice", "",
            "[127.0.0.1]",
        ])
    func notLiterals(text: String) {
        #expect(SocketAddress(text, port: 1) == nil)
    }

    @Test("an address without port, zone and brackets is what a certificate names")
    func host() {
        #expect(SocketAddress("fe80::1%1", port: 9)?.host == "fe80::1")
        #expect(SocketAddress(bytes: [1, 2, 3], port: 9) == nil)
    }

    @Test("RFC 8305 §4: address families take turns, the resolver's first one first, without repetition")
    func interleaving() throws {
        let six = try (1...3).map { try #require(SocketAddress("2001:db8::\($0)", port: 1)) }
        let four = try (1...2).map { try #require(SocketAddress("192.0.2.\($0)", port: 1)) }
        let mixed = NameResolution.interleaved(six + four + four)
        #expect(mixed == [six[0], four[0], six[1], four[1], six[2]])
        #expect(NameResolution.interleaved([four[0]] + six).first == four[0])
        #expect(NameResolution.interleaved([]) == [])
    }
}

@Suite("Deadline and BinaryHeap")
struct DeadlineTests {
    @Test("a poll timeout is rounded up, so that no wait ends before its deadline")
    func pollTimeout() {
        let now = Deadline.Instant.now
        #expect(Deadline.never.pollTimeout(at: now) == -1)
        #expect(Deadline(.microseconds(1), from: now).pollTimeout(at: now) == 1)
        #expect(Deadline(.milliseconds(20), from: now).pollTimeout(at: now) == 20)
        #expect(Deadline(.seconds(-1), from: now).pollTimeout(at: now) == 0)
        #expect(Deadline(.seconds(400 * 86_400), from: now).pollTimeout(at: now) == 86_400_000)
    }

    @Test("of two deadlines the earlier one counts, and never is later than all")
    func earlier() {
        let now = Deadline.Instant.now
        let soon = Deadline(.seconds(1), from: now)
        let late = Deadline(.seconds(2), from: now)
        #expect(soon.or(late) == soon)
        #expect(late.or(soon) == soon)
        #expect(Deadline.never.or(late) == late)
        #expect(late.or(.never) == late)
        #expect(soon.isPast(at: now.advanced(by: .seconds(1))))
        #expect(!soon.isPast(at: now))
        #expect(!Deadline.never.isPast(at: now.advanced(by: .seconds(1_000_000))))
    }

    @Test("a heap gives its elements back in order")
    func heap() {
        var heap = BinaryHeap<Int> { $0 < $1 }
        var state: UInt32 = 1
        var inserted: [Int] = []
        for round in 0..<500 {
            state = state &* 1_664_525 &+ 1_013_904_223
            let value = Int(state >> 20)
            heap.insert(value)
            inserted.append(value)
            if round % 3 == 2, let taken = heap.removeFirst() {
                #expect(taken == inserted.min())
                inserted.remove(at: inserted.firstIndex(of: taken) ?? 0)
            }
        }
        var taken: [Int] = []
        while let value = heap.removeFirst() { taken.append(value) }
        #expect(taken == inserted.sorted())
        #expect(heap.count == 0 && heap.first == nil)
    }
}
