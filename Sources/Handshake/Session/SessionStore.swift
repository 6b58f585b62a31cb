// SessionStore.swift — where sessions wait until they are resumed.
// RFC 8446 §4.6.1, App. C.4; RFC 5246 App. F.1.4.
// Next: MemorySessionStore.swift.

public import WireFormat

/// Keeps sessions under the binding they may be resumed in. Thread-safe; called from the thread that drives a connection.
public protocol SessionStore: Sendable {
    /// Keeps one session; a server may send several for one connection. A store may drop any session at any time.
    func store(_ session: Session, for binding: SessionBinding)

    /// A session to offer under exactly this binding, the youngest usable one; nil when there is none. One that is
    /// `isSingleUse` is taken out before it is returned: nobody gets it twice.
    ///
    /// - Parameters:
    ///   - binding: everything that this connection's sessions depend on.
    ///   - now: the time by the connection's clock.
    ///   - timeout: sessionCacheTimeout, seconds: older ones are not returned but dropped.
    func take(for binding: SessionBinding, at now: UnixTime, timeout: UInt32) -> Session?

    /// Drops every session of this binding: the server did not honour one, or the connection failed.
    func remove(for binding: SessionBinding)

    /// Drops everything.
    func purge()
}
