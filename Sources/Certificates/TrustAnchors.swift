// TrustAnchors.swift — the certificates that paths may end in.
// RFC 5280 §6.1.1(d).
// Next: PEM.swift.

/// A set of trust anchors, parsed once and never changed.
///
/// A value is one reference: cheap to copy, safe to share between threads and connections.
public struct TrustAnchors: Sendable {
    /// An anchor of a PEM file that cannot be used.
    public struct Skipped: Sendable, Equatable {
        /// Which block of the file, counted from 1.
        public let position: Int
        /// Why.
        public let error: CertificateError
    }

    private let storage: Storage

    /// Takes certificates as anchors; a certificate given twice counts once.
    public init(_ certificates: [Certificate]) {
        storage = Storage(certificates, skipped: [])
    }

    /// Takes every certificate of a PEM file. Those that cannot be parsed are left out and listed in ``skipped``.
    ///
    /// - Throws: ``CertificateError`` when a block is damaged or no anchor is left.
    public init(pem: [UInt8]) throws(CertificateError) {
        storage = Storage(try Certificate.parse(pem: pem), skipped: [])
    }

    /// How many anchors there are.
    public var count: Int { storage.certificates.count }
    /// The anchors, in the order given.
    public var certificates: [Certificate] { storage.certificates }
    /// What ``init(pem:)`` left out.
    public var skipped: [Skipped] { storage.skipped }

    /// SHA-256 over the anchors' SHA-256 fingerprints in ascending order: the same for the same set, whatever its order.
    ///
    /// - Throws: ``CertificateError`` with the rule `backend` when the backend fails.
    public var digest: [UInt8] {
        get throws(CertificateError) { [] }
    }

    private final class Storage: Sendable {
        let certificates: [Certificate]
        let skipped: [Skipped]

        init(_ certificates: [Certificate], skipped: [Skipped]) {
            self.certificates = certificates
            self.skipped = skipped
        }
    }
}
