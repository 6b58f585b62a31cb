// ConnectionEngine+Sending.swift — application data, key updates, keying material.
// RFC 8446 §4.6.3, §5.5, §7.5.
// Next: ConnectionEngine+End.swift.

internal import CryptoGlue
internal import Handshake
internal import RecordLayer
internal import WireFormat

extension ConnectionEngine {
    mutating func send(_ plaintext: Span<UInt8>, into sendBuffer: inout SendBuffer) throws(TLSError) {
        try checkWritable()
        do throws(TLSError) { try seal(plaintext, into: &sendBuffer) } catch {
            fail(error, into: &sendBuffer)
            throw error
        }
    }

    mutating func seal(_ plaintext: Span<UInt8>, into sendBuffer: inout SendBuffer) throws(TLSError) {
        var rest = plaintext
        while !rest.isEmpty {
            let fragment = rest.extracting(first: min(rest.count, RecordLimits.plaintext))
            rest = rest.extracting(droppingFirst: fragment.count)
            // RFC 8446 §4.6.3: a request of the peer is answered before the next data, so that one KeyUpdate answers all that
            // came while we were silent. RFC 8446 §5.5: the key is changed before its limit.
            if owesKeyUpdate || sealer.isDueForUpdate {
                // TLS 1.2 has no KeyUpdate: the connection ends where its key does.
                guard output.info.version == .tls13 else { throw TLSError(.record(.sequenceExhausted)) }
                try updateWriteKey(requestPeer: false, into: &sendBuffer)
            }
            do throws(RecordError) { try sealer.seal(.applicationData, fragment, into: &sendBuffer) } catch {
                throw TLSError(.record(error))
            }
            floodGuard.sent()
        }
        output.info.bytesSent += UInt64(plaintext.count)
    }

    mutating func updateKeys(requestPeer: Bool, into sendBuffer: inout SendBuffer) throws(TLSError) {
        try checkWritable()
        guard output.info.version == .tls13 else {
            throw TLSError(.misuse("keys can be updated in TLS 1.3 only"))
        }
        do throws(TLSError) { try updateWriteKey(requestPeer: requestPeer, into: &sendBuffer) } catch {
            fail(error, into: &sendBuffer)
            throw error
        }
    }

    /// The peer is asked for another key when its own is due (RFC 8446 §5.5).
    mutating func requestKeyUpdate(into sendBuffer: inout SendBuffer) throws(TLSError) {
        guard output.info.isHandshakeComplete, output.info.version == .tls13, !isWriteClosed else { return }
        if opener.isDueForUpdate, !hasAskedForKeyUpdate { try updateWriteKey(requestPeer: true, into: &sendBuffer) }
        hasAskedForKeyUpdate = opener.isDueForUpdate
    }

    mutating func updateWriteKey(
        requestPeer: Bool, into sendBuffer: inout SendBuffer
    ) throws(TLSError) {
        switch takeSlot() {
        case .running(let machine):
            do throws(HandshakeError) {
                slot = .running(try machine.updatingWriteKey(requestPeer: requestPeer, &output))
            } catch { throw TLSError(.handshake(error)) }
        case .failed(let error): throw failed(error)
        }
        try carryOut(into: &sendBuffer)
    }

    func exportKeyingMaterial(
        label: String, context: [UInt8]?, length: Int
    ) throws(TLSError) -> SecretBytes {
        try checkNotFailed()
        let material: SecretBytes?
        do throws(CryptoError) {
            material = try exported(label: label, context: context, length: length)
        } catch { throw TLSError(.misuse("keying material of that label and length cannot be exported: \(error)")) }
        guard let material else { throw TLSError(.misuse("keying material exists only after the handshake")) }
        return material
    }

    func exported(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes? {
        switch slot {
        case .running(let machine): try machine.export(label: label, context: context, length: length)
        case .failed: nil
        }
    }
}
