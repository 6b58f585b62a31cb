// ScriptedRecords12.swift — the octets between a scripted TLS 1.2 side and its peer: records, messages, keys.
// RFC 5246 §6.2, §6.3.
// Next: ScriptedKeys12.swift.

internal import CryptoGlue
internal import Handshake
internal import WireFormat

/// One side's two directions. It seals and opens with `ScriptedProtection12`, without the library's record layer.
package struct ScriptedRecords12: ~Copyable {
    private var incoming: [UInt8] = []
    private var handshake: [UInt8] = []
    private var outgoing: [UInt8] = []
    /// Handshake octets that wait for `flush`.
    private var flight: [UInt8] = []
    private var reading: ScriptedProtection12?
    private var writing: ScriptedProtection12?
    private var isReadProtected = false
    private var isWriteProtected = false
    /// Levels of the alerts that came.
    private(set) var alertLevels: [UInt8] = []
    /// The longest record content that came under a key.
    private(set) var longestContent = 0

    // MARK: From the peer

    mutating func append(_ octets: [UInt8]) { incoming += octets }

    /// The next whole record, opened.
    mutating func nextRecord() throws -> (type: ContentType, content: [UInt8])? {
        guard incoming.count >= 5 else { return nil }
        let length = Int(incoming[3]) << 8 | Int(incoming[4])
        guard incoming.count >= 5 + length else { return nil }
        let type = ContentType(rawValue: incoming[0])
        var content = Array(incoming[5..<5 + length])
        incoming.removeFirst(5 + length)
        if isReadProtected {
            content = try ScriptError.unwrap(try reading?.open(type, content))
            longestContent = max(longestContent, content.count)
        }
        if type == .handshake { handshake += content }
        if type == .alert { alertLevels.append(content[0]) }
        return (type, content)
    }

    /// The next whole message of the handshake records so far.
    mutating func nextMessage() -> HandshakeMessage? {
        guard handshake.count >= 4 else { return nil }
        let length = 4 + (Int(handshake[1]) << 16 | Int(handshake[2]) << 8 | Int(handshake[3]))
        guard handshake.count >= length else { return nil }
        let encoded = Array(handshake.prefix(length))
        handshake.removeFirst(length)
        return HandshakeMessage(type: HandshakeType(rawValue: encoded[0]), encoded: encoded)
    }

    /// What comes from now on is under this key.
    mutating func protectReading(_ protection: consuming ScriptedProtection12) {
        reading = consume protection
        isReadProtected = true
    }

    /// The explicit nonces or IVs of the records that came under the peer's key.
    var peerNonces: [[UInt8]] {
        switch reading {
        case .some(let protection): protection.explicitNonces
        case .none: []
        }
    }

    // MARK: To the peer

    /// All octets for the peer that were not taken yet.
    mutating func takeOutput() throws -> [UInt8] {
        try flush()
        defer { outgoing = [] }
        return outgoing
    }

    mutating func queue(_ octets: [UInt8]) { flight += octets }

    /// Seals the handshake octets that wait, in records of `fragment` octets.
    mutating func flush(fragment: Int = 1 << 14) throws {
        while !flight.isEmpty {
            let piece = Array(flight.prefix(fragment))
            flight.removeFirst(piece.count)
            try appendRecord(.handshake, piece)
        }
    }

    /// A record of any type under the current key; `edit` changes what is encrypted.
    mutating func send(
        _ type: ContentType, _ content: [UInt8], paddingBlocks: Int = 0, _ edit: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        try flush()
        try appendRecord(type, content, paddingBlocks: paddingBlocks, edit)
    }

    /// Octets as they are.
    mutating func sendRaw(_ octets: [UInt8]) throws {
        try flush()
        outgoing += octets
    }

    /// What is sent from now on is under this key.
    mutating func protectWriting(_ protection: consuming ScriptedProtection12) throws {
        try flush()
        writing = consume protection
        isWriteProtected = true
    }

    private mutating func appendRecord(
        _ type: ContentType, _ content: [UInt8], paddingBlocks: Int = 0, _ edit: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        var fragment = content
        if isWriteProtected {
            fragment = try ScriptError.unwrap(
                try writing?.seal(type, content, paddingBlocks: paddingBlocks, edit))
        }
        outgoing += [type.rawValue, 3, 3, UInt8(fragment.count >> 8), UInt8(fragment.count & 0xff)] + fragment
    }
}

extension ScriptedKeys12 {
    /// RFC 5246 §6.3: client MAC key, server MAC key, client key, server key, client IV, server IV.
    static func protection(
        ofClient: Bool, _ suite: TLS12Suite, master: [UInt8], clientRandom: [UInt8], serverRandom: [UInt8],
        encryptThenMAC: Bool, random: FixedRandom
    ) throws -> ScriptedProtection12 {
        let lengths = ScriptedProtection12.lengths(suite.protection)
        let total = 2 * (lengths.macKey + lengths.key + lengths.iv)
        let block = try prf(suite.hash, master, "key expansion", serverRandom + clientRandom, total)
        func part(_ start: Int, _ length: Int) -> [UInt8] {
            let begin = start + (ofClient ? 0 : length)
            return Array(block[begin..<begin + length])
        }
        return try ScriptedProtection12(
            suite.protection, encryptThenMAC: encryptThenMAC, macKey: part(0, lengths.macKey),
            key: part(2 * lengths.macKey, lengths.key), iv: part(2 * (lengths.macKey + lengths.key), lengths.iv),
            random: random)
    }

    /// RFC 5705 §4.
    static func export(
        _ hash: HashAlgorithm, _ master: [UInt8], _ randoms: [UInt8], label: String, context: [UInt8]?, length: Int
    ) throws -> [UInt8] {
        var seed = randoms
        if let context { seed += [UInt8(context.count >> 8), UInt8(context.count & 0xff)] + context }
        return try prf(hash, master, label, seed, length)
    }
}
