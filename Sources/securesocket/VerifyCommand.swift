// VerifyCommand.swift — `securesocket verify`: validates a chain from files and explains every path it tried.
// RFC 5280 §6.1; RFC 9525 §6.
// Next: Verification.swift.

import ArgumentParser
import Foundation
import SocketProvider
import TLS

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Validate certificates from files, and say why each path was taken or not.",
        discussion: """
            The first certificate of the first file is the peer's own; all others are what it sends along, in any order. \
            Files are PEM or DER. The checks are those of a TLS handshake.

            EXAMPLES
              securesocket verify chain.pem --name example.org
              securesocket verify server.pem issuing.pem --ca root.pem --name example.org --time 2026-12-31
              securesocket verify client.pem --ca clients-ca.pem --purpose client
              securesocket verify chain.pem --ca root.pem --name example.org --crl issuing.crl --revocation require
              securesocket verify self-signed.pem --pin sha256/… --name printer.local
            """
    )

    enum Purpose: String, ExpressibleByArgument, CaseIterable {
        case server, client

        var purpose: CertificatePurpose { self == .server ? .serverAuthentication : .clientAuthentication }
    }

    @Argument(help: ArgumentHelp("Certificates: the peer's own first.", valueName: "file"))
    var files: [String]

    @Option(
        help: ArgumentHelp(
            "A file of trust anchors; repeat it. The machine's own store when neither this nor --pin is given.",
            valueName: "file"))
    var ca: [String] = []

    @Option(
        help: ArgumentHelp("A peer's key that is trusted without a path: sha256/BASE64; repeat it.", valueName: "pin"),
        transform: VerifyArguments.pin)
    var pin: [PublicKeyPin] = []

    @Option(help: ArgumentHelp("The host name or IP address to ask for; none is checked without.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "The time to validate at, as 2026-01-31T23:59:59Z or 2026-01-31; now by default.", valueName: "time"),
        transform: VerifyArguments.time)
    var time: UnixTime?

    @Option(help: "What the peer uses its certificate for: server or client.")
    var purpose = Purpose.server

    @Option(help: ArgumentHelp("How many certificates a path may have: 1 to 10.", valueName: "count"))
    var depth = PathPolicy.greatestDepth

    @Option(
        help: ArgumentHelp(
            "A certificate policy, one of which the path has to be valid for; repeat it.", valueName: "OID"))
    var policy: [String] = []

    @Option(help: ArgumentHelp("A file of revocation lists; repeat it.", valueName: "file"))
    var crl: [String] = []

    @Option(help: ArgumentHelp("A stapled OCSP response, in DER.", valueName: "file"))
    var ocsp: String?

    @Option(
        help: ArgumentHelp(
            "How much it counts whether a certificate was revoked: off, prefer (the default) or require.",
            valueName: "mode"),
        transform: VerifyArguments.revocation)
    var revocation = RevocationPolicy.Mode.prefer

    @Flag(help: "Write the result as JSON.")
    var json = false

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("A file is missing.") }
        guard (1...PathPolicy.greatestDepth).contains(depth) else {
            throw ValidationError("--depth has to be 1 to 10.")
        }
    }

    func run() throws {
        let certificates = try files.flatMap { file throws(CommandFailure) in try CertificateFiles.certificates(file) }
        guard let leaf = certificates.first else {
            throw CommandFailure(status: .usage, text: "securesocket: verify: no certificate was given")
        }
        let path = UnvalidatedPath(leaf: leaf, intermediates: Array(certificates.dropFirst()))
        let verification = Verification(of: path, try request())
        print(json ? try JSONText.of(verification) : verification.text)
        guard verification.isAccepted else { throw CommandFailure(status: .security, text: "") }
    }

    private func request() throws(CommandFailure) -> PathRequest {
        let now = time ?? UnixTime(seconds: Int64(Date().timeIntervalSince1970))
        var request = PathRequest(
            anchors: try anchors(), identity: try identity(), purpose: purpose.purpose, at: now,
            allowedSignatures: Self.signatures)
        request.nameCheck = .whenGiven
        request.policy.maximumDepth = depth
        if !policy.isEmpty {
            request.policy.certificatePolicies.acceptedPolicies = Set(policy.map(CertificatePolicy.init))
            request.policy.certificatePolicies.requiresExplicitPolicy = true
        }
        var lists: [CertificateRevocationList] = []
        for file in crl { lists += try CertificateFiles.lists(file) }
        request.policy.revocation = RevocationPolicy(mode: revocation, lists: RevocationLists(lists))
        if let ocsp {
            request.stapledResponse = try CertificateFiles.octets(ocsp)
            request.isStatusRequested = true
        }
        return request
    }

    private func anchors() throws(CommandFailure) -> TrustAnchors {
        var certificates: [Certificate] = []
        for file in ca { certificates += try CertificateFiles.certificates(file) }
        guard ca.isEmpty, pin.isEmpty else { return TrustAnchors(certificates).pinning(pin) }
        do throws(SocketError) { return try TrustSource.system.load() } catch {
            throw CommandFailure(error, peer: "the machine's trust store")
        }
    }

    private func identity() throws(CommandFailure) -> ReferenceIdentity? {
        guard let name else { return nil }
        do throws(CertificateError) { return try ReferenceIdentity(name) } catch {
            throw CommandFailure(status: .usage, text: "securesocket: --name: \(error)")
        }
    }

    /// All that a client offers by default.
    private static let signatures: [SignatureScheme] = [
        .ed25519, .ed448, .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512, .rsaPSSRSAESHA256,
        .rsaPSSRSAESHA384, .rsaPSSRSAESHA512, .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512, .rsaPKCS1SHA256,
        .rsaPKCS1SHA384, .rsaPKCS1SHA512,
    ]
}

/// Values of the command line that have a form of their own.
enum VerifyArguments {
    static func pin(_ text: String) throws -> PublicKeyPin {
        do throws(CertificateError) { return try PublicKeyPin(text) } catch {
            throw ValidationError("\(error)")
        }
    }

    static func time(_ text: String) throws -> UnixTime {
        guard let time = UnixTime(reading: text) else {
            throw ValidationError("a time is written as 2026-01-31T23:59:59Z or 2026-01-31.")
        }
        return time
    }

    static func revocation(_ text: String) throws -> RevocationPolicy.Mode {
        guard let mode = RevocationPolicy.Mode(rawValue: text) else {
            throw ValidationError("--revocation is off, prefer or require.")
        }
        return mode
    }
}
