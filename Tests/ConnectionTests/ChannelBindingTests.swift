// ChannelBindingTests.swift — both ends of a connection compute the same channel binding, from the server's certificate.
// RFC 5929 §4.1; RFC 9266.

import Certificates
import CryptoGlue
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Channel bindings")
struct ChannelBindingTests {
    /// The key of the authority decides on the hash in the server's certificate.
    enum Signature: String, CaseIterable, Sendable {
        case rsa, p256, p384, ed25519

        /// RFC 5929 §4.1; nil where a signature has no hash.
        var hash: HashAlgorithm? {
            switch self {
            case .rsa, .p256: .sha256
            case .p384: .sha384
            case .ed25519: nil
            }
        }

        func key() throws -> SigningKey {
            switch self {
            case .rsa: try TestIdentity.serverRSA().key
            case .p256: try MadePrivateKey(.ec(.p256)).key
            case .p384: try MadePrivateKey(.ec(.p384)).key
            case .ed25519: try MadePrivateKey(.ed25519).key
            }
        }
    }

    static let versions: [ProtocolVersion] = [.tls12, .tls13]

    /// An authority, and a server's certificate that it signed.
    struct Lab {
        let certificate: Certificate
        var client: ClientConfiguration
        var server: ServerConfiguration

        init(_ signature: Signature, _ version: ProtocolVersion) throws {
            let now = FixedClock().now().seconds
            let maker = CertificateMaker(
                validity: UnixTime(seconds: now - 86_400)...UnixTime(seconds: now + 30 * 86_400))
            let authorityKey = try signature.key()
            let authority = try maker.makeAuthority(commonName: "an authority", key: authorityKey)
            let key = try MadePrivateKey(.ec(.p256)).key
            certificate = try maker.makeLeaf(
                names: [.dns("localhost")], key: key.publicKey, issuedBy: (authority, authorityKey))
            client = ClientConfiguration(
                provider: try .gcrypt(random: FixedRandom(seed: 1)), trust: TrustAnchors([authority]),
                clock: FixedClock())
            client.versions = version...version
            server = ServerConfiguration(
                provider: try .gcrypt(random: FixedRandom(seed: 2)),
                credentials: .fixed([try Credential(certificates: [certificate], key: key)]), clock: FixedClock())
        }

        /// The client has a certificate, and the server wants one.
        mutating func authenticateClient() throws {
            let own = try TestIdentity.clientP256()
            client.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
            server.clientAuthentication = .required(
                ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
        }
    }

    @Test(
        "RFC 5929 §4.1: tls-server-end-point is the hash of the server's certificate at both ends, whoever else has one",
        arguments: Signature.allCases, versions)
    func serverEndPoint(_ signature: Signature, _ version: ProtocolVersion) throws {
        for hasClientCertificate in [false, true] {
            var lab = try Lab(signature, version)
            if hasClientCertificate { try lab.authenticateClient() }
            var ends = try BothEnds(lab.client, lab.server)
            try ends.run()
            try ends.exchangeData()
            guard let hash = signature.hash else {
                #expect(throws: TLSError.self) { try ends.client.connection.channelBinding(.tlsServerEndPoint) }
                #expect(throws: TLSError.self) { try ends.server.connection.channelBinding(.tlsServerEndPoint) }
                continue
            }
            let octets = lab.certificate.derEncoded
            let expected = try HashFunction.digest(hash, octets.span)
            #expect(try ends.client.connection.channelBinding(.tlsServerEndPoint) == expected)
            #expect(try ends.server.connection.channelBinding(.tlsServerEndPoint) == expected)
        }
    }

    @Test("Each end reports its own certificates and those of its peer, in both versions", arguments: versions)
    func certificates(_ version: ProtocolVersion) throws {
        for hasClientCertificate in [false, true] {
            var lab = try Lab(.p256, version)
            if hasClientCertificate { try lab.authenticateClient() }
            var ends = try BothEnds(lab.client, lab.server)
            try ends.run()
            let own = hasClientCertificate ? try TestIdentity.clientP256().certificates : []
            let (client, server) = (ends.client.connection.info, ends.server.connection.info)
            #expect(client.ownCertificates == own)
            #expect(client.peerCertificates == [lab.certificate])
            #expect(server.ownCertificates == [lab.certificate])
            #expect(server.peerCertificates == own)
            for info in [client, server] {
                #expect(info.clientCertificateRequested == hasClientCertificate)
                #expect(info.clientCertificateSent == hasClientCertificate)
            }
        }
    }

    @Test(
        "RFC 5929 §4.1: in a resumed session the client knows the server's certificate, and the server says it does not",
        arguments: versions)
    func resumed(_ version: ProtocolVersion) throws {
        var lab = try Lab(.p384, version)
        lab.client.sessionStore = MemorySessionStore()
        lab.server.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 7), clock: FixedClock())
        for isResumed in [false, true] {
            var ends = try BothEnds(lab.client, lab.server)
            try ends.run()
            try ends.exchangeData()
            #expect(ends.server.connection.info.isResumed == isResumed)
            let octets = lab.certificate.derEncoded
            let expected = try HashFunction.digest(.sha384, octets.span)
            #expect(try ends.client.connection.channelBinding(.tlsServerEndPoint) == expected)
            if isResumed {
                #expect(ends.server.connection.info.ownCertificates.isEmpty)
                let error = #expect(throws: TLSError.self) {
                    try ends.server.connection.channelBinding(.tlsServerEndPoint)
                }
                #expect(error?.origin == .caller)
                #expect("\(String(describing: error))".contains("resumed"))
            } else {
                #expect(try ends.server.connection.channelBinding(.tlsServerEndPoint) == expected)
            }
            // What always is there: both ends have the same, and the connection goes on.
            let exported = try ends.client.connection.channelBinding(.tlsExporter)
            #expect(try ends.server.connection.channelBinding(.tlsExporter) == exported)
            try ends.exchangeData()
        }
    }

    @Test("A channel binding exists only after the handshake")
    func early() throws {
        let lab = try Lab(.p256, .tls13)
        let ends = try BothEnds(lab.client, lab.server)
        for kind in ChannelBinding.allCases {
            let error = #expect(throws: TLSError.self) { try ends.server.connection.channelBinding(kind) }
            #expect(error?.origin == .caller)
        }
    }
}
