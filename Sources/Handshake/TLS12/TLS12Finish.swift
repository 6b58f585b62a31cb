// TLS12Finish.swift — what both sides do at the end of a TLS 1.2 handshake: secrets, ChangeCipherSpec, Finished, CONNECTED.
// RFC 5246 §7.1, §7.4.9, §8.1; RFC 7627 §4, §5.4; RFC 5705.
// Next: TLS12Client+Finished.swift.

internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

extension TLS12MasterSecret {
    /// The master secret of a full handshake.
    ///
    /// - Parameter transcript: ends with ClientKeyExchange (RFC 7627 §3).
    static func make(
        _ premaster: borrowing SecretBytes, _ parameters: TLS12Parameters, _ transcript: borrowing TLS12Transcript
    ) throws(HandshakeError) -> TLS12MasterSecret {
        let sessionHash = try transcript.hash()
        do throws(CryptoError) {
            guard parameters.usesExtendedMasterSecret else {
                return try TLS12MasterSecret(parameters.rules.derivation, premaster: premaster, parameters.randoms)
            }
            return try TLS12MasterSecret(
                parameters.rules.derivation, premaster: premaster, sessionHash: sessionHash, parameters.randoms)
        } catch { throw .crypto(error, during: "deriving the master secret") }
    }

    /// The record keys of both directions.
    func keys(_ parameters: TLS12Parameters) throws(HandshakeError) -> (client: RecordKey, server: RecordKey) {
        let protection = try parameters.protection
        do throws(CryptoError) { return try recordKeys(protection) } catch {
            throw .crypto(error, during: "deriving the record keys")
        }
    }

    func log(to keyLog: (any KeyLog)?, _ parameters: TLS12Parameters) {
        keyLog?.log(.masterSecret, clientRandom: parameters.randoms.client, secret)
    }

    /// MD5 and SHA-1 of what a client's CertificateVerify signs before TLS 1.2.
    func certificateVerifyHashes(_ transcript: borrowing TLS12Transcript) throws(HandshakeError) -> [UInt8] {
        do throws(CryptoError) { return try certificateVerifyHashes(transcript.running) } catch {
            throw .crypto(error, during: "hashing the handshake for CertificateVerify")
        }
    }

    fileprivate func verifyData(
        _ side: Side, _ transcript: borrowing TLS12Transcript
    ) throws(HandshakeError) -> SecretBytes {
        do throws(CryptoError) { return try verifyData(side, transcript.running) } catch {
            throw .crypto(error, during: "computing verify_data")
        }
    }
}

enum TLS12Finish {
    /// Sends ChangeCipherSpec and Finished.
    ///
    /// - Parameter side: which one we are.
    static func send(
        as side: TLS12MasterSecret.Side, _ master: borrowing TLS12MasterSecret, _ transcript: inout TLS12Transcript,
        writeKey: RecordKey, _ output: inout HandshakeOutput
    ) throws(HandshakeError) {
        let verifyData = try master.verifyData(side, transcript)
        let message = try parsing(.finished, Finished(verifyData: [UInt8](copying: verifyData.bytes)).message)
        output.sendChangeCipherSpec()
        output.installWriteKey(writeKey)
        output.send(message)
        transcript.add(message)
    }

    /// Checks the peer's Finished.
    ///
    /// - Parameter side: which one the peer is.
    static func check(
        _ message: HandshakeMessage, of side: TLS12MasterSecret.Side, _ master: borrowing TLS12MasterSecret,
        _ transcript: inout TLS12Transcript, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> FinishedVerified {
        let expected = try master.verifyData(side, transcript)
        let proof = try FinishedVerified.check(message, expected: expected)
        output.log.record(
            Decision(
                .finished, .accepted, subject: side == .server ? "the server's Finished" : "the client's Finished",
                expected: "the MAC of the whole handshake", found: "the same",
                rule: "verify_data is the MAC of the whole handshake", section: "RFC 5246 §7.4.9"))
        transcript.add(message)
        return proof
    }
}

/// CONNECTED, for either side: what is left of the handshake.
package struct TLS12Connected: ~Copyable, Sendable {
    private let master: TLS12MasterSecret
    private let usesExtendedMasterSecret: Bool
    private let proof: FinishedVerified

    init(
        _ parameters: TLS12Parameters, _ master: consuming TLS12MasterSecret, _ proof: consuming FinishedVerified
    ) {
        self.master = master
        usesExtendedMasterSecret = parameters.usesExtendedMasterSecret
        self.proof = proof
    }

    /// Keying material (RFC 5705).
    ///
    /// RFC 7627 §5.4: without extended_master_secret two connections can share a master secret, so that what is exported
    /// says nothing about this one.
    func export(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes {
        guard usesExtendedMasterSecret else {
            throw .unsupported("keying material of a TLS 1.2 connection without extended_master_secret")
        }
        return try master.export(label: label, context: context, length: length)
    }
}
