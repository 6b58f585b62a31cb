// TicketKeyRing.swift — the keys that tickets are sealed with: changed daily, read by many threads at once.
// RFC 5077 §4, §5.5; RFC 8446 §4.6.1.
// Next: TicketSealer.swift.

public import CryptoGlue
internal import Synchronization
public import WireFormat

/// Seals the sessions of a server into tickets that its clients keep for it, and opens them again.
///
///     configuration.sessionTickets = try TicketKeyRing(clock: clock)
///
/// A ring makes its own keys, and a new one each day: a ticket is opened with the key of the day or that of the day
/// before. Several machines that serve the same clients share keys instead:
///
///     try ring.setKeys([today, yesterday])
///
/// Thread-safe, and shared by all connections of a server. Sealing and opening take one of several ciphers that is not in
/// use; nothing waits for a lock that all connections share, but once a day, when the keys change.
///
/// The secrets of retired keys are wiped when they retire. A ring that nobody uses does not notice that time goes by:
/// ``rotateIfDue()`` may be called by a timer.
public final class TicketKeyRing: Sendable {
    /// Seconds for which a key seals; it opens for as long again. Keys that were set stay until others are.
    public let rotation: UInt32
    /// The most keys that can be set at once.
    public static let mostKeys = 8

    private let random: any RandomSource
    private let clock: any WallClock
    private let stripes: [Stripe]
    /// Taken when keys change, never to seal or to open; before a stripe's lock, never after it.
    private let keys: Mutex<[TicketKey]>
    /// When the key that seals began to, in seconds since 1970; `never` for keys that were set.
    private let start: Atomic<Int64>

    private static let never = Int64.min
    private static let stripeCount = 16
    /// Random nonces of 96 bits: RFC 8446 has no limit here, NIST SP 800-38D §8.3 has 2^32 under one key.
    private static let ticketsPerStripe: UInt64 = (1 << 32) / UInt64(stripeCount)
    private let limit: UInt64

    private final class Stripe: Sendable {
        let sealer: Mutex<TicketSealer>
        init(_ random: any RandomSource) { sealer = Mutex(TicketSealer(random)) }
    }

    /// A ring with a new key.
    ///
    /// - Parameters:
    ///   - random: where keys and nonces come from.
    ///   - clock: tells when keys have to change.
    ///   - rotation: seconds for which a key seals, at least 1; a day by default (RFC 5077 §5.5).
    /// - Throws: `HandshakeError.crypto` when there is no randomness, `.configuration` when it is all zero, or for a
    ///   rotation of 0.
    public convenience init(
        random: any RandomSource = SystemRandom(), clock: any WallClock, rotation: UInt32 = 86_400
    ) throws(HandshakeError) {
        try self.init(random: random, clock: clock, rotation: rotation, limit: TicketKeyRing.ticketsPerStripe)
    }

    /// - Parameter limit: tickets that each of 16 ciphers may seal under one key.
    package init(
        random: any RandomSource, clock: any WallClock, rotation: UInt32, limit: UInt64
    ) throws(HandshakeError) {
        guard rotation > 0 else { throw .configuration("a ticket key ring needs a rotation of a second or more") }
        self.random = random
        self.clock = clock
        self.rotation = rotation
        self.limit = limit
        stripes = (0..<TicketKeyRing.stripeCount).map { _ in Stripe(random) }
        let first = [try TicketKey.random(from: random)]
        keys = Mutex(first)
        start = Atomic(clock.now().seconds)
        try install(first)
    }

    /// Replaces the keys: the first seals from now on, all of them open, and those that are not among them are wiped. The
    /// ring makes no keys of its own any more; who sets keys changes them in time, on every machine: a new one is added
    /// last, then put first, and stays for another period when the next one comes.
    ///
    /// - Parameter newKeys: 1 to 8 keys, each of another name.
    /// - Throws: `HandshakeError.configuration` for no keys, too many, or two of a name; `.crypto` when the backend fails.
    ///   The ring may be without keys then: it issues and accepts no tickets until keys are set.
    public func setKeys(_ newKeys: [TicketKey]) throws(HandshakeError) {
        guard (1...TicketKeyRing.mostKeys).contains(newKeys.count) else {
            throw .configuration("a ticket key ring takes 1 to \(TicketKeyRing.mostKeys) keys")
        }
        guard Set(newKeys.map(\.name)).count == newKeys.count else {
            throw .configuration("two ticket keys have the same name")
        }
        try keys.withLock { (keys) throws(HandshakeError) in
            start.store(TicketKeyRing.never, ordering: .releasing)
            keys = newKeys
            try install(newKeys)
        }
    }

    /// Forgets all keys, and makes a new one as on the first day: no ticket of before opens any more.
    ///
    /// - Throws: as ``init(random:clock:rotation:)``; the ring then neither issues nor accepts tickets.
    public func renew() throws(HandshakeError) {
        try keys.withLock { (keys) throws(HandshakeError) in
            do throws(HandshakeError) {
                keys = [try TicketKey.random(from: random)]
                try install(keys)
            } catch {
                keys = []
                clear()
                throw error
            }
            start.store(clock.now().seconds, ordering: .releasing)
        }
    }

    /// Changes the key when its time has come, as every use of the ring does.
    ///
    /// - Throws: as ``init(random:clock:rotation:)``; the ring then neither issues nor accepts tickets.
    public func rotateIfDue() throws(HandshakeError) {
        let now = clock.now().seconds
        guard isDue(at: now) else { return }
        try keys.withLock { (keys) throws(HandshakeError) in
            // Another thread may have been first.
            guard isDue(at: now) else { return }
            let began = start.load(ordering: .acquiring)
            // A clock that went back tells nothing of the key's age: it has one more period.
            guard now >= began else { return start.store(now, ordering: .releasing) }
            let periods = (now - began) / Int64(rotation)
            do throws(HandshakeError) {
                // After two periods without a ticket the key of before has retired too.
                let next = [try TicketKey.random(from: random)] + (periods == 1 ? keys.prefix(1) : [])
                keys = next
                try install(next)
            } catch {
                // Better none than one whose time is over.
                keys = []
                clear()
                throw error
            }
            start.store(began + periods * Int64(rotation), ordering: .releasing)
        }
    }

    /// Seals what stands between `TicketForm.header` and `TicketForm.trailer` octets of room.
    ///
    /// - Parameter hint: which cipher to try first; spread over connections.
    /// - Throws: `HandshakeError.crypto` when no key may seal, or the backend fails.
    package func seal(_ record: inout SecretBytes, hint: Int) throws(HandshakeError) -> [UInt8] {
        try rotateIfDue()
        do throws(CryptoError) { try sealWithFreeStripe(&record, first: index(hint)) } catch {
            throw .crypto(error, during: "sealing a ticket")
        }
        return [UInt8](copying: record.bytes)
    }

    private func sealWithFreeStripe(_ record: inout SecretBytes, first: Int) throws(CryptoError) {
        for offset in 0..<stripes.count {
            let stripe = stripes[(first + offset) % stripes.count]
            let done: Void? = try stripe.sealer.withLockIfAvailable { (sealer) throws(CryptoError) in
                try sealer.seal(&record, limit: limit)
            }
            if done != nil { return }
        }
        try stripes[first].sealer.withLock { (sealer) throws(CryptoError) in try sealer.seal(&record, limit: limit) }
    }

    /// The plaintext of what this ring, or another with the same keys, has sealed, between `TicketForm.header` and
    /// `TicketForm.trailer` octets; nil for everything else.
    package func open(_ ticket: Span<UInt8>) -> SecretBytes? {
        guard ticket.count >= TicketForm.header + TicketForm.trailer else { return nil }
        do throws(HandshakeError) { try rotateIfDue() } catch { return nil }
        var record = SecretBytes(copying: ticket)
        // A nonce is as good as random.
        let isOpen = openWithFreeStripe(&record, first: index(Int(ticket[TicketKey.nameLength])))
        guard isOpen else { return nil }
        return record
    }

    private func openWithFreeStripe(_ record: inout SecretBytes, first: Int) -> Bool {
        for offset in 0..<stripes.count {
            let stripe = stripes[(first + offset) % stripes.count]
            if let isOpen = stripe.sealer.withLockIfAvailable({ $0.open(&record) }) { return isOpen }
        }
        return stripes[first].sealer.withLock { $0.open(&record) }
    }

    private func index(_ hint: Int) -> Int { Int(UInt(bitPattern: hint) % UInt(stripes.count)) }

    private func isDue(at now: Int64) -> Bool {
        let began = start.load(ordering: .acquiring)
        guard began != TicketKeyRing.never else { return false }
        return now < began || now - began >= Int64(rotation)
    }

    /// Gives every stripe these keys, or none when the backend fails; called by who holds the lock of `keys`, or has the
    /// ring for itself.
    private func install(_ keys: [TicketKey]) throws(HandshakeError) {
        for stripe in stripes {
            do throws(CryptoError) {
                try stripe.sealer.withLock { (sealer) throws(CryptoError) in try sealer.install(keys) }
            } catch {
                clear()
                throw .crypto(error, during: "taking a ticket key")
            }
        }
    }

    private func clear() {
        for stripe in stripes { stripe.sealer.withLock { $0.clear() } }
    }
}
