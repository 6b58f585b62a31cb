// Readiness.swift — what a socket waits for.
// Next: ReadinessSource.swift.

/// What a call that would block waits for.
public struct Readiness: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The file descriptor becomes readable (POLLIN, EPOLLIN).
    public static let read = Readiness(rawValue: 1)
    /// The file descriptor becomes writable (POLLOUT, EPOLLOUT).
    public static let write = Readiness(rawValue: 2)
    /// Something that no file descriptor shows: a name is being looked up, or a callback has yet to answer. The socket's
    /// notification handler is called when it happens.
    public static let answer = Readiness(rawValue: 4)
    /// Both directions have ended (EPOLLHUP). Nobody is told to wait for it.
    static let hangUp = Readiness(rawValue: 8)
}

extension Readiness: CustomStringConvertible {
    public var description: String {
        var words: [String] = []
        if contains(.read) { words.append("read") }
        if contains(.write) { words.append("write") }
        if contains(.answer) { words.append("answer") }
        return words.joined(separator: "+")
    }
}
