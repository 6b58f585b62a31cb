// SSL30Alert.swift — alerts in the words of SSL 3.0, which knows fewer of them.
// RFC 6101 §5.4.
// Next: HandshakeReassembler.swift.

package import WireFormat

extension AlertDescription {
    /// The alert that says the same in SSL 3.0; handshake_failure where none does.
    package var ssl30: AlertDescription {
        switch self {
        case .closeNotify, .unexpectedMessage, .badRecordMAC, .handshakeFailure, .noCertificate, .badCertificate,
            .unsupportedCertificate, .certificateRevoked, .certificateExpired, .certificateUnknown, .illegalParameter:
            self
        // RFC 7507 §2 has it for every version.
        case .inappropriateFallback: self
        case .recordOverflow: .badRecordMAC
        case .decodeError: .illegalParameter
        case .unknownCA: .certificateUnknown
        default: .handshakeFailure
        }
    }
}
