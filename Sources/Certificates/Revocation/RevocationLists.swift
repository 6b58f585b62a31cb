// RevocationLists.swift — the revocation lists that paths are held against.
// RFC 5280 §6.3.
// Next: CertificateRevocationList.swift.

/// A set of revocation lists, by issuer.
///
/// A value is one reference: cheap to copy, safe to share between threads and connections. To use newer lists, make another
/// set and another configuration with it.
public struct RevocationLists: Sendable {
    private let storage: Storage

    /// No lists.
    public init() { storage = RevocationLists.none }

    /// Takes these lists; one given twice counts once. All of them may be of one issuer: the newest that fits is used.
    public init(_ lists: [CertificateRevocationList]) { storage = Storage(lists) }

    /// How many lists there are.
    public var count: Int { storage.lists.count }
    /// The lists, in the order given, each once.
    public var lists: [CertificateRevocationList] { storage.lists }

    /// SHA-256 over the lists' SHA-256 fingerprints in ascending order: the same for the same set, whatever its order.
    /// Computed once.
    ///
    /// - Throws: ``CertificateError`` with the rule `backend` when the backend fails.
    public var digest: [UInt8] {
        get throws(CertificateError) { try storage.digest.get() }
    }

    /// The lists of this issuer, the newest first.
    func lists(of issuer: DistinguishedName) -> [CertificateRevocationList] { storage.byIssuer[issuer] ?? [] }

    private static let none = Storage([])

    private final class Storage: Sendable {
        let lists: [CertificateRevocationList]
        let byIssuer: [DistinguishedName: [CertificateRevocationList]]
        let digest: Result<[UInt8], CertificateError>

        init(_ given: [CertificateRevocationList]) {
            var seen: Set<CertificateRevocationList> = []
            let lists = given.filter { seen.insert($0).inserted }
            self.lists = lists
            byIssuer = Dictionary(grouping: lists, by: \.issuer)
                .mapValues { $0.sorted { $0.thisUpdate > $1.thisUpdate } }
            digest = Result { () throws(CertificateError) in
                var fingerprints: [[UInt8]] = []
                for list in lists { fingerprints.append(try list.fingerprintSHA256) }
                fingerprints.sort { $0.lexicographicallyPrecedes($1) }
                return try Fingerprint.sha256(fingerprints.flatMap { $0 })
            }
        }
    }
}

extension RevocationLists: Hashable {
    /// Whether both hold the same lists, in whatever order.
    public static func == (left: RevocationLists, right: RevocationLists) -> Bool {
        left.storage === right.storage || Set(left.lists) == Set(right.lists)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(Set(storage.lists)) }
}
