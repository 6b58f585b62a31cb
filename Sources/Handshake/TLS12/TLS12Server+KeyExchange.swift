// TLS12Server+KeyExchange.swift — WAIT_CKE: the client's share, and the premaster secret.
// RFC 5246 §7.4.7, §8.1; RFC 8422 §5.7, §5.11; RFC 7919 §4; RFC 7627 §4.
// Next: TLS12Server+Finished.swift.

internal import Certificates
internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// The client's share, or the premaster secret under our key.
package struct TLS12WaitClientKeyExchange: ~Copyable, Sendable {
    let negotiated: TLS12ServerNegotiated
    var transcript: TLS12Transcript
    let exchange: TLS12ServerExchange
    let client: TLS12ClientIdentity

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let message = try input.require(.clientKeyExchange, state: "WAIT_CKE")
        let negotiated = self.negotiated
        let answer = try parsing(.clientKeyExchange) { () throws(DecodeError) in
            try TLS12ClientKeyExchange.parse(
                message.body, negotiated.suite.keyExchange, negotiated.rules.form)
        }
        var transcript = self.transcript
        transcript.add(message)
        let exchanged = TLS12KeyExchanged(negotiated: negotiated, transcript: transcript, client: client)
        switch try exchange.premaster(answer, negotiated) {
        case .made(let secret): return try exchanged.finish(secret)
        case .elsewhere(let decryption, let request):
            return .decrypting(TLS12Decrypting(exchanged: exchanged, decryption: decryption, request: request))
        }
    }
}

/// The client has sent its part; the premaster secret is all that is missing.
package struct TLS12KeyExchanged: ~Copyable, Sendable {
    let negotiated: TLS12ServerNegotiated
    var transcript: TLS12Transcript
    let client: TLS12ClientIdentity

    /// The master secret, and on to CertificateVerify or ChangeCipherSpec.
    fileprivate consuming func finish(_ premaster: consuming SecretBytes) throws(HandshakeError) -> TLS12Server {
        let negotiated = self.negotiated
        let transcript = self.transcript
        let master = try TLS12MasterSecret.make(premaster, negotiated.parameters, transcript)
        switch consume client {
        case .anonymous(let proof):
            return try .awaitingFinished(negotiated, transcript, master, .anonymous(proof))
        case .certified(let key, let proof):
            return .waitCertificateVerify(
                TLS12WaitCertificateVerify(
                    negotiated: negotiated, transcript: transcript, master: master, key: key, authenticated: proof))
        }
    }
}

/// The handshake waits for a key outside the process to decrypt the premaster secret.
package struct TLS12Decrypting: ~Copyable, Sendable {
    let exchanged: TLS12KeyExchanged
    let decryption: PremasterDecryption
    let request: DecryptionRequest

    /// The only exit. RFC 5246 §7.4.7.1: that the key could not decrypt it shows at Finished and not before.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        guard case .decrypted(let encoded) = answer else {
            throw .internalError("only a decryption answers a decryption request")
        }
        return try exchanged.finish(decryption.finish(encoded))
    }
}

/// The premaster secret, or what is still to be asked for it.
private enum TLS12ServerPremaster: ~Copyable {
    case made(SecretBytes)
    case elsewhere(PremasterDecryption, DecryptionRequest)
}

extension TLS12ServerExchange {
    /// The premaster secret; our private half is used up.
    fileprivate consuming func premaster(
        _ answer: TLS12ClientKeyExchange, _ negotiated: TLS12ServerNegotiated
    ) throws(HandshakeError) -> TLS12ServerPremaster {
        do throws(CryptoError) {
            switch consume self {
            case .ecdhe(let own):
                guard case .ecdhe(let point) = answer else { throw TLS12ServerExchange.mismatch }
                return .made(try own.finish(peerShare: point.span))
            case .dhe(let own):
                guard case .dhe(let publicValue) = answer else { throw TLS12ServerExchange.mismatch }
                return .made(try own.finish(peerShare: publicValue.span))
            case .rsa(let key):
                guard case .rsa(let encrypted) = answer else { throw TLS12ServerExchange.mismatch }
                // RFC 5246 §7.4.7.1: whatever is wrong with it, the handshake goes on with a random secret and ends at
                // Finished (T-09). The version is that of the ClientHello.
                return try key.decrypt(
                    encrypted, version: negotiated.clientVersion, random: negotiated.configuration.provider.random)
            }
        } catch .invalidPeerShare(let group) {
            throw .clientMisbehaved(.badPublicValue(group: "\(group)"))
        } catch .invalidDHShare(let group) {
            throw .clientMisbehaved(.badPublicValue(group: group.rawValue))
        } catch { throw .crypto(error, during: "agreeing on the premaster secret") }
    }
    /// The message is parsed by the suite's method, so that it cannot be another's.
    private static let mismatch = CryptoError.unsupported("a ClientKeyExchange of another method")
}

extension TLS12DecryptionKey {
    fileprivate func decrypt(
        _ encrypted: [UInt8], version: ProtocolVersion, random: any RandomSource
    ) throws(CryptoError) -> TLS12ServerPremaster {
        switch self {
        case .here(let key):
            return .made(try key.decryptPremasterSecret(encrypted.span, version: version, random: random))
        case .elsewhere(let certificate):
            let decryption = try PremasterDecryption(
                encrypted, key: certificate.publicKey, version: version, random: random)
            guard let question = decryption.question else { return .made(decryption.finish(nil)) }
            return .elsewhere(decryption, DecryptionRequest(encrypted: question, certificate: certificate))
        }
    }
}
