// ExitStatus.swift — how the command ends, and what it says when it fails.
// Next: Arguments.swift.

import Foundation
import SocketProvider
import TLS

/// The exit statuses of the command.
enum ExitStatus: Int32 {
    case done = 0
    /// The handshake, a certificate or the protection of the data failed.
    case security = 1
    /// The command line, or a file that it names, cannot be used.
    case usage = 2
    /// The name, the connection or the transport failed.
    case network = 3
}

/// The end of a command that did not do what it was asked to.
struct CommandFailure: Error {
    let status: ExitStatus
    let text: String
}

/// Standard error, for everything that is not the peer's data.
enum StandardError {
    static func write(_ text: String) {
        FileHandle.standardError.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }
}

/// Standard output, line by line, also when it is no terminal: who reads it wants to know now.
enum StandardOutput {
    static func write(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
