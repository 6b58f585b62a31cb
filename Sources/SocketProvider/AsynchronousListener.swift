// AsynchronousListener.swift — accepting with async/await: tasks wait, threads do not.
// Linux epoll(7), through Reactor.swift.
// Next: TLSSecurityPackage.swift.

/// A ``ListeningSocket`` for async/await.
public struct AsynchronousListener: Sendable {
    /// The listener behind this front.
    public let listener: ListeningSocket

    /// Waits for the next connection whose handshake is done. A cancelled accept loses none: the next one gets it.
    ///
    /// - Throws: As ``ListeningSocket/accept(within:)``, and ``SocketError/cancelled(_:)``.
    public func accept() async throws(SocketError) -> AsynchronousSocket {
        if Task.isCancelled { throw .cancelled(.accept) }
        let engine = listener.engine
        try engine.start()
        while true {
            switch try engine.next() {
            case .done(let socket): return socket.asynchronous
            case .perform: continue
            case .wait(let wait):
                let outcome: WaitOutcome
                do throws(Errno) {
                    outcome = try await wait.park(until: .never)
                } catch {
                    throw SocketError(error, during: .accept)
                }
                if outcome == .cancelled { throw .cancelled(.accept) }
            }
        }
    }
}

extension ListeningSocket {
    /// The listener for async/await.
    public var asynchronous: AsynchronousListener { AsynchronousListener(listener: self) }
}
