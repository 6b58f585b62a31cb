// PathFailures.swift — everything that is wrong with a peer's certificates, for who decides in the validator's place.
// RFC 5280 §6.1; RFC 9525 §6.
// Next: PathSearch.swift.

import WireFormat

extension PathValidator {
    /// Everything that ``validate(_:_:log:)`` has against what the peer sent: its name, its dates and its path are looked at one
    /// by one, so that none hides another. Empty when it would succeed.
    package static func failures(_ path: UnvalidatedPath, _ request: PathRequest) -> [CertificateError] {
        let leaf = path.leaf
        func search(at time: UnixTime) -> PathSearch {
            var request = request
            request.now = time
            return PathSearch(intermediates: path.intermediates, request, log: DecisionLog(isEnabled: false))
        }
        // The path is looked for at a time at which the peer's own certificate is valid.
        let latest = max(leaf.notBefore, leaf.notAfter)
        var present = search(at: request.now)
        var valid = search(at: min(max(request.now, leaf.notBefore), latest))
        return [
            failure { () throws(CertificateError) in try present.checkDates(leaf, Position.leaf.of(leaf)) },
            failure { () throws(CertificateError) in try present.checkName(leaf) },
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
