// SystemFile.swift — files of certificates and keys, and the time of day.
// Next: KeyLogFile.swift.

public import TLS

/// Reads small files.
public enum SystemFile {
    /// Larger than any bundle of certificates in use, small enough to hold in memory.
    public static let largest = 16 * 1024 * 1024

    /// The contents of the file at `path`.
    ///
    /// - Throws: ``SocketError/file(path:errno:)`` when it cannot be read, ``SocketError/fileContents(path:reason:)`` when
    ///   it is larger than `limit` octets.
    public static func read(_ path: String, limit: Int = largest) throws(SocketError) -> [UInt8] {
        let contents: [UInt8]
        do throws(Errno) {
            contents = try Descriptor.open(reading: path).readAll(limit: limit)
        } catch {
            throw .file(path: path, errno: error.code)
        }
        guard contents.count <= limit else {
            throw .fileContents(path: path, reason: "the file is larger than \(limit) octets")
        }
        return contents
    }

    /// The contents of the file at `path`, for one that holds a key: no copy of them is left behind.
    ///
    /// - Throws: as ``read(_:limit:)``.
    public static func readSecret(_ path: String, limit: Int = 1024 * 1024) throws(SocketError) -> SecretBytes {
        let contents: SecretBytes?
        do throws(Errno) {
            contents = try Descriptor.open(reading: path).readSecret(limit: limit)
        } catch {
            throw .file(path: path, errno: error.code)
        }
        switch consume contents {
        case .some(let contents): return contents
        case .none: throw .fileContents(path: path, reason: "the file is larger than \(limit) octets")
        }
    }

    /// The contents of a file that decides what programs may do; nil when it is not there. Neither it nor its directory may
    /// belong to anybody but root, or be writable by others.
    ///
    /// - Throws: as ``read(_:limit:)``, and ``SocketError/fileContents(path:reason:)`` when somebody else could have written it.
    package static func readOfRoot(_ path: String, limit: Int) throws(SocketError) -> [UInt8]? {
        let directory = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
        let isTrusted: Bool
        let contents: [UInt8]
        do throws(Errno) {
            let file = try Descriptor.open(reading: path)
            let folder = try Descriptor.open(reading: directory.isEmpty ? "/" : directory)
            let isFileOfRoot = try file.isOfRoot
            let isFolderOfRoot = try folder.isOfRoot
            isTrusted = isFileOfRoot && isFolderOfRoot
            contents = try file.readAll(limit: limit)
        } catch {
            if error.isAbsence { return nil }
            throw .file(path: path, errno: error.code)
        }
        guard isTrusted else {
            throw .fileContents(path: path, reason: "somebody else than root could have written it")
        }
        guard contents.count <= limit else {
            throw .fileContents(path: path, reason: "the file is larger than \(limit) octets")
        }
        return contents
    }

    /// Makes a file of these octets; nothing of them stays in memory. A file that is secret can be read and written by its
    /// owner only.
    ///
    /// - Throws: ``SocketError/file(path:errno:)`` when it cannot be written, or is there already and is not to be
    ///   replaced.
    package static func create(
        _ path: String, _ contents: Span<UInt8>, isSecret: Bool, replaces: Bool = false
    ) throws(SocketError) {
        do throws(Errno) {
            try Descriptor.create(path, isSecret: isSecret, replaces: replaces).write(contents)
        } catch {
            throw .file(path: path, errno: error.code)
        }
    }
}

/// The time of day of this machine.
public struct SystemClock: WallClock {
    /// The clock; all of them are the same.
    public init() {}
    /// Now, from CLOCK_REALTIME.
    public func now() -> UnixTime { UnixTime(seconds: SystemTime.realtimeSeconds()) }
}
