// SharedSessions.swift — the sessions of this process: what one socket began, another resumes.
// RFC 5246 App. F.1.4; RFC 8446 §4.6.1.
// Next: WinSocket.swift.

import CSecureWinSock
import SocketProvider
import Synchronization

/// One store for each number of entries that was asked for.
package final class StoresBySize<Store: Sendable>: Sendable {
    private let stores = Mutex<[UInt32: Store]>([:])
    private let limit: Int
    private let make: @Sendable (Int) -> Store

    package init(limit: Int, _ make: @escaping @Sendable (Int) -> Store) {
        self.limit = limit
        self.make = make
    }

    /// Nil when there are as many sizes as there may be, and this is another.
    package func store(entries: UInt32) -> Store? {
        stores.withLock { stores in
            if let store = stores[entries] { return store }
            guard stores.count < limit else { return nil }
            let store = make(Int(entries))
            stores[entries] = store
            return store
        }
    }

    package var all: [Store] { stores.withLock { Array($0.values) } }
}

/// The sessions of clients, and those of servers.
enum SharedSessions {
    /// Stores are never given back, so a program that asks for ever new sizes is stopped here.
    private static let sizes = 64

    private static let ofClients = StoresBySize(limit: sizes) { MemorySessionStore(entries: $0) }
    private static let ofServers = StoresBySize(limit: sizes) { MemoryServerSessionCache(entries: $0) }

    static func client(entries: UInt32) throws(WinsockError) -> MemorySessionStore {
        guard let store = ofClients.store(entries: entries) else { throw WinsockError(WSAENOBUFS) }
        return store
    }

    /// - Parameter certificate: the server's, in DER.
    static func server(entries: UInt32, of certificate: [UInt8]) throws(WinsockError) -> any ServerSessionCache {
        guard let store = ofServers.store(entries: entries) else { throw WinsockError(WSAENOBUFS) }
        return SessionsOfCertificate(store, certificate)
    }

    static func purge() {
        for store in ofClients.all { store.purge() }
        for store in ofServers.all { store.purge() }
    }
}

extension OwnCredential {
    /// The leaf.
    var certificate: Certificate? {
        switch self {
        case .here(let credential): credential.certificates.first
        case .elsewhere(let certificates): certificates.first
        }
    }
}

/// The part of a shared store that belongs to servers with one certificate. Who resumes is taken for the one who proved
/// itself when the session began, so that a server with another certificate must not find it.
private struct SessionsOfCertificate: ServerSessionCache {
    private let store: MemoryServerSessionCache
    /// Seeded anew in each process: nobody can look for a certificate that has the same.
    private let prefix: [UInt8]

    init(_ store: MemoryServerSessionCache, _ certificate: [UInt8]) {
        self.store = store
        let hash = UInt64(bitPattern: Int64(certificate.hashValue))
        prefix = (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) }
    }

    func store(_ session: ServerSession, id: [UInt8], at now: UnixTime) {
        store.store(session, id: prefix + id, at: now)
    }

    func find(id: [UInt8], at now: UnixTime, timeout: UInt32) -> ServerSession? {
        store.find(id: prefix + id, at: now, timeout: timeout)
    }

    func take(id: [UInt8], at now: UnixTime, timeout: UInt32) -> ServerSession? {
        store.take(id: prefix + id, at: now, timeout: timeout)
    }

    func remove(id: [UInt8]) { store.remove(id: prefix + id) }

    func purge() { store.purge() }
}
