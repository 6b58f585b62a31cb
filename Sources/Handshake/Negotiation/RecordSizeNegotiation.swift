// RecordSizeNegotiation.swift — how long the records may be that the server takes.
// RFC 8449 §4.
// Next: SignatureNegotiation.swift.

internal import WireFormat

enum RecordSizeNegotiation {
    /// Takes the server's record_size_limit; one below 64 is illegal.
    static func check(
        _ body: [UInt8], in message: HandshakeType, _ output: inout HandshakeOutput
    ) throws(HandshakeError) {
        let limit = try parsing(message) { () throws(DecodeError) in
            try RecordSizeLimitExtension.parseServer(body.span)
        }
        guard limit >= RecordSizeLimitExtension.minimum else {
            throw .peerMisbehaved(.recordSizeLimitTooSmall(limit, in: message))
        }
        output.info.peerRecordSizeLimit = Int(limit)
    }
}
