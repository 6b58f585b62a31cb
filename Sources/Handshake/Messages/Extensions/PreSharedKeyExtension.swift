// PreSharedKeyExtension.swift — pre_shared_key: the client's identities and binders, the server's choice.
// RFC 8446 §4.2.11.
// Next: EarlyDataExtension.swift.

package import WireFormat

/// A ticket, or the name of an external key.
package struct PSKIdentity: Equatable, Sendable {
    /// 1 to 65535 octets.
    package var identity: [UInt8]
    /// obfuscated_ticket_age: milliseconds since the ticket came, plus ticket_age_add, modulo 2^32.
    package var obfuscatedTicketAge: UInt32

    package init(identity: [UInt8], obfuscatedTicketAge: UInt32) {
        self.identity = identity
        self.obfuscatedTicketAge = obfuscatedTicketAge
    }
}

/// OfferedPsks. That there are as many binders as identities is the handshake's to check.
package struct PreSharedKeyExtension: Equatable, Sendable {
    package var identities: [PSKIdentity]
    /// Each 32 to 255 octets.
    package var binders: [[UInt8]]

    package init(identities: [PSKIdentity], binders: [[UInt8]]) {
        self.identities = identities
        self.binders = binders
    }

    /// RFC 8446 §4.2.11.2: how many octets at the end of the ClientHello the binders' transcript leaves out.
    package var bindersLength: Int {
        binders.reduce(2) { $0 + 1 + $1.count }
    }

    package func writeClientHello(into writer: inout WireWriter) {
        writer.vector16("identities", 7...65535) { list in
            for entry in identities {
                list.vector16("identity", 1...65535) { $0.bytes(entry.identity) }
                list.uint32(entry.obfuscatedTicketAge)
            }
        }
        writer.vector16("binders", 33...65535) { list in
            for binder in binders {
                list.vector8("PskBinderEntry", 32...255) { $0.bytes(binder) }
            }
        }
    }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> PreSharedKeyExtension {
        var reader = WireReader(body)
        var identityList = try reader.vector16("identities", 7...65535)
        var binderList = try reader.vector16("binders", 33...65535)
        try reader.end("pre_shared_key")
        var identities: [PSKIdentity] = []
        while !identityList.isEmpty {
            var identity = try identityList.vector16("identity", 1...65535)
            let age = try identityList.uint32("obfuscated_ticket_age")
            identities.append(PSKIdentity(identity: identity.restAsArray(), obfuscatedTicketAge: age))
        }
        var binders: [[UInt8]] = []
        while !binderList.isEmpty {
            var binder = try binderList.vector8("PskBinderEntry", 32...255)
            binders.append(binder.restAsArray())
        }
        return PreSharedKeyExtension(identities: identities, binders: binders)
    }

    package static func writeServerHello(_ selectedIdentity: UInt16, into writer: inout WireWriter) {
        writer.uint16(selectedIdentity)
    }

    /// selected_identity: an index into the client's identities.
    package static func parseServerHello(_ body: Span<UInt8>) throws(DecodeError) -> UInt16 {
        var reader = WireReader(body)
        let selected = try reader.uint16("selected_identity")
        try reader.end("pre_shared_key")
        return selected
    }
}
