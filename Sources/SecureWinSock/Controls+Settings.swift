// Controls+Settings.swift — what is set before a connection.
// Microsoft's sslsock.h; docs/winsock.md.
// Next: Controls+Connection.swift.

import CSecureWinSock
import SocketProvider
import Synchronization

extension WinSocket {
    var settings: SocketSettings { state.withLock { $0.settings } }

    var capabilities: DWORD {
        DWORD(SSL_CAPABILITY_CLIENT | SSL_CAPABILITY_SERVER | SSL_CAPABILITY_CLIENT_AUTH)
    }

    /// A secure socket without security would be a plain one that nobody selected, so ENABLE cannot be taken away.
    func setFlags(_ flags: DWORD) throws(WinsockError) {
        let known = DWORD(SSL_FLAG_ENABLE | SSL_FLAG_SERVER | SSL_FLAG_AUTH_CLIENT | SSL_FLAG_DEFER_HANDSHAKE)
        guard flags & ~known == 0 else { throw WinsockError(WSAEINVAL) }
        guard flags & DWORD(SSL_FLAG_ENABLE) != 0 else { throw WinsockError(WSAEOPNOTSUPP) }
        let isServer = flags & DWORD(SSL_FLAG_SERVER) != 0
        guard isServer || flags & DWORD(SSL_FLAG_AUTH_CLIENT) == 0 else { throw WinsockError(WSAEINVAL) }
        guard !isServer || flags & DWORD(SSL_FLAG_DEFER_HANDSHAKE) == 0 else { throw WinsockError(WSAEOPNOTSUPP) }
        try state.withLock { state throws(WinsockError) in
            switch state.phase {
            case .fresh, .bound: state.settings.flags = flags
            case .connecting, .deferred, .connected, .listening, .failed, .closed: throw WinsockError(WSAEINVAL)
            }
        }
    }

    // MARK: Certificates of clients

    /// With the authorities, so that what was asked for can be set again.
    func getClientAuthentication(_ output: inout ControlOutput) throws(WinsockError) {
        let settings = self.settings
        let options = unsafe SSLCLIENTAUTHOPTS(
            dwRequestClientAuth: settings.clientAuthentication, dwRedoHandshake: 0, dwType: DWORD(SSL_CERT_X509),
            dwIssuerCount: 0, pIssuerList: nil, dwFlags: 0)
        try unsafe output.put(options, issuers: (settings.clientAuthorities ?? []).map(\.derEncoded))
    }

    func setClientAuthentication(_ options: SSLCLIENTAUTHOPTS) throws(WinsockError) {
        // RFC 8446 §4.1.2: there is no renegotiation.
        guard unsafe options.dwRedoHandshake == 0 else { throw WinsockError(WSAEOPNOTSUPP) }
        guard unsafe options.dwRequestClientAuth <= DWORD(SSL_AUTH_REQUIRED), unsafe options.dwFlags == 0,
            unsafe options.dwType == DWORD(SSL_CERT_X509), unsafe options.dwIssuerCount <= 1024
        else { throw WinsockError(WSAEINVAL) }
        var authorities: [Certificate] = []
        if unsafe options.dwIssuerCount > 0 {
            guard let list = unsafe options.pIssuerList else { throw WinsockError(WSAEFAULT) }
            for index in unsafe 0..<Int(options.dwIssuerCount) {
                guard let authority = unsafe try? Certificate(derEncoded: try Octets.copy(list[index])) else {
                    throw WinsockError(WSAEINVAL)
                }
                authorities.append(authority)
            }
        }
        let found = authorities
        try configure { (settings) throws(WinsockError) in
            settings.clientAuthentication = unsafe options.dwRequestClientAuth
            settings.clientAuthorities = found.isEmpty ? nil : found
        }
    }

    // MARK: Protocols and ciphers

    private static let protocols: [(number: Int32, version: ProtocolVersion)] = [
        (SSL_PROTOCOL_TLS1_2, .tls12), (SSL_PROTOCOL_TLS1_3, .tls13),
    ]

    private static func version(_ number: DWORD) throws(WinsockError) -> ProtocolVersion {
        guard let found = protocols.first(where: { DWORD($0.number) == number }) else {
            throw WinsockError(WSAEPROTONOSUPPORT)
        }
        return found.version
    }

    func getProtocols(_ output: inout ControlOutput) throws(WinsockError) {
        let versions = settings.versions
        let enabled = Self.protocols.filter { versions.contains($0.version) }
        try output.put(
            numbers: [DWORD(enabled.count)]
                + enabled.flatMap { [DWORD($0.number), DWORD($0.version.rawValue), 0] })
    }

    /// None at all enables every one.
    func setProtocols(_ input: ControlInput) throws(WinsockError) {
        let count = Int(try input.number(at: 0))
        guard count <= 16, input.count >= 4 + 12 * count else { throw WinsockError(WSAEINVAL) }
        var versions: [ProtocolVersion] = []
        for index in 0..<count { versions.append(try Self.version(try input.number(at: 4 + 12 * index))) }
        let oldest = versions.contains(.tls12) || versions.isEmpty ? ProtocolVersion.tls12 : .tls13
        let newest = versions.contains(.tls13) || versions.isEmpty ? ProtocolVersion.tls13 : .tls12
        try configure { (settings) throws(WinsockError) in settings.versions = oldest...newest }
    }

    func getCiphers(_ input: ControlInput, _ output: inout ControlOutput) throws(WinsockError) {
        let number = try input.number(at: 0)
        let version = try Self.version(number)
        let standard = try provider().defaultOptions.cipherSuites.filter { SocketSettings.version(of: $0) == version }
        let suites = settings.suites[version] ?? standard
        try output.put(numbers: [number, DWORD(suites.count)] + suites.map { DWORD($0.rawValue) })
    }

    /// The list takes the place of the protocol's; what the provider has not, or what is weak without being accepted, is
    /// refused.
    func setCiphers(_ input: ControlInput) throws(WinsockError) {
        let version = try Self.version(try input.number(at: 0))
        let count = Int(try input.number(at: 4))
        guard (1...256).contains(count), input.count >= 8 + 4 * count else { throw WinsockError(WSAEINVAL) }
        let accepted = settings.weaknesses
        let usable = entry.descriptor.cipherSuites.filter { $0.weaknesses.isSubset(of: accepted) }
        var suites: [CipherSuite] = []
        for index in 0..<count {
            let number = try input.number(at: 8 + 4 * index)
            guard let suite = usable.first(where: { DWORD($0.rawValue) == number }),
                SocketSettings.version(of: suite) == version, !suites.contains(suite)
            else { throw WinsockError(WSAEINVAL) }
            suites.append(suite)
        }
        let chosen = suites
        try configure { (settings) throws(WinsockError) in settings.suites[version] = chosen }
    }

    private static let weaknesses: [(bit: Int32, weakness: TLS12Weakness)] = [
        (SSL_WEAK_CBC_PADDING_TIMING, .cbcPaddingTiming), (SSL_WEAK_GROUP_CHOSEN_BY_SERVER, .groupChosenByServer),
        (SSL_WEAK_NO_FORWARD_SECRECY, .noForwardSecrecy),
    ]

    var weaknesses: DWORD {
        let accepted = settings.weaknesses
        return Self.weaknesses.filter { accepted.contains($0.weakness) }.reduce(0) { $0 | DWORD($1.bit) }
    }

    /// What a list of suites needs already cannot be taken back.
    func setWeaknesses(_ bits: DWORD) throws(WinsockError) {
        let accepted = Self.weaknesses.filter { bits & DWORD($0.bit) != 0 }
        guard bits == accepted.reduce(0, { $0 | DWORD($1.bit) }) else { throw WinsockError(WSAEINVAL) }
        let chosen = Set(accepted.map(\.weakness))
        try configure { (settings) throws(WinsockError) in
            guard settings.suites.values.joined().allSatisfy({ $0.weaknesses.isSubset(of: chosen) }) else {
                throw WinsockError(WSAEINVAL)
            }
            settings.weaknesses = chosen
        }
    }

    // MARK: Who is who

    func setPeerName(_ name: String) throws(WinsockError) {
        guard (try? ReferenceIdentity(name)) != nil else { throw WinsockError(WSAEINVAL) }
        try configure { (settings) throws(WinsockError) in settings.peerName = name }
    }

    /// Octets of the list: what else is in a ClientHello finds room beside it, as its extensions end at 65535 (RFC 8446
    /// §4.1.2).
    private static let longestALPN = 16_384

    func setALPN(_ input: ControlInput) throws(WinsockError) {
        // RFC 7301 §3.1: each name after an octet with its length.
        var rest = try input.bytes(atMost: Self.longestALPN)[...]
        var names: [String] = []
        while let length = rest.popFirst() {
            guard length > 0, rest.count >= Int(length), names.count < 256 else { throw WinsockError(WSAEINVAL) }
            guard let name = String(validating: rest.prefix(Int(length)), as: UTF8.self) else {
                throw WinsockError(WSAEINVAL)
            }
            names.append(name)
            rest = rest.dropFirst(Int(length))
        }
        let chosen = names
        try configure { (settings) throws(WinsockError) in settings.alpnProtocols = chosen }
    }

    @unsafe
    func setTrust(_ trust: SSLTRUST) throws(WinsockError) {
        guard unsafe trust.dwFlags == 0 else { throw WinsockError(WSAEINVAL) }
        let source: TrustSource
        switch unsafe Int32(bitPattern: trust.dwType) {
        case SSL_TYPE_SYSTEM: source = .system
        case SSL_TYPE_FILE: source = .file(try unsafe Octets.path(trust.Anchors))
        case SSL_TYPE_PEM: source = .pem(try unsafe Octets.copy(trust.Anchors))
        default: throw WinsockError(WSAEINVAL)
        }
        // A file is read now, not when the socket connects. The machine's store stays what it is: a policy may narrow it.
        let anchors = try translating { () throws(SocketError) in try source.load() }
        let chosen = if case .system = source { source } else { TrustSource.anchors(anchors) }
        try configure { (settings) throws(WinsockError) in settings.trust = chosen }
    }
}

extension CacheSettings {
    init(_ options: SSLCLIENTOPTS) throws(WinsockError) {
        guard (0...CacheSettings.longest).contains(options.CacheTimeout), options.dwCacheEntries <= 1 << 20,
            options.dwFlags & ~DWORD(SSL_OPTS_NO_REUSE) == 0
        else { throw WinsockError(WSAEINVAL) }
        timeout = options.CacheTimeout
        entries = options.dwCacheEntries
        reuses = options.dwFlags & DWORD(SSL_OPTS_NO_REUSE) == 0
    }
}

extension SSLCLIENTOPTS {
    init(_ cache: CacheSettings) {
        self.init(
            CacheTimeout: cache.timeout, dwCacheEntries: cache.entries,
            dwFlags: cache.reuses ? 0 : DWORD(SSL_OPTS_NO_REUSE))
    }
}
