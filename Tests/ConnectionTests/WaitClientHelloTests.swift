// WaitClientHelloTests.swift — what a server takes first, and what it refuses before it has chosen anything.
// RFC 8446 §4.1.2, §4.2.1, §5; RFC 7507 §3; RFC 6066 §3.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("A server in WAIT_CH")
struct WaitClientHelloTests {
    private static func hello(
        _ edit: (inout ClientHello) throws -> Void = { _ in },
        _ configure: (inout ClientConfiguration) -> Void = { _ in }
    ) throws -> [UInt8] {
        var configuration = try TestClient.configuration()
        configure(&configuration)
        let client = try TestClient(configuration, identity: ReferenceIdentity("server.example.test"))
        let octets = Array(client.takeOutput().dropFirst(9))
        var hello = try ClientHello.parse(octets.span)
        try edit(&hello)
        return Self.record(.handshake, try hello.message().encoded)
    }

    private static func record(_ type: ContentType, _ content: [UInt8]) -> [UInt8] {
        [type.rawValue, 3, 1, UInt8(content.count >> 8), UInt8(truncatingIfNeeded: content.count)] + content
    }

    /// What a server says to these octets: the alert it sends.
    ///
    /// - Parameter version: the minor version that the alert's record says: that of the ClientHello, TLS 1.2 at most.
    private static func refusal(
        _ octets: [UInt8], version: UInt8 = 3, _ configure: (inout ServerConfiguration) throws -> Void = { _ in }
    ) throws -> AlertDescription? {
        var configuration = try TestClient.serverConfiguration(.serverP256())
        try configure(&configuration)
        let server = try TestClient(server: configuration)
        var found: TLSError?
        do throws(TLSError) { try server.receive(octets) } catch { found = error }
        let error = try #require(found)
        let sent = server.takeOutput()
        // The alert of the error is the one on the wire, and nothing follows it.
        #expect(sent.suffix(7) == [21, 3, version, 0, 2, 2, try #require(error.alert).rawValue])
        #expect(server.connection.stateName == nil)
        return error.alert
    }

    @Test(
        "T-01: RFC 8446 §4: every message but ClientHello is unexpected_message in WAIT_CH",
        arguments: HandshakeType.named)
    func firstMessage(_ type: HandshakeType) throws {
        guard type != .clientHello else { return }
        #expect(try Self.refusal(Self.record(.handshake, [type.rawValue, 0, 0, 0])) == .unexpectedMessage)
    }

    @Test("RFC 8446 §5: a ChangeCipherSpec before the first ClientHello is unexpected_message")
    func changeCipherSpec() throws {
        #expect(try Self.refusal(Self.record(.changeCipherSpec, [1])) == .unexpectedMessage)
    }

    @Test("RFC 8446 §5.1: application data before any key is unexpected_message")
    func applicationData() throws {
        #expect(try Self.refusal(Self.record(.applicationData, [1, 2, 3])) == .unexpectedMessage)
    }

    @Test("T-04: an SSL 2.0 hello is no TLS record")
    func ssl2() throws {
        #expect(try Self.refusal([0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10]) == .unexpectedMessage)
    }

    @Test("a ClientHello that is cut short, or goes on, is decode_error")
    func malformed() throws {
        let message = Array(try Self.hello()[5...])
        var longer = message + [0]
        longer[3] &+= 1
        #expect(try Self.refusal(Self.record(.handshake, longer)) == .decodeError)
        #expect(try Self.refusal(Self.record(.handshake, [1, 0, 0, 10] + message[4..<14])) == .decodeError)
    }

    @Test("RFC 8446 §4.2.1: no version in common is protocol_version")
    func versions() throws {
        let old = try Self.hello({ $0.legacyVersion = .tls11 }, { $0.versions = .tls12 ... .tls12 })
        #expect(try Self.refusal(old, version: 2) == .protocolVersion)
        let only13 = try Self.hello({ _ in }, { $0.versions = .tls13 ... .tls13 })
        #expect(try Self.refusal(only13, { $0.versions = .tls12 ... .tls12 }) == .protocolVersion)
        let only12 = try Self.hello({ _ in }, { $0.versions = .tls12 ... .tls12 })
        #expect(try Self.refusal(only12, { $0.versions = .tls13 ... .tls13 }) == .protocolVersion)
        // RFC 8446 §4.2.1: supported_versions counts, whatever legacy_version says.
        let told = try Self.hello { hello in
            hello.extensions.list.removeAll { $0.type == .supportedVersions }
            hello.legacyVersion = .tls13
        }
        #expect(try Self.refusal(told, { $0.versions = .tls13 ... .tls13 }) == .protocolVersion)
    }

    @Test("T-28: RFC 7507 §3: a fallback from a version that the server speaks is inappropriate_fallback")
    func fallback() throws {
        let hello = try Self.hello(
            { _ in },
            {
                $0.versions = .tls12 ... .tls12
                $0.isVersionFallback = true
            })
        #expect(try Self.refusal(hello) == .inappropriateFallback)
        // Also below everything that the server speaks.
        let lower = try Self.hello(
            { $0.legacyVersion = .tls11 },
            {
                $0.versions = .tls12 ... .tls12
                $0.isVersionFallback = true
            })
        #expect(try Self.refusal(lower, version: 2) == .inappropriateFallback)
    }

    @Test("RFC 8446 §4.2: an extension that comes twice, or in the wrong message, is illegal_parameter")
    func extensions() throws {
        let twice = try Self.hello { $0.extensions.list.insert($0.extensions.list[0], at: 0) }
        #expect(try Self.refusal(twice) == .illegalParameter)
        let misplaced = try Self.hello {
            $0.extensions.list.insert(RawExtension(type: .oidFilters, body: [0, 0]), at: 0)
        }
        #expect(try Self.refusal(misplaced) == .illegalParameter)
    }

    @Test("T-14: RFC 5246 §7.4.1.2: a ClientHello without null compression is illegal_parameter")
    func compression() throws {
        #expect(try Self.refusal(try Self.hello { $0.legacyCompressionMethods = [1] }) == .illegalParameter)
    }

    @Test("RFC 6066 §3: a name that nobody here has is unrecognized_name, by table and by callback")
    func names() throws {
        let hello = try Self.hello()
        let other = try TestIdentity.serverP256()
        let credential = try Credential(certificates: other.certificates, key: other.key)
        var names = NamedCredentials()
        try names.set([credential], for: "elsewhere.example.test")
        let table = names
        #expect(try Self.refusal(hello, { $0.credentials = .names(table) }) == .unrecognizedName)
        #expect(try Self.refusal(hello, { $0.credentials = .callback { _ in .unrecognizedName } }) == .unrecognizedName)
    }

    @Test("RFC 6066 §3: credentials may be chosen later, and their refusal is unrecognized_name")
    func later() throws {
        var configuration = try TestClient.serverConfiguration(.serverP256())
        configuration.credentials = .callback { _ in .later }
        let server = try TestClient(server: configuration)
        try server.receive(try Self.hello())
        #expect(server.events == [.wantsCredentials])
        guard case .wants(.chooseCredentials(let info)) = try server.event() else {
            Issue.record("nobody was asked")
            return
        }
        #expect(info.serverName == "server.example.test")
        #expect(info.versions == [.tls13, .tls12])
        var alert: AlertDescription?
        do throws(TLSError) { try server.resume(.unrecognizedName) } catch { alert = error.alert }
        #expect(alert == .unrecognizedName)
    }

    @Test("a wildcard stands for one label, an exact name goes before it, and the default comes last")
    func resolution() throws {
        let identity = try TestIdentity.serverP256()
        let credential = try Credential(certificates: identity.certificates, key: identity.key)
        var names = NamedCredentials(default: [])
        try names.set([credential], for: "*.Example.test")
        try names.set([credential, credential], for: "www.example.test.")
        #expect(names.credentials(for: "www.example.test")?.count == 2)
        #expect(names.credentials(for: "shop.example.test")?.count == 1)
        #expect(names.credentials(for: "a.shop.example.test")?.isEmpty == true)
        #expect(names.credentials(for: "example.test")?.isEmpty == true)
        #expect(names.credentials(for: nil)?.isEmpty == true)
        #expect(NamedCredentials().credentials(for: "example.test") == nil)
        #expect(throws: HandshakeError.self) { try names.set([], for: "*.*.test") }
    }
}
