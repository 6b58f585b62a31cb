// TicketSealer.swift — seals and opens tickets in place, under a few keyed ciphers.
// RFC 5077 §4; RFC 5116 §3.2 for the nonces.
// Next: ServerSessions.swift.

internal import CryptoGlue
internal import WireFormat

/// The form of a ticket, which nobody but its server reads:
///
///     opaque key_name[16]; opaque nonce[12];      // the additional data
///     opaque sealed[];                            // AES-256-GCM: as long as the plaintext
///     opaque tag[16];
package enum TicketForm {
    package static let header = TicketKey.nameLength + nonceLength
    package static let trailer = 16
    static let nonceLength = 12
}

/// The ciphers of a ring, keyed: one sealer is used by one thread at a time.
struct TicketSealer: ~Copyable {
    /// A key with its cipher. Its owner is a sealer, and nobody else.
    private final class Keyed {
        let name: [UInt8]
        var cipher: RecordAEAD
        /// Tickets sealed with it here.
        var count: UInt64 = 0

        init(_ key: TicketKey) throws(CryptoError) {
            name = key.name
            let secret = key.storage.secret.copy()
            cipher = try RecordAEAD(.aes256GCM, key: secret.bytes)
        }
    }

    private let random: any RandomSource
    /// The first one seals, all of them open.
    private var keys: [Keyed] = []
    private var nonces = [UInt8](repeating: 0, count: TicketSealer.noncesPerDraw * TicketForm.nonceLength)
    private var unusedNonces = 0

    /// The system's generator has a lock that all threads share: it is asked once for so many tickets.
    private static let noncesPerDraw = 64

    init(_ random: any RandomSource) { self.random = random }

    /// Takes these keys and closes the ciphers of all others, which wipes them. A key that was here keeps its count.
    mutating func install(_ keys: [TicketKey]) throws(CryptoError) {
        let counts = self.keys.map { (name: $0.name, count: $0.count) }
        clear()
        var next: [Keyed] = []
        for key in keys {
            let keyed = try Keyed(key)
            keyed.count = counts.first { $0.name == key.name }?.count ?? 0
            next.append(keyed)
        }
        self.keys = next
    }

    /// Closes all ciphers, which wipes their keys.
    mutating func clear() { keys = [] }

    /// Writes header and tag around the plaintext, and encrypts it.
    ///
    /// - Parameters:
    ///   - record: `TicketForm.header` octets of room, the plaintext, `TicketForm.trailer` octets of room.
    ///   - limit: tickets that one key may seal here.
    /// - Throws: `CryptoError.invalidKey` when there is no key that may seal.
    mutating func seal(_ record: inout SecretBytes, limit: UInt64) throws(CryptoError) {
        guard let key = keys.first, key.count < limit else { throw .invalidKey("no ticket key that may seal") }
        let nonce = try nextNonce()
        key.count += 1
        let name = key.name
        var octets = record.mutableBytes
        guard octets.count >= TicketForm.header + TicketForm.trailer else { throw .lengthOutOfRange("a ticket") }
        octets.copy(name.span, at: 0)
        octets.copy(nonce.span, at: TicketKey.nameLength)
        try key.cipher.seal(&octets, header: TicketForm.header, nonce: nonce)
    }

    /// Decrypts in place; false when no key of ours has sealed it: then the record is wiped, or untouched when its name is
    /// unknown.
    mutating func open(_ record: inout SecretBytes) -> Bool {
        let nonce: InlineArray<12, UInt8>
        let key: Keyed
        do {
            let octets = record.bytes
            guard octets.count >= TicketForm.header + TicketForm.trailer else { return false }
            let name = [UInt8](copying: octets.extracting(first: TicketKey.nameLength))
            // The name is public, and so is the time that finding it takes.
            guard let found = keys.first(where: { $0.name == name }) else { return false }
            key = found
            nonce = InlineArray { octets[TicketKey.nameLength + $0] }
        }
        var octets = record.mutableBytes
        do throws(CryptoError) { try key.cipher.open(&octets, header: TicketForm.header, nonce: nonce) } catch {
            return false
        }
        return true
    }

    private mutating func nextNonce() throws(CryptoError) -> InlineArray<12, UInt8> {
        if unusedNonces == 0 {
            let random = random
            var octets = nonces.mutableSpan
            try random.fill(&octets)
            unusedNonces = TicketSealer.noncesPerDraw
        }
        // Taken before it is used: none is used twice.
        unusedNonces -= 1
        let start = unusedNonces * TicketForm.nonceLength
        return InlineArray { nonces[start + $0] }
    }
}
