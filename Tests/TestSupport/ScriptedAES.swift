// ScriptedAES.swift — AES and SHA-1 written out, so that CBC records are tested against code of another origin.
// FIPS 197; FIPS 180-4 §6.1; RFC 2104.
// Next: ScriptedProtection12.swift.

/// The block cipher with a key of 16 or 32 octets. For tests only: slow, and its time tells the key.
struct ScriptedAES {
    private let roundKeys: [UInt8]
    private let rounds: Int

    init(key: [UInt8]) {
        let words = key.count / 4
        rounds = words + 6
        var expanded = key
        var constant: UInt8 = 1
        while expanded.count < 16 * (rounds + 1) {
            let index = expanded.count / 4
            var word = Array(expanded.suffix(4))
            if index % words == 0 {
                word = [word[1], word[2], word[3], word[0]].map { ScriptedAES.box[Int($0)] }
                word[0] ^= constant
                constant = ScriptedAES.doubled(constant)
            } else if words > 6, index % words == 4 {
                word = word.map { ScriptedAES.box[Int($0)] }
            }
            let start = expanded.count - key.count
            for place in 0..<4 { expanded.append(expanded[start + place] ^ word[place]) }
        }
        roundKeys = expanded
    }

    /// - Parameter plaintext: whole blocks.
    func encryptCBC(_ plaintext: [UInt8], iv: [UInt8]) -> [UInt8] {
        var previous = iv
        var result: [UInt8] = []
        for start in stride(from: 0, to: plaintext.count, by: 16) {
            for index in 0..<16 { previous[index] ^= plaintext[start + index] }
            encrypt(&previous)
            result += previous
        }
        return result
    }

    func decryptCBC(_ ciphertext: [UInt8], iv: [UInt8]) -> [UInt8] {
        var previous = iv
        var result: [UInt8] = []
        for start in stride(from: 0, to: ciphertext.count, by: 16) {
            var block = Array(ciphertext[start..<start + 16])
            let next = block
            decrypt(&block)
            for index in 0..<16 { result.append(block[index] ^ previous[index]) }
            previous = next
        }
        return result
    }

    func encrypt(_ state: inout [UInt8]) {
        addKey(0, &state)
        for round in 1...rounds {
            state = (0..<16).map { ScriptedAES.box[Int(state[($0 + 4 * ($0 % 4)) % 16])] }
            if round < rounds { ScriptedAES.mixColumns(&state) }
            addKey(round, &state)
        }
    }

    func decrypt(_ state: inout [UInt8]) {
        for round in stride(from: rounds, to: 0, by: -1) {
            addKey(round, &state)
            if round < rounds {
                // The inverse of MixColumns is MixColumns after this.
                for column in stride(from: 0, to: 16, by: 4) {
                    let even = ScriptedAES.doubled(ScriptedAES.doubled(state[column] ^ state[column + 2]))
                    let odd = ScriptedAES.doubled(ScriptedAES.doubled(state[column + 1] ^ state[column + 3]))
                    state[column] ^= even
                    state[column + 2] ^= even
                    state[column + 1] ^= odd
                    state[column + 3] ^= odd
                }
                ScriptedAES.mixColumns(&state)
            }
            state = (0..<16).map { ScriptedAES.inverseBox[Int(state[($0 + 12 * ($0 % 4)) % 16])] }
        }
        addKey(0, &state)
    }

    private func addKey(_ round: Int, _ state: inout [UInt8]) {
        for index in 0..<16 { state[index] ^= roundKeys[16 * round + index] }
    }

    private static func mixColumns(_ state: inout [UInt8]) {
        for column in stride(from: 0, to: 16, by: 4) {
            let old = Array(state[column..<column + 4])
            let all = old[0] ^ old[1] ^ old[2] ^ old[3]
            for row in 0..<4 { state[column + row] ^= all ^ doubled(old[row] ^ old[(row + 1) % 4]) }
        }
    }

    private static func doubled(_ value: UInt8) -> UInt8 { value << 1 ^ (value & 0x80 != 0 ? 0x1b : 0) }

    /// FIPS 197 §5.1.1: the inverse in GF(2^8), then an affine map; 3 and its inverse run through the field.
    private static let box: [UInt8] = {
        var box = [UInt8](repeating: 0x63, count: 256)
        var (value, inverse): (UInt8, UInt8) = (1, 1)
        repeat {
            value ^= doubled(value)
            inverse ^= inverse << 1
            inverse ^= inverse << 2
            inverse ^= inverse << 4
            if inverse & 0x80 != 0 { inverse ^= 0x09 }
            var mapped = inverse ^ 0x63
            for turn: UInt8 in 1...4 { mapped ^= inverse << turn | inverse >> (8 - turn) }
            box[Int(value)] = mapped
        } while value != 1
        return box
    }()

    private static let inverseBox: [UInt8] = {
        var inverse = [UInt8](repeating: 0, count: 256)
        for (index, value) in box.enumerated() { inverse[Int(value)] = UInt8(index) }
        return inverse
    }()
}

enum ScriptedSHA1 {
    static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        let padded = key + [UInt8](repeating: 0, count: 64 - key.count)
        return digest(padded.map { $0 ^ 0x5c } + digest(padded.map { $0 ^ 0x36 } + message))
    }

    static func digest(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        let bits = UInt64(message.count) * 8
        padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) }
        var hash: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        for start in stride(from: 0, to: padded.count, by: 64) { compress(Array(padded[start..<start + 64]), &hash) }
        return hash.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }
    }

    private static func compress(_ block: [UInt8], _ hash: inout [UInt32]) {
        var schedule = (0..<16).map { word in
            (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(block[4 * word + $1]) }
        }
        for index in 16..<80 {
            schedule.append(
                rotated(schedule[index - 3] ^ schedule[index - 8] ^ schedule[index - 14] ^ schedule[index - 16], 1))
        }
        var (a, b, c, d, e) = (hash[0], hash[1], hash[2], hash[3], hash[4])
        for (index, word) in schedule.enumerated() {
            let (mixed, constant): (UInt32, UInt32) =
                switch index {
                case ..<20: (b & c | ~b & d, 0x5a82_7999)
                case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
                case ..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
                default: (b ^ c ^ d, 0xca62_c1d6)
                }
            (a, b, c, d, e) = (rotated(a, 5) &+ mixed &+ e &+ constant &+ word, a, rotated(b, 30), c, d)
        }
        for (index, value) in [a, b, c, d, e].enumerated() { hash[index] &+= value }
    }

    private static func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 { value << count | value >> (32 - count) }
}
