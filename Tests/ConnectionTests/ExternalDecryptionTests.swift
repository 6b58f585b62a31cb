// ExternalDecryptionTests.swift — static RSA with a key outside the process.
// RFC 5246 §7.4.7.1; RFC 8017 §7.2.2.
// Next: ClientCredentialChoiceTests.swift.

import CryptoGlue
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 server: decryption outside the process")
struct ExternalDecryptionTests {
    private static let suite = CipherSuite.tlsRSAWithAES128GCMSHA256

    private static func pair(decrypts: Bool = true) throws -> TLS12ServerPair {
        var configuration = try TLS12ServerPair.configuration()
        let own = try TestIdentity.serverRSAEncipherment()
        configuration.credentials = .fixed([
            try Credential(certificates: own.certificates, externalSchemes: [.rsaPSSRSAESHA256], decrypts: decrypts)
        ])
        return try TLS12ServerPair(configuration, suites: [suite])
    }

    /// A padded premaster secret, as the bare RSA operation gives it.
    private static func padded(_ premaster: [UInt8]) -> [UInt8] {
        [0, 2] + [UInt8](repeating: 0x55, count: 256 - 3 - premaster.count) + [0] + premaster
    }

    /// At the question, with the premaster secret that the client has sent.
    private static func asked(
        _ pair: inout TLS12ServerPair, extended: Bool = true
    ) throws -> (request: DecryptionRequest, premaster: [UInt8])? {
        pair.client.offersExtendedMasterSecret = extended
        try pair.greet()
        var premaster: [UInt8] = []
        var sent: [UInt8] = []
        try pair.client.clientKeyExchange(
            { if case .rsa(let encrypted) = $0 { sent = encrypted } }, premaster: { premaster = $0 })
        try pair.settle()
        #expect(pair.server.events == [.wantsDecryption])
        guard case .wants(.decrypt(let request)) = try pair.server.event() else {
            Issue.record("a decryption was expected to be asked for")
            return nil
        }
        #expect(request.encrypted == sent)
        #expect(request.certificate == (try TestIdentity.serverRSAEncipherment().certificates.first))
        return (request, premaster)
    }

    @Test("RFC 5246 §7.4.7.1: the key elsewhere decrypts, and the handshake goes on", arguments: [true, false])
    func decrypts(_ extended: Bool) throws {
        var pair = try Self.pair()
        guard let question = try Self.asked(&pair, extended: extended) else { return }
        try pair.server.resume(.decrypted(Self.padded(question.premaster)))
        try pair.client.finish()
        try pair.settle()
        #expect(pair.server.events.last == .handshakeComplete)
        try pair.exchange()
    }

    enum Answer: String, CaseIterable, Sendable {
        case none, nothing, short, long, unpadded, otherType, noZero, otherVersion, shortSecret

        func octets(_ premaster: [UInt8]) -> [UInt8]? {
            var right = ExternalDecryptionTests.padded(premaster)
            switch self {
            case .none: return nil
            case .nothing: return []
            case .short: return Array(right.dropFirst())
            case .long: return [0] + right
            case .unpadded: return premaster
            case .otherType: right[1] = 1
            case .noZero: right[256 - 49] = 7
            case .otherVersion: right[256 - 48] ^= 1
            case .shortSecret: return ExternalDecryptionTests.padded(Array(premaster.dropLast()))
            }
            return right
        }
    }

    @Test(
        "T-09: RFC 5246 §7.4.7.1: whatever the key elsewhere answers, a wrong secret ends at Finished and nowhere before",
        arguments: Answer.allCases)
    func bleichenbacher(_ answer: Answer) throws {
        var pair = try Self.pair()
        guard let question = try Self.asked(&pair) else { return }
        try pair.server.resume(.decrypted(answer.octets(question.premaster)))
        #expect(pair.server.connection.stateName == "WAIT_CCS")
        try pair.client.finish()
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.alert == .badRecordMAC)
    }

    @Test(
        "T-09: RFC 8017 §7.2.2: what cannot be an encryption is not asked about, and ends at Finished too",
        arguments: [0, 1, 255, 257, 256])
    func impossible(_ length: Int) throws {
        var pair = try Self.pair()
        try pair.greet()
        // 256 octets of ones are more than any modulus.
        try pair.client.clientKeyExchange { $0 = .rsa(encrypted: [UInt8](repeating: 0xff, count: length)) }
        try pair.settle()
        #expect(pair.server.events.isEmpty)
        #expect(pair.server.connection.stateName == "WAIT_CCS")
        try pair.client.finish()
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.alert == .badRecordMAC)
    }

    @Test("A key elsewhere that does not decrypt serves no static RSA")
    func signsOnly() throws {
        var pair = try Self.pair(decrypts: false)
        try pair.client.clientHello()
        try pair.refuses(.handshakeFailure)
    }

    @Test("Only a decryption answers a decryption request")
    func otherAnswer() throws {
        var pair = try Self.pair()
        guard try Self.asked(&pair) != nil else { return }
        let error = #expect(throws: TLSError.self) { try pair.server.resume(.peerAccepted) }
        #expect(error?.alert == .internalError)
    }
}
