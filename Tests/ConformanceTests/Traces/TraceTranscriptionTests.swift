// TraceTranscriptionTests.swift — our copy of the traces' records against another transcription of the RFC.
// RFC 8448 §3, §4, §5, §6, §7.
// Next: TraceReplayTests.swift.

import TestSupport
import Testing

/// Another transcription, in Botan's layout.
private enum OtherTranscription {
    static let file = "vectors/rfc8448/transcripts.vec"

    static let isPresent: Bool = {
        if SharedFolder.file(file) != nil { return true }
        print(
            "skipped: the other transcription of RFC 8448 is not beside the checkout (folder ../shared or SHARED_DIR)")
        return false
    }()
}

@Suite("RFC 8448: transcription", .enabled(if: OtherTranscription.isPresent, "needs the shared folder"))
struct TraceTranscriptionTests {
    /// Their names and ours. A flight is one record or two there too.
    private static let names = [
        "Record_ClientHello_1": "record_client_hello", "Record_HelloRetryRequest": "record_hello_retry_request",
        "Record_ClientHello_2": "record_client_hello_2", "Record_ServerHello": "record_server_hello",
        "Record_Client_EarlyAppData": "record_client_early_data", "Client_EarlyAppData": "client_early_data",
        "Record_ServerHandshakeMessages": "records_server_flight", "Record_ClientFinished": "records_client_flight",
        "Record_NewSessionTicket": "record_new_session_ticket", "Record_Client_AppData": "record_client_data",
        "Record_Server_AppData": "record_server_data", "Record_Client_CloseNotify": "record_client_close",
        "Record_Server_CloseNotify": "record_server_close", "Message_Server_Certificate": "server_certificate",
        "Message_Server_Finished": "server_finished", "Message_EncryptedExtensions": "server_encrypted_extensions",
    ]

    @Test(
        "RFC 8448: records and messages are those of an independent transcription",
        arguments: [
            ("Simple_1RTT_Handshake", "§3"), ("Resumed_0RTT_Handshake", "§4"), ("HelloRetryRequest_Handshake", "§5"),
            ("Client_Authentication_Handshake", "§6"), ("Middlebox_Compatibility_Mode", "§7"),
        ])
    func records(theirs: String, section: String) throws {
        guard let path = SharedFolder.file(OtherTranscription.file),
            let ours = Trace.all.first(where: { $0.title.hasSuffix(section) })
        else { throw VectorFileError("no trace \(section)") }
        var tally = VectorTally("transcription of \(ours.title)", source: "transcripts.vec")
        for block in try KeyValueFile(path).blocks() where block.sections == [theirs] {
            for (name, own) in Self.names where block[name] != nil {
                // Theirs has no server_name in the EncryptedExtensions of §4, and so another record.
                if section == "§4", own == "records_server_flight" || own == "server_encrypted_extensions" { continue }
                try tally.compare(own, try block.bytes(name), in: ours)
            }
        }
        tally.finish()
    }
}
