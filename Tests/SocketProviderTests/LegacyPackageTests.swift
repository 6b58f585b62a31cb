// LegacyPackageTests.swift — the package that speaks versions before TLS 1.2: in no catalogue without a permission.
// RFC 7568 §3; RFC 8996 §4, §5.
// Next: CertificateRequestTests.swift.

import Foundation
import SocketProvider
import TLS
import Testing

@Suite("Legacy TLS as a provider")
struct LegacyPackageTests {
    private static func permission(
        _ versions: Set<ProtocolVersion>, peers: Set<String>? = nil, seconds: Int64 = 600
    ) throws -> LegacyPermission {
        try LegacyPermission(
            versions: versions, reason: "a test", until: UnixTime(seconds: SystemClock().now().seconds + seconds),
            peers: peers)
    }

    private static func provider(_ permission: LegacyPermission) throws -> Provider {
        try ProviderCatalog.standard.permitting(permission).select(
            scheme: .tls, package: TLSSecurityPackage.legacyName)
    }

    private static func listener(_ permission: LegacyPermission) throws -> ListeningSocket {
        let provider = try provider(permission)
        var options = provider.defaultServerOptions
        options.credentials = .fixed([try ListenerIdentity().credential])
        options.timeouts.handshake = .seconds(300)
        let listener = try provider.configure(server: options).makeListener()
        try listener.bind(to: .loopback(.ipv4, port: 0))
        try listener.listen()
        return listener
    }

    private static func client(
        _ permission: LegacyPermission, _ change: (inout ClientOptions) -> Void = { _ in }
    ) throws -> ConfiguredProvider {
        let provider = try provider(permission)
        var options = provider.defaultOptions
        options.trust = .certificates([try #require(ListenerIdentity.authority).certificate])
        options.peerName = "localhost"
        change(&options)
        return try provider.configure(options)
    }

    @Test("The catalogue lists it with a permission alone, and names its versions")
    func catalogue() throws {
        #expect(!ProviderCatalog.standard.packages.contains { $0.name == TLSSecurityPackage.legacyName })
        for descriptor in ProviderCatalog.enumerate() {
            #expect(descriptor.versions.allSatisfy { $0 >= .tls12 })
        }
        #expect(throws: SocketError.self) {
            try ProviderCatalog.standard.select(scheme: .tls, package: TLSSecurityPackage.legacyName)
        }
        let permitting = try ProviderCatalog.standard.permitting(try Self.permission([.ssl30, .tls11]))
        let descriptors = permitting.enumerate().filter { $0.packageName == TLSSecurityPackage.legacyName }
        #expect(descriptors.count == 2)
        #expect(descriptors.allSatisfy { $0.versions == [.ssl30, .tls11, .tls12, .tls13] })
        // Who asks for TLS and says no more gets the package that was there before.
        #expect(try permitting.select(scheme: .tls).descriptors.allSatisfy { $0.packageName == "TLS" })
    }

    @Test("The package without a permission takes no old version, and that with one only its own")
    func options() throws {
        let plain = try ProviderCatalog.standard.select(scheme: .tls)
        for version in LegacyPermission.legacyVersions {
            var options = plain.defaultOptions
            options.versions = version ... .tls13
            #expect(throws: SocketError.self) { try plain.configure(options) }
        }
        #expect(throws: SocketError.self) {
            try Self.client(try Self.permission([.tls11])) { $0.versions = .tls10 ... .tls13 }
        }
    }

    @Test("A connection over TCP in an old version says so", arguments: [ProtocolVersion.tls10, .tls11])
    func connect(_ version: ProtocolVersion) async throws {
        let permission = try Self.permission([version], peers: ["localhost", "127.0.0.1"])
        let listener = try Self.listener(permission)
        defer { listener.close() }
        let address = try #require(listener.localAddress)
        let socket = try Self.client(permission) { $0.versions = version...version }.makeSocket()
        let thread = Thread {
            guard let accepted = try? listener.accept() else { return }
            if let octets = try? accepted.receive(upTo: 100) { try? accepted.send(octets) }
            accepted.close()
        }
        thread.start()
        let received = try await onThread {
            try socket.connect(to: .address(address))
            try socket.send(Array("ping".utf8))
            return try socket.receive(upTo: 100)
        }
        #expect(!received.isEmpty)
        #expect(throws: SocketError.unsupported("key updates in \(version)")) { try socket.updateKeys() }
        let info = try #require(socket.information.tls)
        #expect(info.version == version)
        #expect(info.legacyUse?.permission.reason == "a test")
        #expect(socket.information.security?.summary.contains("BROKEN VERSION") == true)
        socket.close()
    }

    @Test("A peer that is not named, or a permission that has ended, is as none")
    func contained() async throws {
        let listener = try Self.listener(try Self.permission([.tls11], peers: ["192.0.2.1"]))
        defer { listener.close() }
        let address = try #require(listener.localAddress)
        let thread = Thread { _ = try? listener.accept() }
        thread.start()
        let socket = try Self.client(try Self.permission([.tls11])) { $0.versions = .tls11 ... .tls11 }.makeSocket()
        let found: SocketError? = try await onThread {
            do throws(SocketError) { try socket.connect(to: .address(address)) } catch { return error }
            return nil
        }
        guard case .security(let error) = found else {
            Issue.record("the connection: \(found.map { "\($0)" } ?? "made")" as Comment)
            return
        }
        #expect(error.alert == .protocolVersion)
        let ended = try Self.client(try Self.permission([.tls11], seconds: -1)) { $0.versions = .tls11 ... .tls11 }
        await #expect(throws: SocketError.self) {
            try await onThread { try ended.makeSocket().connect(to: .address(address)) }
        }
    }
}
