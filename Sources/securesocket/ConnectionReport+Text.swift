// ConnectionReport+Text.swift — the report for people.
// Next: Conversation.swift.

import TLS

extension ConnectionReport {
    /// What was negotiated, with whom, and, when the decisions were collected, why.
    var handshakeText: String {
        var lines = ["connected to \(peer)" + (address.map { ", \($0)" } ?? "") + (provider.map { ", by \($0)" } ?? "")]
        if let negotiated {
            lines += TextTable.text(facts(negotiated)).split(separator: "\n").map { "  \($0)" }
        }
        if let legacy { lines.append("  THIS CONNECTION IS NOT SECURE: \(legacy.warning)") }
        if isKeyLogged { lines.append("  THE SECRETS OF THIS CONNECTION ARE WRITTEN TO THE KEY LOG") }
        if !decisions.isEmpty {
            lines.append("why")
            lines += decisions.map(\.text)
        }
        return lines.joined(separator: "\n")
    }

    /// All of it: for a file, written at the end.
    var text: String {
        var parts = [handshakeText, trafficText]
        if let error { parts = (negotiated?.version == nil ? [] : parts) + [error.message] }
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// How much went through; one line.
    var trafficText: String {
        guard let traffic else { return "" }
        var text = "octets sent \(traffic.bytesSent), received \(traffic.bytesReceived)"
        if traffic.keyUpdatesSent + traffic.keyUpdatesReceived > 0 {
            text += "; key updates sent \(traffic.keyUpdatesSent), received \(traffic.keyUpdatesReceived)"
        }
        if traffic.sessionTicketsReceived > 0 { text += "; session tickets received \(traffic.sessionTicketsReceived)" }
        return text
    }

    private func facts(_ negotiated: Negotiated) -> [[String]] {
        var rows: [[String]] = []
        func row(_ name: String, _ value: String?) { if let value { rows.append([name, value]) } }
        row("version", negotiated.version)
        row("session", session(negotiated))
        row("cipher suite", negotiated.cipherSuite)
        let retried = negotiated.helloRetried ? ", after a HelloRetryRequest" : ""
        row("key exchange", negotiated.group.map { $0 + retried })
        row("signature", negotiated.signatureScheme)
        let hasExtensions = negotiated.version != "\(ProtocolVersion.ssl30)"
        if negotiated.version == "\(ProtocolVersion.tls12)" || legacy != nil && hasExtensions {
            row("master secret", negotiated.extendedMasterSecret ? "extended" : "not extended, so never resumed")
            if negotiated.cipherSuite?.contains("_CBC_") ?? false {
                row("record MAC", negotiated.encryptThenMAC ? "over the ciphertext" : "over the plaintext")
            }
        }
        row("application protocol", negotiated.alpn)
        row("server name sent", negotiated.serverName ?? "none")
        if negotiated.clientCertificateRequested {
            row("client certificate", negotiated.clientCertificateSent ? "asked for and sent" : "asked for, none sent")
        }
        row("early data", earlyData(negotiated))
        row("largest record to send", negotiated.peerRecordSizeLimit.map { "\($0) octets" })
        row("stapled OCSP response", negotiated.stapledOCSPResponse.map { "\($0) octets" })
        for (position, certificate) in (validatedPath.isEmpty ? peerCertificates : validatedPath).enumerated() {
            row(position == 0 ? "certificate" : "issued by", "\(certificate.subject), until \(certificate.notAfter)")
        }
        return rows
    }
}

extension ConnectionReport {
    private func session(_ negotiated: Negotiated) -> String? {
        if negotiated.externalPreSharedKey { return "new, authenticated by a pre-shared key instead of a certificate" }
        guard negotiated.resumed else { return negotiated.authenticatedAt == nil ? nil : "new" }
        return "resumed" + (negotiated.authenticatedAt.map { "; the peer proved itself at \($0)" } ?? "")
    }

    private func earlyData(_ negotiated: Negotiated) -> String? {
        switch EarlyDataOutcome(rawValue: negotiated.earlyData) {
        case .accepted: "sent and accepted before the server answered: it can have been replayed"
        case .sentAfterHandshake: "sent after the handshake"
        case .rejected: "NOT SENT: the application protocol is not the one it was for"
        case .notOffered, nil: nil
        }
    }
}

extension ConnectionReport.DecisionEntry {
    /// Two lines: the rule, and how it went.
    var text: String {
        """
          \(rule) (\(section))
              \(subject): \(expected.isEmpty || expected == found ? "" : "expected \(expected); ")\(outcome) \(found)
        """
    }
}

extension Decision {
    /// Several lines: what failed, on what, expected, found, rule, advice.
    var failureText: String {
        var lines = [
            "  rule:      \(rule) (\(section))",
            "  on:        \(subject)",
            "  expected:  \(expected)",
            "  found:     \(found)",
        ]
        if !advice.isEmpty { lines.append("  change:    \(advice)") }
        return lines.joined(separator: "\n")
    }
}
