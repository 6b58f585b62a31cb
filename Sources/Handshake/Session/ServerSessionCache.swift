// ServerSessionCache.swift — where a server's sessions wait when its clients do not keep them for it.
// RFC 5246 §7.3, App. F.1.4; RFC 8446 §4.6.1, §8.1.
// Next: MemoryServerSessionCache.swift.

public import WireFormat

/// Keeps the sessions of a server under identifiers that its clients give back: session IDs of TLS 1.2, and, on a server
/// without a `TicketKeyRing`, the tickets of TLS 1.3.
///
/// Thread-safe; called from the threads that drive connections, so that it must not take long. An implementation may
/// drop any session at any time. It compares identifiers in constant time, or finds them by a hash whose seed nobody
/// knows: whoever learns one by trying can use up its session.
public protocol ServerSessionCache: Sendable {
    /// Keeps one session.
    ///
    /// - Parameters:
    ///   - session: what to keep.
    ///   - id: 34 octets, of which 32 are random; other ones for each session.
    ///   - now: the time by the server's clock.
    func store(_ session: ServerSession, id: [UInt8], at now: UnixTime)

    /// The session under this identifier, if it is usable; nil when there is none. It stays, whatever it is: a client that
    /// names a session has not proven yet that it is its own.
    ///
    /// - Parameters:
    ///   - id: what a client sent, of any length.
    ///   - now: the time by the server's clock.
    ///   - timeout: sessionCacheTimeout, seconds: older sessions are not returned but dropped.
    func find(id: [UInt8], at now: UnixTime, timeout: UInt32) -> ServerSession?

    /// The session under this identifier, if it is usable; nil when there is none. One that is `isSingleUse` is taken out
    /// before it is returned: nobody gets it twice.
    ///
    /// - Parameters:
    ///   - id: what a client sent, of any length.
    ///   - now: the time by the server's clock.
    ///   - timeout: sessionCacheTimeout, seconds: older sessions are not returned but dropped.
    func take(id: [UInt8], at now: UnixTime, timeout: UInt32) -> ServerSession?

    /// Drops one session: RFC 5246 §7.2.2 wants those of a connection that failed forgotten.
    func remove(id: [UInt8])

    /// Drops everything.
    func purge()
}
