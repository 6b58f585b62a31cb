// SocketError+Winsock.swift — the WinSock error each failure corresponds to, and what the user is told.
// Windows Sockets error codes (WSAE…), as a C interface over this module will report them.
// Next: ProviderDescriptor.swift.

public import TLS

extension SocketError {
    /// A WinSock error code with its name.
    public struct WinsockCode: Equatable, Sendable {
        /// The name in the header, as `WSAECONNRESET`.
        public let name: String
        /// The number.
        public let value: Int32
    }

    /// The WinSock error that corresponds to this one.
    ///
    /// | here | WinSock |
    /// |---|---|
    /// | `nameNotFound`, `resolverFailed` | WSAHOST_NOT_FOUND; WSATRY_AGAIN or WSANO_RECOVERY |
    /// | `connectionRefused`, `connectionReset`, `connectionAborted` | WSAECONNREFUSED, WSAECONNRESET, WSAECONNABORTED |
    /// | `networkTimedOut`, `timedOut` | WSAETIMEDOUT |
    /// | `hostUnreachable`, `networkUnreachable` | WSAEHOSTUNREACH, WSAENETUNREACH |
    /// | `truncated`, `security`, `package` | WSAECONNABORTED |
    /// | `invalidOption`, `optionTooLate`, `invalidArgument` | WSAEINVAL |
    public var winsock: WinsockCode {
        switch self {
        case .nameNotFound: WinsockCode(name: "WSAHOST_NOT_FOUND", value: 11001)
        case .resolverFailed(let resolution):
            SystemResolver.isTemporary(resolution.code)
                ? WinsockCode(name: "WSATRY_AGAIN", value: 11002) : WinsockCode(name: "WSANO_RECOVERY", value: 11003)
        case .connectionRefused: WinsockCode(name: "WSAECONNREFUSED", value: 10061)
        case .connectionReset: WinsockCode(name: "WSAECONNRESET", value: 10054)
        // The stream ends here for a reason other than the network: what Windows says when its own side gives up.
        case .connectionAborted, .truncated, .security, .package: WinsockCode(name: "WSAECONNABORTED", value: 10053)
        case .networkTimedOut, .timedOut: WinsockCode(name: "WSAETIMEDOUT", value: 10060)
        case .hostUnreachable: WinsockCode(name: "WSAEHOSTUNREACH", value: 10065)
        case .networkUnreachable: WinsockCode(name: "WSAENETUNREACH", value: 10051)
        case .permissionDenied: WinsockCode(name: "WSAEACCES", value: 10013)
        case .addressUnavailable: WinsockCode(name: "WSAEADDRNOTAVAIL", value: 10049)
        case .addressInUse: WinsockCode(name: "WSAEADDRINUSE", value: 10048)
        case .resourceExhausted, .displaced: WinsockCode(name: "WSAENOBUFS", value: 10055)
        case .system: WinsockCode(name: "WSASYSCALLFAILURE", value: 10107)
        case .cancelled: WinsockCode(name: "WSAECANCELLED", value: 10103)
        case .noSuchProvider: WinsockCode(name: "WSAEPROTONOSUPPORT", value: 10043)
        case .invalidOption, .optionTooLate, .invalidArgument, .notListening:
            WinsockCode(name: "WSAEINVAL", value: 10022)
        case .unsupported: WinsockCode(name: "WSAEOPNOTSUPP", value: 10045)
        case .notConnected: WinsockCode(name: "WSAENOTCONN", value: 10057)
        case .alreadyConnected: WinsockCode(name: "WSAEISCONN", value: 10056)
        case .closed: WinsockCode(name: "WSAENOTSOCK", value: 10038)
        case .closedForSending: WinsockCode(name: "WSAESHUTDOWN", value: 10058)
        case .operationInProgress: WinsockCode(name: "WSAEINPROGRESS", value: 10036)
        case .file, .fileContents: WinsockCode(name: "WSAEFAULT", value: 10014)
        }
    }
}

extension SocketError: CustomStringConvertible {
    /// A sentence that says what failed and why.
    public var description: String {
        switch self {
        case .nameNotFound(let resolution):
            "the host \(resolution.host) was not found: \(SystemResolver.text(resolution.code))"
        case .resolverFailed(let resolution):
            "the host \(resolution.host) could not be looked up: \(SystemResolver.text(resolution.code))"
        case .timedOut(let phase): "the time allowed for \(phase.rawValue) passed"
        case .cancelled(let phase): "\(phase.rawValue) was cancelled"
        case .displaced: "too many handshakes were going on at once, and this was the oldest of them"
        case .truncated(let decision): "the peer's data was cut off: \(decision.rule)"
        case .security(let error): "\(error)"
        case .package(let name, let decision): "\(name): \(decision.subject): \(decision.rule)"
        case .noSuchProvider(let wanted): "no provider is \(wanted)"
        case .invalidOption(let name, let reason): "the option \(name) cannot be used: \(reason)"
        case .optionTooLate(let name): "the option \(name) can no longer take effect"
        case .invalidArgument(let reason): reason
        case .unsupported(let what): "the provider does not support \(what)"
        case .notConnected: "the socket is not connected"
        case .notListening: "the listener takes no connections yet: bind and listen come first"
        case .alreadyConnected: "the socket is connected or connecting already"
        case .closed: "the socket was closed"
        case .closedForSending: "the socket was closed for sending"
        case .operationInProgress(let phase): "another \(phase.rawValue) is in progress on this socket"
        case .file(let path, let errno): "\(path): \(Errno(errno).text)"
        case .fileContents(let path, let reason): "\(path): \(reason)"
        case .connectionRefused(let system), .connectionReset(let system), .connectionAborted(let system),
            .networkTimedOut(let system), .hostUnreachable(let system), .networkUnreachable(let system),
            .permissionDenied(let system), .addressUnavailable(let system), .addressInUse(let system),
            .resourceExhausted(let system), .system(let system):
            Self.describe(system)
        }
    }

    private static func describe(_ system: System) -> String {
        let word = [.bind, .listen, .accept].contains(system.phase) ? "on" : "with"
        let peer = system.peer.map { " \(word) \($0)" } ?? ""
        return "\(system.phase.rawValue)\(peer) failed: \(Errno(system.errno).text)"
    }

    /// The refusal as a decision: the rule, on what, what was expected, what came, and what to change.
    ///
    /// For a failure of a security package this is the package's own; for the network it is made from the errno.
    public var explanation: Decision {
        switch self {
        case .truncated(let decision), .package(_, let decision): return decision
        case .security(let error): return error.explanation
        default: break
        }
        let (subject, expected) = subjectAndExpectation
        return Decision(
            .transport, .refused, subject: subject, expected: expected, found: description,
            rule: "the transport has to be usable before security can be negotiated over it",
            section: "RFC 9293 §3.10.7", advice: advice)
    }

    private var subjectAndExpectation: (String, String) {
        switch self {
        case .nameNotFound(let resolution), .resolverFailed(let resolution):
            return (resolution.host, "a host name with an address of the selected family")
        case .timedOut(let phase), .cancelled(let phase), .operationInProgress(let phase):
            return (phase.rawValue, "an answer in time")
        case .displaced: return ("handshake", "an answer in time")
        case .addressInUse(let system):
            return (system.peer.map { "\($0)" } ?? "the socket", "an address that nobody listens on")
        case .file(let path, _), .fileContents(let path, _): return (path, "a file that can be read")
        case .invalidOption(let name, _), .optionTooLate(let name): return (name, "an option that can take effect")
        default:
            let peer = systemFailure?.peer.map { "\($0)" } ?? "the socket"
            return (peer, "a TCP connection that stays open")
        }
    }

    private var advice: String {
        switch self {
        case .nameNotFound: "check the spelling of the host name, or give an address"
        case .resolverFailed: "check the machine's name servers and try again"
        case .connectionRefused: "check the port, and that the server is running and listens on this address"
        case .connectionReset, .connectionAborted: "look at the server's log: it, or something on the way, gave up"
        case .networkTimedOut, .timedOut(.connect), .hostUnreachable, .networkUnreachable:
            "check the address, the route to it and the firewalls on the way"
        case .timedOut(.handshake): "check that a server of this protocol answers at this port"
        case .timedOut: "allow more time with the timeouts of the options"
        case .permissionDenied: "check this machine's firewall; ports below 1024 may need a privilege"
        case .addressInUse: "choose another port, or end the program that listens on this one"
        case .displaced: "raise limits.handshakes of the server's options, or look for who holds connections half-open"
        case .addressUnavailable: "select a provider of the other address family"
        case .resourceExhausted: "raise the limit on open files or use fewer connections at a time"
        default: ""
        }
    }
}
