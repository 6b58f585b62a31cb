// SessionFileStore.swift — sessions in a directory that several processes of one user share.
// RFC 8446 §4.6.1, App. C.4; RFC 5077 §5.6.
// Next: SessionFileProblem.swift.

import Synchronization
public import TLS

/// Keeps each session in a file of a directory, for this process and for others of the same user, now and later.
///
/// **The files hold the secrets of sessions, unencrypted.** Who can read one can resume in our name, and can read early
/// data that goes out under it. The directory has the permissions 0700 and the files 0600, and a directory that others
/// can use, that belongs to somebody else or that is a symbolic link is refused. Backups and other users' administrators
/// are beyond what permissions do: keep sessions in memory when that matters.
///
/// A session that may be used once is taken by renaming its file before it is read, so that two processes never get the
/// same. Files appear whole, under their name, or not at all. What is not a session of ours is never trusted: it is left
/// out and reported in ``problems``. Sessions that must not outlive the process, because nobody can tell whether another
/// one has the same verification callback, stay in memory.
///
/// Thread-safe. Use a directory of a local file system.
public final class SessionFileStore: SessionStore {
    /// Where the files are.
    public let directory: String
    /// The most sessions that are kept in files, and the most in memory.
    public let entries: Int
    /// The most octets of all files together.
    public let bytes: Int
    private let folder: Descriptor
    private let memory: MemorySessionStore
    private let report: (@Sendable (SessionFileProblem) -> Void)?
    private let found = Mutex<[SessionFileProblem]>([])

    /// Opens the directory, and makes it when there is none; its parent has to be there.
    ///
    /// - Parameters:
    ///   - directory: the path; its last part may not be a symbolic link.
    ///   - entries: sessions that are kept at most. Those used longest ago go first.
    ///   - bytes: octets that the files have at most, all together. A session has 2 to 10 KiB.
    ///   - report: is told of everything that is left out, each thing once, from the thread that found it.
    /// - Throws: ``SocketError/file(path:errno:)`` when the directory cannot be made or opened,
    ///   ``SocketError/fileContents(path:reason:)`` when it is not this user's own or others can use it.
    public init(
        directory: String, entries: Int = 1024, bytes: Int = 16 * 1024 * 1024,
        report: (@Sendable (SessionFileProblem) -> Void)? = nil
    ) throws(SocketError) {
        let folder = try SessionFileStore.open(directory)
        self.directory = directory
        self.entries = max(entries, 0)
        self.bytes = bytes
        self.folder = folder
        memory = MemorySessionStore(entries: entries)
        self.report = report
    }

    /// What was left out so far and why, at most 64 of it.
    public var problems: [SessionFileProblem] { found.withLock { $0 } }

    // MARK: Storing

    public func store(_ session: Session, for binding: SessionBinding) {
        guard binding.isPersistable else { return memory.store(session, for: binding) }
        guard entries > 0, isPrivate() else { return }
        let name = SessionFileName(session, for: binding)
        do throws(SessionCodecError) {
            let encoded = try SessionCodec.encode(session, for: binding)
            try? write(encoded, as: name)
        } catch {
            note(name.text, "the session cannot be written: \(error)")
        }
        makeRoom(at: session.receivedAt)
    }

    /// Writes under a name that nobody looks for, and gives it its own when all of it is there.
    private func write(_ encoded: borrowing SecretBytes, as name: SessionFileName) throws(Errno) {
        let draft = Self.draftPrefix + SessionFileName.digits(of: name.unique)
        do throws(Errno) {
            let file = try folder.createEntry(draft)
            let octets = encoded.bytes
            try file.write(octets)
            try folder.renameEntry(draft, to: name.text)
        } catch {
            try? folder.removeEntry(draft)
            note(name.text, "the session cannot be written: \(error.text)")
            throw error
        }
    }

    // MARK: Taking

    public func take(for binding: SessionBinding, at now: UnixTime, timeout: UInt32) -> Session? {
        guard binding.isPersistable else { return memory.take(for: binding, at: now, timeout: timeout) }
        guard timeout > 0, isPrivate() else { return nil }
        let youngestFirst = names(of: binding).sorted { $0.receivedAt > $1.receivedAt }
        for name in youngestFirst {
            guard name.isUsable(at: now, timeout: timeout) else {
                try? folder.removeEntry(name.text)
                continue
            }
            guard let session = name.isSingleUse ? takeOut(name, binding) : read(name.text, binding) else { continue }
            guard session.isSingleUse == name.isSingleUse else {
                note(name.text, "its name says otherwise than it does")
                continue
            }
            if session.isUsable(at: now, timeout: timeout) { return session }
        }
        return nil
    }

    /// Makes the file ours alone before it is read; nil when somebody else was faster.
    private func takeOut(_ name: SessionFileName, _ binding: SessionBinding) -> Session? {
        let taken = Self.takenPrefix + SessionFileName.digits(of: .random(in: .min ... .max))
        guard (try? folder.renameEntry(name.text, to: taken)) != nil else { return nil }
        defer { try? folder.removeEntry(taken) }
        return read(taken, binding)
    }

    /// Reads a session; what is none is removed, so that it is in nobody's way again.
    private func read(_ name: String, _ binding: SessionBinding) -> Session? {
        let reason: String
        do throws(Errno) {
            let file = try folder.openEntry(name)
            let status = try file.status()
            if let session = decode(file, status, name, binding) {
                // Who is used stays.
                try? file.touch()
                return session
            }
            try? folder.removeEntry(name)
            return nil
        } catch {
            // Somebody else can have removed it.
            if error == .noSuchFile { return nil }
            reason = error == .isSymbolicLink ? "it is a symbolic link" : error.text
        }
        note(name, reason)
        try? folder.removeEntry(name)
        return nil
    }

    private func decode(
        _ file: borrowing Descriptor, _ status: FileStatus, _ name: String, _ binding: SessionBinding
    ) -> Session? {
        guard status.isRegular, status.isOwn, status.permissions == 0o600, status.links == 1 else {
            note(name, "it is no file that only this user can read")
            return nil
        }
        guard status.size <= SessionCodec.longest, let contents = try? file.readSecret(count: status.size) else {
            note(name, "it has no length that a session has")
            return nil
        }
        do throws(SessionCodecError) {
            return try SessionCodec.decode(contents, for: binding)
        } catch {
            note(name, "\(error)")
            return nil
        }
    }

    // MARK: Removing

    public func remove(for binding: SessionBinding) {
        memory.remove(for: binding)
        guard isPrivate() else { return }
        for name in names(of: binding) { try? folder.removeEntry(name.text) }
    }

    /// Drops everything, also what other processes stored.
    public func purge() {
        memory.purge()
        guard isPrivate() else { return }
        // A directory is read in parts; every part that had something of ours in it leaves room for the next.
        var hasRemoved = true
        while hasRemoved {
            hasRemoved = false
            for name in entryNames() where SessionFileName(name) != nil || Self.isTemporary(name) {
                if (try? folder.removeEntry(name)) != nil { hasRemoved = true }
            }
        }
    }

    /// Removes what has expired, what processes that are gone left half done, and what is beyond the bounds: of one
    /// binding the oldest, of all those used longest ago.
    private func makeRoom(at now: UnixTime) {
        var files: [(name: SessionFileName, status: FileStatus)] = []
        for text in entryNames() {
            guard let name = SessionFileName(text) else {
                clearUp(text)
                continue
            }
            guard name.expiry >= now else {
                try? folder.removeEntry(text)
                continue
            }
            guard let status = try? folder.status(of: text) else { continue }
            guard status.size <= SessionCodec.longest else {
                try? folder.removeEntry(text)
                continue
            }
            files.append((name, status))
        }
        files.sort { $0.status.modified < $1.status.modified }
        var ofBinding: [String: Int] = [:]
        for file in files { ofBinding[file.name.binding, default: 0] += 1 }
        var count = files.count
        var size = files.reduce(0) { $0 + $1.status.size }
        for file in files {
            let isSurplus = ofBinding[file.name.binding, default: 0] > SessionLedger.sessionsPerBinding
            guard isSurplus || count > entries || size > bytes else { continue }
            try? folder.removeEntry(file.name.text)
            ofBinding[file.name.binding, default: 0] -= 1
            count -= 1
            size -= file.status.size
        }
    }

    /// Deals with an entry that is no session.
    private func clearUp(_ name: String) {
        guard Self.isTemporary(name) else { return note(name, "it is not named as a session is") }
        guard let status = try? folder.status(of: name) else { return }
        // Whoever made it needs a moment; after a minute nobody comes back for it.
        let age = SystemTime.realtimeSeconds() - status.modified / 1_000_000_000
        if age > 60 { try? folder.removeEntry(name) }
    }

    // MARK: The directory

    /// The directory, when it is there or can be made and nobody but this user can use it.
    private static func open(_ path: String) throws(SocketError) -> Descriptor {
        var refusal: String?
        do throws(Errno) {
            try SystemDirectory.create(path)
            let folder = try Descriptor.open(directory: path)
            refusal = objection(to: try folder.status())
            if refusal == nil { return folder }
        } catch {
            guard error == .isSymbolicLink || error == .isNoDirectory else {
                throw .file(path: path, errno: error.code)
            }
            refusal = "it is a symbolic link or no directory"
        }
        throw .fileContents(path: path, reason: refusal ?? "it cannot be used")
    }

    private func names(of binding: SessionBinding) -> [SessionFileName] {
        let prefix = SessionFileName.digits(of: binding)
        return entryNames().compactMap { $0.hasPrefix(prefix) ? SessionFileName($0) : nil }
    }

    /// All names, and no more than a directory within its bounds can have several times over.
    private func entryNames() -> [String] {
        do throws(Errno) {
            return try folder.entryNames(limit: 4 * min(entries, 1 << 20) + 1024)
        } catch {
            note("", "the directory cannot be read: \(error.text)")
            return []
        }
    }

    /// Permissions can change while a program runs.
    private func isPrivate() -> Bool {
        guard let status = try? folder.status() else { return false }
        guard let reason = Self.objection(to: status) else { return true }
        note("", reason)
        return false
    }

    private static func objection(to directory: FileStatus) -> String? {
        guard directory.isDirectory else { return "it is no directory" }
        guard directory.isOwn else { return "it belongs to another user" }
        guard directory.permissions == 0o700 else {
            return "its permissions are 0\(String(directory.permissions, radix: 8)); they have to be 0700"
        }
        return nil
    }

    private static let draftPrefix = "new-"
    private static let takenPrefix = "taken-"

    private static func isTemporary(_ name: String) -> Bool {
        [draftPrefix, takenPrefix].contains { name.hasPrefix($0) && name.utf8.count == $0.utf8.count + 16 }
    }

    private func note(_ name: String, _ reason: String) {
        let problem = SessionFileProblem(path: name.isEmpty ? directory : "\(directory)/\(name)", reason: reason)
        let isNew = found.withLock { found in
            guard found.count < 64, !found.contains(problem) else { return false }
            found.append(problem)
            return true
        }
        if isNew { report?(problem) }
    }
}
