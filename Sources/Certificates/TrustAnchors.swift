// TrustAnchors.swift — the certificates that paths may end in, and the keys that need no path.
// RFC 5280 §6.1.1(d); RFC 7250 §4.1.
// Next: PEM.swift.

import CryptoGlue

/// A set of trust anchors, parsed once and never changed; and of pinned keys, if somebody asked for them.
///
/// An anchor is an authority: paths end in it. A pinned key is a peer's own: whoever proves to hold it needs no path. The
/// two do not replace each other: a peer whose own certificate is an authority's, or signed by itself, is trusted by its
/// pin alone, even when the certificate is among the anchors.
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
        storage = Storage(certificates.map { TrustAnchor($0) }, skipped: [], pins: [])
    }

    /// Takes anchors with what they are restricted to; of two for one certificate the first counts.
    public init(anchors: [TrustAnchor]) {
        storage = Storage(anchors, skipped: [], pins: [])
    }

    private init(storage: Storage) { self.storage = storage }

    /// The same anchors, with these pins besides those there are.
    ///
    /// A peer whose certificate has one of these keys is accepted without a path to an anchor, and although its certificate
    /// may be an authority's or signed by itself. Its name, its dates and its usages are still checked; revocation is not.
    public func pinning(_ pins: [PublicKeyPin]) -> TrustAnchors {
        TrustAnchors(storage: Storage(storage.anchors, skipped: storage.skipped, pins: storage.pins.union(pins)))
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
        storage = Storage(certificates.map { TrustAnchor($0) }, skipped: skipped, pins: [])
    }

    /// How many anchors there are.
    public var count: Int { storage.anchors.count }
    /// The anchors, in the order given, each once.
    public var certificates: [Certificate] { storage.anchors.map(\.certificate) }
    /// The anchors with what they are restricted to.
    public var anchors: [TrustAnchor] { storage.anchors }
    /// The keys that are trusted without a path.
    public var pins: Set<PublicKeyPin> { storage.pins }
    /// What ``init(pem:)`` left out.
    public var skipped: [Skipped] { storage.skipped }

    /// SHA-256 over the anchors' SHA-256 fingerprints, their constraints and the pins, in ascending order: the same for the
    /// same set, whatever its order. Computed once.
    ///
    /// - Throws: ``CertificateError`` with the rule `backend` when the backend fails.
    public var digest: [UInt8] {
        get throws(CertificateError) { try storage.digest.get() }
    }

    /// The anchors with this subject.
    func anchors(named subject: DistinguishedName) -> [TrustAnchor] {
        storage.bySubject[subject]?.map { storage.anchors[$0] } ?? []
    }

    /// Whether the certificate's key is pinned.
    func pins(_ certificate: Certificate) throws(CertificateError) -> Bool {
        guard !storage.pins.isEmpty else { return false }
        return storage.pins.contains(try PublicKeyPin(of: certificate))
    }

    /// What was validated with these anchors before.
    package var verifiedPaths: VerifiedPaths { storage.verifiedPaths }

    private final class Storage: Sendable {
        let verifiedPaths = VerifiedPaths()
        let anchors: [TrustAnchor]
        let skipped: [Skipped]
        let pins: Set<PublicKeyPin>
        /// Indices into `anchors`.
        let bySubject: [DistinguishedName: [Int]]
        let digest: Result<[UInt8], CertificateError>

        init(_ given: [TrustAnchor], skipped: [Skipped], pins: Set<PublicKeyPin>) {
            var seen: Set<Certificate> = []
            let anchors = given.filter { seen.insert($0.certificate).inserted }
            self.anchors = anchors
            self.skipped = skipped
            self.pins = pins
            bySubject = Dictionary(grouping: anchors.indices) { anchors[$0].certificate.subject }
            digest = Result { () throws(CertificateError) in try TrustAnchors.digest(of: anchors, pins) }
        }
    }

    private static func digest(
        of anchors: [TrustAnchor], _ pins: Set<PublicKeyPin>
    ) throws(CertificateError) -> [UInt8] {
        // How many anchors there are, 64 octets for each, 32 for each pin: so no two sets read alike.
        var parts: [[UInt8]] = []
        for anchor in anchors {
            parts.append(
                try anchor.certificate.fingerprintSHA256
                    + Fingerprint.sha256(Array(anchor.constraints.canonicalText.utf8)))
        }
        var pinned = pins.map(\.sha256)
        parts.sort { $0.lexicographicallyPrecedes($1) }
        pinned.sort { $0.lexicographicallyPrecedes($1) }
        return try Fingerprint.sha256(parts.count.bigEndianOctets + parts.flatMap { $0 } + pinned.flatMap { $0 })
    }
}

extension Int {
    /// Eight octets, the most significant first.
    var bigEndianOctets: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) }
    }
}
