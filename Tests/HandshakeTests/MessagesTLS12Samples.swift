// MessagesTLS12Samples.swift — the examples of TLS 1.2's messages and extensions.
// RFC 5246 §7.4.
// Next: MessagesCodecTests.swift.

import Handshake
import WireFormat

extension Samples {
    static func ecdhe() throws -> TLS12ServerKeyExchange {
        try TLS12ServerKeyExchange(
            .ecdhe(.secp256r1, point: [4] + Codec.filler(64)), scheme: .ecdsaSecp256r1SHA256,
            signature: Codec.filler(71, 0x30))
    }

    static func dhe() throws -> TLS12ServerKeyExchange {
        try TLS12ServerKeyExchange(
            .dhe(prime: Codec.filler(40, 0xff), generator: [2], publicValue: Codec.filler(40)),
            scheme: .rsaPSSRSAESHA256, signature: Codec.filler(50))
    }

    static let request12 = TLS12CertificateRequest(
        certificateTypes: [TLS12CertificateRequest.rsaSign, TLS12CertificateRequest.ecdsaSign, 0x0a],
        signatureSchemes: [.ecdsaSecp256r1SHA256, SignatureScheme(rawValue: 0x0201)],
        authorities: [Codec.filler(9, 0x30), [0x30]])
}

extension CodecCase {
    /// Messages without a body.
    static let withoutBody: Set<String> = ["EndOfEarlyData", "ServerHelloDone", "HelloRequest"]

    static let messages12: [CodecCase] =
        [
            message(
                "Certificate of TLS 1.2", TLS12Certificate(certificates: [Codec.filler(40, 0x30), [0x30]]),
                TLS12Certificate.parse
            ) { try $0.message() },
            message(
                "CertificateStatus", TLS12CertificateStatus(ocspResponse: Codec.filler(30)),
                TLS12CertificateStatus.parse
            ) { try $0.message() },
            message("CertificateRequest of TLS 1.2", Samples.request12, TLS12CertificateRequest.parse) {
                try $0.message()
            },
            message("ServerHelloDone", TLS12ServerHelloDone(), TLS12ServerHelloDone.parse) { try $0.message() },
            message("HelloRequest", HelloRequest(), HelloRequest.parse) { try $0.message() },
            message(
                "NewSessionTicket of TLS 1.2", TLS12NewSessionTicket(lifetimeHint: 7200, ticket: Codec.filler(20)),
                TLS12NewSessionTicket.parse
            ) { try $0.message() },
            message("Finished of TLS 1.2", Finished(verifyData: Codec.filler(12)), Finished.parse12) {
                try $0.message()
            },
            clientKeyExchange("ECDHE", .ecdhe(point: Codec.filler(65)), .ecdheECDSA),
            clientKeyExchange("DHE", .dhe(publicValue: Codec.filler(60)), .dheRSA),
            clientKeyExchange("RSA", .rsa(encrypted: Codec.filler(60)), .rsa),
        ]
        // A sample that cannot be made is missing from the list, which `count` shows.
        + ((try? [
            serverKeyExchange("ECDHE", Samples.ecdhe(), .ecdheRSA), serverKeyExchange("DHE", Samples.dhe(), .dheRSA),
        ]) ?? [])

    private static func clientKeyExchange(
        _ name: String, _ value: TLS12ClientKeyExchange, _ method: TLS12Suite.KeyExchangeMethod
    ) -> CodecCase {
        CodecCase(
            "ClientKeyExchange, \(name)", value,
            parse: { (body: Span<UInt8>) throws(DecodeError) in try TLS12ClientKeyExchange.parse(body, method) },
            writing: { Codec.body(try $0.message()) })
    }

    private static func serverKeyExchange(
        _ name: String, _ value: TLS12ServerKeyExchange, _ method: TLS12Suite.KeyExchangeMethod
    ) -> CodecCase {
        CodecCase(
            "ServerKeyExchange, \(name)", value,
            parse: { (body: Span<UInt8>) throws(DecodeError) in try TLS12ServerKeyExchange.parse(body, method) },
            writing: { Codec.body(try $0.message()) })
    }

    static let extensionBodies12: [CodecCase] = [
        body(
            "renegotiation_info of a ClientHello", Codec.filler(12), RenegotiationInfoExtension.parseClientHello,
            RenegotiationInfoExtension.writeClientHello),
        body(
            "renegotiation_info of a ServerHello", Codec.filler(24), RenegotiationInfoExtension.parseServerHello,
            RenegotiationInfoExtension.writeServerHello),
        body(
            "ec_point_formats of a ClientHello", [0, 1, 2], ECPointFormatsExtension.parseClientHello,
            ECPointFormatsExtension.writeClientHello),
        body(
            "ec_point_formats of a ServerHello", [0], ECPointFormatsExtension.parseServerHello,
            ECPointFormatsExtension.writeServerHello),
        body(
            "status_request of a ClientHello",
            StatusRequestExtension.Request(responderIDs: [Codec.filler(6), [0x30]], requestExtensions: [0x30, 0]),
            StatusRequestExtension.parseClientHello, StatusRequestExtension.writeClientHello),
        body(
            "status_request of a CertificateEntry", Codec.filler(30), StatusRequestExtension.parseCertificateEntry,
            StatusRequestExtension.writeCertificateEntry),
        body(
            "record_size_limit of a ClientHello", 0x4000, RecordSizeLimitExtension.parseClientHello,
            RecordSizeLimitExtension.writeClientHello),
        body(
            "record_size_limit of a server", 63, RecordSizeLimitExtension.parseServer,
            RecordSizeLimitExtension.writeServer),
    ]
}
