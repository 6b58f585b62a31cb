// ServerVersionNegotiation.swift — the version a server chooses from a ClientHello.
// RFC 8446 §4.2.1, App. D.2; RFC 5246 App. E.1; RFC 7507 §3.
// Next: ServerALPNNegotiation.swift.

internal import WireFormat

enum ServerVersionNegotiation {
    /// The highest version that both speak.
    static func choose(
        _ hello: ReceivedHello, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ProtocolVersion {
        let own = hello.configuration.spokenVersions
        let version = own.first { isOffered($0, hello) }
        // RFC 7507 §3: a client that tried a higher version before, and need not have failed. It is told so even when it
        // has fallen below everything we speak.
        let highest = version ?? hello.hello.legacyVersion
        if hello.hello.cipherSuites.contains(.fallbackSCSV), let best = own.first, best > highest {
            throw .clientMisbehaved(.inappropriateFallback(highest, best: best))
        }
        guard let version else {
            throw .clientMisbehaved(.noCommonVersion(offered: offer(hello), own: list(own)))
        }
        output.info.version = version
        output.warn(version, hello.configuration.legacyUse)
        // RFC 7627 §1: the key schedule of TLS 1.3 binds every secret to the handshake by itself.
        output.info.usesExtendedMasterSecret = version == .tls13
        output.log.record(
            Decision(
                .version, .chosen, subject: "ClientHello", expected: list(own), found: "\(version)",
                rule: "the server chooses the highest version that both speak", section: "RFC 8446 §4.2.1"))
        return version
    }

    private static func isOffered(_ version: ProtocolVersion, _ hello: ReceivedHello) -> Bool {
        // RFC 8446 §4.2.1: supported_versions alone counts when it is there.
        if let versions = hello.versions { return versions.contains(version) }
        // RFC 8446 App. D.2: a hello without it speaks TLS 1.2 at most, whatever its legacy_version says.
        return version <= .tls12 && hello.hello.legacyVersion >= version
    }

    private static func offer(_ hello: ReceivedHello) -> String {
        hello.versions.map { list($0) } ?? "\(hello.hello.legacyVersion) and less"
    }
}
