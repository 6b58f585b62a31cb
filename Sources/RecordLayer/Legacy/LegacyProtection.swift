// LegacyProtection.swift — how records before TLS 1.2 are protected, as data.
// RFC 6101 §5.2.3; RFC 2246 §6.2.3; RFC 4346 §6.2.3; RFC 7366.
// Next: LegacyStreamProtection.swift.

package import CryptoGlue
package import WireFormat

/// The record protection of a suite of SSL 3.0, TLS 1.0 or TLS 1.1.
package struct LegacyProtection: Sendable, Equatable {
    package let version: ProtocolVersion
    package let cipher: LegacyCipher
    package let mac: LegacyHashAlgorithm
    /// RFC 7366; never with SSL 3.0 or a stream cipher.
    package let encryptThenMAC: Bool
    package let use: LegacyUse

    package init(
        version: ProtocolVersion, cipher: LegacyCipher, mac: LegacyHashAlgorithm, encryptThenMAC: Bool = false,
        use: LegacyUse
    ) {
        self.version = version
        self.cipher = cipher
        self.mac = mac
        self.encryptThenMAC = encryptThenMAC
        self.use = use
    }

    /// What the key block holds for one direction. RFC 4346 §6.3: since TLS 1.1 no IV.
    var lengths: (macKey: Int, key: Int, iv: Int) {
        (mac.digestLength, cipher.keyLength, version < .tls11 ? cipher.blockLength ?? 0 : 0)
    }

    /// The MAC of records under this key.
    func recordMAC(_ key: RecordKey) throws(RecordError) -> RecordMAC {
        let octets = key.macKey.copy()
        do throws(CryptoError) {
            // RFC 6101 §5.2.3.1: SSL 3.0 came before HMAC.
            return try RecordMAC(mac, isHMAC: version != .ssl30, key: octets.bytes, use)
        } catch { throw .crypto(error) }
    }
}
