// PreSharedKeyOffer.swift — which sessions and keys a ClientHello offers, and the binders that prove they are ours.
// RFC 8446 §4.2.10, §4.2.11, §4.6.1.
// Next: ServerHelloRules.swift.

internal import CryptoGlue
internal import WireFormat

/// What is at hand to make a connection without certificates.
struct Resumption: Sendable {
    /// A session of either version, out of the store.
    var session: Session?
    /// For pre_shared_key, in the order of their identities: the ticket, then the external keys.
    var preSharedKeys: [OfferedPreSharedKey] = []

    /// Looks for a session and lists the external keys.
    static func available(_ configuration: ClientConfiguration, _ binding: SessionBinding?) -> Resumption {
        var result = Resumption()
        let now = configuration.clock.now()
        let timeout = configuration.sessionCacheTimeout
        if configuration.resumesSessions, let binding, let store = configuration.sessionStore,
            let session = store.take(for: binding, at: now, timeout: timeout),
            // RFC 8446 §4.6.1: not longer than the lifetime of the ticket, nor 7 days, whatever the store thinks.
            session.isUsable(at: now, timeout: timeout), configuration.offers(session.version),
            // The master secret protects the connection that the session is from too: it comes into no log.
            session.version == .tls13 || configuration.keyLog == nil
        {
            result.session = session
        }
        guard configuration.offers(.tls13) else { return result }
        // RFC 8446 §4.2.11: a key is of use with a suite of its hash only.
        let hashes = Set(configuration.offeredCipherSuites.compactMap { TLS13Suite($0)?.hash })
        if let session = result.session, session.version == .tls13 {
            if let ticket = OfferedPreSharedKey(session), hashes.contains(ticket.hash) {
                result.preSharedKeys.append(ticket)
            } else {
                result.session = nil
            }
        }
        result.preSharedKeys += configuration.externalPreSharedKeys.map(OfferedPreSharedKey.init)
        return result
    }
}

enum PreSharedKeyOffer {
    /// The ClientHello with early_data and pre_shared_key, which is always the last (RFC 8446 §4.2.11).
    ///
    /// - Parameters:
    ///   - transcript: what was sent and received before this ClientHello.
    ///   - keys: nothing is added when there is none.
    static func complete(
        _ hello: ClientHello, _ keys: [OfferedPreSharedKey], offersEarlyData: Bool, at now: UnixTime,
        after transcript: borrowing TranscriptBuffer
    ) throws(HandshakeError) -> ClientHello {
        guard !keys.isEmpty else { return hello }
        var next = hello
        if offersEarlyData {
            next.extensions.append(.earlyData) { EarlyDataExtension.writeClientHello(into: &$0) }
        }
        var offer = PreSharedKeyExtension(
            identities: keys.map { $0.identity(at: now) },
            binders: keys.map { [UInt8](repeating: 0, count: $0.hash.digestLength) })
        let blank = try parsing(.clientHello, next.appending(offer).message)
        // RFC 8446 §4.2.11.2: the binders are over the ClientHello up to them, its lengths as if they were there.
        let truncated = Array(blank.encoded.dropLast(offer.bindersLength))
        offer.binders = []
        for key in keys {
            do throws(CryptoError) {
                offer.binders.append(try key.binder(transcript.hash(key.hash, appending: truncated)))
            } catch { throw .crypto(error, during: "computing the binder of a pre-shared key") }
        }
        return next.appending(offer)
    }
}

extension ClientHello {
    fileprivate func appending(_ offer: PreSharedKeyExtension) -> ClientHello {
        var next = self
        next.extensions.append(.preSharedKey) { offer.writeClientHello(into: &$0) }
        return next
    }
}
