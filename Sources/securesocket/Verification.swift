// Verification.swift — what a validation came to and how it went; as text and as JSON.
// Next: InspectCommand.swift.

import TLS

/// The result of `securesocket verify`.
struct Verification: Encodable {
    /// A certificate of a path, as short as it can be told from others.
    struct Entry: Encodable {
        let subject, issuer, notBefore, notAfter, sha256: String

        init(_ certificate: Certificate) {
            subject = "\(certificate.subject)"
            issuer = "\(certificate.issuer)"
            notBefore = "\(certificate.notBefore)"
            notAfter = "\(certificate.notAfter)"
            sha256 = (try? certificate.fingerprintSHA256)?.hexadecimal ?? ""
        }
    }

    /// One way that was tried.
    struct Attempt: Encodable {
        let certificates: [Entry]
        let reachesAnchor: Bool
        let error: CertificateError?
    }

    /// `accepted` or `refused`.
    let result: String
    let time: String
    let purpose: String
    /// The name that was asked for; nil when none was.
    let name: String?
    let path: [Entry]
    let notAfter: String?
    let error: CertificateError?
    let attempts: [Attempt]
    let checks: [ConnectionReport.DecisionEntry]

    var isAccepted: Bool { error == nil }

    init(of path: UnvalidatedPath, _ request: PathRequest) {
        var log = DecisionLog(isEnabled: true)
        let explained = PathValidator.explain(path, request, log: &log)
        time = "\(request.now)"
        purpose = request.purpose == .serverAuthentication ? "server" : "client"
        name = request.identity.map { "\($0)" }
        attempts = explained.attempts.map {
            Attempt(
                certificates: $0.certificates.map(Entry.init), reachesAnchor: $0.reachesAnchor, error: $0.error)
        }
        checks = log.decisions.map(ConnectionReport.DecisionEntry.init)
        switch explained.result {
        case .success(let validated):
            result = "accepted"
            self.path = validated.certificates.map(Entry.init)
            notAfter = "\(validated.notAfter)"
            error = nil
        case .failure(let refusal):
            result = "refused"
            self.path = []
            notAfter = nil
            error = refusal
        }
    }

    // MARK: - For people

    var text: String {
        var lines = [verdict]
        // Most often one of the ways ended with it, and says so there.
        if let error, !attempts.contains(where: { $0.error == error }) {
            lines += Self.explanation(of: error, indented: "  ")
        }
        if name == nil, purpose == "server" { lines.append("no name was checked: give --name") }
        lines.append(attempts.count == 1 ? "the path that was tried" : "the \(attempts.count) paths that were tried")
        for (index, attempt) in attempts.enumerated() { lines += text(of: attempt, number: index + 1) }
        return lines.joined(separator: "\n")
    }

    private var verdict: String {
        let asked = "as a \(purpose)" + (name.map { " named \($0)" } ?? "") + " at \(time)"
        guard let notAfter else { return "refused \(asked)" }
        return "accepted \(asked), and until \(notAfter)"
    }

    private func text(of attempt: Attempt, number: Int) -> [String] {
        var lines: [String] = []
        for (index, entry) in attempt.certificates.enumerated() {
            let isLast = index == attempt.certificates.count - 1
            let head = index == 0 ? "  \(number). " : "     " + String(repeating: "  ", count: index - 1) + "└ "
            let role = isLast && attempt.reachesAnchor ? ", a trust anchor" : ""
            lines.append("\(head)\(entry.subject)\(role)  (\(entry.notBefore) to \(entry.notAfter))")
        }
        let indent = "     " + String(repeating: "  ", count: max(attempt.certificates.count - 1, 0))
        if let error = attempt.error {
            lines += Self.explanation(of: error, indented: indent)
        } else {
            lines.append("\(indent)accepted")
        }
        return lines
    }

    private static func explanation(of error: CertificateError, indented indent: String) -> [String] {
        error.explanation.failureText.split(separator: "\n").map { indent + $0.drop { $0 == " " } }
    }
}

extension [UInt8] {
    /// Two digits for each octet.
    var hexadecimal: String {
        map { octet in (octet < 16 ? "0" : "") + String(octet, radix: 16) }.joined()
    }
}
