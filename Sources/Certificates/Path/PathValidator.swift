// PathValidator.swift — validates a peer's certificates; the only maker of ValidatedPath.
// RFC 5280 §6.1; RFC 8446 §4.4.2.2; RFC 9525 §6.
// Next: PathFailures.swift.

public import WireFormat

/// A path that was validated: for a purpose, a name and a time. Only path validation makes one.
public struct ValidatedPath: Sendable, Equatable {
    /// The path: the peer's certificate first, the anchor last. One element when the peer's key is pinned.
    public let certificates: [Certificate]
    /// The trust anchor, the last of ``certificates``; the peer's own when its key is pinned.
    public let anchor: Certificate

    /// The time in which the path is what it was found to be: all its certificates are valid, and what was found out of
    /// their revocation holds.
    let window: Window

    /// Moments from `first` to `last`, both within; none when they are the other way round.
    package struct Window: Sendable, Equatable {
        package private(set) var first: UnixTime
        package private(set) var last: UnixTime

        /// Every moment.
        static let always = Window(first: UnixTime(seconds: .min), last: UnixTime(seconds: .max))

        /// Leaves out what is before `first` or after `last`.
        mutating func narrow(first: UnixTime, last: UnixTime) {
            self.first = max(self.first, first)
            self.last = min(self.last, last)
        }

        func contains(_ moment: UnixTime) -> Bool { first <= moment && moment <= last }
    }

    fileprivate init(certificates: [Certificate], anchor: Certificate, statusWindow: Window) {
        self.certificates = certificates
        self.anchor = anchor
        var window = statusWindow
        for certificate in certificates { window.narrow(first: certificate.notBefore, last: certificate.notAfter) }
        self.window = window
    }

    /// The last second in which every certificate of the path is valid, and in which the revocation lists and responses
    /// that were used are current.
    public var notAfter: UnixTime { window.last }
}

/// Finds and validates a path. What it checks, and where it goes beyond RFC 5280 or stops short of it:
///
/// - The search goes from the peer's certificate up, over issuers of the right name, with backtracking; key identifiers
///   only order the candidates. It ends after 100 signature checks and at the policy's depth, 10 certificates at the most.
/// - Every certificate of the path, **the anchor included**, must be valid at `now`, have an RSA key of 2048 to 8192 bits
///   or one on a curve, no critical extension that is not enforced, and an extendedKeyUsage, if any, for the purpose.
///   Every issuer, the anchor included, must be an authority; an anchor of version 1 is taken for one. The anchor's own
///   signature is not checked. Version, serial number and the form of dates are checked below the anchor.
/// - A peer whose key is pinned needs no path: its certificate is the whole of it, and its names, time, usages and policies
///   are still checked. Without a pin the peer's certificate must be neither an authority's nor an anchor.
/// - What an anchor is restricted to by its user is checked when the path is whole (AnchorCheck.swift).
/// - Certificate policies are processed as RFC 5280 §6.1 and RFC 9618 say: see PolicyCheck.swift. Revocation is
///   looked at last, when the path is whole, by what is there: see RevocationCheck.swift.
package enum PathValidator {
    /// Validates what the peer sent. A path that was found before by the same anchors and the same rules is not looked for
    /// again while it holds, unless the log is enabled: a report tells of checks that were made.
    ///
    /// - Parameter log: gets a decision for each check of the path found, and for each candidate passed over. A refusal is
    ///   thrown, not logged: its decision is ``CertificateError/explanation``.
    package static func validate(
        _ path: UnvalidatedPath, _ request: PathRequest, log: inout DecisionLog
    ) throws(CertificateError) -> ValidatedPath {
        let key = try request.key(of: path)
        if let key, !log.isEnabled, let known = request.anchors.verifiedPaths.path(key, at: request.now) {
            return known
        }
        var search = PathSearch(intermediates: path.intermediates, request, log: log)
        defer { log = search.log }
        let found = try validated(try search.run(from: path.leaf), search.statusWindow)
        if let key { request.anchors.verifiedPaths.keep(found, key) }
        return found
    }

    /// Validates what the peer sent and keeps every way that the search went.
    package static func explain(
        _ path: UnvalidatedPath, _ request: PathRequest, log: inout DecisionLog
    ) -> ExplainedValidation {
        var search = PathSearch(intermediates: path.intermediates, request, log: log, recordsAttempts: true)
        defer { log = search.log }
        let result = Result { () throws(CertificateError) in
            try validated(try search.run(from: path.leaf), search.statusWindow)
        }
        return ExplainedValidation(result: result, attempts: search.attempts ?? [])
    }

    private static func validated(
        _ certificates: [Certificate], _ statusWindow: ValidatedPath.Window
    ) throws(CertificateError) -> ValidatedPath {
        guard let anchor = certificates.last else {
            throw CertificateError(.backend, subject: "the path", expected: "an anchor", found: "an empty path")
        }
        return ValidatedPath(certificates: certificates, anchor: anchor, statusWindow: statusWindow)
    }

    /// RFC 8446 §4.4.2.2, §4.4.2.4; RFC 5246 §7.4.2: what the peer's own key has to do, when nothing else is checked.
    package static func checkKeyUsage(of leaf: Certificate, _ wanted: KeyUsage) throws(CertificateError) {
        guard let usage = leaf.keyUsage, !usage.contains(wanted) else { return }
        throw CertificateError(
            .leafKeyUsage, subject: Position.leaf.of(leaf), expected: wanted.description, found: usage.description)
    }
}
