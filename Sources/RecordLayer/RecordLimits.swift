// RecordLimits.swift — every limit of the record layer, with its reason.
// RFC 8446 §5.1, §5.2, §5.5, §6; App. D.4; RFC 5246 §6.2.
// Next: FloodGuard.swift.

/// Lengths are octets.
package enum RecordLimits {
    /// RFC 8446 §5.1: a record header.
    package static let header = 5
    /// RFC 8446 §5.1: TLSPlaintext.fragment is at most 2^14 octets.
    package static let plaintext = 1 << 14
    /// RFC 8446 §5.2: TLSCiphertext.encrypted_record is at most 2^14 + 256 octets.
    package static let ciphertext = (1 << 14) + 256
    /// RFC 5246 §6.2.3: TLSCiphertext.fragment is at most 2^14 + 2048 octets.
    package static let ciphertextTLS12 = (1 << 14) + 2048
    /// The longest record of TLS 1.3 with its header.
    package static let ciphertextRecord = header + ciphertext

    /// A handshake message other than Certificate: more than any honest peer sends, little enough to buffer.
    package static let handshakeMessage = 64 * 1024
    /// A Certificate message: chains of a dozen large certificates fit.
    package static let certificateMessage = 128 * 1024

    /// RFC 8446 App. D.4: a peer in compatibility mode sends one ChangeCipherSpec, two with a HelloRetryRequest.
    package static let changeCipherSpecs = 2
    /// Records without content in a row: each costs us a decryption and brings nothing.
    package static let emptyRecords = 32
    /// Refused early data that is skipped, with its protection: what a client may send whose ticket allowed it as much as most
    /// servers do (RFC 8446 §4.2.10).
    package static let skippedEarlyData = 16 * 1024
    /// Warning alerts in a row (RFC 8446 §6.1 leaves user_canceled as the only one).
    package static let warningAlerts = 4
    /// Handshake messages in a row after the handshake, beyond one for each record of application data that we sent;
    /// application data between them resets the count.
    package static let postHandshakeMessages = 32
}
