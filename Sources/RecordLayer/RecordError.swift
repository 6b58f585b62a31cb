// RecordError.swift — how a peer can break the record layer, and the alert each breach is answered with.
// RFC 8446 §5, §6.2; RFC 5246 §6.2, §7.2.2.
// Next: AlignedBuffer.swift.

public import CryptoGlue
public import WireFormat

/// A rule of the record layer that the peer broke, or a primitive that failed.
public enum RecordError: Error, Equatable, Sendable {
    /// The first octet is no content type; `looksLike` names the protocol when the octets give it away.
    case unknownContentType(UInt8, looksLike: String?)
    /// A record or its plaintext is longer than its limit (octets).
    case overflow(length: Int, limit: Int)
    /// The tag, MAC or padding does not match, or the record is too short to hold one. One case for all of them.
    case authenticationFailed
    /// A record came unprotected where only protected ones may come.
    case unprotected(ContentType)
    /// Application data came before any key was installed.
    case applicationDataBeforeKeys
    /// More early data came than the server allows.
    case earlyDataTooLong
    /// The inner plaintext is all zeros: it has no content type.
    case innerTypeMissing
    /// The inner content type is not handshake, alert or application_data.
    case innerTypeUnexpected(ContentType)
    /// A handshake or alert record without content.
    case emptyFragment(ContentType)
    /// A ChangeCipherSpec that is not the single octet 1, comes too late or too often.
    case changeCipherSpecUnexpected
    /// A record of another type came between two fragments of a handshake message.
    case interleaved(ContentType)
    /// A handshake message announces more octets than its limit.
    case messageTooLong(HandshakeType, length: Int, limit: Int)
    /// An alert that is not exactly two octets.
    case malformedAlert
    /// More records, alerts or messages that bring nothing than allowed in a row.
    case flood(String, limit: Int)
    /// A protected record of TLS 1.2, or before, names another version.
    case versionUnexpected(ProtocolVersion, negotiated: ProtocolVersion)
    /// A TLS 1.2 key has protected as many records as it may; TLS 1.2 cannot change it.
    case keyExhausted(records: UInt64)
    /// 2^64 - 1 records under one key (RFC 8446 §5.3).
    case sequenceExhausted
    /// The primitive itself failed.
    case crypto(CryptoError)

    /// The alert the peer is sent.
    public var alert: AlertDescription {
        switch self {
        case .unknownContentType: .unexpectedMessage  // RFC 8446 §5
        case .overflow: .recordOverflow  // RFC 8446 §5.1, §5.2
        case .authenticationFailed: .badRecordMAC  // RFC 8446 §5.2, RFC 5246 §7.2.2
        case .unprotected: .unexpectedMessage  // RFC 8446 §5
        case .applicationDataBeforeKeys: .unexpectedMessage  // RFC 8446 §5.1
        case .earlyDataTooLong: .unexpectedMessage  // RFC 8446 §4.2.10
        case .innerTypeMissing: .unexpectedMessage  // RFC 8446 §5.4
        case .innerTypeUnexpected: .unexpectedMessage  // RFC 8446 §5
        case .emptyFragment: .unexpectedMessage  // RFC 8446 §5.1, §5.4
        case .changeCipherSpecUnexpected: .unexpectedMessage  // RFC 8446 §5
        case .interleaved: .unexpectedMessage  // RFC 8446 §5.1
        case .messageTooLong: .illegalParameter  // no RFC limit: ours
        case .malformedAlert: .decodeError  // RFC 8446 §6
        case .flood: .unexpectedMessage  // no RFC limit: ours
        case .versionUnexpected: .protocolVersion  // RFC 5246 §7.2.2
        case .keyExhausted: .internalError  // RFC 8446 §5.5
        case .sequenceExhausted: .internalError  // RFC 8446 §5.3
        case .crypto: .internalError
        }
    }

    /// The rule, what was expected and what came.
    public var explanation: Decision {
        let (rule, expected, found, section, advice) = sentence
        return Decision(
            .record, .refused, subject: "a record from the peer", expected: expected, found: found, rule: rule,
            section: section, advice: advice)
    }

    private var sentence: (String, String, String, String, String) {
        switch self {
        case .unknownContentType(let octet, let looksLike):
            (
                "a record begins with a content type", "20 to 23",
                looksLike.map { "octets that look like \($0)" } ?? "\(octet)", "RFC 8446 §5.1",
                looksLike == nil
                    ? "check that the port speaks TLS"
                    : "the peer does not speak TLS on this port: use its TLS port, or no TLS"
            )
        case .overflow(let length, let limit):
            (
                "a record is at most so long", "\(limit) octets at most", "\(length) octets",
                "RFC 8446 §5.1, §5.2, RFC 5246 §6.2", ""
            )
        case .authenticationFailed:
            (
                "a protected record authenticates under the current key", "a matching tag or MAC",
                "one that does not match",
                "RFC 8446 §5.2, RFC 5246 §6.2.3", "somebody changed the octets on the way, or the peer used another key"
            )
        case .unprotected(let type):
            ("after ServerHello every record is protected", "application_data", "\(type)", "RFC 8446 §5", "")
        case .applicationDataBeforeKeys:
            (
                "application data comes only protected", "handshake records", "application_data without a key",
                "RFC 8446 §5.1", ""
            )
        case .earlyDataTooLong:
            (
                "early data is not longer than max_early_data_size", "as many octets as the ticket allows", "more",
                "RFC 8446 §4.2.10", ""
            )
        case .innerTypeMissing:
            ("the inner plaintext ends in its content type", "a non-zero octet", "only zeros", "RFC 8446 §5.4", "")
        case .innerTypeUnexpected(let type):
            (
                "a protected record carries handshake, alert or application data", "21, 22 or 23", "\(type)",
                "RFC 8446 §5", ""
            )
        case .emptyFragment(let type):
            ("handshake and alert records have content", "at least 1 octet", "\(type) without any", "RFC 8446 §5.1", "")
        case .changeCipherSpecUnexpected:
            (
                "ChangeCipherSpec is the octet 1, before the peer's Finished, not between fragments",
                "\(RecordLimits.changeCipherSpecs) at most", "another one", "RFC 8446 §5, App. D.4", ""
            )
        case .interleaved(let type):
            (
                "no other record comes between the fragments of a handshake message", "handshake", "\(type)",
                "RFC 8446 §5.1", ""
            )
        case .messageTooLong(let type, let length, let limit):
            ("\(type) is at most so long here", "\(limit) octets at most", "\(length) octets", "RFC 8446 §4", "")
        case .malformedAlert:
            ("an alert is two octets in one record", "2 octets", "another length", "RFC 8446 §5.1, §6", "")
        case .flood(let what, let limit):
            ("\(what) come at most so many in a row", "\(limit) at most", "more", "RFC 8446 §5, §6", "")
        case .versionUnexpected(let version, let negotiated):
            (
                "every protected record says the negotiated version", "\(negotiated)", "\(version)", "RFC 5246 §6.2.1",
                ""
            )
        case .keyExhausted(let records):
            (
                "a key protects at most so many records", "\(records) at most", "one more", "RFC 8446 §5.5",
                "TLS 1.2 cannot change the key of a connection: open a new one"
            )
        case .sequenceExhausted:
            ("a key protects at most 2^64 - 1 records", "a KeyUpdate before", "none", "RFC 8446 §5.3", "")
        case .crypto(let error):
            ("the primitive works", "success", "\(error)", "RFC 8446 §5.2", "")
        }
    }
}
