// TicketKeyRingTests.swift — keys of tickets: how long they live, who shares them, and what none of them opens.
// RFC 5077 §4, §5.5.
// Next: ServerSessionBindingTests.swift.

import CryptoGlue
import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("TicketKeyRing")
struct TicketKeyRingTests {
    private static let day: Int64 = 86_400
    private static let text = Array("what is in a ticket".utf8)

    /// Seals a text.
    static func seal(_ ring: TicketKeyRing, _ text: [UInt8] = text, hint: Int = 0) throws -> [UInt8] {
        let padded =
            [UInt8](repeating: 0, count: TicketForm.header) + text + [UInt8](repeating: 0, count: TicketForm.trailer)
        var record = SecretBytes(copying: padded.span)
        return try ring.seal(&record, hint: hint)
    }

    /// The text of a ticket, nil when it cannot be opened.
    static func open(_ ring: TicketKeyRing, _ ticket: [UInt8]) -> [UInt8]? {
        guard let record = ring.open(ticket.span) else { return nil }
        return Array([UInt8](copying: record.bytes).dropFirst(TicketForm.header).dropLast(TicketForm.trailer))
    }

    private static func key(_ number: UInt8, secret: UInt8 = 7) throws -> TicketKey {
        try key(name: [UInt8](repeating: number, count: 16), secret: [UInt8](repeating: secret, count: 32))
    }

    @Test("RFC 5077 §4: a ticket holds the name of its key, and opens to what was sealed; no two are alike")
    func roundTrip() throws {
        let ring = try TicketKeyRing(clock: SettableClock())
        var tickets: Set<[UInt8]> = []
        var nonces: Set<[UInt8]> = []
        for number in 0..<300 {
            let ticket = try Self.seal(ring, hint: number)
            #expect(ticket.count == 16 + 12 + Self.text.count + 16)
            #expect(Self.open(ring, ticket) == Self.text)
            tickets.insert(ticket)
            nonces.insert(Array(ticket[16..<28]))
        }
        #expect(tickets.count == 300)
        #expect(nonces.count == 300)
        #expect(Set(tickets.map { Array($0[..<16]) }).count == 1)
        let empty = try Self.seal(ring, [])
        #expect(Self.open(ring, empty) == [])
    }

    @Test("a renewed ring opens nothing of before, and changes its keys by itself again")
    func renewal() throws {
        let clock = SettableClock()
        let ring = try TicketKeyRing(clock: clock)
        try ring.setKeys([try Self.key(1), try Self.key(2)])
        let before = try Self.seal(ring)
        try ring.renew()
        #expect(Self.open(ring, before) == nil)
        let after = try Self.seal(ring)
        #expect(Self.open(ring, after) == Self.text)
        clock.set(2 * Self.day)
        #expect(Self.open(ring, after) == nil)
    }

    @Test("T-35, T-37: each flipped bit, each cut, and what follows makes a ticket worthless")
    func forgery() throws {
        let ring = try TicketKeyRing(clock: SettableClock())
        let ticket = try Self.seal(ring)
        for index in ticket.indices {
            for bit in 0..<8 {
                var changed = ticket
                changed[index] ^= 1 << bit
                #expect(Self.open(ring, changed) == nil)
            }
            #expect(Self.open(ring, Array(ticket[..<index])) == nil)
        }
        #expect(Self.open(ring, ticket + [0]) == nil)
        #expect(Self.open(ring, []) == nil)
        #expect(Self.open(try TicketKeyRing(clock: SettableClock()), ticket) == nil)
    }

    @Test("T-35: a ticket sealed with a key of zeros is not opened, not even under our key's name (CVE-2020-13777)")
    func zeroKey() throws {
        for ring in [try TicketKeyRing(clock: SettableClock()), try Self.explicit([Self.key(1)])] {
            let name = Array(try Self.seal(ring)[..<16])
            for name in [name, [UInt8](repeating: 0, count: 16)] {
                let zeros = [UInt8](repeating: 0, count: 32)
                var cipher = try RecordAEAD(.aes256GCM, key: zeros.span)
                var ticket = name + [UInt8](repeating: 5, count: 12) + Self.text + [UInt8](repeating: 0, count: 16)
                var octets = ticket.mutableSpan
                try cipher.seal(&octets, header: TicketForm.header, nonce: InlineArray(repeating: 5))
                #expect(Self.open(ring, ticket) == nil)
            }
        }
    }

    private static func explicit(_ keys: [TicketKey]) throws -> TicketKeyRing {
        let ring = try TicketKeyRing(clock: SettableClock())
        try ring.setKeys(keys)
        return ring
    }

    /// A key of a file's octets.
    private static func key(octets: [UInt8]) throws -> TicketKey {
        let secret = SecretBytes(copying: octets.span)
        return try TicketKey(octets: secret)
    }

    private static func key(name: [UInt8], secret octets: [UInt8]) throws -> TicketKey {
        let secret = SecretBytes(copying: octets.span)
        return try TicketKey(name: name, secret: secret)
    }

    @Test("T-37: no key is all zero, whether it was set or drawn (CVE-2020-13777)")
    func neverZero() throws {
        let zeros = [UInt8](repeating: 0, count: 32)
        #expect(throws: HandshakeError.configuration("the secret of a ticket key is all zero")) {
            try Self.key(name: [UInt8](repeating: 1, count: 16), secret: zeros)
        }
        #expect(throws: HandshakeError.configuration("the secret of a ticket key is all zero")) {
            try TicketKeyRing(random: ConstantRandom(octet: 0), clock: SettableClock())
        }
        #expect(throws: HandshakeError.configuration("the secret of a ticket key is all zero")) {
            try Self.key(octets: [UInt8](repeating: 1, count: 16) + zeros)
        }
    }

    @Test("a key has a name of 16 octets and a secret of 32; a file holds one after the other", arguments: 46...50)
    func lengths(count: Int) throws {
        let octets = (0..<count).map { UInt8($0 + 1) }
        guard count == 48 else {
            #expect(throws: HandshakeError.self) { try Self.key(octets: octets) }
            return
        }
        let key = try Self.key(octets: octets)
        #expect(key.name == Array(octets[..<16]))
        #expect("\(key)" == "ticket key 0102030405060708090a0b0c0d0e0f10")
        let parts = try Self.key(name: Array(octets[..<16]), secret: Array(octets[16...]))
        let ticket = try Self.seal(Self.explicit([key]))
        #expect(Self.open(try Self.explicit([parts]), ticket) == Self.text)
        for (name, secret) in [(15, 32), (17, 32), (16, 31), (16, 33), (16, 0)] {
            #expect(throws: HandshakeError.self) {
                try Self.key(name: [UInt8](repeating: 1, count: name), secret: [UInt8](repeating: 1, count: secret))
            }
        }
    }

    @Test("T-37: the key of the day seals, that of the day before still opens, one older does not")
    func rotation() throws {
        let clock = SettableClock()
        let ring = try TicketKeyRing(clock: clock)
        #expect(ring.rotation == 86_400)
        let first = try Self.seal(ring)
        clock.set(Self.day - 1)
        let late = try Self.seal(ring)
        #expect(late[..<16] == first[..<16])
        clock.set(Self.day)
        let second = try Self.seal(ring)
        #expect(second[..<16] != first[..<16])
        #expect(Self.open(ring, first) == Self.text)
        clock.set(2 * Self.day - 1)
        #expect(Self.open(ring, late) == Self.text)
        clock.set(2 * Self.day)
        let third = try Self.seal(ring)
        #expect(Set([first, second, third].map { $0[..<16] }).count == 3)
        #expect(Self.open(ring, first) == nil)
        #expect(Self.open(ring, second) == Self.text)
        clock.set(3 * Self.day)
        #expect(Self.open(ring, second) == nil)
        #expect(Self.open(ring, third) == Self.text)
    }

    @Test("T-37: keys change by the clock, not by use: one that was used late does not live longer")
    func schedule() throws {
        let clock = SettableClock()
        let ring = try TicketKeyRing(clock: clock)
        let first = try Self.seal(ring)
        // Nobody came for a day and a half.
        clock.set(Self.day * 3 / 2)
        let second = try Self.seal(ring)
        #expect(Self.open(ring, first) == Self.text)
        clock.set(Self.day * 2)
        #expect(Self.open(ring, first) == nil)
        #expect(Self.open(ring, second) == Self.text)
        // Nobody came for two days and more.
        clock.set(Self.day * 4)
        #expect(Self.open(ring, second) == nil)
    }

    @Test("T-33, T-37: a clock that went back does not bring a retired key back, nor make the present one older")
    func backwards() throws {
        let clock = SettableClock()
        let ring = try TicketKeyRing(clock: clock)
        let first = try Self.seal(ring)
        clock.set(2 * Self.day)
        let second = try Self.seal(ring)
        clock.set(0)
        #expect(Self.open(ring, first) == nil)
        #expect(Self.open(ring, second) == Self.text)
        // From now on it has one period, and another in which it opens.
        clock.set(Self.day - 1)
        #expect(try Self.seal(ring)[..<16] == second[..<16])
        clock.set(Self.day)
        #expect(try Self.seal(ring)[..<16] != second[..<16])
        clock.set(2 * Self.day)
        #expect(Self.open(ring, second) == nil)
    }

    @Test("T-37: two machines with the same keys open each other's tickets, the one that seals with the new key too")
    func shared() throws {
        let (old, new) = (try Self.key(1, secret: 1), try Self.key(2, secret: 2))
        let (left, right) = (try Self.explicit([old]), try Self.explicit([old]))
        let ticket = try Self.seal(left)
        #expect(Self.open(right, ticket) == Self.text)
        // A new key comes: first both open with it, then both seal with it.
        try left.setKeys([old, new])
        try right.setKeys([new, old])
        #expect(try Self.seal(left)[..<16] == old.name[...])
        #expect(try Self.seal(right)[..<16] == new.name[...])
        #expect(Self.open(left, try Self.seal(right)) == Self.text)
        #expect(Self.open(right, ticket) == Self.text)
        // The old one goes.
        try right.setKeys([new])
        #expect(Self.open(right, ticket) == nil)
        // A key of the same name with another secret is another key.
        try right.setKeys([try Self.key(1, secret: 3)])
        #expect(Self.open(right, ticket) == nil)
    }

    @Test("keys that were set stay until others are, whatever the clock says")
    func setKeysStay() throws {
        let clock = SettableClock()
        let ring = try TicketKeyRing(clock: clock, rotation: 10)
        let own = try Self.seal(ring)
        try ring.setKeys([try Self.key(1)])
        #expect(Self.open(ring, own) == nil)
        let ticket = try Self.seal(ring)
        for offset in [-1000, 10, 1_000_000] as [Int64] {
            clock.set(offset)
            #expect(Self.open(ring, ticket) == Self.text)
        }
    }

    @Test("keys that cannot be set are refused, and the ring keeps what it has")
    func refused() throws {
        let ring = try Self.explicit([Self.key(1)])
        let ticket = try Self.seal(ring)
        let nine = try (0..<9).map { try Self.key(UInt8($0)) }
        for keys in [[], nine, [try Self.key(3), try Self.key(3, secret: 9)]] {
            #expect(throws: HandshakeError.self) { try ring.setKeys(keys) }
            #expect(Self.open(ring, ticket) == Self.text)
        }
        try ring.setKeys(Array(nine.dropLast()))
        #expect(Self.open(ring, ticket) == Self.text)
        #expect(throws: HandshakeError.self) { _ = try TicketKeyRing(clock: SettableClock(), rotation: 0) }
    }

    @Test("T-37: keys that are set again have sealed what they have sealed: the limit is the key's")
    func countsStay() throws {
        let ring = try TicketKeyRing(random: SystemRandom(), clock: SettableClock(), rotation: 86_400, limit: 2)
        let (first, second) = (try Self.key(1), try Self.key(2))
        try ring.setKeys([first])
        for _ in 0..<2 { _ = try Self.seal(ring) }
        #expect(throws: HandshakeError.self) { try Self.seal(ring) }
        try ring.setKeys([first])
        #expect(throws: HandshakeError.self) { try Self.seal(ring) }
        // Another key in front begins its own count, and the old one keeps its own.
        try ring.setKeys([second, first])
        _ = try Self.seal(ring)
        try ring.setKeys([first, second])
        #expect(throws: HandshakeError.self) { try Self.seal(ring) }
        try ring.setKeys([second])
        _ = try Self.seal(ring)
        #expect(throws: HandshakeError.self) { try Self.seal(ring) }
    }

    @Test("T-37, T-48: a key that retires is wiped: nothing holds it any more")
    func retired() throws {
        let clock = SettableClock()
        weak var set: TicketKey.Storage?
        let ring = try TicketKeyRing(clock: clock)
        do {
            let key = try Self.key(1)
            set = key.storage
            try ring.setKeys([key])
        }
        #expect(set != nil)
        try ring.setKeys([try Self.key(2)])
        #expect(set == nil)
    }

    @Test("T-37: a ring that cannot draw its next key issues and accepts nothing, rather than go on with the old one")
    func noRandomness() throws {
        let clock = SettableClock()
        // Enough for the first key and the nonces of one cipher.
        let random = ScriptedRandom([UInt8](repeating: 9, count: 48 + 64 * 12))
        let ring = try TicketKeyRing(random: random, clock: clock, rotation: 100)
        let ticket = try Self.seal(ring)
        #expect(Self.open(ring, ticket) == Self.text)
        clock.set(100)
        #expect(throws: HandshakeError.self) { try Self.seal(ring) }
        #expect(throws: HandshakeError.self) { try ring.rotateIfDue() }
        #expect(Self.open(ring, ticket) == nil)
        clock.set(0)
        #expect(Self.open(ring, ticket) == nil)
    }

    @Test("T-19: a key seals so many tickets and no more: random nonces do not last for ever")
    func limit() throws {
        let clock = SettableClock()
        let ring = try TicketKeyRing(random: SystemRandom(), clock: clock, rotation: 100, limit: 2)
        // One cipher, since nobody else is here.
        let tickets = try (0..<2).map { _ in try Self.seal(ring) }
        #expect(throws: HandshakeError.self) { try Self.seal(ring) }
        for ticket in tickets { #expect(Self.open(ring, ticket) == Self.text) }
        clock.set(100)
        #expect(Self.open(ring, try Self.seal(ring)) == Self.text)
    }

    @Test("T-37: many threads seal and open while keys change", .timeLimit(.minutes(10)))
    func threads() async throws {
        let clock = SettableClock()
        let ring = try TicketKeyRing(clock: clock, rotation: 10)
        let opened = Tallies<Int>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    for round in 0..<500 {
                        let ticket = try Self.seal(ring, hint: thread)
                        // Between the two the clock may have gone on by two periods.
                        guard let text = Self.open(ring, ticket) else { continue }
                        #expect(text == Self.text)
                        opened.add(thread)
                        if thread == 0 { clock.set(Int64(round)) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(opened.all.reduce(0, +) > 1500)
    }
}
