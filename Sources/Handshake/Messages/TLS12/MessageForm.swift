// MessageForm.swift — where messages of SSL 3.0, TLS 1.0 and TLS 1.1 are written in another way than those of TLS 1.2.
// RFC 6101 §5.6; RFC 2246 §7.4; RFC 4346 §7.4; RFC 5246 §1.2, §7.4.
// Next: HelloRequest.swift.

/// The form of the messages of one version.
package struct MessageForm: Equatable, Sendable {
    /// RFC 5246 §4.7, §7.4.4: signatures name their scheme, and a CertificateRequest those that are accepted.
    package let namesSignatureScheme: Bool
    /// RFC 2246 §7.4.7.1: the encrypted premaster secret stands after its length; in SSL 3.0 it is all of the message.
    package let countsEncryptedPremaster: Bool
    /// RFC 6101 §5.6.6: a client without a certificate sends the alert no_certificate and no Certificate.
    package let hasNoCertificateAlert: Bool

    package static let tls12 = MessageForm(
        namesSignatureScheme: true, countsEncryptedPremaster: true, hasNoCertificateAlert: false)
    /// TLS 1.0 and TLS 1.1.
    package static let tls10 = MessageForm(
        namesSignatureScheme: false, countsEncryptedPremaster: true, hasNoCertificateAlert: false)
    package static let ssl30 = MessageForm(
        namesSignatureScheme: false, countsEncryptedPremaster: false, hasNoCertificateAlert: true)
}
