// MessagesTLS12KeyExchangeTests.swift — ServerKeyExchange and ClientKeyExchange.
// RFC 5246 §7.4.3, §7.4.7; RFC 8422 §5.4, §5.7.
// Next: MessagesTLS12ExtensionTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: key exchange of TLS 1.2")
struct MessagesTLS12KeyExchangeTests {
    typealias Method = TLS12Suite.KeyExchangeMethod

    private func server(_ body: [UInt8], _ method: Method) throws -> TLS12ServerKeyExchange {
        try Codec.parse(body) { (span) throws(DecodeError) in try TLS12ServerKeyExchange.parse(span, method) }
    }

    private func client(_ body: [UInt8], _ method: Method) throws -> TLS12ClientKeyExchange {
        try Codec.parse(body) { (span) throws(DecodeError) in try TLS12ClientKeyExchange.parse(span, method) }
    }

    @Test("RFC 8422 §5.4: a named curve, a point, a scheme and a signature", arguments: [Method.ecdheECDSA, .ecdheRSA])
    func ecdhe(_ method: Method) throws {
        let body: [UInt8] = [3, 0, 29, 2, 7, 8, 8, 4, 0, 3, 1, 2, 3]
        let parsed = try server(body, method)
        #expect(parsed.parameters == .ecdhe(.x25519, point: [7, 8]))
        #expect(parsed.scheme == .rsaPSSRSAESHA256)
        #expect(parsed.signature == [1, 2, 3])
        #expect(try parsed.message().encoded == [12, 0, 0, 13] + body)
    }

    @Test("RFC 5246 §7.4.3: exactly the parameters are signed, as they came")
    func signedOctets() throws {
        #expect(try server([3, 0, 29, 2, 7, 8, 8, 4, 0, 0], .ecdheRSA).encodedParameters == [3, 0, 29, 2, 7, 8])
        let body: [UInt8] = [0, 2, 0, 23, 0, 1, 5, 0, 1, 8]
        #expect(try server(body + [8, 4, 0, 0], .dheRSA).encodedParameters == body)
        // A leading zero is part of what was signed.
        #expect(
            try TLS12ServerKeyExchange.encode(.dhe(prime: [0, 23], generator: [5], publicValue: [8])) == body)
    }

    @Test(
        "RFC 8422 §5.4: curves that are not named, and points without octets, are decode_error",
        arguments: [
            ([1, 0, 29, 1, 7, 8, 4, 0, 0], .valueOutOfRange, "curve_type"),
            ([2, 0, 29, 1, 7, 8, 4, 0, 0], .valueOutOfRange, "curve_type"),
            ([0, 0, 29, 1, 7, 8, 4, 0, 0], .valueOutOfRange, "curve_type"),
            ([3, 0, 29, 0, 8, 4, 0, 0], .lengthOutOfRange, "point"),
            ([3, 0, 29, 9, 7, 8, 4, 0, 0], .truncated, "point"),
        ] as [([UInt8], DecodeError.Rule, String)])
    func ecdheBounds(_ body: [UInt8], _ rule: DecodeError.Rule, _ field: String) {
        #expect(throws: DecodeError(rule, field)) { try server(body, .ecdheRSA) }
    }

    @Test(
        "RFC 5246 §7.4.3: dh_p, dh_g and dh_Ys have at least one octet each",
        arguments: [
            ([0, 0, 0, 1, 2, 0, 1, 3, 8, 4, 0, 0], "dh_p"), ([0, 1, 9, 0, 0, 0, 1, 3, 8, 4, 0, 0], "dh_g"),
            ([0, 1, 9, 0, 1, 2, 0, 0, 8, 4, 0, 0], "dh_Ys"),
        ] as [([UInt8], String)])
    func dheBounds(_ body: [UInt8], _ field: String) {
        #expect(throws: DecodeError(.lengthOutOfRange, field)) { try server(body, .dheRSA) }
    }

    @Test("RFC 5246 §7.4.3: static RSA has no ServerKeyExchange, FREAK's export key the less")
    func rsa() {
        #expect(throws: DecodeError(.valueOutOfRange, "ServerKeyExchange")) {
            try server([0, 1, 9, 0, 1, 3, 8, 4, 0, 0], .rsa)
        }
    }

    @Test("RFC 5246 §7.4.3: parameters outside their bounds are not written")
    func writing() {
        for parameters in [
            TLS12ServerKeyExchange.Parameters.ecdhe(.x25519, point: []),
            .ecdhe(.x25519, point: Codec.filler(256)), .dhe(prime: [], generator: [2], publicValue: [3]),
            .dhe(prime: [9], generator: [], publicValue: [3]), .dhe(prime: [9], generator: [2], publicValue: []),
            .dhe(prime: Codec.filler(65536), generator: [2], publicValue: [3]),
        ] {
            #expect(throws: DecodeError.self) {
                try TLS12ServerKeyExchange(parameters, scheme: .ed25519, signature: [])
            }
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "signature")) {
            try TLS12ServerKeyExchange(
                .ecdhe(.x25519, point: [1]), scheme: .ed25519, signature: Codec.filler(65536)
            ).message()
        }
    }

    @Test("RFC 5246 §7.4.7, RFC 8422 §5.7: the client's share, with a length of one octet or of two")
    func clientForms() throws {
        #expect(try TLS12ClientKeyExchange.ecdhe(point: [7, 8]).message().encoded == [16, 0, 0, 3, 2, 7, 8])
        #expect(try TLS12ClientKeyExchange.dhe(publicValue: [7, 8]).message().encoded == [16, 0, 0, 4, 0, 2, 7, 8])
        #expect(try TLS12ClientKeyExchange.rsa(encrypted: [7, 8]).message().encoded == [16, 0, 0, 4, 0, 2, 7, 8])
        #expect(try client([2, 7, 8], .ecdheECDSA) == .ecdhe(point: [7, 8]))
        #expect(try client([0, 2, 7, 8], .dheRSA) == .dhe(publicValue: [7, 8]))
        #expect(try client([0, 2, 7, 8], .rsa) == .rsa(encrypted: [7, 8]))
    }

    @Test("RFC 5246 §7.4.7.2: an implicit share, in a client certificate, does not exist here")
    func implicit() {
        #expect(throws: DecodeError(.truncated, "dh_Yc")) { try client([], .dheRSA) }
        #expect(throws: DecodeError(.truncated, "ecdh_Yc")) { try client([], .ecdheRSA) }
        #expect(throws: DecodeError(.lengthOutOfRange, "ecdh_Yc")) { try client([0], .ecdheRSA) }
        #expect(throws: DecodeError(.lengthOutOfRange, "dh_Yc")) { try client([0, 0], .dheRSA) }
    }
}
