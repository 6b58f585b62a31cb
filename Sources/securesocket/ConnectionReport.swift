// ConnectionReport.swift — what was negotiated and why, or what failed and why; as text and as JSON.
// Next: ConnectCommand.swift.

import Foundation
import SocketProvider
import TLS

/// Everything the command can say of one connection. Never holds a secret.
struct ConnectionReport: Encodable {
    var peer: String
    var address: String?
    var provider: String?
    var negotiated: Negotiated?
    var peerCertificates: [CertificateEntry] = []
    var validatedPath: [CertificateEntry] = []
    var traffic: Traffic?
    /// Each connection of `--reconnect`; the rest of the report is about the last of them.
    var connections: [Attempt] = []
    var isKeyLogged = false
    /// A version before TLS 1.2 is spoken, by permission.
    var legacy: Legacy?
    var decisions: [DecisionEntry] = []
    var exitStatus: Int32 = 0
    var error: ErrorEntry?

    struct Negotiated: Encodable {
        let version: String?
        let cipherSuite: String?
        let group: String?
        let signatureScheme: String?
        let alpn: String?
        let serverName: String?
        let helloRetried: Bool
        let resumed: Bool
        /// When the peer proved itself, in a full handshake.
        let authenticatedAt: String?
        let externalPreSharedKey: Bool
        let earlyData: String
        let extendedMasterSecret: Bool
        let encryptThenMAC: Bool
        let peerRecordSizeLimit: Int?
        /// Octets of the OCSP response that the server stapled.
        let stapledOCSPResponse: Int?
        let clientCertificateRequested: Bool
        let clientCertificateSent: Bool
    }

    /// The permission that the connection needed.
    struct Legacy: Encodable {
        let version: String
        let reason: String
        let until: String
        let warning: String
    }

    /// One connection of several.
    struct Attempt: Encodable {
        let resumed: Bool
        let milliseconds: Double

        /// `duration` is rounded to tenths of a millisecond.
        init(isResumed: Bool, _ duration: Duration) {
            resumed = isResumed
            milliseconds = (duration / .milliseconds(1) * 10).rounded() / 10
        }
    }

    struct Traffic: Encodable {
        let bytesSent: UInt64
        let bytesReceived: UInt64
        let keyUpdatesSent: Int
        let keyUpdatesReceived: Int
        let sessionTicketsReceived: Int
    }

    struct CertificateEntry: Encodable {
        let subject: String
        let issuer: String
        let notBefore: String
        let notAfter: String
        let sha256: String
    }

    struct DecisionEntry: Encodable {
        let topic, outcome, subject, expected, found, rule, section, advice: String

        init(_ decision: Decision) {
            topic = decision.topic.rawValue
            outcome = decision.outcome.rawValue
            subject = decision.subject
            expected = decision.expected
            found = decision.found
            rule = decision.rule
            section = decision.section
            advice = decision.advice
        }
    }

    struct ErrorEntry: Encodable {
        let message: String
        /// Who found the fault: `local`, `peer` or `caller`; nil when it was not TLS.
        let origin: String?
        /// The alert that was sent or received.
        let alert: String?
        let explanation: DecisionEntry
    }

    init(peer: String) { self.peer = peer }

    /// Takes over what is known of the connection now.
    mutating func update(from information: SocketInformation) {
        address = information.peerAddress.map { "\($0)" } ?? address
        provider = information.provider.map { descriptor in
            descriptor.name + (descriptor.backend.map { " with \($0.name) \($0.version)" } ?? "")
        }
        if let info = information.tls { update(info) }
    }

    /// Takes over one more connection, and says it in a line: `connection 2: resumed 0.7 ms`.
    mutating func add(_ attempt: Attempt) -> String {
        connections.append(attempt)
        return "connection \(connections.count): \(attempt.resumed ? "resumed" : "full") \(attempt.milliseconds) ms"
    }

    /// Takes over why the connection failed.
    mutating func take(_ error: SocketError, _ failure: CommandFailure) {
        exitStatus = failure.status.rawValue
        var security: TLSError?
        if case .security(let found) = error { security = found }
        self.error = ErrorEntry(
            message: failure.text, origin: security?.origin.rawValue, alert: security?.alert.map { "\($0)" },
            explanation: DecisionEntry(error.explanation))
    }

    private mutating func update(_ info: ConnectionInfo) {
        negotiated = Negotiated(
            version: info.version.map { "\($0)" }, cipherSuite: info.cipherSuite.map { "\($0)" },
            group: info.group.map { "\($0)" }, signatureScheme: info.peerSignatureScheme.map { "\($0)" },
            alpn: info.alpnProtocol, serverName: info.serverName, helloRetried: info.helloRetried,
            resumed: info.isResumed, authenticatedAt: info.authenticatedAt.map { "\($0)" },
            externalPreSharedKey: info.externalPreSharedKeyIdentity != nil, earlyData: info.earlyData.rawValue,
            extendedMasterSecret: info.usesExtendedMasterSecret, encryptThenMAC: info.usesEncryptThenMAC,
            peerRecordSizeLimit: info.peerRecordSizeLimit, stapledOCSPResponse: info.stapledOCSPResponse?.count,
            clientCertificateRequested: info.clientCertificateRequested,
            clientCertificateSent: info.clientCertificateSent)
        peerCertificates = info.peerCertificates.map(CertificateEntry.init)
        validatedPath = info.validatedPath.map(CertificateEntry.init)
        traffic = Traffic(
            bytesSent: info.bytesSent, bytesReceived: info.bytesReceived, keyUpdatesSent: info.keyUpdatesSent,
            keyUpdatesReceived: info.keyUpdatesReceived, sessionTicketsReceived: info.sessionTicketsReceived)
        isKeyLogged = info.isKeyLogged
        if let use = info.legacyUse, let version = info.version {
            legacy = Legacy(
                version: "\(version)", reason: use.permission.reason, until: "\(use.permission.until)",
                warning: use.warning(version))
        }
        decisions = info.decisions.map(DecisionEntry.init)
    }
}

extension ConnectionReport.CertificateEntry {
    init(_ certificate: Certificate) {
        subject = "\(certificate.subject)"
        issuer = "\(certificate.issuer)"
        notBefore = Self.text(of: certificate.notBefore)
        notAfter = Self.text(of: certificate.notAfter)
        sha256 = ((try? certificate.fingerprintSHA256) ?? []).map { octet in
            (octet < 16 ? "0" : "") + String(octet, radix: 16)
        }.joined()
    }

    /// `2026-11-25T02:16:12Z`.
    private static func text(of time: UnixTime) -> String {
        Date(timeIntervalSince1970: TimeInterval(time.seconds)).formatted(.iso8601)
    }
}
