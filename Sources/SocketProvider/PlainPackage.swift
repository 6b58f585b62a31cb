// PlainPackage.swift — the package `none`: octets pass as they are.
// Next: TLSSecurityPackage.swift.

import TLS

/// No security: plain TCP. Nothing is hidden, nothing is proved, and a cut-off cannot be told from an end.
public struct PlainPackage: SecurityPackage {
    /// `none`.
    public let name = "none"
    /// ``SecurityScheme/none``.
    public let scheme = SecurityScheme.none

    /// The package; all of them are the same.
    public init() {}

    /// Takes any options: none concerns it.
    public func makeClientCredentials(_ options: ClientOptions) throws(SocketError) -> any SecurityCredentials {
        PlainCredentials()
    }

    /// It can accept connections too.
    public var capabilities: Set<ProviderCapability> { [.server] }

    /// Takes any options: none concerns it.
    public func makeServerCredentials(
        _ options: ServerOptions, replacing previous: (any ServerSecurityCredentials)?
    ) throws(SocketError) -> any ServerSecurityCredentials {
        PlainCredentials()
    }
}

private struct PlainCredentials: SecurityCredentials, ServerSecurityCredentials {
    func purgeSessions() {}

    func makeContext(
        from peer: SocketAddress, into output: inout SendBuffer
    ) throws(SocketError) -> any SecurityContext & ~Copyable {
        PlainContext()
    }

    func makeContext(
        for peer: PeerTarget, into output: inout SendBuffer
    ) throws(SocketError) -> any SecurityContext & ~Copyable {
        PlainContext()
    }
}

private struct PlainContext: SecurityContext, ~Copyable {
    struct Information: SecurityInformation {
        let summary = "no security"
    }

    var isEstablished: Bool { true }
    var information: any SecurityInformation { Information() }

    mutating func receive(
        _ input: inout ReceiveBuffer, into output: inout SendBuffer
    ) throws(SocketError) -> SecurityEvent {
        input.unread == 0 ? .needsInput : .applicationData(input.take(input.unread))
    }

    // TCP's FIN is all the end there is.
    mutating func receiveEndOfFile() throws(SocketError) {}

    mutating func send(_ plaintext: Span<UInt8>, into output: inout SendBuffer) throws(SocketError) {
        output.append(plaintext)
    }

    mutating func closeSending(into output: inout SendBuffer) {}
}
