// PathFailures.swift — everything that is wrong with a peer's certificates, for who decides in the validator's place.
// RFC 5280 §6.1; RFC 9525 §6.
// Next: PathSearch.swift.

package import WireFormat

extension PathValidator {
    /// Everything that ``validate(_:anchors:identity:purpose:keyUsage:at:allowedSignatures:legacy:log:)`` has against what the peer
    /// sent: its name, its dates and its path are looked at one by one, so that none hides another. Empty when it would
    /// succeed.
    package static func failures(
        _ path: UnvalidatedPath, anchors: TrustAnchors, identity: ReferenceIdentity?, purpose: CertificatePurpose,
        keyUsage: KeyUsage = .digitalSignature, at now: UnixTime, allowedSignatures: [SignatureScheme],
        legacy: LegacyCertificates? = nil
    ) -> [CertificateError] {
        let leaf = path.leaf
        func search(at time: UnixTime) -> PathSearch {
            PathSearch(
                intermediates: path.intermediates, anchors: anchors, purpose: purpose, leafKeyUsage: keyUsage,
                now: time,
                allowedSignatures: allowedSignatures, legacy: legacy, log: DecisionLog(isEnabled: false))
        }
        // The path is looked for at a time at which the peer's own certificate is valid.
        let latest = max(leaf.notBefore, leaf.notAfter)
        var present = search(at: now)
        var valid = search(at: min(max(now, leaf.notBefore), latest))
        return [
            failure { () throws(CertificateError) in try present.checkDates(leaf, Position.leaf.of(leaf)) },
            failure { () throws(CertificateError) in try present.checkName(leaf, identity) },
            failure { () throws(CertificateError) in
                try valid.checkCommon(leaf, Position.leaf.of(leaf))
                _ = try valid.findPath(from: leaf)
            },
        ].compactMap { $0 }
    }

    private static func failure(_ check: () throws(CertificateError) -> Void) -> CertificateError? {
        do throws(CertificateError) { try check() } catch { return error }
        return nil
    }
}
