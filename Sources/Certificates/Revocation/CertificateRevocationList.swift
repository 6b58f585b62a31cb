// CertificateRevocationList.swift — one CRL, parsed once and never changed.
// RFC 5280 §5.
// Next: RevocationListContents.swift.

import CryptoGlue
public import WireFormat

/// A parsed certificate revocation list (CRL).
///
/// A value is one reference to immutable storage: cheap to copy, safe to share between threads. Parsing checks the encoding
/// and the fields. Whether the list counts — who signed it, until when, for which certificates — is found out with each path
/// that it is used for. Lists are given; this library fetches none.
public struct CertificateRevocationList: Sendable {
    private let storage: Storage

    /// Parses one DER-encoded list of at most 16 MiB, in time that grows with its length alone.
    ///
    /// - Throws: ``CertificateError`` with the rule `revocationList` when the DER is not strict, a field breaks the profile
    ///   of RFC 5280 §5, nextUpdate is missing, or the list is one that is not used here: a delta list, an indirect list,
    ///   one of attribute certificates, or one with a critical extension that is not understood.
    public init(derEncoded: [UInt8]) throws(CertificateError) {
        self = try CertificateRevocationList(derEncoded: derEncoded, label: "a revocation list")
    }

    private init(derEncoded: [UInt8], label: String) throws(CertificateError) {
        do {
            storage = Storage(contents: try RevocationListContents(derEncoded), derEncoded: derEncoded)
        } catch {
            throw CertificateError(.revocationList, subject: label, expected: error.expected, found: error.found)
        }
    }

    /// Parses every list of a PEM file, in the file's order: blocks `X509 CRL`, and `CRL`. Text and other blocks between
    /// them are skipped.
    ///
    /// - Throws: ``CertificateError`` when a block is damaged, a list cannot be parsed, or there is none.
    public static func parse(pem: [UInt8]) throws(CertificateError) -> [CertificateRevocationList] {
        var lists: [CertificateRevocationList] = []
        let file = pem.span
        for block in try PEM.blocks(file, subject: "a file of revocation lists")
        where block.label == "X509 CRL" || block.label == "CRL" {
            let label = "revocation list \(lists.count + 1) of the file"
            lists.append(
                try CertificateRevocationList(derEncoded: try block.decoded(file, subject: label), label: label))
        }
        guard !lists.isEmpty else {
            throw CertificateError(
                .pem, subject: "a file of revocation lists", expected: "a block BEGIN X509 CRL", found: "none",
                advice: "give lists in PEM or one list in DER")
        }
        return lists
    }

    /// Parses a file as authorities publish it, one list in DER, or as ``parse(pem:)``.
    ///
    /// - Throws: ``CertificateError`` as ``init(derEncoded:)`` and ``parse(pem:)``.
    public static func parse(file contents: [UInt8]) throws(CertificateError) -> [CertificateRevocationList] {
        // A SEQUENCE longer than 127 bytes; no text begins with "0" and such a byte.
        if contents.first == DERTag.sequence, contents.dropFirst().first.map({ $0 > 0x80 }) == true {
            return [try CertificateRevocationList(derEncoded: contents)]
        }
        return try parse(pem: contents)
    }

    /// The whole list as it came.
    public var derEncoded: [UInt8] { storage.derEncoded }
    /// Whose certificates the list is about, and who signed it.
    public var issuer: DistinguishedName { storage.contents.issuer }
    /// When the list was issued.
    public var thisUpdate: UnixTime { storage.contents.thisUpdate }
    /// The last second in which the list counts.
    public var nextUpdate: UnixTime { storage.contents.nextUpdate }
    /// How many certificates are on the list.
    public var count: Int { storage.contents.entries.count }
    /// cRLNumber, big-endian without leading zeros; nil when absent.
    public var number: [UInt8]? { storage.contents.number }

    /// SHA-256 over ``derEncoded``: 32 bytes.
    ///
    /// - Throws: ``CertificateError`` with the rule `backend` when the backend fails.
    public var fingerprintSHA256: [UInt8] {
        get throws(CertificateError) { try Fingerprint.sha256(derEncoded) }
    }

    var contents: RevocationListContents { storage.contents }

    /// The entry of the certificate with this serial number, if it is on the list.
    func entry(_ serialNumber: [UInt8]) throws(CertificateError) -> RevocationEntry? {
        let encoded = storage.derEncoded
        do {
            return try storage.contents.entries.entry(serialNumber.span, in: encoded.span)
        } catch {
            throw CertificateError(
                .revocationList, subject: "a list of \(issuer)", expected: error.expected, found: error.found)
        }
    }

    /// Checks the list's signature with an issuer's key.
    func verifySignature(with key: PublicKey, using algorithm: SignatureAlgorithm) throws(CryptoError) {
        let encoded = storage.derEncoded
        let span = encoded.span
        try key.verify(
            span.extracting(storage.contents.signatureRange), over: span.extracting(storage.contents.signedRange),
            using: algorithm)
    }

    private final class Storage: Sendable {
        let contents: RevocationListContents
        let derEncoded: [UInt8]

        init(contents: RevocationListContents, derEncoded: [UInt8]) {
            self.contents = contents
            self.derEncoded = derEncoded
        }
    }
}

extension CertificateRevocationList: Hashable {
    /// Whether the lists are equal byte for byte.
    public static func == (left: CertificateRevocationList, right: CertificateRevocationList) -> Bool {
        left.storage === right.storage || left.derEncoded == right.derEncoded
    }

    public func hash(into hasher: inout Hasher) {
        // The signature stands for all the rest, which may be megabytes.
        hasher.combine(storage.derEncoded[storage.contents.signatureRange])
    }
}
