// CertificateFacts.swift — what a certificate says, line by line, for people and for programs.
// RFC 5280 §4.1, §4.2.
// Next: CertificateError.swift.

import CryptoGlue
import WireFormat

/// One thing that a certificate says. Texts hold nothing that a terminal could take for a command.
package struct CertificateFact: Sendable, Equatable {
    /// What it is, as `subject` or `key usage`.
    package let name: String
    package let values: [String]
}

extension Certificate {
    /// Everything that is read of the certificate, the most asked for first.
    ///
    /// - Throws: ``CertificateError`` with the rule `backend` when the backend fails.
    package var facts: [CertificateFact] {
        get throws(CertificateError) {
            var facts: [CertificateFact] = []
            func add(_ name: String, _ values: String...) { facts.append(CertificateFact(name: name, values: values)) }
            func add(list name: String, _ values: [String]) {
                if !values.isEmpty { facts.append(CertificateFact(name: name, values: values)) }
            }
            add("subject", "\(subject)")
            add("issuer", isSelfIssued ? "\(issuer), the subject itself" : "\(issuer)")
            add(list: "names", subjectAlternativeName.map(\.description))
            add("valid from", "\(notBefore)")
            add("valid to", "\(notAfter)")
            add("key", keyText)
            add("signed with", signatureAlgorithmName)
            if let constraints = basicConstraints, constraints.isAuthority {
                let below = constraints.pathLength.map { ", at most \($0) authorities below it" } ?? ""
                add("authority", "yes\(below)")
            } else {
                add("authority", "no")
            }
            add(list: "key usage", keyUsage.map { [$0.description] } ?? [])
            add(list: "purposes", extendedKeyUsage?.map(\.description) ?? [])
            if let constraints = extensions.nameConstraints {
                add(list: "may issue for", constraints.texts(constraints.permitted))
                add(list: "must not issue for", constraints.texts(constraints.excluded))
            }
            add(list: "policies", extensions.certificatePolicies?.map(\.description) ?? [])
            if extensions.requiresStapledStatus { add("must be stapled", "yes") }
            add(list: "critical and unknown", extensions.unhandledCritical.map(\.description))
            add("version", "\(version)")
            add("serial number", Printable.hexadecimal(serialNumber))
            add(list: "key identifier", subjectKeyIdentifier.map { [Printable.hexadecimal($0)] } ?? [])
            add(list: "issuer's key identifier", authorityKeyIdentifier.map { [Printable.hexadecimal($0)] } ?? [])
            add("SHA-256", Printable.hexadecimal(try fingerprintSHA256))
            add("pin", "\(try PublicKeyPin(of: self))")
            return facts
        }
    }

    private var keyText: String {
        switch publicKey {
        case .rsa: "RSA, \(publicKey.bitCount) bits"
        case .rsaPSS: "RSA for RSASSA-PSS alone, \(publicKey.bitCount) bits"
        case .ec: "elliptic curve P-\(publicKey.bitCount)"
        case .ed25519: "Ed25519"
        case .ed448: "Ed448"
        }
    }
}

extension NameConstraints {
    fileprivate func texts(_ subtrees: [Form: [Subtree]]) -> [String] {
        subtrees.flatMap { form, subtrees in subtrees.map { "\(form) \($0.text)" } }.sorted()
    }
}

extension NameConstraints.Subtree {
    fileprivate var text: String {
        switch self {
        case .dns(let base, let onlyBelow):
            (onlyBelow ? "." : "") + Printable.escaped(String(decoding: base, as: UTF8.self))
        case .ip(let address, let mask):
            "\(Printable.hexadecimal(address))/\(Printable.hexadecimal(mask))"
        case .directory(let name): "\(name)"
        default: "(a form of its own)"
        }
    }
}
