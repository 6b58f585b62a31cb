// BogoErrorMap.swift — an error as the runner reads it: one line that names the alert and the rule.
// Next: docs/bogo.md.

import TLS

enum BogoErrorMap {
    /// The words in brackets are what BoGo/config.json maps BoringSSL's errors to.
    static func text(for error: TLSError) -> String {
        let alert = error.alert.map { " \($0)" } ?? ""
        return "[\(error.origin.rawValue)\(alert)] \(error)"
    }
}
