// NameResolution.swift — host names to addresses, without making anybody wait longer than he wants to.
// RFC 6724 (the resolver's order); RFC 8305 §4 (families in turn).
// Next: ConnectionAttempts.swift.

import Synchronization

/// Looks names up on threads of its own: the system's resolver blocks, knows no deadline and cannot be cancelled.
package final class NameResolution: Sendable {
    typealias Outcome = Result<[SocketAddress], SocketError>

    private struct Request {
        let host: String
        let port: UInt16
        let families: Set<AddressFamily>
        let completion: @Sendable (Outcome) -> Void
    }

    private struct State {
        var waiting: [Request] = []
        var threads = 0
    }

    /// As many look-ups as go on at a time: a slow name server then delays few others, and threads stay few.
    private static let mostThreads = 16

    static let shared = NameResolution()

    private let state = Mutex(State())

    /// Looks `host` up and calls `completion` from another thread, once, with at least one address or an error.
    func resolve(
        _ host: String, port: UInt16, families: Set<AddressFamily>,
        completion: @escaping @Sendable (Outcome) -> Void
    ) {
        let request = Request(host: host, port: port, families: families, completion: completion)
        let needsThread = state.withLock { state -> Bool in
            state.waiting.append(request)
            guard state.threads < Self.mostThreads else { return false }
            state.threads += 1
            return true
        }
        guard needsThread else { return }
        do throws(Errno) {
            try SystemThread.start { self.work() }
        } catch {
            failAll(SocketError(error, during: .resolution))
        }
    }

    private func work() {
        while let request = next() { request.completion(Self.outcome(of: request)) }
    }

    private func next() -> Request? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.threads -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    /// No thread could be started: when there is none at all, nobody would ever serve the queue.
    private func failAll(_ error: SocketError) {
        let stranded = state.withLock { state -> [Request] in
            state.threads -= 1
            guard state.threads == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for request in stranded { request.completion(.failure(error)) }
    }

    private static func outcome(of request: Request) -> Outcome {
        let family = request.families.count == 1 ? request.families.first : nil
        do throws(SystemResolver.Failure) {
            let found = try SystemResolver.addresses(of: request.host, port: request.port, family: family)
            guard !found.isEmpty else { throw SystemResolver.noAddress }
            return .success(interleaved(found))
        } catch {
            return .failure(SocketError(error, host: request.host))
        }
    }

    /// RFC 8305 §4: the families take turns, beginning with that of the first address, so that one family that does not
    /// work delays the other by one attempt only. Within a family the resolver's order stays; repetitions go.
    package static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        var seen: Set<SocketAddress> = []
        let distinct = addresses.filter { seen.insert($0).inserted }
        guard let first = distinct.first else { return [] }
        let same = distinct.filter { $0.family == first.family }
        let other = distinct.filter { $0.family != first.family }
        var result: [SocketAddress] = []
        for index in 0..<max(same.count, other.count) {
            if index < same.count { result.append(same[index]) }
            if index < other.count { result.append(other[index]) }
        }
        return result
    }
}
