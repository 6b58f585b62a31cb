// TrustAnchors.swift — the certificates that paths may end in.
// RFC 5280 §6.1.1(d).
// Next: PEM.swift.

import CryptoGlue

/// A set of trust anchors, parsed once and never changed.
///
/// A value is one reference: cheap to copy, safe to share between threads and connections.
public struct TrustAnchors: Sendable {
    /// An anchor of a PEM file that cannot be used.
    public struct Skipped: Sendable, Equatable {
        /// Which certificate of the file, counted from 1.
        public let position: Int
        /// Why.
        public let error: CertificateError
    }

    private let storage: Storage

    /// Takes certificates as anchors; a certificate given twice counts once.
    public init(_ certificates: [Certificate]) {
        storage = Storage(certificates, skipped: [])
    }

    /// Takes every certificate of a PEM file. System stores hold some that are damaged, or have keys of kinds nobody uses
    /// any more: they are left out and listed in ``skipped``.
    ///
    /// - Throws: ``CertificateError`` with the rule `pem`, or that of the first certificate left out, when no anchor is
    ///   left.
    public init(pem: [UInt8]) throws(CertificateError) {
        var certificates: [Certificate] = []
        var skipped: [Skipped] = []
        let file = pem.span
        for block in PEM.blocks(file) where block.isCertificate {
            let position = certificates.count + skipped.count + 1
            let label = "trust anchor \(position) of the file"
            do {
                let der = try block.decoded(file, subject: label)
                certificates.append(try Certificate(derEncoded: der, label: label))
            } catch {
                skipped.append(Skipped(position: position, error: error))
            }
        }
        guard !certificates.isEmpty else {
            throw skipped.first?.error
                ?? CertificateError(
                    .pem, subject: "a file of trust anchors", expected: "a block BEGIN CERTIFICATE", found: "none")
        }
        storage = Storage(certificates, skipped: skipped)
    }

    /// How many anchors there are.
    public var count: Int { storage.certificates.count }
    /// The anchors, in the order given, each once.
    public var certificates: [Certificate] { storage.certificates }
    /// What ``init(pem:)`` left out.
    public var skipped: [Skipped] { storage.skipped }

    /// SHA-256 over the anchors' SHA-256 fingerprints in ascending order: the same for the same set, whatever its order.
    /// Computed once.
    ///
    /// - Throws: ``CertificateError`` with the rule `backend` when the backend fails.
    public var digest: [UInt8] {
        get throws(CertificateError) { try storage.digest.get() }
    }

    /// The anchors with this subject.
    func certificates(named subject: DistinguishedName) -> [Certificate] {
        storage.bySubject[subject]?.map { storage.certificates[$0] } ?? []
    }

    /// Whether this very certificate, byte for byte, is an anchor.
    func contains(_ certificate: Certificate) -> Bool {
        certificates(named: certificate.subject).contains(certificate)
    }

    private final class Storage: Sendable {
        let certificates: [Certificate]
        let skipped: [Skipped]
        /// Indices into `certificates`.
        let bySubject: [DistinguishedName: [Int]]
        let digest: Result<[UInt8], CertificateError>

        init(_ given: [Certificate], skipped: [Skipped]) {
            var seen: Set<Certificate> = []
            let certificates = given.filter { seen.insert($0).inserted }
            self.certificates = certificates
            self.skipped = skipped
            bySubject = Dictionary(grouping: certificates.indices) { certificates[$0].subject }
            digest = Result { () throws(CertificateError) in try TrustAnchors.digest(of: certificates) }
        }
    }

    private static func digest(of certificates: [Certificate]) throws(CertificateError) -> [UInt8] {
        var fingerprints: [[UInt8]] = []
        for certificate in certificates { fingerprints.append(try certificate.fingerprintSHA256) }
        fingerprints.sort { $0.lexicographicallyPrecedes($1) }
        return try Fingerprint.sha256(fingerprints.flatMap { $0 })
    }
}
