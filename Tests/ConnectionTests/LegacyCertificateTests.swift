// LegacyCertificateTests.swift — old certificates in connections: by the options of the permission, and before TLS 1.2 alone.
// RFC 8446 §4.4.2.4.
// Next: LegacyContainmentTests.swift.

import CryptoGlue
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Old certificates in connections")
struct LegacyCertificateTests {
    private static func server(_ name: String, _ version: ProtocolVersion) throws -> ServerConfiguration {
        let identity = try TestIdentity.legacy(name)
        var configuration = try LegacyPair.server(version)
        configuration.versions = .tls12 ... .tls12
        configuration.cipherSuites = [.tlsECDHERSAWithAES128GCMSHA256]
        if version < .tls12 { configuration.versions = version...version }
        configuration.credentials = .fixed([
            try Credential(certificates: identity.certificates, key: identity.key)
        ])
        return configuration
    }

    @Test(
        "A server's SHA-1 certificate or short key is taken with the option, at both ends",
        arguments: LegacyPermission.legacyVersions)
    func options(_ version: ProtocolVersion) throws {
        for name in ["rsa2048-sha1", "rsa1024-sha1", "rsa2048-md5"] {
            for isAccepted in [true, false] {
                var permission = try LegacyPair.permission([version])
                permission.acceptsMD5Certificates = isAccepted
                permission.acceptsSHA1Certificates = isAccepted
                permission.acceptsShortRSAKeys = isAccepted
                let identity = try TestIdentity.legacy(name)
                var client = try LegacyPair.client(version)
                client.trust = try TestCertificates.legacyTrust()
                client.legacyPermission = permission
                client.credentials = .fixed([try Credential(certificates: identity.certificates, key: identity.key)])
                var server = try Self.server(name, version)
                server.legacyPermission = permission
                server.clientAuthentication = .required(
                    ClientAuthenticationPolicy(trust: try TestCertificates.legacyTrust()))
                var pair = try LegacyPair(client, server)
                guard isAccepted else {
                    #expect(throws: TLSError.self) { try pair.run() }
                    continue
                }
                try pair.run()
                #expect(pair.client.connection.info.isHandshakeComplete)
                #expect(pair.server.connection.info.peerCertificates == identity.certificates)
            }
        }
    }

    @Test("T-11: the options mean nothing to TLS 1.2, in the same client")
    func tls12() throws {
        var permission = try LegacyPair.permission([.tls10])
        permission.acceptsSHA1Certificates = true
        var client = try TestClient.configuration()
        client.trust = try TestCertificates.legacyTrust()
        client.legacyPermission = permission
        client.versions = .tls12 ... .tls12
        var pair = try LegacyPair(client, try Self.server("rsa2048-sha1", .tls10))
        try pair.run()
        #expect(pair.client.connection.info.version == .tls10)
        var server = try Self.server("rsa2048-sha1", .tls10)
        server.versions = .tls12 ... .tls12
        server.legacyPermission = nil
        let newer = try LegacyPair(client, server)
        var found: TLSError?
        do throws(TLSError) {
            try newer.client.receive(Self.answer(of: newer.server, to: newer.client.takeOutput()))
        } catch { found = error }
        #expect(found?.alert == .badCertificate || found?.alert == .unsupportedCertificate)
    }

    private static func answer(of server: TestClient, to octets: [UInt8]) throws(TLSError) -> [UInt8] {
        try server.receive(octets)
        return server.takeOutput()
    }
}
