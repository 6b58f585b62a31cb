// Timeouts.swift — how long a socket waits, operation by operation.
// Next: ClientOptions.swift.

/// The longest a socket waits. `nil` waits for ever.
///
/// The connect and handshake timeouts count from the start of that phase, the read timeout from the call of one receive
/// until its first octet, the write timeout from the call of one send until its last octet is in the kernel's hands.
public struct Timeouts: Sendable, Hashable {
    /// Name resolution and TCP connection, over all addresses tried. 30 s by default.
    public var connect: Duration? = .seconds(30)
    /// The handshake of the security package. 30 s by default.
    public var handshake: Duration? = .seconds(30)
    /// One receive. It can be tried again after it passed. None by default.
    public var read: Duration?
    /// One send. Part of the data may have gone out when it passes, so the socket fails. None by default.
    public var write: Duration?
    /// How long ``SecureSocket/close()`` may take to hand over what is pending and the farewell. 2 s by default.
    public var close: Duration = .seconds(2)

    /// The defaults.
    public init() {}

    /// Refuses timeouts that cannot be meant.
    func validate() throws(SocketError) {
        let all: [(String, Duration?)] = [
            ("connect", connect), ("handshake", handshake), ("read", read), ("write", write), ("close", close),
        ]
        for (name, duration) in all {
            if let duration, duration < .zero {
                throw .invalidOption(name: "timeouts.\(name)", reason: "a timeout cannot be negative")
            }
        }
    }
}
