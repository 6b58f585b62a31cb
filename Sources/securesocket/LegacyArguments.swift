// LegacyArguments.swift — the permission to speak versions before TLS 1.2, as the command line gives it: all of it, or none.
// RFC 7568 §3; RFC 8996 §4, §5.
// Next: ConnectCommand.swift.

import ArgumentParser
import SocketProvider
import TLS

struct LegacyArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Speak these broken versions too: ssl3, tls1.0, tls1.1, with commas between them. Needs --legacy-reason and "
                + "--legacy-until.", valueName: "versions"),
        transform: LegacyText.versions)
    var legacy: Set<ProtocolVersion>?

    @Option(help: ArgumentHelp("Why: it stands in every report.", valueName: "text"))
    var legacyReason: String?

    @Option(
        help: ArgumentHelp("The last day, in UTC, on which they are spoken.", valueName: "yyyy-mm-dd"),
        transform: LegacyText.end)
    var legacyUntil: UnixTime?

    @Option(
        help: ArgumentHelp(
            "Speak them with this peer only: at connect a host, at serve a client's address. Repeat it.",
            valueName: "peer"))
    var legacyPeer: [String] = []

    @Option(
        help: ArgumentHelp(
            "Accept from peers that speak them: md5-certificates, sha1-certificates, short-rsa-keys (1024 to 2047 bits). "
                + "Repeat it.", valueName: "what"))
    var legacyAccept: [Acceptance] = []

    @Flag(help: "Speak them alone: for peers that cannot read the hello of a newer version.")
    var legacyOnly = false

    enum Acceptance: String, ExpressibleByArgument, CaseIterable {
        case md5Certificates = "md5-certificates"
        case sha1Certificates = "sha1-certificates"
        case shortRSAKeys = "short-rsa-keys"
    }

    func validate() throws {
        let parts = [
            ("--legacy", legacy != nil), ("--legacy-reason", legacyReason != nil),
            ("--legacy-until", legacyUntil != nil),
        ]
        let missing = parts.filter { !$0.1 }.map(\.0)
        guard missing.count < parts.count else {
            guard legacyPeer.isEmpty, legacyAccept.isEmpty, !legacyOnly else {
                throw ValidationError(
                    "--legacy-peer, --legacy-accept and --legacy-only say more of --legacy: it is missing.")
            }
            return
        }
        guard missing.isEmpty else {
            throw ValidationError(
                "--legacy, --legacy-reason and --legacy-until belong together: \(missing.joined(separator: " and ")) "
                    + (missing.count == 1 ? "is" : "are") + " missing.")
        }
        if let legacyUntil, legacyUntil <= SystemClock().now() {
            throw ValidationError("--legacy-until is in the past: nothing is permitted any more.")
        }
        do { _ = try permission() } catch { throw ValidationError("\(error)") }
    }

    /// nil without `--legacy`.
    ///
    /// - Parameter suites: what `--cipher-suite` named; with `--legacy-only` they are those of the old versions.
    func permission(suites: [CipherSuite] = []) throws(LegacyPermissionError) -> LegacyPermission? {
        guard let legacy, let legacyReason, let legacyUntil else { return nil }
        var permission = try LegacyPermission(
            versions: legacy, reason: legacyReason, until: legacyUntil,
            peers: legacyPeer.isEmpty ? nil : Set(legacyPeer))
        permission.acceptsMD5Certificates = legacyAccept.contains(.md5Certificates)
        permission.acceptsSHA1Certificates = legacyAccept.contains(.sha1Certificates)
        permission.acceptsShortRSAKeys = legacyAccept.contains(.shortRSAKeys)
        if legacyOnly, !suites.isEmpty { permission.cipherSuites = Set(suites) }
        return permission
    }

    /// The versions that the options of a provider take: with `--legacy-only` old ones alone.
    func versions(_ range: ClosedRange<ProtocolVersion>) -> ClosedRange<ProtocolVersion> {
        guard legacyOnly, let newest = legacy?.max() else { return range }
        // One is enough: the permission adds the others.
        return newest...newest
    }

    /// The catalogue to select from, and the name of the package in it.
    func catalogue(suites: [CipherSuite]) throws(SocketError) -> (ProviderCatalog, package: String) {
        let permission: LegacyPermission?
        do throws(LegacyPermissionError) { permission = try self.permission(suites: suites) } catch {
            throw .invalidOption(name: "legacy", reason: "\(error)")
        }
        guard let permission else { return (.standard, "TLS") }
        do throws(CryptoError) {
            return (try ProviderCatalog.standard.permitting(permission), TLSSecurityPackage.legacyName)
        } catch { throw .unsupported("\(TLSSecurityPackage.legacyName): \(error)") }
    }

    /// What `serve` says before anybody comes; nil without `--legacy`.
    var warning: String? {
        guard let legacy, let legacyReason, let legacyUntil else { return nil }
        let versions = legacy.sorted().map(\.description).joined(separator: ", ")
        return "BROKEN VERSIONS ARE SPOKEN TOO: \(versions), until \(legacyUntil): \(legacyReason)"
    }
}

/// Reads what stands on the command line.
private enum LegacyText {
    private static let names: [(name: String, version: ProtocolVersion)] = [
        ("ssl3", .ssl30), ("tls1.0", .tls10), ("tls1.1", .tls11),
    ]

    static func versions(_ text: String) throws -> Set<ProtocolVersion> {
        var versions: Set<ProtocolVersion> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let found = names.first(where: { $0.name == part.lowercased() }) else {
                throw ValidationError(
                    "There is no old version '\(part)'. There are: \(names.map(\.name).joined(separator: ", ")).")
            }
            versions.insert(found.version)
        }
        return versions
    }

    /// The first second after the day.
    static func end(_ text: String) throws -> UnixTime {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.count == 10, parts.map(\.count) == [4, 2, 2], parts.allSatisfy({ $0.allSatisfy(\.isASCIIDigit) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
            let last = UnixTime(year: year, month: month, day: day, hour: 23, minute: 59, second: 59)
        else { throw ValidationError("'\(text)' is no day: a day is written as 2027-01-31.") }
        return UnixTime(seconds: last.seconds + 1)
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
