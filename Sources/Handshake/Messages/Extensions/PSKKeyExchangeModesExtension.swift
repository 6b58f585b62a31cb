// PSKKeyExchangeModesExtension.swift — psk_key_exchange_modes: how the client will use a pre-shared key.
// RFC 8446 §4.2.9.
// Next: PreSharedKeyExtension.swift.

package import WireFormat

/// PskKeyExchangeMode. An open set.
package struct PSKKeyExchangeMode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The pre-shared key alone.
    package static let pskKE = PSKKeyExchangeMode(rawValue: 0)
    /// The pre-shared key with (EC)DHE.
    package static let pskDHEKE = PSKKeyExchangeMode(rawValue: 1)
}

package enum PSKKeyExchangeModesExtension {
    package static func writeClientHello(_ modes: [PSKKeyExchangeMode], into writer: inout WireWriter) {
        writer.vector8("ke_modes", 1...255) { list in
            for mode in modes { list.uint8(mode.rawValue) }
        }
    }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [PSKKeyExchangeMode] {
        var reader = WireReader(body)
        var modes = try reader.vector8("ke_modes", 1...255)
        try reader.end("psk_key_exchange_modes")
        return modes.restAsArray().map(PSKKeyExchangeMode.init(rawValue:))
    }
}
