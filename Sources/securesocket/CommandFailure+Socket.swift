// CommandFailure+Socket.swift — which exit status a socket's failure has, and the sentences that explain it.
// Next: ConnectionReport.swift.

import SocketProvider
import TLS

extension CommandFailure {
    init(_ error: SocketError, peer: String) {
        status = Self.status(of: error)
        text = "securesocket: \(peer): \(error)\n\(error.explanation.failureText)"
    }

    /// The status of each failure.
    private static func status(of error: SocketError) -> ExitStatus {
        switch error {
        case .security, .truncated, .package: .security
        case .noSuchProvider, .invalidOption, .optionTooLate, .invalidArgument, .unsupported, .file, .fileContents,
            .notListening:
            .usage
        case .nameNotFound, .resolverFailed, .connectionRefused, .connectionReset, .connectionAborted, .networkTimedOut,
            .hostUnreachable, .networkUnreachable, .permissionDenied, .addressUnavailable, .addressInUse,
            .resourceExhausted,
            .system, .displaced, .timedOut, .cancelled, .notConnected, .alreadyConnected, .closed, .closedForSending,
            .operationInProgress:
            .network
        }
    }
}
