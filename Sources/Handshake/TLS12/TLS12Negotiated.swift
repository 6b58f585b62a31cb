// TLS12Negotiated.swift — what the ServerHello settled, as the client needs it.
// RFC 5246 §7.4.1.3; RFC 5077 §3.2; RFC 6066 §8; RFC 7250 §4.2.
// Next: TLS12ServerHelloRules.swift.

internal import Certificates
internal import CryptoGlue
internal import WireFormat

/// What the ServerHello settled. Fixed from then on.
package struct TLS12Negotiated: Sendable {
    let offer: ClientOffer
    let parameters: TLS12Parameters
    /// The ID the server gave the new session; empty when it does not keep it.
    let sessionID: [UInt8]
    /// RFC 5077 §3.2: a NewSessionTicket comes.
    let expectsTicket: Bool
    /// RFC 6066 §8: a CertificateStatus may come.
    let mayStaple: Bool
    /// What the server answered of certificate types.
    let certificateTypes: CertificateTypes

    var suite: TLS12Suite { parameters.suite }
    var rules: VersionRules { parameters.rules }
    var randoms: TLS12Randoms { parameters.randoms }
    var usesExtendedMasterSecret: Bool { parameters.usesExtendedMasterSecret }
}
