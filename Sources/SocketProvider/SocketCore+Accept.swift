// SocketCore+Accept.swift — a connection that a listener took: its handshake, and what bounds it.
// RFC 8446 §2.3 (early data), App. A.2.
// Next: SocketCore+Transfer.swift.

import TLS

extension SocketCore {
    /// A connection that was accepted; ``beginAccepted(at:)`` comes next.
    init(
        _ handle: SocketHandle, from peer: SocketAddress, _ server: ConfiguredServer, mailboxSource: ReadinessSource
    ) {
        role = .server(server)
        timeouts = server.options.timeouts
        self.mailboxSource = mailboxSource
        phase = .handshaking
        peerAddress = peer
        localAddress = handle.descriptor.localAddress?.unmapped
        handshakeAllowance = server.options.mostHandshakeOctets
        install(handle)
    }

    /// Starts the handshake; ``connect(at:)`` goes on with it.
    mutating func beginAccepted(_ admission: Admission, at now: Deadline.Instant) throws(SocketError) {
        guard case .server(let server) = role, case .handshaking = phase, let peerAddress else { throw .notConnected }
        self.admission = admission
        handshakeDeadline = Deadline(timeouts.handshake, from: now)
        do throws(SocketError) {
            context = try server.credentials.makeContext(from: peerAddress, into: &output)
        } catch {
            throw fail(error, at: now)
        }
    }

    /// Keeps early data until the handshake is done. The package bounds how much there can be.
    mutating func keepEarlyData(_ range: Range<Int>) {
        earlyPlaintext += Array(copying: input.bytes(in: range))
    }

    /// The failure of a peer that sends more than any handshake needs.
    var handshakeTooLong: SocketError {
        let limit = if case .server(let server) = role { server.options.mostHandshakeOctets } else { 0 }
        return .package(
            role.provider.packageName,
            Decision(
                .transport, .refused, subject: "the handshake", expected: "at most \(limit) octets", found: "more",
                rule: "limits.handshakeOctets bounds what a peer may send before the handshake is done",
                section: "RFC 8446 App. C.2",
                advice: "raise limits.handshakeOctets of the server's options when clients have long certificates"))
    }
}
