// ClientCommands.swift — the clients that are a command for each connection: openssl, GnuTLS, NSS, curl.
// Next: ClientPrograms.swift.

import Foundation
import Handshake
import WireFormat

/// Runs clients with lines on their standard input, and reads what they print.
enum ClientCommand {
    static func run(_ peer: ClientPeer, _ port: UInt16, _ task: ClientTask) throws -> ClientOutcome {
        switch peer {
        case .openssl: try runOpenSSL(port, task)
        case .gnutls: try runGnuTLS(port, task)
        case .nss: try runNSS(port, task)
        default: try runCurl(port, task)
        }
    }

    /// Sends the lines one after another as each comes back, ends the input, and waits for the end.
    private static func talk(_ child: ChildProcess, _ task: ClientTask) throws -> ClientOutcome {
        var outcome = ClientOutcome()
        for line in task.lines {
            // It may have ended already: that is told by what it printed.
            try? child.write(line + "\n")
            // It reads them one by one when they come one by one.
            guard !task.ownLines.contains(line) else {
                child.waitUntilInputIsRead(within: .seconds(20))
                continue
            }
            let log = try? child.waitForOutput("the line", within: .seconds(20)) { hasLine(line, in: $0) }
            guard log != nil else { break }
            outcome.replies.append(line)
        }
        child.closeInput()
        let status = try child.waitForEnd(within: .seconds(20))
        outcome.log = child.output
        if status != 0 { outcome.error = "status \(status)" }
        if outcome.error == nil, outcome.replies.count + task.ownLines.count < task.lines.count {
            outcome.error = "a line did not come back"
        }
        return outcome
    }

    /// What a command received may stand in the midst of what it says, which openssl's s_client writes by another way.
    /// A long line comes in several records, which a client may show apart.
    private static func hasLine(_ line: String, in log: String) -> Bool {
        log.contains(line + "\n") || line.utf8.count > 500 && log.replacing("\n", with: "").contains(line)
    }

    /// What stands after `prefix`, to the end of its line; the last such line counts.
    private static func value(_ prefix: String, in log: String) -> String? {
        log.split(separator: "\n").last { $0.contains(prefix) }
            .flatMap { line in line.range(of: prefix).map { String(line[$0.upperBound...]) } }
    }

    // MARK: openssl

    private static func runOpenSSL(_ port: UInt16, _ task: ClientTask) throws -> ClientOutcome {
        var command = [
            "openssl", "s_client", "-connect", "127.0.0.1:\(port)",
            "-CAfile", try InteropCertificates.file(task.authority + ".pem"), "-verify_return_error",
            "-min_protocol", OpenSSLNames.name(task.versions.lowerBound),
            "-max_protocol", OpenSSLNames.name(task.versions.upperBound),
        ]
        if let name = task.name {
            command += ["-servername", name, "-verify_hostname", name]
        } else {
            command += ["-noservername", "-verify_ip", "127.0.0.1"]
        }
        let suites = task.suites ?? CipherSuite.namedTLS13 + CipherSuite.namedTLS12
        let new = suites.filter(CipherSuite.namedTLS13.contains)
        let old = try suites.filter(CipherSuite.namedTLS12.contains).map(OpenSSLNames.name)
        if !new.isEmpty { command += ["-ciphersuites", new.map(\.description).joined(separator: ":")] }
        command += ["-cipher", (old.isEmpty ? ["ALL"] : old).joined(separator: ":") + ":@SECLEVEL=0"]
        command += ["-groups", (task.groups ?? NamedGroup.named).map(OpenSSLNames.name).joined(separator: ":")]
        if !task.alpnProtocols.isEmpty { command += ["-alpn", task.alpnProtocols.joined(separator: ",")] }
        if let certificate = task.certificate, let key = task.key {
            command += ["-cert", try InteropCertificates.file(certificate + ".pem")]
            command += ["-key", try InteropCertificates.file(key + ".key")]
        }
        if let session = task.session {
            let file = try InteropFolder.path + "/openssl-session-" + session
            if FileManager.default.fileExists(atPath: file) { command += ["-sess_in", file] }
            command += ["-sess_out", file]
        }
        if let label = task.exportLabel { command += ["-keymatexport", label, "-keymatexportlen", "32"] }
        if task.asksForStatus { command.append("-status") }
        if let early = task.earlyData {
            let file = try InteropFolder.newFile("early-data")
            try early.write(toFile: file, atomically: false, encoding: .utf8)
            command += ["-early_data", file]
        }
        if let psk = task.preSharedKey { command += ["-psk", psk.hexadecimal, "-psk_identity", psk.identity] }
        if !task.encryptThenMAC { command.append("-no_etm") }
        var environment: [String: String] = [:]
        if !task.extendedMasterSecret {
            environment["OPENSSL_CONF"] = try PeerCommand.withoutExtendedMasterSecret.get()
        }
        var outcome = try talk(ChildProcess(command + task.more, environment: environment), task)
        let log = outcome.log
        // New, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256
        if let line = log.split(separator: "\n").last(where: { $0.contains(", Cipher is ") && !$0.contains("(NONE)") })
        {
            let words = line.components(separatedBy: ", ")
            outcome.isResumed = words[0] == "Reused"
            outcome.suite = try OpenSSLNames.standard(String(words[2].dropFirst("Cipher is ".count)))
            outcome.version = value("Protocol  : ", in: log).map(version) ?? version(words[1])
        }
        // A group of finite fields has no name here: DH, 2048 bits.
        if let key = value("Server Temp Key: ", in: log) {
            let words = key.components(separatedBy: ", ")
            outcome.group = OpenSSLNames.group(words[0] == "ECDH" ? words[1] : words[0])
        }
        if outcome.version != nil { outcome.alpn = value("ALPN protocol: ", in: log) ?? "" }
        outcome.exported = value("Keying material: ", in: log)?.lowercased()
        if task.asksForStatus { outcome.status = log.contains("OCSP Response Status: successful") ? "yes" : "" }
        return outcome
    }

    /// The name `TLSv1` stands for TLS 1.0.
    private static func version(_ name: String) -> String {
        name == "TLSv1" ? "TLS 1.0" : name.replacing("TLSv", with: "TLS ")
    }

    // MARK: GnuTLS

    private static func runGnuTLS(_ port: UInt16, _ task: ClientTask) throws -> ClientOutcome {
        var command = [
            "gnutls-cli", "--port", "\(port)", "--x509cafile", try InteropCertificates.file(task.authority + ".pem"),
            "--priority", gnutlsPriority(task), "--inline-commands",
        ]
        for name in task.alpnProtocols { command.append("--alpn=\(name)") }
        if let certificate = task.certificate, let key = task.key {
            command += ["--x509certfile", try InteropCertificates.file(certificate + ".pem")]
            command += ["--x509keyfile", try InteropCertificates.file(key + ".key")]
        }
        if let label = task.exportLabel { command += ["--keymatexport=\(label)", "--keymatexportsize=32"] }
        if task.reconnects {
            command.append("--resume")
            if task.versions.upperBound == .tls13 { command.append("--waitresumption") }
        }
        if let early = task.earlyData {
            let file = try InteropFolder.newFile("early-data")
            try early.write(toFile: file, atomically: false, encoding: .utf8)
            command.append("--earlydata=\(file)")
        }
        if let key = task.rawPublicKey { command += try PeerCommand.rawPublicKey(key) + ["--insecure"] }
        if let psk = task.preSharedKey { command += ["--pskusername=\(psk.identity)", "--pskkey=\(psk.hexadecimal)"] }
        var staple: String?
        if task.asksForStatus {
            let file = try InteropFolder.newFile("staple")
            command.append("--save-ocsp=\(file)")
            staple = file
        }
        if let name = task.name, name != "localhost" {
            command += ["--sni-hostname=\(name)", "--verify-hostname=\(name)"]
        }
        command += task.more + [task.name == nil ? "127.0.0.1" : "localhost"]
        var outcome = try talk(ChildProcess(command), task)
        let log = outcome.log
        // - Description: (TLS1.3-X.509)-(ECDHE-SECP256R1)-(ECDSA-SECP256R1-SHA256)-(AES-128-GCM)
        if let description = value("- Description: ", in: log) {
            let parts = description.dropFirst().dropLast().components(separatedBy: ")-(")
            outcome.version = parts[0].split(separator: "-").first.map { String($0.replacing("TLS", with: "TLS ")) }
            if parts.count > 1, parts[1].contains("DHE-") {
                outcome.group = parts[1].split(separator: "-").last.flatMap { OpenSSLNames.group(String($0)) }
            }
            outcome.alpn = value("- Application protocol: ", in: log) ?? ""
            outcome.isResumed = task.reconnects ? log.contains("This is a resumed session") : false
        }
        outcome.exported = value("- Key material: ", in: log)
        if let staple {
            let octets = FileManager.default.contents(atPath: staple) ?? Data()
            outcome.status = octets.map { String(format: "%02x", $0) }.joined()
        }
        return outcome
    }

    private static func gnutlsPriority(_ task: ClientTask) -> String {
        var priority = ["NORMAL", "-VERS-ALL"]
        for version in [ProtocolVersion.tls10, .tls11, .tls12, .tls13] where task.versions.contains(version) {
            priority.append("+VERS-\(version)".replacing(" ", with: ""))
        }
        let suites = (task.suites ?? CipherSuite.namedTLS13 + CipherSuite.namedTLS12).map(\.description)
        func has(_ part: String) -> Bool { suites.contains { $0.contains(part) } }
        let ciphers = [
            ("AES_128_GCM", "AES-128-GCM"), ("AES_256_GCM", "AES-256-GCM"), ("CHACHA20_POLY1305", "CHACHA20-POLY1305"),
            ("AES_128_CCM_SHA256", "AES-128-CCM"), ("AES_128_CCM_8", "AES-128-CCM-8"),
            ("AES_256_CCM_8", "AES-256-CCM-8"), ("AES_128_CBC", "AES-128-CBC"), ("AES_256_CBC", "AES-256-CBC"),
            ("3DES_EDE_CBC", "3DES-CBC"),
        ]
        priority.append("-CIPHER-ALL")
        priority += ciphers.filter { has($0.0) }.map { "+" + $0.1 }
        for (end, cipher) in [("AES_128_CCM", "AES-128-CCM"), ("AES_256_CCM", "AES-256-CCM")]
        where suites.contains(where: { $0.hasSuffix(end) }) { priority.append("+" + cipher) }
        priority += ["-GROUP-ALL"] + (task.groups ?? NamedGroup.named).map { "+GROUP-\("\($0)".uppercased())" }
        priority += ["-MAC-ALL", "+AEAD"]
        for (end, mac) in [("CBC_SHA", "SHA1"), ("CBC_SHA256", "SHA256"), ("CBC_SHA384", "SHA384")]
        where suites.contains(where: { $0.hasSuffix(end) }) { priority.append("+" + mac) }
        if task.versions.lowerBound < .tls13 {
            priority.append("-KX-ALL")
            let exchanges = [
                ("TLS_ECDHE_ECDSA", "ECDHE-ECDSA"), ("TLS_ECDHE_RSA", "ECDHE-RSA"), ("TLS_DHE_RSA", "DHE-RSA"),
                ("TLS_RSA", "RSA"),
            ]
            priority += exchanges.filter { has($0.0 + "_WITH") }.map { "+" + $0.1 }
        }
        if let psk = task.preSharedKey { priority.append(psk.withKeyExchange ? "+ECDHE-PSK:+DHE-PSK" : "+PSK") }
        if !task.encryptThenMAC { priority.append("%NO_ETM") }
        if !task.extendedMasterSecret { priority.append("%NO_SESSION_HASH") }
        if task.rawPublicKey != nil {
            priority += ["-CTYPE-SRV-ALL", "+CTYPE-SRV-RAWPK", "-CTYPE-CLI-ALL", "+CTYPE-CLI-RAWPK"]
        }
        return priority.joined(separator: ":")
    }

    // MARK: NSS

    private static func runNSS(_ port: UInt16, _ task: ClientTask) throws -> ClientOutcome {
        guard let name = task.name else { throw InteropFailure("tstclnt always sends a name") }
        var command = [
            "tstclnt", "-4", "-h", "localhost", "-p", "\(port)", "-a", name, "-v", "-u", "-G",
            "-d", "sql:" + (try nssDatabase(task)),
            "-V", "\(nssName(task.versions.lowerBound)):\(nssName(task.versions.upperBound))",
            "-I", (task.groups ?? ClientPeer.nss.groups).map(nssName).joined(separator: ","), "-J", nssSchemes,
        ]
        let suites = task.suites ?? ClientPeer.nss.cipherSuites + ClientPeer.nss.tls12Suites.map(\.code)
        // "free(): invalid pointer": with a list of suites it does not survive a second connection.
        if !task.reconnects { command += ["-c", suites.map { String(format: ":%04X", $0.rawValue) }.joined()] }
        if task.certificate != nil { command += ["-n", "client"] }
        if let label = task.exportLabel { command += ["-x", "\(label):32"] }
        if task.asksForStatus { command.append("-T") }
        if task.reconnects { command += ["-L", "2"] }
        if task.earlyData != nil { command.append("-Z") }
        // All lines at once, and it waits for the server to close.
        let file = try InteropFolder.newFile("lines")
        let lines = task.lines + [EngineServer.Command.close.rawValue]
        try lines.map { $0 + "\n" }.joined().write(toFile: file, atomically: false, encoding: .utf8)
        let child = try ChildProcess(command + ["-A", file] + task.more)
        var outcome = ClientOutcome()
        let status = try child.waitForEnd(within: .seconds(20))
        let log = child.output
        outcome.log = log
        // Where the first octet comes in a record of its own (1/n-1), it is shown apart, with what the client tells between.
        let isSplit = task.versions.upperBound < .tls11
        let shown = log.split(separator: "\n").filter { !$0.hasPrefix("tstclnt: ") }.joined()
        outcome.replies = task.lines.filter { hasLine($0, in: log) || isSplit && shown.contains($0) }
        if status != 0 { outcome.error = "status \(status)" }
        if log.contains("SSL version 3.4 ") { outcome.version = "TLS 1.3" }
        for version in [ProtocolVersion.ssl30, .tls10, .tls11, .tls12]
        where log.contains("SSL version 3.\(version.rawValue & 255) ") { outcome.version = "\(version)" }
        // 1 cache hits; 0 cache misses, 0 cache not reusable
        // 1 stateless resumes
        let counts = log.split(separator: "\n").filter {
            $0.hasSuffix(" stateless resumes") || $0.contains(" cache hits;")
        }
        if !counts.isEmpty { outcome.isResumed = counts.contains { $0.first != "0" } }
        if task.asksForStatus, let line = value("Received ", in: log) {
            outcome.status = line.hasPrefix("0") ? "" : "yes"
        }
        if task.exportLabel != nil { outcome.exported = nssExported(log) }
        return outcome
    }

    /// The keying material, which it writes as octets with colons between them, under a line that tells of it.
    private static func nssExported(_ log: String) -> String? {
        // "Exported Keying Material:" goes before it.
        guard let start = log.range(of: "    Keying Material:") else { return nil }
        let words: [Substring] = log[start.upperBound...].split(whereSeparator: { $0 == ":" || $0.isWhitespace })
        return words.prefix(while: { $0.count == 2 }).joined().lowercased()
    }

    private static let nssSchemes = [
        "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "rsa_pss_rsae_sha256",
        "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512",
        "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512",
    ].joined(separator: ",")

    private static let nssDatabases = KeptFolders()

    /// A database with the authority, and the client's certificate under the name `client`. Made once for each.
    private static func nssDatabase(_ task: ClientTask) throws -> String {
        try nssDatabases.folder("\(task.authority) \(task.certificate ?? "")") {
            let folder = try InteropFolder.newFile("nss") + ".db"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let database = "sql:" + folder
            _ = try InteropFolder.run(["certutil", "-N", "-d", database, "--empty-password"])
            let authority = try InteropCertificates.file(task.authority + ".pem")
            _ = try InteropFolder.run([
                "certutil", "-A", "-n", "ca", "-t", "TC,TC,TC", "-i", authority, "-d", database,
            ])
            if let certificate = task.certificate, let key = task.key {
                let archive = try InteropCertificates.archive(certificate, key: key, as: "client")
                _ = try InteropFolder.run(["pk12util", "-i", archive, "-d", database, "-W", "interop", "-K", ""])
            }
            return folder
        }
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

    // MARK: curl

    /// A request for each line; our server's answer names its path.
    private static func runCurl(_ port: UInt16, _ task: ClientTask) throws -> ClientOutcome {
        guard let name = task.name else { throw InteropFailure("curl is told a name here") }
        var command = [
            "curl", "--silent", "--show-error", "--verbose", "--http1.1", "--max-time", "30",
            "--cacert", try InteropCertificates.file(task.authority + ".pem"),
            "--resolve", "\(name):\(port):127.0.0.1",
            task.versions.lowerBound == .tls13 ? "--tlsv1.3" : "--tlsv1.2",
            "--tls-max", task.versions.upperBound == .tls13 ? "1.3" : "1.2",
            "--curves", (task.groups ?? NamedGroup.named).map(OpenSSLNames.name).joined(separator: ":"),
        ]
        let suites = task.suites ?? CipherSuite.namedTLS13 + CipherSuite.namedTLS12
        let new = suites.filter(CipherSuite.namedTLS13.contains)
        let old = try suites.filter(CipherSuite.namedTLS12.contains).map(OpenSSLNames.name)
        if !new.isEmpty { command += ["--tls13-ciphers", new.map(\.description).joined(separator: ":")] }
        command += ["--ciphers", (old.isEmpty ? ["ALL"] : old).joined(separator: ":") + ":@SECLEVEL=0"]
        if let certificate = task.certificate, let key = task.key {
            command += ["--cert", try InteropCertificates.file(certificate + ".pem")]
            command += ["--key", try InteropCertificates.file(key + ".key")]
        }
        if task.asksForStatus { command.append("--cert-status") }
        // Another connection for the second request, in the same process, with the session of the first.
        if task.reconnects { command += ["--header", "Connection: close"] }
        let paths = task.lines.map { "/" + $0.replacing(" ", with: "-") }
        command += task.more + paths.map { "https://\(name):\(port)\($0)" }
        let child = try ChildProcess(command)
        let status = try child.waitForEnd(within: .seconds(40))
        var outcome = ClientOutcome()
        outcome.log = child.output
        if status != 0 { outcome.error = "status \(status)" }
        outcome.replies = zip(task.lines, paths).filter { outcome.log.contains("you asked for \($1)\n") }.map(\.0)
        // * SSL connection using TLSv1.3 / TLS_AES_128_GCM_SHA256
        if let line = value("SSL connection using ", in: outcome.log) {
            let words = line.components(separatedBy: " / ")
            outcome.version = version(words[0])
            outcome.suite = try OpenSSLNames.standard(words[1])
            outcome.isResumed = outcome.log.contains("SSL re-using session ID")
        }
        // It ends with an error unless the response is there and good.
        if task.asksForStatus, status == 0 { outcome.status = "yes" }
        return outcome
    }
}

/// Folders that take time to make, made once for each name.
private final class KeptFolders: @unchecked Sendable {
    private let lock = NSLock()
    private var folders: [String: String] = [:]

    func folder(_ name: String, _ make: () throws -> String) rethrows -> String {
        try lock.withLock {
            if let folder = folders[name] { return folder }
            let folder = try make()
            folders[name] = folder
            return folder
        }
    }
}
