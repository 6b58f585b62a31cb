// ConnectionSettings.swift — what the engine itself needs of a configuration, whichever role it has.
// RFC 8446 §5.4, §5.5.
// Next: ConnectionEngine.swift.

internal import CryptoGlue
internal import Handshake
internal import RecordLayer
internal import WireFormat

struct ConnectionSettings: Sendable {
    let isServer: Bool
    let recordPadding: RecordPadding
    let keyUsageLimit: KeyUsageLimit?
    let random: any RandomSource
    let reportsDecisions: Bool
    /// A client may send early data again that the server has refused.
    let resendsRefusedEarlyData: Bool
    // For the explanation of an alert.
    let versions: [ProtocolVersion]
    let cipherSuites: [CipherSuite]
    let groups: [NamedGroup]

    init(_ configuration: ClientConfiguration) {
        isServer = false
        recordPadding = configuration.recordPadding
        keyUsageLimit = configuration.keyUsageLimit
        random = configuration.provider.random
        reportsDecisions = configuration.reportsDecisions
        resendsRefusedEarlyData = configuration.resendsRefusedEarlyData
        versions = configuration.offeredVersions + (configuration.legacyPermission?.versions.sorted(by: >) ?? [])
        cipherSuites = configuration.cipherSuites
        groups = configuration.groups
    }

    init(_ configuration: ServerConfiguration) {
        isServer = true
        recordPadding = configuration.recordPadding
        keyUsageLimit = configuration.keyUsageLimit
        random = configuration.provider.random
        reportsDecisions = configuration.reportsDecisions
        resendsRefusedEarlyData = false
        versions = configuration.spokenVersions + (configuration.legacyPermission?.versions.sorted(by: >) ?? [])
        cipherSuites = configuration.cipherSuites
        groups = configuration.groups
    }
}
