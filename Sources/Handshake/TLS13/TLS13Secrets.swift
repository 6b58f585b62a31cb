// TLS13Secrets.swift — the secrets of the handshake epoch and of the application epoch, as both sides derive them.
// RFC 8446 §7.1, §7.3.
// Next: TLS13Exporter.swift.

internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// Where the secrets of one connection are logged: nowhere, unless the configuration has a key log.
struct SecretLog: Sendable {
    private let keyLog: (any KeyLog)?
    private let clientRandom: [UInt8]

    init(_ keyLog: (any KeyLog)?, clientRandom: [UInt8]) {
        self.keyLog = keyLog
        self.clientRandom = clientRandom
    }

    func log(_ label: KeyLogLabel, _ secret: borrowing SecretBytes) {
        keyLog?.log(label, clientRandom: clientRandom, secret)
    }
}

/// The keys of the handshake epoch, from ServerHello to Finished.
package struct HandshakeKeys: ~Copyable, Sendable {
    let suite: TLS13Suite
    let handshakeSecret: HandshakeSecret
    let client: TrafficSecret<Epoch.Handshake>
    let server: TrafficSecret<Epoch.Handshake>

    /// - Parameters:
    ///   - preSharedKey: nil without one; RFC 8446 §7.1 puts zeros in its place.
    ///   - sharedSecret: of the (EC)DHE exchange; zeros of the hash's length without one.
    ///   - transcript: ClientHello…ServerHello.
    static func derive(
        _ suite: TLS13Suite, preSharedKey: consuming SecretBytes?, sharedSecret: borrowing SecretBytes,
        _ transcript: borrowing Transcript, _ log: SecretLog
    ) throws(HandshakeError) -> HandshakeKeys {
        do throws(CryptoError) {
            let input = preSharedKey ?? SecretBytes(count: suite.hash.digestLength)
            let secret = try EarlySecret(suite, preSharedKey: input.bytes).intoHandshakeSecret(
                sharedSecret: sharedSecret)
            let hash = try transcript.hash()
            let client = try secret.clientTraffic(hash)
            let server = try secret.serverTraffic(hash)
            log.log(.clientHandshake, client.secret)
            log.log(.serverHandshake, server.secret)
            return HandshakeKeys(suite: suite, handshakeSecret: secret, client: client, server: server)
        } catch { throw .crypto(error, during: "deriving the handshake traffic secrets") }
    }

    func clientRecordKey() throws(HandshakeError) -> RecordKey {
        do throws(CryptoError) { return try client.recordKey() } catch {
            throw .crypto(error, during: "deriving the client's handshake key")
        }
    }

    func serverRecordKey() throws(HandshakeError) -> RecordKey {
        do throws(CryptoError) { return try server.recordKey() } catch {
            throw .crypto(error, during: "deriving the server's handshake key")
        }
    }
}

/// The secrets of the application epoch.
package struct ApplicationSecrets: ~Copyable, Sendable {
    let suite: TLS13Suite
    let main: MainSecret
    let client: TrafficSecret<Epoch.Application>
    let server: TrafficSecret<Epoch.Application>
    let exporter: ExporterSecret

    /// - Parameter finished: Transcript-Hash(ClientHello…server Finished).
    static func derive(
        _ handshakeSecret: consuming HandshakeSecret, suite: TLS13Suite, _ finished: TranscriptHash, _ log: SecretLog
    ) throws(HandshakeError) -> ApplicationSecrets {
        do throws(CryptoError) {
            let main = try handshakeSecret.intoMainSecret()
            let client = try main.clientTraffic(finished)
            let server = try main.serverTraffic(finished)
            let exporter = try main.exporter(finished)
            log.log(.clientApplication, client.secret)
            log.log(.serverApplication, server.secret)
            log.log(.exporter, exporter.secret)
            return ApplicationSecrets(suite: suite, main: main, client: client, server: server, exporter: exporter)
        } catch { throw .crypto(error, during: "deriving the application traffic secrets") }
    }

    func serverRecordKey() throws(HandshakeError) -> RecordKey {
        do throws(CryptoError) { return try server.recordKey() } catch {
            throw .crypto(error, during: "deriving the server's application key")
        }
    }

    func clientRecordKey() throws(HandshakeError) -> RecordKey {
        do throws(CryptoError) { return try client.recordKey() } catch {
            throw .crypto(error, during: "deriving the client's application key")
        }
    }
}
