// TLS12Offer.swift — what a ClientHello says that only a server of TLS 1.2 asks for.
// RFC 5246 §7.4.1.2; RFC 5746 §3.6; RFC 7627 §5.1; RFC 7366 §2; RFC 8422 §5.1.2; RFC 5077 §3.2; RFC 6066 §8.
// Next: TLS12SuiteNegotiation.swift.

internal import WireFormat

/// The extensions of a ClientHello that TLS 1.2 answers in a way of its own, checked.
struct TLS12Offer: Sendable {
    /// RFC 7627: the master secret is to be bound to the handshake.
    let offersExtendedMasterSecret: Bool
    /// RFC 7366.
    let offersEncryptThenMAC: Bool
    /// RFC 5746 §3.6: renegotiation_info or its SCSV is there.
    let isRenegotiationSecure: Bool
    /// ec_point_formats is there, and answered with an ECC suite.
    let hasPointFormats: Bool
    /// RFC 6066 §8: an OCSP response is asked for.
    let requestsStatus: Bool
    /// RFC 5077 §3.2: the ticket; empty to ask for one, nil when the client knows no tickets.
    let ticket: [UInt8]?

    /// - Parameter version: in SSL 3.0 only the renegotiation of RFC 5746 §4.5 means something.
    init(_ hello: ReceivedHello, _ version: ProtocolVersion) throws(HandshakeError) {
        isRenegotiationSecure = try TLS12Offer.isRenegotiationSecure(hello.hello)
        guard version > .ssl30 else {
            (offersExtendedMasterSecret, offersEncryptThenMAC, hasPointFormats) = (false, false, false)
            (requestsStatus, ticket) = (false, nil)
            return
        }
        let extensions = hello.hello.extensions
        offersExtendedMasterSecret =
            try ReceivedHello.parse(
                .extendedMasterSecret, extensions, ExtendedMasterSecretExtension.parseClientHello) != nil
        offersEncryptThenMAC =
            try ReceivedHello.parse(.encryptThenMAC, extensions, EncryptThenMACExtension.parseClientHello) != nil
        ticket = try ReceivedHello.parse(.sessionTicket, extensions, SessionTicketExtension.parseClientHello)
        hasPointFormats = try TLS12Offer.hasPointFormats(hello)
        requestsStatus = try TLS12Offer.requestsStatus(extensions)
    }

    /// RFC 5746 §3.6: in a first handshake the extension is empty; the SCSV stands for it.
    private static func isRenegotiationSecure(_ hello: ClientHello) throws(HandshakeError) -> Bool {
        let connection = try ReceivedHello.parse(
            .renegotiationInfo, hello.extensions, RenegotiationInfoExtension.parseClientHello)
        guard connection?.isEmpty ?? true else { throw .clientMisbehaved(.renegotiationInfoNotEmpty) }
        return connection != nil || hello.cipherSuites.contains(.emptyRenegotiationInfoSCSV)
    }

    private static func hasPointFormats(_ hello: ReceivedHello) throws(HandshakeError) -> Bool {
        let formats = try ReceivedHello.parse(
            .ecPointFormats, hello.hello.extensions, ECPointFormatsExtension.parseClientHello)
        guard let formats else { return false }
        // RFC 8422 §5.1.2: who names curves takes uncompressed points.
        let namesCurves = hello.groups?.contains { !$0.isFiniteField } ?? false
        guard formats.contains(ECPointFormatsExtension.uncompressed) || !namesCurves else {
            throw .clientMisbehaved(.noUncompressedPoints)
        }
        return true
    }

    /// RFC 6066 §8: a request of another type is none that we can answer.
    private static func requestsStatus(_ extensions: ExtensionBlock) throws(HandshakeError) -> Bool {
        guard let body = extensions.body(of: .statusRequest) else { return false }
        guard body.first ?? StatusRequestExtension.ocspType == StatusRequestExtension.ocspType else { return false }
        _ = try parsing(.clientHello) { () throws(DecodeError) in
            try StatusRequestExtension.parseClientHello(body.span)
        }
        return true
    }
}
