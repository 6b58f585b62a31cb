// KeyLogFile.swift — secrets for protocol analysers, appended to a file.
// The SSLKEYLOGFILE format (RFC 9850).
// Next: SessionFileName.swift.

import Synchronization
public import TLS

/// Appends the secrets of connections to a file that an analyser can read. Whoever reads the file can read the
/// connections: use it for analysis only.
///
/// A new file can be read and written by its owner only. Each line goes out in one write, so several connections, threads
/// and programs can share a file. Thread-safe.
public final class KeyLogFile: KeyLog {
    /// Where the lines go.
    public let path: String
    private let descriptor: Mutex<Descriptor>
    private let failure = Mutex<SocketError?>(nil)

    /// Opens the file for appending, and makes it when there is none.
    ///
    /// - Throws: ``SocketError/file(path:errno:)``.
    public init(path: String) throws(SocketError) {
        let opened: Descriptor
        do throws(Errno) {
            opened = try Descriptor.open(appending: path)
        } catch {
            throw .file(path: path, errno: error.code)
        }
        self.path = path
        descriptor = Mutex(opened)
    }

    /// Appends one line; a line feed is added.
    ///
    /// A line that cannot be written does not end the connection; ``writeFailure`` tells.
    public func write(line: String) {
        let bytes = Array(line.utf8) + [0x0a]
        let failed = descriptor.withLock { descriptor -> Errno? in
            do throws(Errno) {
                try descriptor.write(bytes.span)
                return nil
            } catch {
                return error
            }
        }
        if let failed { failure.withLock { $0 = .file(path: path, errno: failed.code) } }
    }

    /// Why the last line that could not be written could not; nil when all were.
    public var writeFailure: SocketError? { failure.withLock { $0 } }
}
