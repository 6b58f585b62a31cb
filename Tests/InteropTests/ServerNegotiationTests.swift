// ServerNegotiationTests.swift — our server and protocols, names, staples, exporters, keys from elsewhere.
// RFC 7301; RFC 6066 §3, §8; RFC 5705; RFC 8449; RFC 7366; RFC 7627; RFC 8446 §4.2.11, §4.6.3, §7.5.
// Next: ServerResumptionTests.swift.

import Certificates
import CryptoGlue
import Foundation
import Handshake
import Synchronization
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("our server: negotiation")
    struct ServerNegotiationTests {
        @Test(
            "RFC 7301 §3.2: our server takes the protocol it wants most, refuses a client that has none of its own",
            arguments: ClientPeer.allCases, [ProtocolVersion.tls12, .tls13])
        func alpn(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent, peer.hasALPN else { return }
            let server = try EngineServer { $0.alpnProtocols = ["h2", "http/1.1"] }
            for (offer, expected) in [(["http/1.1", "h2"], "h2"), (["h3", "http/1.1"], "http/1.1"), ([], nil)] {
                InteropSummary.count(peer, "\(version): ALPN", "\(offer)") {
                    var task = ClientTask(version)
                    task.alpnProtocols = offer
                    let meeting = try peer.meet(server, task)
                    try equal(meeting.server.info.alpnProtocol, expected, "protocol")
                }
            }
            var stranger = ClientTask(version)
            stranger.alpnProtocols = ["h3"]
            InteropSummary.count(peer, "\(version): ALPN", "nothing in common") {
                try peer.isRefused(by: server, stranger, with: .noApplicationProtocol)
            }
            InteropSummary.count(peer, "\(version): ALPN", "a server without it") {
                try equal(try peer.meet(EngineServer(), stranger).server.info.alpnProtocol, nil, "protocol")
            }
        }

        @Test(
            "RFC 6066 §3: the name that the client sends chooses our certificate", arguments: ClientPeer.allCases,
            [ProtocolVersion.tls12, .tls13])
        func names(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent else { return }
            let here = try InteropCertificates.serverCredential(.p384)
            let elsewhere = try InteropCertificates.serverCredential(certificate: "wrongname", key: "p256")
            var names = NamedCredentials()
            try names.set([here], for: "localhost")
            // The certificate is for elsewhere.example.
            try names.set([elsewhere], for: "*.example")
            let named = names
            let server = try EngineServer([], peer.service) { $0.credentials = .names(named) }
            for name in ["localhost", "elsewhere.example"] {
                InteropSummary.count(peer, "certificate by name", "\(version) \(name)") {
                    var task = ClientTask(version)
                    task.name = name
                    // The client checks that the certificate is for the name.
                    try equal(try peer.meet(server, task).server.info.serverName, name, "server name")
                }
            }
            InteropSummary.count(peer, "certificate by name", "\(version) of nobody") {
                var task = ClientTask(version)
                task.name = "nobody.invalid"
                try peer.isRefused(by: server, task, with: .unrecognizedName)
            }
            InteropSummary.count(peer, "certificate by name", "\(version), found later") {
                let configuration = try EngineServer.configuration([]) { $0.credentials = .callback { _ in .later } }
                let late = try EngineServer(
                    configuration, peer.service,
                    answer: { operation in
                        guard case .chooseCredentials(let hello) = operation, hello.serverName == "localhost" else {
                            throw InteropFailure("asked for \(operation)")
                        }
                        Thread.sleep(forTimeInterval: 0.02)
                        return .credentials([here])
                    })
                try peer.meet(late, ClientTask(version))
            }
        }

        @Test(
            "RFC 6066 §3: a client that has an address sends no name, and gets the default",
            arguments: ClientPeer.allCases.filter { $0 != .nss && $0 != .curl })
        func address(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "IPv4 address as our identity") {
                let names = NamedCredentials(default: [try InteropCertificates.serverCredential(.p256)])
                let server = try EngineServer([]) { $0.credentials = .names(names) }
                var task = ClientTask()
                task.name = nil
                try equal(try peer.meet(server, task).server.info.serverName, nil, "server name")
            }
        }

        @Test(
            "RFC 8446 §4.4.3: a key outside the process signs for our server", arguments: ClientPeer.allCases,
            [ProtocolVersion.tls12, .tls13])
        func externalKey(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "our key is elsewhere", "\(version)") {
                let key = try PrivateKeyFile.parse(pem: InteropCertificates.bytes("p256.key"))
                let certificates = try Certificate.parse(pem: InteropCertificates.bytes("p256.pem"))
                let credential = try Credential(certificates: certificates, externalSchemes: [.ecdsaSecp256r1SHA256])
                let configuration = try EngineServer.configuration([]) { $0.credentials = .fixed([credential]) }
                let server = try EngineServer(
                    configuration, peer.service,
                    answer: { operation in
                        guard case .sign(let request) = operation else {
                            throw InteropFailure("asked for \(operation)")
                        }
                        return .signature(try key.sign(request.message.span, using: .ecdsa(.sha256)))
                    })
                try peer.meet(server, ClientTask(version))
            }
        }

        @Test(
            "RFC 6066 §8, RFC 8446 §4.4.2.1: the OCSP response goes to clients that ask for it",
            arguments: ClientPeer.allCases, [ProtocolVersion.tls12, .tls13])
        func staple(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent, peer.showsStaple else { return }
            let response = try InteropCertificates.bytes("p256.ocsp")
            let credential = try InteropCertificates.serverCredential(
                certificate: "p256", key: "p256", ocsp: "p256.ocsp")
            let server = try EngineServer([], peer.service) { $0.credentials = .fixed([credential]) }
            var task = ClientTask(version)
            task.asksForStatus = true
            InteropSummary.count(peer, "stapled OCSP response", "\(version)") {
                let status = try peer.meet(server, task).client.status ?? ""
                let hex = response.map { String(format: "%02x", $0) }.joined()
                try holds(status == "yes" || status == hex, "the client has the response \"\(status)\"")
            }
            InteropSummary.count(peer, "stapled OCSP response", "\(version), none there") {
                let silent = try EngineServer([.p256], peer.service)
                try equal(try peer.meet(silent, task).client.status ?? "", "", "response")
            }
        }

        @Test(
            "RFC 8446 §7.5, RFC 5705 §4: both ends export the same keying material", arguments: ClientPeer.allCases,
            [ProtocolVersion.tls12, .tls13])
        func exporter(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent, peer.exportsKeyingMaterial else { return }
            let suites: [CipherSuite] =
                version == .tls13
                ? [.tlsAES128GCMSHA256, .tlsAES256GCMSHA384]
                : [.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHEECDSAWithAES256GCMSHA384]
            for suite in suites {
                // NSS: "couldn't export keying material: security library failure" with SHA-384 in TLS 1.2.
                if peer == .nss && suite == .tlsECDHEECDSAWithAES256GCMSHA384 { continue }
                InteropSummary.count(peer, "exporter", "\(suite)") {
                    let label = "EXPERIMENTAL interop"
                    let server = try EngineServer(exportLabel: label) { $0.cipherSuites = [suite] }
                    var task = ClientTask(version)
                    task.exportLabel = label
                    let meeting = try peer.meet(server, task)
                    try equal(meeting.client.exported, meeting.server.exported, "keying material")
                    try equal(meeting.server.exported.count, 64, "its length in hexadecimal")
                }
            }
        }

        @Test(
            "RFC 8449 §4: the client's records are as short as our server asks", arguments: [ClientPeer.gnutls, .nss],
            [ProtocolVersion.tls12, .tls13])
        func recordSizeLimit(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "record_size_limit", "\(version)") {
                // A longer record would be refused with record_overflow.
                let server = try EngineServer { $0.recordSizeLimit = 600 }
                var task = ClientTask(version)
                // What came back of a long line does not stand on one line of what they print.
                let long = String(repeating: "short", count: 700)
                task.lines = [long, "the end"]
                task.ownLines = [long]
                let info = try peer.meet(server, task).server.info
                try holds(info.peerRecordSizeLimit != nil, "the client says no limit")
                // gnutls-cli sends one record of each line, and forgets the rest of it.
                let line = peer == .gnutls ? 600 : long.utf8.count + 1 + "close now\n".utf8.count
                try equal(info.bytesReceived, UInt64(line + "the end\n".utf8.count), "octets received")
                try equal(info.bytesSent, info.bytesReceived, "octets sent back")
            }
        }

        @Test("RFC 8446 §5.4: padded records are read", arguments: ClientPeer.allCases.filter { $0.style != .http })
        func padding(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            for block in [64, 4096, 16_384] {
                InteropSummary.count(peer, "record padding", "\(block)") {
                    let server = try EngineServer { $0.recordPadding = .multiple(of: block) }
                    var task = ClientTask()
                    task.lines = ["padded", String(repeating: "x", count: 3000)]
                    try peer.meet(server, task)
                }
            }
        }

        @Test(
            "RFC 7366 §3, RFC 7627 §5.2: with and without encrypt_then_mac × extended_master_secret, every padding",
            arguments: [ClientPeer.openssl, .gnutls], [(true, true), (true, false), (false, true), (false, false)])
        func variants(peer: ClientPeer, uses: (etm: Bool, ems: Bool)) throws {
            guard peer.isPresent else { return }
            let server = try EngineServer([.rsa2048])
            let suites: [CipherSuite] = [
                .tlsECDHERSAWithAES128CBCSHA, .tlsECDHERSAWithAES256CBCSHA, .tlsECDHERSAWithAES128CBCSHA256,
                .tlsECDHERSAWithAES256CBCSHA384, .tlsDHERSAWithAES256CBCSHA256, .tlsRSAWithAES128CBCSHA,
            ]
            for suite in suites {
                let name = "\(suite) encrypt_then_mac \(uses.etm) extended_master_secret \(uses.ems)"
                InteropSummary.count(peer, "TLS 1.2: CBC with and without EtM × EMS", name) {
                    var task = ClientTask(.tls12)
                    task.suites = [suite]
                    task.encryptThenMAC = uses.etm
                    task.extendedMasterSecret = uses.ems
                    task.lines = (1...17).map { String(repeating: "a", count: $0) }
                    let info = try peer.meet(server, task).server.info
                    try equal(info.usesEncryptThenMAC, uses.etm, "encrypt_then_mac")
                    try equal(info.usesExtendedMasterSecret, uses.ems, "extended_master_secret")
                }
            }
        }

        @Test(
            "RFC 8446 §4.2.11: a key from elsewhere, instead of our certificate",
            arguments: [ClientPeer.openssl, .gnutls])
        func externalPreSharedKey(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            let shared = PeerSetup.PreSharedKey(
                identity: "sensor", secret: (0..<32).map { UInt8(truncatingIfNeeded: 7 &* $0 &+ 3) })
            let key = try ExternalPreSharedKey(
                identity: Array(shared.identity.utf8), secret: SecretBytes(copying: shared.secret.span))
            let server = try EngineServer { $0.externalPreSharedKeys = [key] }
            var task = ClientTask()
            // OpenSSL's command lets such a key have SHA-256 alone.
            task.suites = [.tlsAES128GCMSHA256]
            task.preSharedKey = shared
            InteropSummary.count(peer, "external pre-shared key") {
                let info = try peer.meet(server, task).server.info
                try equal(info.externalPreSharedKeyIdentity, Array("sensor".utf8), "identity")
                try holds(info.group != nil, "no key exchange")
            }
            InteropSummary.count(peer, "external pre-shared key", "another secret") {
                var task = task
                task.preSharedKey?.secret[0] ^= 1
                try peer.isRefused(by: server, task, with: .decryptError)
            }
            InteropSummary.count(peer, "external pre-shared key", "nobody knows it") {
                // Our certificate takes its place.
                var task = task
                task.preSharedKey?.identity = "somebody else"
                let info = try peer.meet(server, task).server.info
                try equal(info.externalPreSharedKeyIdentity, nil, "identity")
            }
        }

        @Test("RFC 8446 §7.1, RFC 5246 §8.1: our key log and the client's are the same", arguments: [5, 1])
        func keyLog(secrets: Int) throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "key log", "\(secrets) secrets") {
                let file = try InteropFolder.newFile("keylog")
                let log = CollectedKeyLog()
                let server = try EngineServer { $0.keyLog = log }
                var task = ClientTask(secrets == 1 ? .tls12 : .tls13)
                task.more = ["-keylogfile", file]
                try equal(try peer.meet(server, task).server.info.isKeyLogged, true, "isKeyLogged")
                let theirs = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
                    .filter { !$0.hasPrefix("#") }.map { $0.lowercased() }
                try equal(log.lines.map { $0.lowercased() }.sorted(), theirs.sorted(), "lines")
                try equal(theirs.count, secrets, "secrets")
            }
        }

        @Test("RFC 8446 §4.6.3: our server changes its keys, and asks for new ones", arguments: ClientPeer.allCases)
        func keyUpdate(peer: ClientPeer) throws {
            guard peer.isPresent, peer.style != .http else { return }
            let server = try EngineServer()
            InteropSummary.count(peer, "KeyUpdate by our server") {
                var task = ClientTask()
                task.lines = ["before", EngineServer.Command.updateKeys.rawValue, "between"]
                task.lines += [EngineServer.Command.updateBothKeys.rawValue, "after", "at the end"]
                let info = try peer.meet(server, task).server.info
                try equal(info.keyUpdatesSent, 2, "sent")
                // RFC 8446 §4.6.3: the answer goes before the next data, and tstclnt has sent all of its own by then.
                if peer != .nss { try equal(info.keyUpdatesReceived, 1, "received") }
            }
            let commands: [ClientPeer: [String]] = [.openssl: ["k", "K"], .gnutls: ["^rekey1^", "^rekey^"]]
            guard let own = commands[peer] else { return }
            InteropSummary.count(peer, "KeyUpdate by the client") {
                var task = ClientTask()
                task.lines = ["before"] + own.flatMap { [$0, "after \($0)"] }
                task.ownLines = Set(own)
                let info = try peer.meet(server, task).server.info
                try equal(info.keyUpdatesReceived, 2, "received")
                // Only the second asked for ours.
                try equal(info.keyUpdatesSent, 1, "sent")
            }
        }
    }
}

private final class CollectedKeyLog: KeyLog {
    private let collected = Mutex<[String]>([])
    var lines: [String] { collected.withLock { $0 } }
    func write(line: String) { collected.withLock { $0.append(line) } }
}
