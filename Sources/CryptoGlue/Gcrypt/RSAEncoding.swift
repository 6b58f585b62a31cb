// RSAEncoding.swift — the paddings of RSA signatures, for signing.
// RFC 8017 §9.1.1 (EMSA-PSS), §9.2 (EMSA-PKCS1-v1_5), App. B.2.1 (MGF1).
// Next: GcryptECDSA.swift.

import WireFormat

enum RSAEncoding {
    /// EMSA-PKCS1-v1_5: 00 01 FF … FF 00 DigestInfo, `length` bytes.
    static func pkcs1(
        _ digest: [UInt8], _ hash: HashAlgorithm, length: Int
    ) throws(CryptoError) -> [UInt8] {
        try pkcs1(content: digestInfoPrefix(hash) + digest, length: length)
    }

    /// 00 01 FF … FF 00 and the content, `length` bytes.
    static func pkcs1(content: [UInt8], length: Int) throws(CryptoError) -> [UInt8] {
        // RFC 8017 §9.2 step 3: at least eight bytes of padding.
        guard length >= content.count + 11 else { throw .invalidKey("an RSA key too small for its signature") }
        return [0, 1] + [UInt8](repeating: 0xff, count: length - content.count - 3) + [0] + content
    }

    /// EMSA-PSS with MGF1 over the same hash; the number it stands for has at most `bits` bits.
    static func pss(
        _ digest: [UInt8], _ hash: HashAlgorithm, salt: [UInt8], bits: Int
    ) throws(CryptoError) -> [UInt8] {
        let length = (bits + 7) / 8
        // RFC 8017 §9.1.1 step 3.
        guard length >= digest.count + salt.count + 2 else {
            throw .invalidKey("an RSA key too small for RSA-PSS with \(hash.rawValue)")
        }
        // H = Hash(00 × 8 || mHash || salt); DB = 00 … 00 01 salt; EM = (DB xor MGF1(H)) || H || BC.
        let input = [UInt8](repeating: 0, count: 8) + digest + salt
        var hashed = try GcryptHash(hash)
        hashed.update(input.span)
        let h = try hashed.snapshot()
        var block = [UInt8](repeating: 0, count: length - h.count - salt.count - 2) + [1] + salt
        let mask = try mgf1(h, hash, length: block.count)
        for index in block.indices { block[index] ^= mask[index] }
        block[0] &= 0xff >> UInt8(8 * length - bits)
        return block + h + [0xbc]
    }

    private static func mgf1(_ seed: [UInt8], _ hash: HashAlgorithm, length: Int) throws(CryptoError) -> [UInt8] {
        var mask: [UInt8] = []
        var counter: UInt32 = 0
        while mask.count < length {
            let input = seed + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: counter >> UInt32($0)) }
            mask += try GcryptHash.digest(hash, input.span)
            counter += 1
        }
        return Array(mask.prefix(length))
    }

    /// RFC 8017 §9.2 note 1: the DER of DigestInfo up to the digest.
    private static func digestInfoPrefix(_ hash: HashAlgorithm) -> [UInt8] {
        let length = UInt8(hash.digestLength)
        let identifier: UInt8 =
            switch hash {
            case .sha256: 1
            case .sha384: 2
            case .sha512: 3
            }
        return [
            0x30, 17 + length, 0x30, 13, 0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, identifier, 0x05, 0,
            0x04, length,
        ]
    }
}
