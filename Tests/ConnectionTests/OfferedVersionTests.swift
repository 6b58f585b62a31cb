// OfferedVersionTests.swift — a version is one to speak when there is a suite for it; and configurations that make no sense.
// RFC 8446 §4.1.1, §4.1.3, §4.2.1; RFC 5246 App. E.1; RFC 7507 §3; RFC 7301 §3.2.

import Certificates
import CryptoGlue
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Versions and their suites")
struct OfferedVersionTests {
    static let tls13: [CipherSuite] = [.tlsAES128GCMSHA256]
    static let tls12: [CipherSuite] = [.tlsECDHEECDSAWithAES128GCMSHA256]

    private static func client(_ edit: (inout ClientConfiguration) -> Void = { _ in }) throws -> ClientConfiguration {
        var configuration = try TestClient.configuration()
        edit(&configuration)
        return configuration
    }

    private static func server(_ edit: (inout ServerConfiguration) -> Void = { _ in }) throws -> ServerConfiguration {
        var configuration = try TestClient.serverConfiguration(.serverP256())
        edit(&configuration)
        return configuration
    }

    /// The version that the two agree on.
    private static func agreed(
        _ client: ClientConfiguration, _ server: ServerConfiguration
    ) throws -> ProtocolVersion? {
        var ends = try BothEnds(client, server)
        try ends.run()
        try ends.exchangeData()
        #expect(ends.client.connection.info.version == ends.server.connection.info.version)
        return ends.client.connection.info.version
    }

    /// The alert that the server answers the client with.
    private static func refusal(
        _ client: ClientConfiguration, _ server: ServerConfiguration
    ) throws -> AlertDescription? {
        let ends = try BothEnds(client, server)
        let hello = ends.client.takeOutput()
        return #expect(throws: TLSError.self) { try ends.server.receive(hello) }?.alert
    }

    @Test("RFC 8446 §4.1.1: a server chooses no version for which it has no suite")
    func server() throws {
        // No downgrade sentinel either (§4.1.3): the client, which speaks TLS 1.3, would refuse it.
        #expect(try Self.agreed(Self.client(), Self.server { $0.cipherSuites = Self.tls12 }) == .tls12)
        #expect(try Self.agreed(Self.client(), Self.server { $0.cipherSuites = Self.tls13 }) == .tls13)
        #expect(try Self.agreed(Self.client(), Self.server { $0.cipherSuites = Self.tls12 + Self.tls13 }) == .tls13)
        let old = try Self.client { $0.versions = .tls12 ... .tls12 }
        #expect(try Self.refusal(old, Self.server { $0.cipherSuites = Self.tls13 }) == .protocolVersion)
        let new = try Self.client { $0.versions = .tls13 ... .tls13 }
        #expect(try Self.refusal(new, Self.server { $0.cipherSuites = Self.tls12 }) == .protocolVersion)
    }

    @Test("T-28: RFC 7507 §3: TLS 1.2 is no fallback for a server that has no suite of TLS 1.3")
    func fallback() throws {
        let client = try Self.client {
            $0.versions = .tls12 ... .tls12
            $0.isVersionFallback = true
        }
        #expect(try Self.refusal(client, Self.server()) == .inappropriateFallback)
        #expect(try Self.agreed(client, Self.server { $0.cipherSuites = Self.tls12 }) == .tls12)
    }

    @Test("RFC 8446 §4.2.1: a client offers no version for which it has no suite")
    func client() throws {
        for (suites, is13) in [(Self.tls13, true), (Self.tls12, false)] {
            let configuration = try Self.client { $0.cipherSuites = suites }
            let client = try TestClient(configuration, identity: ReferenceIdentity("localhost"))
            let body = Array(client.takeOutput().dropFirst(9))
            let hello = try ClientHello.parse(body.span)
            let types = hello.extensions.types
            #expect(hello.cipherSuites == suites)
            for type in [ExtensionType.supportedVersions, .keyShare, .pskKeyExchangeModes] {
                #expect(types.contains(type) == is13, "\(type)")
            }
            for type in [ExtensionType.extendedMasterSecret, .renegotiationInfo, .ecPointFormats] {
                #expect(types.contains(type) != is13, "\(type)")
            }
            #expect(hello.legacySessionID.isEmpty != is13)
            let versions = hello.extensions.body(of: .supportedVersions)
            if is13 { #expect(versions == [2, 3, 4]) }
            #expect(try Self.agreed(configuration, Self.server()) == (is13 ? .tls13 : .tls12))
            let other = try Self.server { $0.versions = is13 ? .tls12 ... .tls12 : .tls13 ... .tls13 }
            #expect(try Self.refusal(configuration, other) == .protocolVersion)
        }
    }

    /// What is wrong with a configuration, as the error says it.
    private static func complaint(_ error: TLSError?) -> String {
        guard case .handshake(.configuration(let what)) = error?.reason else { return "\(String(describing: error))" }
        #expect(error?.origin == .caller && error?.alert == nil)
        return what
    }

    private static func complaint(client edit: (inout ClientConfiguration) -> Void) throws -> String {
        let configuration = try client(edit)
        let identity = try ReferenceIdentity("localhost")
        var found: TLSError?
        do throws(TLSError) { _ = try TestClient(configuration, identity: identity) } catch { found = error }
        return complaint(found)
    }

    private static func complaint(server edit: (inout ServerConfiguration) -> Void) throws -> String {
        let configuration = try server(edit)
        var found: TLSError?
        do throws(TLSError) { _ = try TestClient(server: configuration) } catch { found = error }
        return complaint(found)
    }

    @Test("RFC 8446 §4.1.1: versions without any suite are a configuration that nothing can be made from")
    func withoutSuites() throws {
        let expected = "cipherSuites has to name at least one suite of the versions"
        for (version, suites) in [(ProtocolVersion.tls12, Self.tls13), (.tls13, Self.tls12), (.tls13, [])] {
            let client = try Self.complaint(client: {
                $0.versions = version...version
                $0.cipherSuites = suites
            })
            #expect(client == expected)
            let server = try Self.complaint(server: {
                $0.versions = version...version
                $0.cipherSuites = suites
            })
            #expect(server == expected)
        }
    }

    @Test("RFC 7301 §3.2: requiresALPN without a protocol could only fail, and fails before anything is sent")
    func requiredProtocol() throws {
        let expected = "requiresALPN needs a protocol in alpnProtocols"
        #expect(try Self.complaint(client: { $0.requiresALPN = true }) == expected)
        #expect(try Self.complaint(server: { $0.requiresALPN = true }) == expected)
        let client = try Self.client {
            $0.alpnProtocols = ["h2"]
            $0.requiresALPN = true
        }
        let server = try Self.server {
            $0.alpnProtocols = ["h2"]
            $0.requiresALPN = true
        }
        #expect(try Self.agreed(client, server) == .tls13)
        #expect(try Self.refusal(Self.client(), server) == .noApplicationProtocol)
    }
}
