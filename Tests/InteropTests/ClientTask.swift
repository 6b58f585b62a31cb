// ClientTask.swift — what a client is asked to do, what it says of that, and both ends' accounts side by side.
// Next: ClientCommands.swift.

import Foundation
import Handshake
import TLS
import WireFormat

/// One connection of a peer to our server.
struct ClientTask {
    /// The name to send and to expect; nil sends none, and expects the address.
    var name: String? = "localhost"
    /// The file of the authority to trust.
    var authority = "ca"
    var versions: ClosedRange<ProtocolVersion> = .tls13 ... .tls13
    /// What to offer of both versions; all that the client has when nil.
    var suites: [CipherSuite]?
    /// The groups to offer, the first with a share; the client's own choice when nil.
    var groups: [NamedGroup]?
    var alpnProtocols: [String] = []
    /// The files of its certificate and key.
    var certificate: String?
    var key: String?
    /// Sessions are kept under this name, and offered.
    var session: String?
    /// A second connection follows the first in the same run, with its session.
    var reconnects = false
    /// Lines to send, each of which comes back.
    var lines = ["a line for the server"]
    /// Those of them that do not come back as they are; each goes to the client when it has read those before.
    var ownLines: Set<String> = []
    /// Octets to send and to receive; programs only.
    var transfer = 0
    var exportLabel: String?
    var asksForStatus = false
    /// Data to send before the handshake is done.
    var earlyData: String?
    /// openssl and GnuTLS: TLS 1.2 with RFC 7627, and with RFC 7366.
    var extendedMasterSecret = true
    var encryptThenMAC = true
    /// openssl and GnuTLS: a key that the server has from elsewhere too.
    var preSharedKey: PeerSetup.PreSharedKey?
    /// GnuTLS: the name of the key it has in the place of a certificate (RFC 7250); it takes the server's alone then, whatever
    /// key that is.
    var rawPublicKey: String?
    /// Arguments that only this peer knows.
    var more: [String] = []

    /// A client of one version.
    init(_ version: ProtocolVersion = .tls13) { versions = version...version }

    /// A certificate of a client, with its key.
    mutating func present(_ kind: KeyKind) {
        certificate = "client-\(kind)"
        key = kind.rawValue
    }
}

/// What a client says of its connection.
struct ClientOutcome: CustomStringConvertible {
    /// What went wrong.
    var error: String?
    /// `TLS 1.3`, as `ProtocolVersion` says it; nil, as the others, when this client does not tell.
    var version: String?
    /// IANA's name.
    var suite: String?
    var group: String?
    var alpn: String?
    var isResumed: Bool?
    var exported: String?
    /// The OCSP response, in hexadecimal; `yes` where the client only tells that there was one; empty for none.
    var status: String?
    /// Lines that came back.
    var replies: [String] = []
    var transferred = 0
    /// Everything that it printed.
    var log = ""

    var description: String { log.isEmpty ? "\(error ?? "no error")" : log }

    /// Whether it says that this alert came from the server.
    func sawAlert(_ alert: AlertDescription) -> Bool {
        let text = ((error ?? "") + log).lowercased()
        // OpenSSL and GnuTLS tell the number, the others the name in words.
        if text.contains("alert number \(alert.rawValue)\n") || text.contains("alert [\(alert.rawValue)]") {
            return true
        }
        let letters = text.filter(\.isLetter)
        var names = ["\(alert)"]
        switch alert {
        case .unknownCA: names += ["unknown certificate authority"]
        case .certificateUnknown: names += ["unknown certificate"]
        case .noApplicationProtocol: names += ["SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL"]
        case .protocolVersion: names += ["protocol version not supported", "UnsupportedProtocol"]
        case .handshakeFailure: names += ["SSL_ERROR_NO_CYPHER_OVERLAP"]
        case .certificateRequired: names += ["SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT"]
        case .unrecognizedName: names += ["unrecognised name"]
        default: break
        }
        return names.contains { letters.contains($0.lowercased().filter(\.isLetter)) }
    }
}

extension ClientPeer {
    /// Makes the connection and waits for its end.
    func connect(to server: EngineServer, _ task: ClientTask) throws -> ClientOutcome {
        switch style {
        case .command, .http: try ClientCommand.run(self, server.port, task)
        case .program: try ClientProgram.of(self).run(server.port, task)
        }
    }

    /// What the two ends say of a connection.
    struct Meeting {
        let client: ClientOutcome
        let server: EngineServer.Served
    }

    /// Makes a connection that has to work, and compares what both ends say of it.
    @discardableResult
    func meet(_ server: EngineServer, _ task: ClientTask) throws -> Meeting {
        let client = try connect(to: server, task)
        if let error = client.error {
            let ours = try? server.next(within: 3)
            throw InteropFailure(
                "the client: \(error); our server: \(ours?.error.map { "\($0)" } ?? "?"); \(client.log)")
        }
        let served = try server.next()
        if let error = served.error { throw InteropFailure("our server: \(error); the client: \(client)") }
        try equal(client.replies, task.lines.filter { !task.ownLines.contains($0) }, "the lines that came back")
        try equal(client.transferred, task.transfer, "octets transferred")
        try compare(client, served)
        return Meeting(client: client, server: served)
    }

    /// What both ends tell has to be the same.
    func compare(_ client: ClientOutcome, _ served: EngineServer.Served) throws {
        let info = served.info
        try holds(info.isHandshakeComplete, "our server's handshake is not complete")
        if let version = client.version { try equal(version, info.version.map { "\($0)" }, "the client's version") }
        if let suite = client.suite { try equal(suite, info.cipherSuite.map { "\($0)" }, "the client's cipher suite") }
        if let group = client.group { try equal(group, info.group.map { "\($0)" }, "the client's group") }
        if let alpn = client.alpn { try equal(alpn, info.alpnProtocol ?? "", "the client's protocol") }
        // OpenSSL calls it a session, too, when a key from elsewhere is used.
        if let isResumed = client.isResumed, info.externalPreSharedKeyIdentity == nil {
            try equal(isResumed, info.isResumed, "what the client says of resumption")
        }
        if let exported = client.exported, !exported.isEmpty, !served.exported.isEmpty {
            try equal(exported, served.exported, "the client's keying material")
        }
    }

    /// Makes a connection that our server has to end with this alert, and that the client has to understand.
    @discardableResult
    func isRefused(
        by server: EngineServer, _ task: ClientTask, with alert: AlertDescription
    ) throws -> Meeting {
        let client = try connect(to: server, task)
        let served = try server.next()
        let failure = try served.failure
        try equal(failure.origin, .local, "who refused (\(failure))")
        try equal(failure.alert, alert, "our alert (\(failure))")
        try holds(client.error != nil, "the client is content: \(client)")
        // BoringSSL's module takes every failure for one of our certificate.
        if self != .boringssl {
            try holds(client.sawAlert(alert), "the client saw no \(alert): \(client.error ?? "")\n\(client.log)")
        }
        return Meeting(client: client, server: served)
    }
}
