// TLS12ServerKeyExchange.swift — the server's ephemeral share and the signature over it.
// RFC 5246 §7.4.3; RFC 8422 §5.4.
// Next: TLS12CertificateRequest.swift.

package import WireFormat

package struct TLS12ServerKeyExchange: Equatable, Sendable {
    /// What the premaster secret is agreed with.
    package enum Parameters: Equatable, Sendable {
        /// ServerECDHParams: a named curve and a point of 1 to 255 octets.
        case ecdhe(NamedGroup, point: [UInt8])
        /// ServerDHParams: dh_p, dh_g and dh_Ys, each 1 to 65535 octets.
        case dhe(prime: [UInt8], generator: [UInt8], publicValue: [UInt8])
    }

    package let parameters: Parameters
    /// The parameters as they stand on the wire: after both randoms, exactly these octets are signed.
    package let encodedParameters: [UInt8]
    package let scheme: SignatureScheme
    /// At most 65535 octets; the form depends on the scheme.
    package let signature: [UInt8]

    /// A message to send.
    ///
    /// - Throws: `DecodeError(.lengthOutOfRange)` when a parameter is outside its bounds.
    package init(
        _ parameters: Parameters, scheme: SignatureScheme, signature: [UInt8]
    ) throws(DecodeError) {
        self.init(
            parameters, encoded: try TLS12ServerKeyExchange.encode(parameters), scheme: scheme, signature: signature)
    }

    private init(_ parameters: Parameters, encoded: [UInt8], scheme: SignatureScheme, signature: [UInt8]) {
        self.parameters = parameters
        encodedParameters = encoded
        self.scheme = scheme
        self.signature = signature
    }

    /// ServerECDHParams or ServerDHParams: what a server signs after both randoms.
    package static func encode(_ parameters: Parameters) throws(DecodeError) -> [UInt8] {
        var writer = WireWriter()
        switch parameters {
        case .ecdhe(let group, let point):
            writer.uint8(namedCurve)
            writer.uint16(group.rawValue)
            writer.vector8("point", 1...255) { $0.bytes(point) }
        case .dhe(let prime, let generator, let publicValue):
            writer.vector16("dh_p", 1...65535) { $0.bytes(prime) }
            writer.vector16("dh_g", 1...65535) { $0.bytes(generator) }
            writer.vector16("dh_Ys", 1...65535) { $0.bytes(publicValue) }
        }
        return try writer.finish()
    }

    package func message() throws(DecodeError) -> HandshakeMessage { try message(.tls12) }

    package func message(_ form: MessageForm) throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .serverKeyExchange) { writer in
            writer.bytes(encodedParameters)
            if form.namesSignatureScheme { writer.uint16(scheme.rawValue) }
            writer.vector16("signature") { $0.bytes(signature) }
        }
    }

    /// - Parameter method: the key exchange of the suite, which the form depends on. Static RSA has no such message
    ///   (RFC 5246 §7.4.3), which is the handshake's to say; here its body has no form at all.
    package static func parse(
        _ body: Span<UInt8>, _ method: TLS12Suite.KeyExchangeMethod, _ form: MessageForm = .tls12
    ) throws(DecodeError) -> TLS12ServerKeyExchange {
        var reader = WireReader(body)
        let parameters: Parameters
        switch method {
        case .ecdheECDSA, .ecdheRSA: parameters = try parseECDHE(&reader)
        case .dheRSA: parameters = try parseDHE(&reader)
        case .rsa: throw DecodeError(.valueOutOfRange, "ServerKeyExchange")
        }
        let encoded = [UInt8](copying: body.extracting(first: body.count - reader.remaining))
        // RFC 2246 §7.4.3: before TLS 1.2 the suite says it.
        var scheme: SignatureScheme = method == .ecdheECDSA ? .ecdsaSHA1 : .rsaPKCS1MD5SHA1
        if form.namesSignatureScheme { scheme = SignatureScheme(rawValue: try reader.uint16("algorithm")) }
        var signature = try reader.vector16("signature")
        try reader.end("ServerKeyExchange")
        return TLS12ServerKeyExchange(
            parameters, encoded: encoded, scheme: scheme, signature: signature.restAsArray())
    }

    /// ECCurveType.named_curve.
    private static let namedCurve: UInt8 = 3

    private static func parseECDHE(_ reader: inout WireReader) throws(DecodeError) -> Parameters {
        // RFC 8422 §5.4: curves given by their parameters are deprecated; their form is none any more.
        guard try reader.uint8("curve_type") == namedCurve else { throw DecodeError(.valueOutOfRange, "curve_type") }
        let group = NamedGroup(rawValue: try reader.uint16("namedcurve"))
        var point = try reader.vector8("point", 1...255)
        return .ecdhe(group, point: point.restAsArray())
    }

    private static func parseDHE(_ reader: inout WireReader) throws(DecodeError) -> Parameters {
        var prime = try reader.vector16("dh_p", 1...65535)
        var generator = try reader.vector16("dh_g", 1...65535)
        var publicValue = try reader.vector16("dh_Ys", 1...65535)
        return .dhe(
            prime: prime.restAsArray(), generator: generator.restAsArray(), publicValue: publicValue.restAsArray())
    }
}
