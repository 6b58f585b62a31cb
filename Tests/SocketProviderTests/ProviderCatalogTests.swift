// ProviderCatalogTests.swift — enumerate, select, configure.
// The order of WinSock: WSAEnumProtocols, WSASocket with a protocol info, WSAIoctl.
// Next: SocketErrorTests.swift.

import SocketProvider
import Testing

@Suite("ProviderCatalog")
struct ProviderCatalogTests {
    @Test("the catalogue is the product of transports and packages: plain and TLS over IPv4 and IPv6")
    func enumerates() throws {
        let all = ProviderCatalog.enumerate()
        #expect(all.map(\.name) == ["TCP/IPv4", "TCP/IPv6", "TLS over TCP/IPv4", "TLS over TCP/IPv6"])
        #expect(all.map(\.id) == [1, 2, 3, 4])
        #expect(all.allSatisfy { $0.transport == .tcp && $0.socketType == .stream })
        // The seed tells a secure provider from a plain one by the security scheme alone.
        #expect(all.map(\.securityScheme) == [.none, .none, .tls, .tls])
        let plain = try #require(all.first)
        #expect(plain.backend == nil && plain.versions.isEmpty && !plain.supports(.confidentiality))
        let tls = try #require(all.last)
        #expect(tls.addressFamily == .ipv6 && tls.versions == [.tls12, .tls13])
        #expect(tls.supports(.sessionResumption) && tls.supports(.earlyData))
        #expect(tls.backend?.name == "libgcrypt")
        #expect(tls.backend?.version.first?.isNumber == true)
        #expect(tls.supports(.confidentiality) && tls.supports(.peerAuthentication) && tls.supports(.fullDuplex))
        #expect(tls.cipherSuites.contains(.tlsRSAWithAES128GCMSHA256) && tls.groups.contains(.x25519))
    }

    @Test("selection by scheme takes both address families, by descriptor one")
    func selects() throws {
        let catalogue = ProviderCatalog.standard
        #expect(try catalogue.select(scheme: .tls).addressFamilies == [.ipv4, .ipv6])
        #expect(try catalogue.select(scheme: .tls, family: .ipv6).descriptors.map(\.name) == ["TLS over TCP/IPv6"])
        let third = try #require(catalogue.enumerate().dropFirst(2).first)
        #expect(try catalogue.select(third).descriptors == [third])
        let byVersion = try catalogue.select { $0.supports(.tls13) }
        #expect(byVersion.descriptors.map(\.packageName) == ["TLS", "TLS"])
        // A condition that fits everything takes the first package and does not mix it with others.
        #expect(try catalogue.select { _ in true }.descriptors.map(\.packageName) == ["none", "none"])
    }

    @Test("what is not in the catalogue cannot be selected")
    func refusesUnknown() {
        let catalogue = ProviderCatalog(packages: [PlainPackage()])
        #expect(throws: SocketError.noSuchProvider("of the kind TLS, IPv4")) {
            try catalogue.select(scheme: .tls, family: .ipv4)
        }
        #expect(throws: SocketError.self) { try catalogue.select { $0.supports(.tls12) } }
    }

    @Test("registering makes a new catalogue and leaves the old one as it was; the same name replaces")
    func registers() {
        let catalogue = ProviderCatalog(packages: [PlainPackage()])
        let larger = catalogue.registering(ToyPackage())
        #expect(catalogue.enumerate().count == 2)
        #expect(larger.enumerate().map(\.name).suffix(2) == ["toy over TCP/IPv4", "toy over TCP/IPv6"])
        #expect(larger.registering(ToyPackage()).enumerate().count == 4)
    }
}

@Suite("ClientOptions")
struct ClientOptionsTests {
    private let provider: Provider

    init() throws { provider = try ProviderCatalog.standard.select(scheme: .tls) }

    @Test("a provider hands out its defaults before anything is set")
    func defaults() {
        let options = provider.defaultOptions
        // Ten minutes, as the seed sets it.
        #expect(options.sessionCacheTimeout == 600)
        #expect(options.cipherSuites.first == .tlsAES128GCMSHA256)
        #expect(options.cipherSuites.allSatisfy { $0.weaknesses.isEmpty })
        #expect(options.groups == [.x25519, .secp256r1, .secp384r1])
        #expect(options.keyShareGroups == [.x25519])
        #expect(options.versions == .tls12 ... .tls13)
        #expect(options.timeouts == Timeouts())
    }

    private func invalidOption(_ change: (inout ClientOptions) -> Void) -> String? {
        var options = provider.defaultOptions
        // Trust is not what these tests are about, and the machine may have none.
        options.trust = .anchors(TrustAnchors([]))
        change(&options)
        do throws(SocketError) {
            _ = try provider.configure(options)
            return nil
        } catch {
            if case .invalidOption(let name, _) = error { return name }
            return "\(error)"
        }
    }

    @Test("an option that cannot work is refused when it is configured, by name")
    func refusesOptions() {
        #expect(invalidOption { _ in } == nil)
        #expect(invalidOption { $0.sessionCacheTimeout = -1 } == "sessionCacheTimeout")
        #expect(invalidOption { $0.sessionCacheTimeout = 604_801 } == "sessionCacheTimeout")
        #expect(invalidOption { $0.sessionCacheTimeout = 0 } == nil)
        #expect(invalidOption { $0.versions = .tls10 ... .tls11 } == "versions")
        #expect(invalidOption { $0.versions = .tls12 ... .tls13 } == nil)
        #expect(invalidOption { $0.cipherSuites = [] } == "cipherSuites")
        #expect(invalidOption { $0.cipherSuites = [CipherSuite(rawValue: 0x002f)] } == "cipherSuites")
        #expect(invalidOption { $0.cipherSuites += [.tlsAES128GCMSHA256] } == "cipherSuites")
        #expect(invalidOption { $0.keyShareGroups = [.secp521r1] } == "keyShareGroups")
        #expect(invalidOption { $0.alpnProtocols = [""] } == "alpnProtocols")
        #expect(invalidOption { $0.alpnProtocols = [String(repeating: "x", count: 256)] } == "alpnProtocols")
        #expect(invalidOption { $0.requiresALPN = true } == "requiresALPN")
        #expect(invalidOption { $0.recordPadding = .multiple(of: 0) } == "recordPadding")
        #expect(invalidOption { $0.peerName = "" } == "peerName")
        #expect(invalidOption { $0.peerName = "a..b" } == "peerName")
        #expect(invalidOption { $0.timeouts.read = .seconds(-1) } == "timeouts.read")
        #expect(invalidOption { $0.trust = .certificates([]) } == "trust")
        #expect(invalidOption { $0.trust = .pem([]) } == "trust")
    }

    @Test("a socket shows the options in force, and takes new ones until it connects")
    func getBeforeSet() async throws {
        let listener = try TestListener()
        listener.serve { try $0.echo() }
        let socket = try plainSocket()
        var options = socket.options
        options.sessionCacheTimeout = 60
        options.timeouts.read = .seconds(5)
        try socket.configure(options)
        #expect(socket.options.sessionCacheTimeout == 60)
        #expect(socket.options.timeouts.read == .seconds(5))
        #expect(socket.state == .unconnected)
        let endpoint = listener.endpoint
        try await onThread { try socket.connect(to: endpoint) }
        let late = options
        #expect(throws: SocketError.optionTooLate("options")) { try socket.configure(late) }
        var timeouts = socket.options.timeouts
        timeouts.read = .seconds(1)
        try socket.setTimeouts(timeouts)
        #expect(socket.options.timeouts.read == .seconds(1))
        timeouts.handshake = .seconds(1)
        let tooLate = timeouts
        #expect(throws: SocketError.optionTooLate("timeouts.handshake")) { try socket.setTimeouts(tooLate) }
        socket.close()
    }
}
