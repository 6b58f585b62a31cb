// ExtendedMasterSecretExtension.swift — extended_master_secret: an empty mark in both hellos.
// RFC 7627 §5.1.
// Next: EncryptThenMACExtension.swift.

package import WireFormat

/// extended_master_secret, which later RFCs call the extended main secret.
package enum ExtendedMasterSecretExtension {
    package static func writeClientHello(into writer: inout WireWriter) {}

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) {
        try WireReader(body).end("extended_master_secret")
    }

    package static func writeServerHello(into writer: inout WireWriter) {}

    package static func parseServerHello(_ body: Span<UInt8>) throws(DecodeError) { try parseClientHello(body) }
}
