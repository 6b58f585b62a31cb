// WaitClientHello.swift — WAIT_CH, and the choice of credentials, which may take its time.
// RFC 8446 §4.1.2, App. A.2; RFC 6066 §3.
// Next: ReceivedHello.swift.

internal import RecordLayer
internal import WireFormat

/// WAIT_CH (RFC 8446 App. A.2: START): the ClientHello of whatever version.
package struct WaitClientHello: ~Copyable, Sendable {
    static let state = "WAIT_CH"
    let configuration: ServerConfiguration

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerHandshake {
        let message = try input.require(.clientHello, state: WaitClientHello.state)
        let hello = try ReceivedHello(message, configuration)
        let helloVersion = hello.hello.legacyVersion
        if helloVersion >= .ssl30, helloVersion < .tls12 { output.helloVersion = helloVersion }
        let version = try ServerVersionNegotiation.choose(hello, &output)
        output.info.serverName = hello.serverName
        var transcript = TranscriptBuffer()
        transcript.add(message)
        // RFC 8446 §5.1: in TLS 1.3 the keys change after the ClientHello. RFC 5246 §7.3: in TLS 1.2 the client waits for our
        // flight, so nothing can be here already.
        let received = ChoosingCredentials(
            hello: hello, version: version, transcript: transcript, boundary: try input.requireBoundary())
        switch configuration.credentials.credentials(for: hello) {
        case .use(let credentials): return try received.start(credentials, &output)
        case .unrecognizedName: throw .clientMisbehaved(.unrecognizedName(hello.serverName))
        case .later: return .choosingCredentials(received)
        }
    }
}

/// RECVD_CH (RFC 8446 App. A.2): the application chooses the credentials.
package struct ChoosingCredentials: ~Copyable, Sendable {
    let hello: ReceivedHello
    let version: ProtocolVersion
    let transcript: TranscriptBuffer
    /// The proof that the ClientHello ended its record.
    let boundary: RecordBoundary

    init(
        hello: ReceivedHello, version: ProtocolVersion, transcript: consuming TranscriptBuffer,
        boundary: consuming RecordBoundary
    ) {
        self.hello = hello
        self.version = version
        self.transcript = transcript
        self.boundary = boundary
    }

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerHandshake {
        switch answer {
        case .credentials(let credentials): return try start(credentials, &output)
        case .unrecognizedName: throw .clientMisbehaved(.unrecognizedName(hello.serverName))
        default: throw .internalError("only credentials answer a choice of credentials")
        }
    }

    /// On to the machine of the version.
    consuming func start(
        _ credentials: [Credential], _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerHandshake {
        let hello = self.hello
        guard version == .tls13 else {
            return .tls12(try TLS12Server.start(hello, version, credentials, transcript: transcript, &output))
        }
        return .tls13(
            try TLS13Server.start(hello, credentials, transcript: transcript, boundary: boundary, &output))
    }
}
