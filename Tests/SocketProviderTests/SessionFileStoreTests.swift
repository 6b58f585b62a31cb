// SessionFileStoreTests.swift — sessions in a directory: who may read it, who gets what, what is never believed.
// RFC 8446 App. C.4; RFC 5077 §5.6.
// Next: SessionResumptionTests.swift.

import Foundation
import SocketProvider
import Synchronization
import TestSupport
import Testing

@Suite("SessionFileStore")
struct SessionFileStoreTests {
    private static let start = UnixTime(seconds: 1_780_000_000)

    private static func after(_ seconds: Int64) -> UnixTime { UnixTime(seconds: start.seconds + seconds) }

    private func binding(_ number: UInt8, isPersistable: Bool = true) -> SessionBinding {
        SessionBinding(digest: [UInt8](repeating: number, count: 32), isPersistable: isPersistable)
    }

    private func session(
        _ version: ProtocolVersion = .tls13, at seconds: Int64 = 0, ticket: [UInt8] = [1]
    ) throws -> Session {
        let certificates = try TestIdentity.serverP256().certificates
        let suite: CipherSuite = version == .tls13 ? .tlsAES128GCMSHA256 : .tlsECDHEECDSAWithAES128GCMSHA256
        let facts = Session.Facts(
            version: version, cipherSuite: suite, ticket: ticket, receivedAt: Self.after(seconds),
            authenticatedAt: Self.after(seconds), identity: try ReferenceIdentity("server.example"),
            peerCertificates: certificates, validatedPath: [])
        return Session(facts, secret: SecretBytes(count: version == .tls13 ? 32 : 48))
    }

    private func permissions(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    /// A directory that is not there yet.
    private func newPath(_ folder: TemporaryFolder) -> String { "\(folder.path)/sessions" }

    @Test("the directory is made with 0700 and files with 0600; names tell nothing about the peer")
    func permissions() throws {
        let folder = try TemporaryFolder()
        let path = newPath(folder)
        let store = try SessionFileStore(directory: path)
        store.store(try session(), for: binding(1))
        store.store(try session(.tls12), for: binding(1))
        #expect(try permissions(path) == 0o700)
        let files = try names(path)
        #expect(
            files.count == 2 && files.contains { $0.hasSuffix(".once") } && files.contains { $0.hasSuffix(".many") })
        for file in files {
            #expect(try permissions("\(path)/\(file)") == 0o600)
            #expect(!file.contains("server"))
        }
        #expect(store.problems.isEmpty)
    }

    @Test("a directory that is a symbolic link, that others can use, that is none or has no parent is refused")
    func refusedDirectories() throws {
        let folder = try TemporaryFolder()
        let path = newPath(folder)
        _ = try SessionFileStore(directory: path)
        // What is there already is opened again.
        _ = try SessionFileStore(directory: path + "/")

        func expectRefusal(_ directory: String, _ reason: String) {
            do throws(SocketError) {
                _ = try SessionFileStore(directory: directory)
                Issue.record("\(directory) was taken")
            } catch {
                #expect("\(error)".contains(reason), "\(error)")
            }
        }
        let link = "\(folder.path)/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        expectRefusal(link, "symbolic link")
        expectRefusal(link + "//", "symbolic link")
        for mode in [0o755, 0o701, 0o770, 0o1700, 0o500] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            expectRefusal(path, "permissions")
        }
        let file = try folder.write("file", "x")
        expectRefusal(file, "no directory")
        expectRefusal("\(folder.path)/a/b", "\(folder.path)/a/b")
        // Another user's, when the test may make one.
        let foreign = "\(folder.path)/foreign"
        _ = try SessionFileStore(directory: foreign)
        if unsafe chown(foreign, 65_534, 65_534) == 0 { expectRefusal(foreign, "another user") }
    }

    @Test("what one store keeps, another one of the same directory finds: TLS 1.3 once, TLS 1.2 again and again")
    func shared() throws {
        let folder = try TemporaryFolder()
        let (first, second) = try (
            SessionFileStore(directory: newPath(folder)), SessionFileStore(directory: newPath(folder))
        )
        first.store(try session(at: 0, ticket: [1]), for: binding(1))
        first.store(try session(at: 5, ticket: [2]), for: binding(1))
        #expect(second.take(for: binding(2), at: Self.after(6), timeout: 600) == nil)
        // The youngest first.
        #expect(second.take(for: binding(1), at: Self.after(6), timeout: 600)?.ticket == [2])
        #expect(first.take(for: binding(1), at: Self.after(6), timeout: 600)?.ticket == [1])
        #expect(first.take(for: binding(1), at: Self.after(6), timeout: 600) == nil)
        #expect(try names(first.directory).isEmpty)
        first.store(try session(.tls12), for: binding(3))
        for _ in 0..<3 { #expect(second.take(for: binding(3), at: Self.start, timeout: 600)?.version == .tls12) }
        second.remove(for: binding(3))
        #expect(first.take(for: binding(3), at: Self.start, timeout: 600) == nil)
        first.store(try session(), for: binding(1))
        second.purge()
        #expect(try names(first.directory).isEmpty)
        #expect(first.problems.isEmpty && second.problems.isEmpty)
    }

    @Test("RFC 8446 App. C.4: of many threads over two stores of a directory, each session reaches one")
    func race() async throws {
        let folder = try TemporaryFolder()
        let stores = try (0..<2).map { _ in try SessionFileStore(directory: newPath(folder)) }
        let binding = binding(1)
        let taken = Tickets()
        for round in 0..<20 {
            for number in 0..<4 { stores[0].store(try session(ticket: [UInt8(round), UInt8(number)]), for: binding) }
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<6 {
                    group.addTask {
                        while let session = stores[worker % 2].take(for: binding, at: Self.start, timeout: 600) {
                            taken.all.withLock { $0.append(session.ticket) }
                        }
                    }
                }
            }
        }
        let tickets = taken.all.withLock { $0 }
        #expect(tickets.count == 80 && Set(tickets).count == 80)
        #expect(try names(newPath(folder)).isEmpty)
    }

    @Test("T-35: what is no session of ours is left out and reported, and foreign files are left alone")
    func foreign() throws {
        let folder = try TemporaryFolder()
        let path = newPath(folder)
        let reported = Reports()
        let store = try SessionFileStore(directory: path) { problem in reported.all.withLock { $0.append(problem) } }
        let manager = FileManager.default
        /// Stores a session, changes its file, and expects that nobody gets it, for that reason.
        func expectRefusal(_ version: ProtocolVersion, _ reason: String, _ change: (String) throws -> Void) throws {
            store.store(try session(version), for: binding(1))
            let file = try #require(try names(path).first { $0.hasPrefix("0101") })
            try change("\(path)/\(file)")
            #expect(store.take(for: binding(1), at: Self.start, timeout: 600) == nil, "\(reason)")
            #expect(store.problems.contains { $0.reason.contains(reason) }, "\(reason): \(store.problems)")
            #expect(try names(path).allSatisfy { !$0.hasPrefix("0101") && !$0.hasPrefix("taken") })
        }
        for version in [ProtocolVersion.tls13, .tls12] {
            try expectRefusal(version, "damaged") { file in
                var contents = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
                contents[60] ^= 1
                try Self.overwrite(file, contents)
            }
            try expectRefusal(version, "damaged") { file in
                try Self.overwrite(file, [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)).dropLast()))
            }
            try expectRefusal(version, "no stored session") { try Self.overwrite($0, []) }
            try expectRefusal(version, "only this user") { file in
                try manager.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
            }
            try expectRefusal(version, "only this user") {
                try manager.linkItem(atPath: $0, toPath: "\(path)/second-name")
            }
            try manager.removeItem(atPath: "\(path)/second-name")
            try expectRefusal(version, "symbolic link") { file in
                let target = "\(folder.path)/target-\(version.rawValue)"
                try manager.moveItem(atPath: file, toPath: target)
                try manager.createSymbolicLink(atPath: file, withDestinationPath: target)
            }
            try expectRefusal(version, "only this user") { file in
                try manager.removeItem(atPath: file)
                guard unsafe mkfifo(file, 0o600) == 0 else { throw TestFailure("mkfifo") }
            }
        }
        // One session's file under the name of another binding, and a single-use one under the name of the other kind.
        store.store(try session(), for: binding(2))
        let other = try #require(try names(path).first)
        let renamed = "0101" + other.dropFirst(4)
        let wanted = String(repeating: "01", count: 32) + renamed.dropFirst(64)
        try manager.moveItem(atPath: "\(path)/\(other)", toPath: "\(path)/\(wanted)")
        #expect(store.take(for: binding(1), at: Self.start, timeout: 600) == nil)
        store.store(try session(), for: binding(1))
        let once = try #require(try names(path).first)
        try manager.moveItem(atPath: "\(path)/\(once)", toPath: "\(path)/\(once.dropLast(4))many")
        #expect(store.take(for: binding(1), at: Self.start, timeout: 600) == nil)
        #expect(store.problems.contains { $0.reason.contains("otherwise") })
        // Somebody else's file stays where it is, and is reported once.
        try Self.overwrite("\(path)/notes.txt", [1])
        for _ in 0..<3 { store.store(try session(), for: binding(3)) }
        #expect(try names(path).contains("notes.txt"))
        #expect(store.problems.filter { $0.path.hasSuffix("notes.txt") }.count == 1)
        #expect(reported.all.withLock { $0 } == store.problems)
    }

    private static func overwrite(_ file: String, _ contents: [UInt8]) throws {
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(contents), attributes: [.posixPermissions: 0o600])
        else { throw TestFailure("createFile") }
    }

    @Test("T-36: entries and octets are bounded; of all, those used longest ago go first, of one binding the oldest")
    func bounds() throws {
        let folder = try TemporaryFolder()
        let path = newPath(folder)
        let store = try SessionFileStore(directory: path, entries: 5)
        store.store(try session(.tls12), for: binding(0))
        for number in 1...4 { store.store(try session(), for: binding(UInt8(number))) }
        // Using the oldest saves it.
        #expect(store.take(for: binding(0), at: Self.start, timeout: 600) != nil)
        for number in 5...6 { store.store(try session(), for: binding(UInt8(number))) }
        #expect(try names(path).count == 5)
        #expect(store.take(for: binding(0), at: Self.start, timeout: 600) != nil)
        for number in 1...2 { #expect(store.take(for: binding(UInt8(number)), at: Self.start, timeout: 600) == nil) }
        for number in 3...6 { #expect(store.take(for: binding(UInt8(number)), at: Self.start, timeout: 600) != nil) }

        let small = try SessionFileStore(directory: path, bytes: 10_000)
        for number in 0..<20 {
            small.store(try session(ticket: [UInt8](repeating: 1, count: 2000)), for: binding(UInt8(number)))
        }
        let sizes = try names(path).map { name in
            try #require(FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.size] as? Int)
        }
        #expect(sizes.reduce(0, +) <= 10_000 && sizes.count >= 2)

        small.purge()
        let wide = try SessionFileStore(directory: path)
        for number in 0..<20 { wide.store(try session(at: Int64(number)), for: binding(1)) }
        #expect(try names(path).count == SessionLedger.sessionsPerBinding)
        #expect(wide.take(for: binding(1), at: Self.after(20), timeout: 600)?.receivedAt == Self.after(19))
        let none = try SessionFileStore(directory: path, entries: 0)
        none.purge()
        none.store(try session(), for: binding(1))
        #expect(try names(path).isEmpty)
    }

    @Test("T-33: what has expired, lies in the future, or is too old for the one who asks is removed")
    func expired() throws {
        let folder = try TemporaryFolder()
        let path = newPath(folder)
        let store = try SessionFileStore(directory: path)
        for (now, timeout) in [(601, 600), (-1, 600), (11, 10), (604_801, 604_800)] {
            store.store(try session(), for: binding(1))
            #expect(store.take(for: binding(1), at: Self.after(Int64(now)), timeout: UInt32(timeout)) == nil)
            #expect(try names(path).isEmpty)
        }
        store.store(try session(), for: binding(1))
        #expect(store.take(for: binding(1), at: Self.start, timeout: 0) == nil)
        #expect(store.take(for: binding(1), at: Self.after(599), timeout: 600) != nil)
        // Storing later removes what nobody could use any more, of every binding.
        for number in 1...3 { store.store(try session(), for: binding(UInt8(number))) }
        store.store(try session(at: 604_801), for: binding(4))
        #expect(try names(path).count == 1)
    }

    @Test("T-32: a session that must not outlive the process is in no file, and only this store finds it")
    func memory() throws {
        let folder = try TemporaryFolder()
        let store = try SessionFileStore(directory: newPath(folder))
        let binding = binding(1, isPersistable: false)
        store.store(try session(), for: binding)
        #expect(try names(store.directory).isEmpty)
        let other = try SessionFileStore(directory: newPath(folder))
        #expect(other.take(for: binding, at: Self.start, timeout: 600) == nil)
        #expect(store.take(for: binding, at: Self.start, timeout: 600) != nil)
    }

    @Test("files that a process left half done are removed after a minute, and never read")
    func leftovers() throws {
        let folder = try TemporaryFolder()
        let path = newPath(folder)
        let store = try SessionFileStore(directory: path)
        for name in ["new-0123456789abcdef", "taken-0123456789abcdef"] { try Self.overwrite("\(path)/\(name)", [1]) }
        store.store(try session(), for: binding(1))
        #expect(try names(path).count == 3)
        for name in ["new-0123456789abcdef", "taken-0123456789abcdef"] {
            let old = Date(timeIntervalSinceNow: -100)
            try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: "\(path)/\(name)")
        }
        store.store(try session(), for: binding(1))
        #expect(try names(path).count == 2)
        #expect(store.problems.isEmpty)
    }

    @Test("a directory whose permissions are opened while a program runs is not used any more")
    func openedLater() throws {
        let folder = try TemporaryFolder()
        let store = try SessionFileStore(directory: newPath(folder))
        store.store(try session(), for: binding(1))
        try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: store.directory)
        #expect(store.take(for: binding(1), at: Self.start, timeout: 600) == nil)
        store.store(try session(), for: binding(2))
        #expect(try names(store.directory).count == 1)
        #expect(store.problems.count == 1)
    }
}

private final class Tickets: Sendable {
    let all = Mutex<[[UInt8]]>([])
}

private final class Reports: Sendable {
    let all = Mutex<[SessionFileProblem]>([])
}
