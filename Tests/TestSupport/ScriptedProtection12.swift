// ScriptedProtection12.swift — TLS 1.2 records sealed and opened without RecordLayer, also those no honest sealer makes.
// RFC 5246 §6.2.3; RFC 5288 §3; RFC 6655 §3; RFC 7905 §2; RFC 7366 §3.
// Next: ScriptedKeys12.swift.

internal import CryptoGlue
package import Handshake
package import WireFormat

/// What went wrong at the scripted server: the client broke a rule, or the script did.
package enum ScriptError12: Error {
    case badRecord, badFinished, badCertificateVerify, badPremaster
}

/// One direction's keys and sequence number.
package struct ScriptedProtection12: ~Copyable {
    private let protection: TLS12Suite.Protection
    private let encryptThenMAC: Bool
    private var aead: RecordAEAD?
    private let aes: ScriptedAES
    private let macKey: [UInt8]
    private let iv: [UInt8]
    private let random: FixedRandom
    package private(set) var sequence: UInt64 = 0
    /// The explicit nonces of the records that were opened.
    package private(set) var explicitNonces: [[UInt8]] = []

    package init(
        _ protection: TLS12Suite.Protection, encryptThenMAC: Bool, macKey: [UInt8], key: [UInt8], iv: [UInt8],
        random: FixedRandom
    ) throws {
        self.protection = protection
        self.encryptThenMAC = encryptThenMAC
        self.macKey = macKey
        self.iv = iv
        self.random = random
        aes = ScriptedAES(key: key)
        if case .aead(let algorithm) = protection { aead = try RecordAEAD(algorithm, key: key.span) }
    }

    /// How many octets of the key block one direction takes: MAC key, key, IV.
    package static func lengths(_ protection: TLS12Suite.Protection) -> (macKey: Int, key: Int, iv: Int) {
        switch protection {
        case .aead(.chaCha20Poly1305): (0, 32, 12)
        case .aead(let algorithm): (0, algorithm.keyLength, 4)
        case .cbc(let algorithm): (algorithm.macLength, algorithm.keyLength, 0)
        // The scripted peers speak TLS 1.2.
        case .legacy: (0, 0, 0)
        }
    }

    // MARK: Sealing

    /// The fragment of one record.
    ///
    /// - Parameters:
    ///   - paddingBlocks: blocks of padding more than needed; CBC only.
    ///   - edit: changes what is encrypted: content, MAC and padding with CBC, the content alone otherwise.
    package mutating func seal(
        _ type: ContentType, _ content: [UInt8], paddingBlocks: Int = 0, _ edit: (inout [UInt8]) -> Void = { _ in }
    ) throws -> [UInt8] {
        defer { sequence += 1 }
        switch protection {
        case .aead(let algorithm):
            var content = content
            edit(&content)
            var record = additionalData(type, content.count) + content
            record += [UInt8](repeating: 0, count: algorithm.tagLength)
            let explicit = algorithm == .chaCha20Poly1305 ? [] : ScriptedProtection12.octets(sequence)
            let nonce = nonce(explicit)
            var span = record.mutableSpan
            try aead?.seal(&span, header: 13, nonce: nonce)
            return explicit + record.dropFirst(13)
        case .cbc(let algorithm):
            var plaintext = content
            if !encryptThenMAC { plaintext += try mac(algorithm, type, content.count, content) }
            let padding = 15 - plaintext.count % 16 + 16 * paddingBlocks
            plaintext += [UInt8](repeating: UInt8(padding), count: padding + 1)
            edit(&plaintext)
            let start = try draw(16)
            let encrypted = start + aes.encryptCBC(plaintext, iv: start)
            return encryptThenMAC ? encrypted + (try mac(algorithm, type, encrypted.count, encrypted)) : encrypted
        case .legacy: throw ScriptError12.badRecord
        }
    }

    // MARK: Opening

    package mutating func open(_ type: ContentType, _ fragment: [UInt8]) throws -> [UInt8] {
        defer { sequence += 1 }
        switch protection {
        case .aead(let algorithm):
            let explicit = Array(fragment.prefix(algorithm == .chaCha20Poly1305 ? 0 : 8))
            let sealed = Array(fragment.dropFirst(explicit.count))
            guard sealed.count >= algorithm.tagLength else { throw ScriptError12.badRecord }
            explicitNonces.append(explicit)
            var record = additionalData(type, sealed.count - algorithm.tagLength) + sealed
            let nonce = nonce(explicit)
            var span = record.mutableSpan
            try aead?.open(&span, header: 13, nonce: nonce)
            return Array(record[13..<record.count - algorithm.tagLength])
        case .cbc(let algorithm):
            return try openCBC(algorithm, type, fragment)
        case .legacy: throw ScriptError12.badRecord
        }
    }

    private mutating func openCBC(_ algorithm: CBCAlgorithm, _ type: ContentType, _ fragment: [UInt8]) throws -> [UInt8]
    {
        let macLength = algorithm.macLength
        var encrypted = fragment
        if encryptThenMAC {
            guard fragment.count >= macLength else { throw ScriptError12.badRecord }
            encrypted = Array(fragment.dropLast(macLength))
            guard try mac(algorithm, type, encrypted.count, encrypted) == Array(fragment.suffix(macLength)) else {
                throw ScriptError12.badRecord
            }
        }
        guard encrypted.count >= 32, encrypted.count % 16 == 0 else { throw ScriptError12.badRecord }
        explicitNonces.append(Array(encrypted.prefix(16)))
        var plaintext = aes.decryptCBC(Array(encrypted.dropFirst(16)), iv: Array(encrypted.prefix(16)))
        let padding = plaintext[plaintext.count - 1]
        guard plaintext.count > Int(padding), plaintext.suffix(Int(padding) + 1).allSatisfy({ $0 == padding }) else {
            throw ScriptError12.badRecord
        }
        plaintext.removeLast(Int(padding) + 1)
        guard !encryptThenMAC else { return plaintext }
        guard plaintext.count >= macLength else { throw ScriptError12.badRecord }
        let content = Array(plaintext.dropLast(macLength))
        guard try mac(algorithm, type, content.count, content) == Array(plaintext.suffix(macLength)) else {
            throw ScriptError12.badRecord
        }
        return content
    }

    // MARK: The parts

    /// RFC 5246 §6.2.3.3: seq_num, type, version, length.
    private func additionalData(_ type: ContentType, _ length: Int) -> [UInt8] {
        ScriptedProtection12.octets(sequence) + [type.rawValue, 3, 3, UInt8(length >> 8), UInt8(length & 0xff)]
    }

    private func mac(_ algorithm: CBCAlgorithm, _ type: ContentType, _ length: Int, _ octets: [UInt8]) throws -> [UInt8]
    {
        let message = additionalData(type, length) + octets
        switch algorithm {
        case .aes128SHA1, .aes256SHA1: return ScriptedSHA1.hmac(key: macKey, message)
        case .aes128SHA256, .aes256SHA256: return try ScriptedKeys12.hmac(.sha256, macKey, message)
        case .aes256SHA384: return try ScriptedKeys12.hmac(.sha384, macKey, message)
        }
    }

    /// RFC 5288 §3: salt and explicit part. RFC 7905 §2: the IV xor the sequence number.
    private func nonce(_ explicit: [UInt8]) -> InlineArray<12, UInt8> {
        let number = ScriptedProtection12.octets(sequence)
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        for index in 0..<12 {
            if explicit.isEmpty {
                nonce[index] = iv[index] ^ (index < 4 ? 0 : number[index - 4])
            } else {
                nonce[index] = index < 4 ? iv[index] : explicit[index - 4]
            }
        }
        return nonce
    }

    private func draw(_ count: Int) throws -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        var span = octets.mutableSpan
        try random.fill(&span)
        return octets
    }

    private static func octets(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    }
}
