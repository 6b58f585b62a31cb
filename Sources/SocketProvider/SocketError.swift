// SocketError.swift — one case per failure, errno kept.
// RFC 9293 §3.10.7 (what the network can do to a connection); RFC 8446 §6.1 (truncation).
// Next: SocketError+Winsock.swift.

public import TLS

/// Why a call on a socket failed.
///
/// A socket that failed stays failed and throws the same error again. Misuse (``invalidOption(name:reason:)``,
/// ``optionTooLate(_:)``, ``operationInProgress(_:)`` and the like), a passed read deadline and a cancelled receive leave
/// it as it was.
public enum SocketError: Error, Equatable, Sendable {
    /// What a socket was doing.
    public enum Phase: String, Sendable, CaseIterable {
        case resolution = "name resolution"
        case bind, listen, accept
        case connect, handshake, receive, send, close
    }

    /// A failure of the system: the errno, what was being done, and with whom.
    public struct System: Equatable, Sendable {
        /// The value of errno.
        public let errno: Int32
        /// What was being done.
        public let phase: Phase
        /// The peer's address, when it is known.
        public let peer: SocketAddress?

        /// A failure with this errno.
        public init(errno: Int32, phase: Phase, peer: SocketAddress?) {
            self.errno = errno
            self.phase = phase
            self.peer = peer
        }
    }

    /// A failure of the resolver.
    public struct Resolution: Equatable, Sendable {
        /// The name that was looked up.
        public let host: String
        /// What getaddrinfo returned.
        public let code: Int32
        /// The value of errno; it counts when the code is EAI_SYSTEM.
        public let errno: Int32
    }

    // The name.
    /// The host does not exist, or has no address of a family that was selected.
    case nameNotFound(Resolution)
    /// The resolver could not find out.
    case resolverFailed(Resolution)

    // The network.
    /// ECONNREFUSED: nobody listens there.
    case connectionRefused(System)
    /// ECONNRESET or EPIPE: the peer, or something on the way, ended the connection at once.
    case connectionReset(System)
    /// ECONNABORTED.
    case connectionAborted(System)
    /// ETIMEDOUT: the network did not answer for as long as the kernel was willing to try.
    case networkTimedOut(System)
    /// EHOSTUNREACH or EHOSTDOWN.
    case hostUnreachable(System)
    /// ENETUNREACH or ENETDOWN.
    case networkUnreachable(System)
    /// EACCES or EPERM: a firewall or a policy of this machine forbids it.
    case permissionDenied(System)
    /// EADDRNOTAVAIL or EAFNOSUPPORT: this machine cannot reach that kind of address.
    case addressUnavailable(System)
    /// EADDRINUSE: another socket listens there.
    case addressInUse(System)
    /// EMFILE, ENFILE, ENOBUFS, ENOMEM or EAGAIN of a thread: something of this machine is used up.
    case resourceExhausted(System)
    /// Any other errno.
    case system(System)

    // Time and control.
    /// A timeout of the options passed.
    case timedOut(Phase)
    /// The task was cancelled.
    case cancelled(Phase)

    /// A listener gave the connection up in favour of newer ones: as many handshakes as its limits allow were going on, and
    /// this was the oldest.
    case displaced

    // The security package.
    /// The peer's data ended without the end being authenticated: bytes may be missing (RFC 8446 §6.1). Never reported
    /// as an end of data.
    case truncated(Decision)
    /// TLS failed: who found out, which rule, which alert.
    case security(TLSError)
    /// A security package other than TLS failed, or something beside TLS that it needs: its name, and why.
    case package(String, Decision)

    // Misuse.
    /// No provider of the catalogue is what was asked for.
    case noSuchProvider(String)
    /// An option has a value that cannot work.
    case invalidOption(name: String, reason: String)
    /// An option was set after the moment at which it could have taken effect.
    case optionTooLate(String)
    /// An argument cannot work.
    case invalidArgument(String)
    /// The provider cannot do this.
    case unsupported(String)
    /// The socket is not connected.
    case notConnected
    /// The listener takes no connections yet.
    case notListening
    /// The socket is connected, or connecting, already.
    case alreadyConnected
    /// The socket was closed.
    case closed
    /// The sending direction was closed.
    case closedForSending
    /// Another thread or task is in the middle of the same operation: a socket has one reader and one writer at a time.
    case operationInProgress(Phase)
    /// A file could not be read or written; errno says why, EFBIG that it is larger than anything sensible.
    case file(path: String, errno: Int32)
    /// A file does not hold what it should.
    case fileContents(path: String, reason: String)
}

extension SocketError {
    init(_ errno: Errno, during phase: Phase, with peer: SocketAddress? = nil) {
        let system = System(errno: errno.code, phase: phase, peer: peer)
        self =
            switch SystemFailureKind(errno) {
            case .refused: .connectionRefused(system)
            case .reset: .connectionReset(system)
            case .aborted: .connectionAborted(system)
            case .timedOut: .networkTimedOut(system)
            case .hostUnreachable: .hostUnreachable(system)
            case .networkUnreachable: .networkUnreachable(system)
            case .denied: .permissionDenied(system)
            case .addressUnavailable: .addressUnavailable(system)
            case .addressInUse: .addressInUse(system)
            case .exhausted: .resourceExhausted(system)
            case .other: .system(system)
            }
    }

    init(_ failure: SystemResolver.Failure, host: String) {
        let resolution = Resolution(host: host, code: failure.code, errno: failure.errno)
        self = SystemResolver.isAbsence(failure.code) ? .nameNotFound(resolution) : .resolverFailed(resolution)
    }

    /// The system's failure, when that is what happened.
    public var systemFailure: System? {
        switch self {
        case .connectionRefused(let system), .connectionReset(let system), .connectionAborted(let system),
            .networkTimedOut(let system), .hostUnreachable(let system), .networkUnreachable(let system),
            .permissionDenied(let system), .addressUnavailable(let system), .addressInUse(let system),
            .resourceExhausted(let system), .system(let system):
            system
        default:
            nil
        }
    }

    /// The errno behind the error; nil when the system was not what failed.
    public var errno: Int32? {
        switch self {
        case .nameNotFound(let resolution), .resolverFailed(let resolution): resolution.errno
        case .file(_, let errno): errno
        default: systemFailure?.errno
        }
    }
}
