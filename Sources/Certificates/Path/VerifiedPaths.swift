// VerifiedPaths.swift — paths that were validated before, so that their signatures need no second check.
// RFC 5280 §6.1.
// Next: PathValidator.swift.

import Synchronization
import WireFormat

/// The paths found from one set of trust anchors, the least recently used of which goes when there is no room.
///
/// It is part of the anchors' storage, so no path outlives the anchors it was found with. What else a path depends on is in
/// its key (every certificate that was sent, the name, the purpose, the policy …) or is its window of time: from the
/// latest notBefore to the earliest notAfter of its certificates, or the end of what is known of their revocation. An
/// entry outside its window is forgotten. Only successes are kept, and a validation whose checks are to be reported makes
/// them all. Safe to share between threads; the lock is held for a look-up alone, never for a signature check.
package final class VerifiedPaths: Sendable {
    /// Paths kept for one set of anchors. Each takes about as much as its certificates, some 5 KB for a usual one.
    package static let capacity = 256

    private struct Entry {
        let path: ValidatedPath
        var lastUse: UInt64
    }

    private struct State {
        var entries: [[UInt8]: Entry] = [:]
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())

    /// How many paths are kept.
    package var count: Int { state.withLock { $0.entries.count } }

    /// The path with this key, when it holds at `now`.
    func path(_ key: [UInt8], at now: UnixTime) -> ValidatedPath? {
        state.withLock { state in
            guard let entry = state.entries[key] else { return nil }
            guard entry.path.window.contains(now) else {
                state.entries[key] = nil
                return nil
            }
            state.uses += 1
            state.entries[key]?.lastUse = state.uses
            return entry.path
        }
    }

    func keep(_ path: ValidatedPath, _ key: [UInt8]) {
        state.withLock { state in
            if state.entries[key] == nil, state.entries.count >= VerifiedPaths.capacity {
                let oldest = state.entries.min { $0.value.lastUse < $1.value.lastUse }
                if let oldest { state.entries[oldest.key] = nil }
            }
            state.uses += 1
            state.entries[key] = Entry(path: path, lastUse: state.uses)
        }
    }
}

extension PathRequest {
    /// SHA-256 over what the peer sent and all that it is judged by but anchors and time. nil when it must not be kept: with
    /// a permission for an old version, which ends whenever its own time does.
    func key(of path: UnvalidatedPath) throws(CertificateError) -> [UInt8]? {
        guard legacy == nil else { return nil }
        let check = if case .ofServers = nameCheck { "of servers" } else { "when given" }
        let name =
            switch identity {
            case .dns(let name): "dns \(name)"
            case .ip(let address): "ip \(address)"
            case nil: "none"
            }
        let facts = [
            check, name, purpose.name, keyUsage.map { "\($0.rawValue)" } ?? "any",
            allowedSignatures.map { "\($0.rawValue)" }.joined(separator: ","), policy.canonicalText,
        ]
        // Every part with its length in front, so that no two lists read alike.
        var octets: [UInt8] = []
        for fact in facts {
            octets += fact.utf8.count.bigEndianOctets
            octets += Array(fact.utf8)
        }
        // Whether a response was stapled, and which: another one may say that the peer is revoked.
        octets += [isStatusRequested ? 1 : 0, stapledResponse == nil ? 0 : 1]
        octets += (stapledResponse?.count ?? 0).bigEndianOctets
        octets += stapledResponse ?? []
        for certificate in [path.leaf] + path.intermediates {
            octets += certificate.derEncoded.count.bigEndianOctets
            octets += certificate.derEncoded
        }
        return try Fingerprint.sha256(octets)
    }
}
