// PeerCommands.swift — the command line that starts each peer's server.
// Next: EngineClient.swift.

import Foundation
import Glibc
import SocketProvider
import WireFormat

/// Starts servers; each is ready when its function returns.
enum PeerCommand {
    typealias Started = (ChildProcess, SocketAddress)

    // MARK: openssl

    static func startOpenSSL(_ setup: PeerSetup) throws -> Started {
        let host = setup.family == .ipv4 ? "127.0.0.1" : "[::1]"
        // When it is quiet it does not tell its port.
        let chosen = setup.service == .pipe ? try FreePort.find() : 0
        var command = [
            "openssl", "s_server", "-accept", "\(host):\(chosen)",
            "-min_protocol", OpenSSLNames.name(setup.versions.lowerBound),
            "-max_protocol", OpenSSLNames.name(setup.versions.upperBound),
            "-cert", try InteropCertificates.file(setup.certificate + ".pem"),
            "-key", try InteropCertificates.file((setup.key ?? setup.certificate) + ".key"),
            "-ciphersuites", CipherSuite.namedTLS13.map(\.description).joined(separator: ":"),
            // For CCM-8, whose short tag is below the default level.
            "-cipher", "ALL:@SECLEVEL=0",
            "-groups", (setup.groups ?? NamedGroup.named).map(OpenSSLNames.name).joined(separator: ":"),
        ]
        switch setup.service {
        case .lines: command.append("-rev")
        case .interactive: break
        case .pipe: command.append("-quiet")
        }
        if let chain = setup.chain { command += ["-cert_chain", try InteropCertificates.file(chain + ".pem")] }
        if setup.clientCertificate != .notAsked {
            command += ["-CAfile", try InteropCertificates.file("ca.pem"), "-verify_return_error"]
            command += [setup.clientCertificate == .required ? "-Verify" : "-verify", "2"]
        }
        if !setup.alpnProtocols.isEmpty { command += ["-alpn", setup.alpnProtocols.joined(separator: ",")] }
        if let label = setup.exportLabel { command += ["-keymatexport", label, "-keymatexportlen", "32"] }
        if let file = setup.ocspResponse { command += ["-status_file", file] }
        if let file = setup.dhParameters { command += ["-dhparam", file] }
        if let psk = setup.preSharedKey { command += ["-psk", psk.hexadecimal, "-psk_identity", psk.identity] }
        if let octets = setup.earlyData { command += ["-early_data", "-max_early_data", "\(octets)"] }
        if !setup.encryptThenMAC { command.append("-no_etm") }
        if !setup.tickets { command.append("-no_ticket") }
        var environment: [String: String] = [:]
        if !setup.extendedMasterSecret { environment["OPENSSL_CONF"] = try withoutExtendedMasterSecret.get() }
        command += setup.more
        let child = try ChildProcess(command, environment: environment, keepsErrors: setup.service != .pipe)
        guard setup.service != .pipe else {
            try FreePort.waitForListener(on: chosen, child)
            return (child, try address(setup.family, chosen))
        }
        let log = try child.waitForOutput("its port") { port(in: $0, after: "ACCEPT ") != nil }
        return (child, try address(setup.family, port(in: log, after: "ACCEPT ")))
    }

    /// openssl's programs have no option for it; the configuration of every context has.
    static let withoutExtendedMasterSecret = Result<String, any Error> {
        let file = try InteropFolder.newFile("openssl.cnf")
        let text = """
            openssl_conf = start
            [start]
            ssl_conf = contexts
            [contexts]
            system_default = all
            [all]
            Options = -ExtendedMasterSecret

            """
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        return file
    }

    // MARK: GnuTLS

    static func startGnuTLS(_ setup: PeerSetup) throws -> Started {
        var command = [
            "gnutls-serv", "--echo", "--priority", gnutlsPriority(setup),
            "--x509certfile", try InteropCertificates.file(setup.certificate + ".pem"),
            "--x509keyfile", try InteropCertificates.file((setup.key ?? setup.certificate) + ".key"),
        ]
        switch setup.clientCertificate {
        // It has nobody to verify a raw public key with.
        case .notAsked where setup.rawPublicKey != nil: command.append("--require-client-cert")
        case .notAsked: command.append("--disable-client-cert")
        case .asked: command.append("--verify-client-cert")
        case .required: command += ["--require-client-cert", "--verify-client-cert"]
        }
        if setup.clientCertificate != .notAsked {
            command += ["--x509cafile", try InteropCertificates.file("ca.pem")]
        }
        if !setup.alpnProtocols.isEmpty { command += setup.alpnProtocols.map { "--alpn=\($0)" } + ["--alpn-fatal"] }
        if let label = setup.exportLabel { command += ["--keymatexport", label, "--keymatexportsize", "32"] }
        if let file = setup.ocspResponse { command += ["--ocsp-response", file] }
        if let file = setup.dhParameters { command += ["--dhparams", file] }
        if let psk = setup.preSharedKey {
            let file = try InteropFolder.newFile("psk")
            try "\(psk.identity):\(psk.hexadecimal)\n".write(toFile: file, atomically: false, encoding: .utf8)
            command += ["--pskpasswd", file]
        }
        if let key = setup.rawPublicKey { command += try rawPublicKey(key) }
        if let octets = setup.earlyData { command += ["--earlydata", "--maxearlydata=\(octets)"] }
        if !setup.tickets { command.append("--noticket") }
        command += setup.more
        return try onFreePort(setup.family) { port in
            let child = try ChildProcess(command + ["--port", "\(port)"])
            let family = setup.family == .ipv4 ? "IPv4" : "IPv6"
            return (
                child,
                {
                    try child.waitForOutput("that it listens") {
                        $0.contains("\n") && $0.contains("\(family) ") && $0.contains("port \(port)...done")
                    }
                }
            )
        }
    }

    /// What GnuTLS's programs of either role want for a key without a certificate: the key, and the public one.
    static func rawPublicKey(_ name: String) throws -> [String] {
        let key = try InteropCertificates.file(name + ".key")
        let file = try InteropFolder.newFile("raw-public-key")
        _ = try InteropFolder.run(["openssl", "pkey", "-in", key, "-pubout", "-out", file])
        return ["--rawpkkeyfile", key, "--rawpkfile", file]
    }

    private static func gnutlsPriority(_ setup: PeerSetup) -> String {
        var priority = ["NORMAL", "-VERS-ALL"]
        for version in [ProtocolVersion.tls10, .tls11, .tls12, .tls13] where setup.versions.contains(version) {
            priority.append("+VERS-\(version)".replacingOccurrences(of: " ", with: ""))
        }
        priority += [
            "-CIPHER-ALL", "+AES-128-GCM", "+AES-256-GCM", "+CHACHA20-POLY1305", "+AES-128-CCM", "+AES-128-CCM-8",
        ]
        priority += ["-GROUP-ALL"] + (setup.groups ?? NamedGroup.named).map { "+GROUP-\("\($0)".uppercased())" }
        if setup.versions.lowerBound < .tls13 {
            priority += ["+AES-256-CCM", "+AES-256-CCM-8", "+AES-128-CBC", "+AES-256-CBC"]
            priority += ["-MAC-ALL", "+AEAD", "+SHA1", "+SHA256", "+SHA384"]
            priority += ["-KX-ALL", "+ECDHE-ECDSA", "+ECDHE-RSA", "+DHE-RSA", "+RSA"]
        }
        if setup.versions.upperBound < .tls12 {
            priority.append("+3DES-CBC")
        }
        if let psk = setup.preSharedKey { priority += psk.withKeyExchange ? ["+ECDHE-PSK", "+DHE-PSK"] : ["+PSK"] }
        if setup.rawPublicKey != nil { priority += ["+CTYPE-SRV-RAWPK", "+CTYPE-CLI-RAWPK"] }
        if !setup.encryptThenMAC { priority.append("%NO_ETM") }
        if !setup.extendedMasterSecret { priority.append("%NO_SESSION_HASH") }
        return priority.joined(separator: ":")
    }

    // MARK: Go

    static func startGo(_ setup: PeerSetup) throws -> Started {
        guard setup.family == .ipv4 else { throw InteropFailure("the Go server listens on IPv4 only") }
        var command = [
            try GoBuild.program, "-certificate", try InteropCertificates.file(setup.certificate + ".pem"),
            "-key", try InteropCertificates.file((setup.key ?? setup.certificate) + ".key"),
            "-min-version", "\(setup.versions.lowerBound)", "-max-version", "\(setup.versions.upperBound)",
        ]
        if let groups = setup.groups { command += ["-groups", groups.map(\.description).joined(separator: ",")] }
        if setup.clientCertificate != .notAsked { command += ["-client-ca", try InteropCertificates.file("ca.pem")] }
        if setup.clientCertificate == .required { command.append("-require-client-certificate") }
        if !setup.alpnProtocols.isEmpty { command += ["-alpn", setup.alpnProtocols.joined(separator: ",")] }
        if let label = setup.exportLabel { command += ["-export-label", label] }
        if let file = setup.ocspResponse { command += ["-ocsp", file] }
        if !setup.tickets { command.append("-no-tickets") }
        return try telling(ChildProcess(command + setup.more))
    }

    // MARK: NSS

    static func startNSS(_ setup: PeerSetup) throws -> Started {
        guard setup.family == .ipv4 else { throw InteropFailure("selfserv is tried over IPv4 only") }
        let key = setup.key ?? setup.certificate
        var command = [
            "selfserv", "-v", "-d", "sql:" + (try nssDatabase(setup.certificate, key: key)),
            key.hasPrefix("rsa") ? "-n" : "-e", "server",
            "-V", "\(nssName(setup.versions.lowerBound)):\(nssName(setup.versions.upperBound))",
            // All of its suites and schemes, finite fields included; id-RSASSA-PSS is off unless named.
            "-H", "1", "-t", "8", "-J", nssSchemes,
        ]
        if setup.versions.lowerBound < .tls13 {
            let suites =
                setup.versions.upperBound < .tls12
                ? TLS12Suite.legacySuites(of: setup.versions.upperBound).map(\.code) : Peer.nss.tls12Suites.map(\.code)
            let all = suites + (setup.versions.upperBound >= .tls13 ? Peer.nss.cipherSuites : [])
            command += ["-c", all.map { String(format: ":%04X", $0.rawValue) }.joined()]
        }
        if setup.extendedMasterSecret { command.append("-G") }
        if setup.tickets { command.append("-u") }
        if setup.earlyData != nil { command.append("-Z") }
        if let groups = setup.groups { command += ["-I", groups.map(nssName).joined(separator: ",")] }
        switch setup.clientCertificate {
        case .notAsked: break
        case .asked: command.append("-r")
        case .required: command += ["-r", "-r"]
        }
        // One protocol, http/1.1, is all it can be told.
        if !setup.alpnProtocols.isEmpty { command.append("-Q") }
        if let label = setup.exportLabel { command += ["-x", "\(label):32"] }
        // It makes the response itself, signed by the authority.
        if setup.ocspResponse != nil { command += ["-T", "good", "-A", "ca"] }
        command += setup.more
        return try onFreePort(.ipv4) { port in
            let child = try ChildProcess(command + ["-p", "\(port)"])
            return (child, { try FreePort.waitForListener(on: port, child) })
        }
    }

    private static let nssSchemes = [
        "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "rsa_pss_rsae_sha256",
        "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512",
        "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512",
    ].joined(separator: ",")

    /// A database with the certificate under the name `server`, and the authority, with its key, under `ca`.
    private static func nssDatabase(_ certificate: String, key: String) throws -> String {
        let folder = try InteropFolder.newFile("nss") + ".db"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let database = "sql:" + folder
        _ = try InteropFolder.run(["certutil", "-N", "-d", database, "--empty-password"])
        for (file, name) in [(certificate, key), ("ca", "ca")] {
            let archive = try InteropCertificates.archive(file, key: name, as: file == "ca" ? "ca" : "server")
            _ = try InteropFolder.run(["pk12util", "-i", archive, "-d", database, "-W", "interop", "-K", ""])
        }
        let authority = try InteropCertificates.file("ca.pem")
        _ = try InteropFolder.run(["certutil", "-A", "-n", "ca", "-t", "TC,TC,TC", "-i", authority, "-d", database])
        return folder
    }

    private static func nssName(_ version: ProtocolVersion) -> String {
        OpenSSLNames.name(version).lowercased().replacing("v", with: "")
    }

    private static func nssName(_ group: NamedGroup) -> String {
        switch group {
        case .secp256r1: "P256"
        case .secp384r1: "P384"
        case .secp521r1: "P521"
        case .ffdhe2048: "FF2048"
        case .ffdhe3072: "FF3072"
        case .ffdhe4096: "FF4096"
        default: "\(group)"
        }
    }

    // MARK: JSSE

    static func startJSSE(_ setup: PeerSetup) throws -> Started {
        guard setup.family == .ipv4 else { throw InteropFailure("the JSSE server listens on IPv4 only") }
        // A small machine that is there soon.
        var command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx128m"]
        if let groups = setup.groups {
            command.append("-Djdk.tls.namedGroups=" + groups.map(\.description).joined(separator: ","))
        }
        if !setup.extendedMasterSecret { command.append("-Djdk.tls.useExtendedMasterSecret=false") }
        if !setup.tickets { command.append("-Djdk.tls.server.enableSessionTicketExtension=false") }
        let versions = [
            (ProtocolVersion.ssl30, "SSLv3"), (.tls10, "TLSv1"), (.tls11, "TLSv1.1"), (.tls12, "TLSv1.2"),
            (.tls13, "TLSv1.3"),
        ].filter { setup.versions.contains($0.0) }
        command += [
            "-cp", try JavaBuild.classes, "EchoServer", "--versions", versions.map(\.1).joined(separator: ","),
            "--keystore", try InteropCertificates.archive(setup.certificate, key: setup.key ?? setup.certificate),
        ]
        if setup.clientCertificate != .notAsked {
            command += ["--client-ca", try InteropCertificates.file("ca.pem")]
            command += ["--client", setup.clientCertificate == .required ? "need" : "want"]
        }
        if !setup.alpnProtocols.isEmpty { command += ["--alpn", setup.alpnProtocols.joined(separator: ",")] }
        return try telling(ChildProcess(command + setup.more))
    }

    // MARK: Where they listen

    /// A server that tells its port on its first line.
    private static func telling(_ child: ChildProcess) throws -> Started {
        let log = try child.waitForOutput("its port") { port(in: $0, after: "listening on ") != nil }
        return (child, try address(.ipv4, port(in: log, after: "listening on ")))
    }

    /// A server that takes a port number only; another program may take that port between our look and its start.
    private static func onFreePort(
        _ family: AddressFamily, _ start: (UInt16) throws -> (ChildProcess, ready: () throws -> Void)
    ) throws -> Started {
        for attempt in 1... {
            let port = try FreePort.find()
            let (child, ready) = try start(port)
            do {
                try ready()
                return (child, try address(family, port))
            } catch {
                child.end()
                guard attempt < 5 else { throw error }
            }
        }
        throw InteropFailure("no free port")
    }

    /// The number at the end of the line that begins with `prefix`.
    private static func port(in log: String, after prefix: String) -> UInt16? {
        // A line that is still being written has no end yet.
        let lines = log.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard let line = lines.first(where: { $0.hasPrefix(prefix) }) else { return nil }
        return line.split(separator: ":").last.flatMap { UInt16($0) }
    }

    private static func address(_ family: AddressFamily, _ port: UInt16?) throws -> SocketAddress {
        guard let port, let address = SocketAddress(family == .ipv4 ? "127.0.0.1" : "::1", port: port) else {
            throw InteropFailure("no address")
        }
        return address
    }
}
