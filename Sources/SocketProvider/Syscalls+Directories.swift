// Syscalls+Directories.swift — a directory of one's own, and files that are named relative to it.
// POSIX.1-2017 (openat, renameat, unlinkat, fstatat, futimens); Linux open(2) for O_NOFOLLOW.
// Next: SystemFile.swift.

import Glibc
import TLS

/// What the system says about a file.
struct FileStatus: Equatable, Sendable {
    let isRegular: Bool
    let isDirectory: Bool
    /// Whether it belongs to the user this process acts as.
    let isOwn: Bool
    /// The permission bits with set-user-ID, set-group-ID and sticky.
    let permissions: UInt32
    /// How many names the file has.
    let links: Int
    let size: Int
    /// When it was last changed, nanoseconds since the Epoch.
    let modified: Int64

    fileprivate init(_ status: stat) {
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        isOwn = status.st_uid == geteuid()
        permissions = status.st_mode & 0o7777
        links = Int(status.st_nlink)
        size = Int(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }
}

extension SystemDirectory {
    /// Makes a directory that only its owner can use; one that is there already is left as it is.
    static func create(_ path: String) throws(Errno) {
        guard unsafe mkdir(path, 0o700) != 0 else { return }
        let failure = Errno.current
        guard failure.code == EEXIST else { throw failure }
    }
}

extension Errno {
    static let noSuchFile = Errno(ENOENT)
    static let isSymbolicLink = Errno(ELOOP)
    static let isNoDirectory = Errno(ENOTDIR)
}

// What is called on a descriptor of a directory: names are those of its entries, and no symbolic link is followed.
extension Descriptor {
    /// Opens a directory. A symbolic link is refused with ELOOP or ENOTDIR.
    static func open(directory path: String) throws(Errno) -> Descriptor {
        // With a slash at its end, a link would be followed after all.
        var name = path
        while name.count > 1, name.hasSuffix("/") { name.removeLast() }
        return try Descriptor(unsafe Glibc.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
    }

    /// What the system says about the open file.
    func status() throws(Errno) -> FileStatus {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw Errno.current }
        return FileStatus(status)
    }

    /// What the system says about an entry, without opening it.
    func status(of name: String) throws(Errno) -> FileStatus {
        var status = stat()
        guard unsafe fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw Errno.current }
        return FileStatus(status)
    }

    /// Opens an entry for reading, at once whatever it is: a pipe would otherwise wait for its writer.
    func openEntry(_ name: String) throws(Errno) -> Descriptor {
        try Descriptor(unsafe openat(number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC))
    }

    /// Makes a new file for writing, which only its owner can read and write.
    func createEntry(_ name: String) throws(Errno) -> Descriptor {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = try Descriptor(unsafe openat(number, name, flags, 0o600))
        // The umask can have taken bits away.
        guard fchmod(descriptor.number, 0o600) == 0 else { throw Errno.current }
        return descriptor
    }

    /// Gives an entry another name, in one step that others see whole. An entry that has the name already is replaced.
    func renameEntry(_ name: String, to newName: String) throws(Errno) {
        guard unsafe renameat(number, name, number, newName) == 0 else { throw Errno.current }
    }

    /// Removes an entry that is no directory.
    func removeEntry(_ name: String) throws(Errno) {
        guard unsafe unlinkat(number, name, 0) == 0 else { throw Errno.current }
    }

    /// The names of the entries, at most `limit` of them.
    func entryNames(limit: Int) throws(Errno) -> [String] {
        // A second description of the same directory: the position in it is nobody else's.
        let second = unsafe openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard second >= 0 else { throw Errno.current }
        guard let directory = unsafe fdopendir(second) else {
            let failure = Errno.current
            _ = close(second)
            throw failure
        }
        defer { unsafe closedir(directory) }
        return unsafe SystemDirectory.names(in: directory, limit: limit)
    }

    /// Says that the open file was used now.
    func touch() throws(Errno) {
        guard futimens(number, nil) == 0 else { throw Errno.current }
    }

    /// Reads the whole of a small file into memory that is wiped; nil when it is not `count` octets long.
    func readSecret(count: Int) throws(Errno) -> SecretBytes? {
        // One octet more, to see the end.
        var secret = SecretBytes(count: count + 1)
        var filled = 0
        while filled <= count {
            var room = secret.mutableBytes
            let result = unsafe room.withUnsafeMutableBytes { bytes in
                unsafe read(number, bytes.baseAddress.map { unsafe $0 + filled }, bytes.count - filled)
            }
            if result == 0 { break }
            if result > 0 {
                filled += result
                continue
            }
            let failure = Errno.current
            guard failure.code == EINTR else { throw failure }
        }
        guard filled == count else { return nil }
        let octets = secret.bytes
        return SecretBytes(copying: octets.extracting(first: count))
    }
}
