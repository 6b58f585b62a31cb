// TLS13Exporter.swift — keying material for the application.
// RFC 8446 §7.5; RFC 5705 for labels and contexts.
// Next: TLS13Client.swift.

package import CryptoGlue

/// exporter_master_secret.
package struct ExporterSecret: ~Copyable, Sendable {
    private let hash: HashAlgorithm
    package let secret: SecretBytes

    package init(hash: HashAlgorithm, secret: consuming SecretBytes) {
        self.hash = hash
        self.secret = secret
    }

    /// TLS-Exporter(label, context_value, key_length).
    package func export(label: String, context: [UInt8], length: Int) throws(CryptoError) -> SecretBytes {
        let empty: [UInt8] = []
        let nothing = TranscriptHash(bytes: try HashFunction.digest(hash, empty.span))
        let derived = try HKDFLabel.derive(hash, secret: secret.bytes, label: label, nothing)
        let contextHash = try HashFunction.digest(hash, context.span)
        return try HKDFLabel.expand(
            hash, secret: derived.bytes, label: "exporter", context: contextHash, length: length)
    }
}
