// CBCRules.swift — how the CBC records of the versions differ, as data.
// RFC 5246 §6.2.3.2; RFC 4346 §6.2.3.2; RFC 2246 §6.2.3.2; RFC 6101 §5.2.3.2; RFC 7366.
// Next: TLS12CBCProtection.swift.

internal import CryptoGlue
internal import WireFormat

/// What padding may look like.
package struct CBCPadding: Sendable {
    /// The greatest padding_length.
    let longest: Int
    /// Every octet of it has the value of padding_length; else they may be anything.
    let isFilled: Bool

    /// RFC 5246 §6.2.3.2, and RFC 2246 and 4346 alike.
    package static let tls = CBCPadding(longest: 255, isFilled: true)

    /// RFC 6101 §5.2.3.2: shorter than a block, of octets that nobody looks at. That is POODLE: the record's last block can
    /// be exchanged for another, and one in so many is taken (docs/attacks.md, T-07).
    package static func ssl30(blockLength: Int) -> CBCPadding {
        CBCPadding(longest: blockLength - 1, isFilled: false)
    }
}

/// The rules of one version and suite.
struct CBCRules: Sendable {
    /// Stands in every record and, but for SSL 3.0, under its MAC.
    let version: ProtocolVersion
    let blockLength: Int
    let macLength: Int
    /// RFC 7366.
    let encryptThenMAC: Bool
    let padding: CBCPadding

    static func tls12(_ algorithm: CBCAlgorithm, encryptThenMAC: Bool) -> CBCRules {
        CBCRules(
            version: .tls12, blockLength: RecordCBC.longestBlock, macLength: algorithm.macLength,
            encryptThenMAC: encryptThenMAC, padding: .tls)
    }

    /// nil for a suite without blocks.
    init?(_ legacy: LegacyProtection) {
        guard let blockLength = legacy.cipher.blockLength else { return nil }
        self.init(
            version: legacy.version, blockLength: blockLength, macLength: legacy.mac.digestLength,
            encryptThenMAC: legacy.encryptThenMAC,
            padding: legacy.version == .ssl30 ? .ssl30(blockLength: blockLength) : .tls)
    }

    private init(
        version: ProtocolVersion, blockLength: Int, macLength: Int, encryptThenMAC: Bool, padding: CBCPadding
    ) {
        self.version = version
        self.blockLength = blockLength
        self.macLength = macLength
        self.encryptThenMAC = encryptThenMAC
        self.padding = padding
    }

    /// RFC 4346 §6.2.3.2: since TLS 1.1 each record has an IV of its own, in front. Before, the last block of a record is the
    /// IV of the next one.
    var hasExplicitIV: Bool { version >= .tls11 }

    /// Where an IV can be known before the content is chosen, the first octet of application data goes alone: its MAC makes
    /// the IV of the rest one that nobody can predict (T-05, BEAST).
    var splitsFirstOctet: Bool { !hasExplicitIV }
}
