// PublicKeyPin.swift — a key that is trusted by itself, known by its hash.
// RFC 7250 §4.1; RFC 7469 §2.4 for the text.
// Next: RawPublicKey.swift.

/// SHA-256 over a SubjectPublicKeyInfo: 32 octets that stand for one key, in whatever certificate it is.
///
/// Who pins a key trusts its holder, without any authority: see ``TrustAnchors/pinning(_:)``.
public struct PublicKeyPin: Sendable, Hashable {
    /// The hash: 32 octets.
    public let sha256: [UInt8]

    /// Takes a hash; nil unless it has 32 octets.
    public init?(sha256: [UInt8]) {
        guard sha256.count == 32 else { return nil }
        self.sha256 = sha256
    }

    /// Reads a pin as it is written: `sha256/` and base64 (RFC 7469 has `pin-sha256="…"` with the same), or 64 hexadecimal
    /// digits with or without colons.
    ///
    /// - Throws: ``CertificateError`` with the rule `publicKeyPin` for anything else.
    public init(_ text: String) throws(CertificateError) {
        guard let octets = PublicKeyPin.octets(text), octets.count == 32 else {
            throw CertificateError(
                .publicKeyPin, subject: "a pin", expected: "sha256/ and 32 octets in base64, or 64 hexadecimal digits",
                found: "\"\(Printable.escaped(text))\"")
        }
        sha256 = octets
    }

    /// The pin of a certificate's key.
    ///
    /// - Throws: ``CertificateError`` with the rule `backend` when the backend fails.
    public init(of certificate: Certificate) throws(CertificateError) {
        sha256 = try Fingerprint.sha256(certificate.subjectPublicKeyInfo)
    }

    /// The pin of a key as it stands in a certificate, or by itself.
    init(subjectPublicKeyInfo: [UInt8]) throws(CertificateError) {
        sha256 = try Fingerprint.sha256(subjectPublicKeyInfo)
    }

    private static func octets(_ text: String) -> [UInt8]? {
        let prefix = "sha256/"
        if text.hasPrefix(prefix) {
            return Base64.decode(Array(text.utf8.dropFirst(prefix.utf8.count)))
        }
        let digits = Array(text.utf8).filter { $0 != UInt8(ascii: ":") }
        guard digits.count == 64 else { return nil }
        var octets: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            // UInt8(_:radix:) would take a sign.
            guard digits[index] != UInt8(ascii: "+"),
                let octet = UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16)
            else { return nil }
            octets.append(octet)
        }
        return octets
    }
}

extension PublicKeyPin: CustomStringConvertible {
    /// `sha256/` and base64.
    public var description: String { "sha256/" + Base64.encode(sha256) }
}
