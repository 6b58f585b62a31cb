// Policy.swift — what the administrator of the machine demands of programs: read once, tightened by programs, never loosened.
// docs/winsock.md.
// Next: SocketSettings.swift.

import CSecureWinSock
import FoundationEssentials
import SocketProvider

/// What the policy file says of one program, or of all.
///
///     {
///       "default": { "minimumVersion": "TLS 1.2", "cacheTimeout": 300 },
///       "programs": { "/usr/bin/mailer": { "minimumVersion": "TLS 1.3", "trust": "/etc/mailer/authorities.pem" } }
///     }
package struct Policy: Codable, Sendable {
    /// The oldest version: "TLS 1.2" or "TLS 1.3".
    package var minimumVersion: String?
    /// A file of trust anchors in PEM: a program may trust some of them, and nobody else.
    package var trust: String?
    /// Seconds; a session is resumed for no longer.
    package var cacheTimeout: Int?

    private enum CodingKeys: String, CodingKey, CaseIterable { case minimumVersion, trust, cacheTimeout }

    init() {}

    package init(from decoder: any Decoder) throws {
        try StrictKey.check(decoder, CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        minimumVersion = try container.decodeIfPresent(String.self, forKey: .minimumVersion)
        trust = try container.decodeIfPresent(String.self, forKey: .trust)
        cacheTimeout = try container.decodeIfPresent(Int.self, forKey: .cacheTimeout)
    }

    /// The file as it is.
    private struct File: Decodable {
        var `default`: Policy?
        var programs: [String: Policy]?

        private enum CodingKeys: String, CodingKey, CaseIterable { case `default`, programs }

        init(from decoder: any Decoder) throws {
            try StrictKey.check(decoder, CodingKeys.allCases.map(\.rawValue))
            let container = try decoder.container(keyedBy: CodingKeys.self)
            `default` = try container.decodeIfPresent(Policy.self, forKey: .default)
            programs = try container.decodeIfPresent([String: Policy].self, forKey: .programs)
        }
    }

    /// A demand that is misspelt must not become no demand.
    private struct StrictKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }

        static func check(_ decoder: any Decoder, _ known: [String]) throws {
            for key in try decoder.container(keyedBy: StrictKey.self).allKeys where !known.contains(key.stringValue) {
                throw PolicyError("nothing is called \(key.stringValue): there are \(known.joined(separator: ", "))")
            }
        }
    }

    /// Where the file is. In a build for tests it can be elsewhere, in an installed library never.
    package static let path: String = {
        #if DEBUG
        SystemProcess.environment("SECUREWINSOCK_TEST_POLICY") ?? standardPath
        #else
        standardPath
        #endif
    }()
    private static let standardPath = "/etc/securewinsock/policy.json"
    private static let longest = 1 << 20

    /// The policy of this program; nil when the machine has none. A file that cannot be read or understood, or that others
    /// than root can write, is an error, and with it there are no secure sockets: who writes it could loosen it.
    static let current = Result { () throws(PolicyError) in try load(path) }

    /// The policy, when it can be obeyed.
    static func inForce() throws(WinsockError) -> Policy? {
        do throws(PolicyError) { return try current.get() } catch { throw WinsockError(WSAEACCES) }
    }

    package static func load(_ path: String) throws(PolicyError) -> Policy? {
        let contents: [UInt8]?
        do throws(SocketError) {
            contents = try SystemFile.readOfRoot(path, limit: longest)
        } catch {
            throw PolicyError("\(error)")
        }
        guard let contents else { return nil }
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(contents))
        } catch {
            throw PolicyError("\(path): \(error)")
        }
        for policy in (file.programs ?? [:]).values { try policy.check() }
        var policy = file.default ?? Policy()
        if let programs = file.programs, let own = programs[try program()] {
            policy.minimumVersion = own.minimumVersion ?? policy.minimumVersion
            policy.trust = own.trust ?? policy.trust
            policy.cacheTimeout = own.cacheTimeout ?? policy.cacheTimeout
        }
        try policy.check()
        return policy
    }

    /// Which program this is. Linux marks one whose file was replaced while it runs, as by an upgrade.
    private static func program() throws(PolicyError) -> String {
        let path = SystemProcess.executablePath
        guard path.hasPrefix("/") else {
            throw PolicyError("which program this is cannot be told without /proc, so nor what it has to obey")
        }
        let mark = " (deleted)"
        return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
    }

    private func check() throws(PolicyError) {
        if let trust, !trust.hasPrefix("/") { throw PolicyError("trust is \(trust), and has to be an absolute path") }
        if let minimumVersion, Policy.versions[minimumVersion] == nil {
            throw PolicyError("minimumVersion is \(minimumVersion), and has to be TLS 1.2 or TLS 1.3")
        }
        if let cacheTimeout, !(0...CacheSettings.longest).contains(cacheTimeout) {
            throw PolicyError("cacheTimeout has to be 0...\(CacheSettings.longest) seconds")
        }
    }

    private static let versions: [String: ProtocolVersion] = ["TLS 1.2": .tls12, "TLS 1.3": .tls13]

    /// Makes a program's settings as strict as the policy: what it asks for beyond that is refused, not bent.
    func tighten(_ settings: SocketSettings) throws(WinsockError) -> SocketSettings {
        var settings = settings
        guard settings.versions.upperBound >= oldest else { throw WinsockError(WSAEACCES) }
        settings.versions = max(oldest, settings.versions.lowerBound)...settings.versions.upperBound
        if let cacheTimeout {
            settings.client.timeout = min(settings.client.timeout, cacheTimeout)
            settings.server.timeout = min(settings.server.timeout, cacheTimeout)
        }
        if let trust {
            let permitted = try translating { () throws(SocketError) in
                // Who writes the file decides who is trusted, as who writes the policy.
                guard let anchors = try SystemFile.readOfRoot(trust, limit: SystemFile.largest) else {
                    throw .fileContents(path: trust, reason: "the policy names it, and it is not there")
                }
                return try TrustSource.pem(anchors).load()
            }
            settings.trust = .anchors(try Policy.narrowed(settings.trust, to: permitted))
            if let authorities = settings.clientAuthorities {
                settings.clientAuthorities = try Policy.narrowed(.certificates(authorities), to: permitted).certificates
            }
            settings.hookDecidesAlone = false
        }
        return settings
    }

    /// The machine's store gives way to what is permitted; what the program chose itself has to be part of it.
    private static func narrowed(_ trust: TrustSource, to permitted: TrustAnchors) throws(WinsockError) -> TrustAnchors
    {
        if case .system = trust { return permitted }
        let chosen = try translating { () throws(SocketError) in try trust.load() }
        let known = Set(permitted.certificates.map(\.derEncoded))
        guard chosen.certificates.allSatisfy({ known.contains($0.derEncoded) }) else { throw WinsockError(WSAEACCES) }
        return chosen
    }

    /// The policy as it holds for this program.
    package var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    var oldest: ProtocolVersion { minimumVersion.flatMap { Policy.versions[$0] } ?? .tls12 }
}

package struct PolicyError: Error, CustomStringConvertible {
    package let reason: String
    init(_ reason: String) { self.reason = reason }
    package var description: String { reason }
}
