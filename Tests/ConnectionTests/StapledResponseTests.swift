// StapledResponseTests.swift — the OCSP response of a server takes part in its verification, in either version.
// RFC 6066 §8; RFC 8446 §4.4.2.1.

import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Stapled OCSP responses")
struct StapledResponseTests {
    private static func configuration(
        _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) throws -> ClientConfiguration {
        var configuration = try TLS12Pair.configuration()
        configuration.pathPolicy.revocation.mode = .prefer
        change(&configuration)
        return configuration
    }

    @Test("T-44: a stapled response that is none is bad_certificate_status_response, in TLS 1.3 and in TLS 1.2")
    func wrong() throws {
        var current = try InMemoryPair(try Self.configuration())
        try current.server.serverHello()
        try current.server.encryptedExtensions()
        try current.server.certificate { message in
            message.entries[0].extensions.append(.statusRequest) {
                StatusRequestExtension.writeCertificateEntry([0x30, 0], into: &$0)
            }
        }
        let error = try current.refuses(.badCertificateStatusResponse)
        #expect(error?.explanation.section == "RFC 6960 §3.2")

        var former = try TLS12Pair(try Self.configuration())
        former.server.ocspResponse = [0x30, 0]
        try former.server.serverHello()
        try former.server.certificate()
        try former.server.certificateStatus()
        _ = try former.refuses(.badCertificateStatusResponse)
    }

    @Test("T-44: a status that is required and does not come is certificate_unknown, in TLS 1.3 and in TLS 1.2")
    func required() throws {
        let configuration = try Self.configuration { $0.pathPolicy.revocation.mode = .require }
        var current = try InMemoryPair(configuration)
        try current.server.answer()
        let error = try current.refuses(.certificateUnknown)
        #expect(error?.explanation.section == "RFC 5280 §6.3.3")
        for announces in [false, true] {
            var former = try TLS12Pair(configuration)
            // Announced in the ServerHello and then left out.
            former.server.ocspResponse = announces ? [0x30, 0] : nil
            try former.server.serverHello()
            try former.server.certificate()
            try former.server.serverKeyExchange()
            _ = try former.refuses(.certificateUnknown)
        }
    }

    @Test(
        "RFC 6066 §8: a status is asked for when the configuration says so, or when one is required", arguments: 0..<4)
    func asked(_ bits: Int) throws {
        let (asks, requires) = (bits & 1 != 0, bits & 2 != 0)
        let configuration = try Self.configuration {
            $0.requestsCertificateStatus = asks
            $0.pathPolicy.revocation.mode = requires ? .require : .prefer
        }
        let pair = try InMemoryPair(configuration)
        #expect((pair.server.hello.extensions.body(of: .statusRequest) != nil) == (asks || requires))
    }

    @Test("RFC 6066 §8: a server that announced a response and sends none is verified before its next message counts")
    func leftOut() throws {
        var pair = try TLS12Pair(try Self.configuration { $0.verification = .additional { _ in .later } })
        pair.server.ocspResponse = [0x30, 0]
        try pair.server.serverHello()
        try pair.server.certificate()
        try pair.server.serverKeyExchange()
        try pair.server.serverHelloDone()
        try pair.client.receive(try pair.server.takeOutput())
        #expect(pair.client.events == [.wantsVerification])
        try pair.client.resume(.peerAccepted)
        try pair.finish()
        #expect(pair.client.connection.info.stapledOCSPResponse == nil)
        try pair.exchange()
    }

    @Test("RFC 6066 §8: the message that came in a response's place is refused when it does not belong there")
    func wrongMessage() throws {
        let pair = try TLS12Pair(try Self.configuration { $0.verification = .additional { _ in .later } })
        pair.server.ocspResponse = [0x30, 0]
        try pair.server.serverHello()
        try pair.server.certificate()
        try pair.server.serverHelloDone()
        try pair.client.receive(try pair.server.takeOutput())
        #expect(pair.client.events == [.wantsVerification])
        let error = #expect(throws: TLSError.self) { try pair.client.resume(.peerAccepted) }
        #expect(error?.alert == .unexpectedMessage)
    }
}
