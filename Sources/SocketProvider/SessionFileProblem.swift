// SessionFileProblem.swift — something in a session directory that was left out, and why.
// Next: Trust.swift.

/// Something in or about the directory of a ``SessionFileStore`` that was left out. No connection fails for it: without a
/// session there is a full handshake.
public struct SessionFileProblem: Sendable, Hashable {
    /// The file, or the directory itself. A session that was taken out has the name it had while it was read.
    public let path: String
    /// Why it was left out. Holds nothing of the contents.
    public let reason: String
}

extension SessionFileProblem: CustomStringConvertible {
    public var description: String { "\(path): \(reason)" }
}
