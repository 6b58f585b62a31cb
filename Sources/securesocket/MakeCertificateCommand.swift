// MakeCertificateCommand.swift — `securesocket make-cert`: a test authority and a certificate that it issues.
// RFC 5280 §4.1, §4.2.
// Next: ServeCommand.swift.

import ArgumentParser
import Foundation
import SocketProvider
import TLS

struct MakeCertificateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-cert",
        abstract: "Make a test authority and a certificate for a server or a client, with their keys.",
        discussion: """
            Writes four files into a directory: ca.pem and ca.key, the authority and its key; cert.pem and key.pem, a \
            certificate that it issues, for servers and for clients, and its key. The keys are not encrypted; only you can \
            read them. An authority that is in the directory already is used again. For tests: who gets ca.key can be \
            anybody to those who trust ca.pem.

            EXAMPLES
              securesocket make-cert --out certs
              securesocket make-cert --out certs --name example.test --name '*.example.test' --name 192.0.2.7
              securesocket make-cert --out certs --key-type rsa2048 --days 90 --replace
            """
    )

    /// What kind of key the certificate, and a new authority, get.
    enum KeyType: String, ExpressibleByArgument, CaseIterable {
        case p256, p384, p521, ed25519, ed448, rsa2048, rsa3072, rsa4096

        var kind: PrivateKeyKind {
            switch self {
            case .p256: .ec(.p256)
            case .p384: .ec(.p384)
            case .p521: .ec(.p521)
            case .ed25519: .ed25519
            case .ed448: .ed448
            case .rsa2048: .rsa(bits: 2048)
            case .rsa3072: .rsa(bits: 3072)
            case .rsa4096: .rsa(bits: 4096)
            }
        }
    }

    @Option(
        name: .customLong("out"),
        help: ArgumentHelp("The directory to write to; it is made when it is not there.", valueName: "directory"))
    var directory = "."

    @Option(
        help: ArgumentHelp(
            "A host name, wildcard or IP address to certify; repeat it. localhost, 127.0.0.1 and ::1 by default."))
    var name: [String] = []

    @Option(
        help: ArgumentHelp(
            "The kind of key: \(KeyType.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "type"))
    var keyType = KeyType.p256

    @Option(help: ArgumentHelp("For how many days the certificates are valid.", valueName: "days"))
    var days = 30

    @Flag(help: "Replace cert.pem and key.pem when they are there.")
    var replace = false

    func validate() throws {
        guard (1...36_500).contains(days) else { throw ValidationError("--days has to be 1 to 36500.") }
    }

    func run() throws {
        do throws(SocketError) {
            try make()
        } catch {
            throw CommandFailure(error, peer: "make-cert")
        }
    }

    private func make() throws(SocketError) {
        let names = (name.isEmpty ? TestIdentity.localNames : name).map(TestIdentity.generalName)
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw .fileContents(path: directory, reason: "it cannot be made: \(error.localizedDescription)")
        }
        for file in ["cert.pem", "key.pem"] where !replace && FileManager.default.fileExists(atPath: path(file)) {
            throw .fileContents(path: path(file), reason: "it is there already; --replace replaces it")
        }
        let authority = try self.authority()
        let identity = try TestIdentity(keyType.kind, names: names, days: days, issuedBy: authority)
        let certificate = identity.certificate.pemEncoded
        try SystemFile.create(path("key.pem"), identity.keyFile.bytes, isSecret: true, replaces: replace)
        try SystemFile.create(path("cert.pem"), certificate.span, isSecret: false, replaces: replace)
        for file in ["ca.pem", "ca.key", "cert.pem", "key.pem"] { print(path(file)) }
    }

    private func path(_ file: String) -> String { directory == "." ? file : "\(directory)/\(file)" }

    /// The authority of the directory, or a new one.
    private func authority() throws(SocketError) -> TestAuthority {
        let (certificatePath, keyPath) = (path("ca.pem"), path("ca.key"))
        if FileManager.default.fileExists(atPath: certificatePath) || FileManager.default.fileExists(atPath: keyPath) {
            return try TestAuthority(certificate: certificatePath, key: keyPath)
        }
        let authority = try TestAuthority(keyType.kind, days: days)
        try write(authority, certificatePath, keyPath)
        return authority
    }

    private func write(
        _ authority: borrowing TestAuthority, _ certificatePath: String, _ keyPath: String
    ) throws(SocketError) {
        let certificate = authority.certificate.pemEncoded
        try SystemFile.create(keyPath, authority.keyFile.bytes, isSecret: true)
        try SystemFile.create(certificatePath, certificate.span, isSecret: false)
    }
}
