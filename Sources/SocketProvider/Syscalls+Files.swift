// Syscalls+Files.swift — files, the environment and the time of day.
// POSIX.1-2017 (open, read, write, clock_gettime).
// Next: Syscalls+Directories.swift.

import CLinux
import Glibc
import TLS

extension Descriptor {
    /// Opens a file for reading.
    static func open(reading path: String) throws(Errno) -> Descriptor {
        while true {
            let result = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
            if result < 0 && errno == EINTR { continue }
            return try Descriptor(result)
        }
    }

    /// Opens a file for appending; a new one can be read and written by its owner only.
    static func open(appending path: String) throws(Errno) -> Descriptor {
        while true {
            let result = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            if result < 0 && errno == EINTR { continue }
            return try Descriptor(result)
        }
    }

    /// Makes a file for writing, which must not be there yet unless `replaces` says so. One that is secret can be read and
    /// written by its owner only.
    static func create(_ path: String, isSecret: Bool, replaces: Bool) throws(Errno) -> Descriptor {
        // A file that is replaced goes first: its mode, and who has it open, would stay otherwise.
        if replaces, unsafe unlink(path) != 0, errno != ENOENT { throw Errno.current }
        while true {
            let result = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isSecret ? 0o600 : 0o644)
            if result < 0 && errno == EINTR { continue }
            return try Descriptor(result)
        }
    }

    /// Device and inode: the same for every name of one file.
    func fileIdentity() throws(Errno) -> FileIdentity {
        try FileIdentity(number)
    }

    /// Whether nobody but root can have written it.
    var isOfRoot: Bool {
        get throws(Errno) {
            var status = stat()
            guard unsafe fstat(number, &status) == 0 else { throw Errno.current }
            return status.st_uid == 0 && status.st_mode & (S_IWGRP | S_IWOTH) == 0
        }
    }

    /// Reads to the end of the file, or one octet past `limit` when there is more.
    func readAll(limit: Int) throws(Errno) -> [UInt8] {
        var contents: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        while contents.count <= limit {
            let wanted = min(block.count, limit + 1 - contents.count)
            let count = unsafe block.withUnsafeMutableBytes { unsafe read(number, $0.baseAddress, wanted) }
            if count == 0 { break }
            if count > 0 {
                contents.append(contentsOf: block[..<count])
                continue
            }
            let failure = Errno.current
            guard failure.code == EINTR else { throw failure }
        }
        return contents
    }

    /// Reads to the end of the file into storage that is wiped; nil when there are more than `limit` octets.
    func readSecret(limit: Int) throws(Errno) -> SecretBytes? {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw Errno.current }
        // One more than there is tells the end in the same call. What is no file says no size, and grows.
        var room = SecretBytes(count: min(max(Int(status.st_size), 4096), limit) + 1)
        var filled = 0
        while true {
            if filled == room.count {
                guard filled <= limit else { return nil }
                var larger = SecretBytes(count: min(2 * filled, limit + 1))
                var span = larger.mutableBytes
                span.copy(room.bytes, at: 0)
                room = larger
            }
            var span = room.mutableBytes
            let count = unsafe span.withUnsafeMutableBytes { buffer in
                unsafe read(number, buffer.baseAddress.map { unsafe $0 + filled }, buffer.count - filled)
            }
            if count == 0 { return SecretBytes(copying: room.bytes.extracting(first: filled)) }
            if count > 0 {
                filled += count
                continue
            }
            let failure = Errno.current
            guard failure.code == EINTR else { throw failure }
        }
    }

    /// Writes all of `bytes` in one call, so that lines of several writers do not mix; goes on only after a short write.
    func write(_ bytes: Span<UInt8>) throws(Errno) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { source in
                unsafe Glibc.write(number, source.baseAddress.map { unsafe $0 + offset }, source.count - offset)
            }
            if count >= 0 {
                offset += count
                continue
            }
            let failure = Errno.current
            guard failure.code == EINTR else { throw failure }
        }
    }
}

/// What tells whether two names mean one file.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let isRegular: Bool

    /// Of whatever has this number now.
    init(_ number: Int32) throws(Errno) {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw Errno.current }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        isRegular = status.st_mode & S_IFMT == S_IFREG
    }
}

extension Errno {
    /// There is no such file.
    var isAbsence: Bool { code == ENOENT || code == ENOTDIR }
}

enum SystemDirectory {
    /// The names in a directory, without `.` and `..`, at most `limit` of them, in an order that does not change.
    static func names(in path: String, limit: Int) throws(Errno) -> [String] {
        guard let directory = unsafe opendir(path) else { throw Errno.current }
        defer { unsafe closedir(directory) }
        return unsafe names(in: directory, limit: limit).sorted()
    }

    /// The names that are left in an open directory, as they come.
    static func names(in directory: OpaquePointer, limit: Int) -> [String] {
        var names: [String] = []
        while names.count < limit, let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}

package enum SystemProcess {
    /// The file this process runs; empty when the system does not tell.
    package static var executablePath: String {
        var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe path.withUnsafeMutableBytes { room in
            guard let start = room.baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), room.count)
        }
        return String(decoding: path.prefix(max(0, count)), as: UTF8.self)
    }
}

extension SystemProcess {
    /// The value of an environment variable; nil when it is not set or empty, and in a program that has more rights than who
    /// started it.
    package static func environment(_ name: String) -> String? { SystemEnvironment.value(name) }
}

enum SystemEnvironment {
    /// The value of an environment variable; nil when it is not set or empty, and in a program that has more rights than who
    /// started it.
    static func value(_ name: String) -> String? {
        guard let value = unsafe secure_getenv(name), unsafe value.pointee != 0 else { return nil }
        return unsafe String(cString: value)
    }
}

enum SystemTime {
    /// Seconds since the Epoch.
    static func realtimeSeconds() -> Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }
}
