// TLS13ClientOffer.swift — what a ClientHello says to a TLS 1.3 server, each extension checked by itself and against the
// others.
// RFC 8446 §4.1.2, §4.2.8, §4.2.9, §4.2.11, §9.2.
// Next: TLS13ServerChoice.swift.

internal import CryptoGlue
internal import WireFormat

/// A ClientHello that a TLS 1.3 server may choose from.
package struct TLS13ClientOffer: Sendable {
    let received: ReceivedHello
    /// key_share; nil when it is absent, which only a pre-shared key permits.
    let shares: [KeyShareEntry]?
    let keyExchangeModes: [PSKKeyExchangeMode]
    let preSharedKeys: PreSharedKeyExtension?
    let offersEarlyData: Bool
    let cookie: [UInt8]?
    /// The client takes an OCSP response with our certificate.
    let takesCertificateStatus: Bool

    var hello: ClientHello { received.hello }
    var configuration: ServerConfiguration { received.configuration }

    init(_ received: ReceivedHello) throws(HandshakeError) {
        let extensions = received.hello.extensions
        // RFC 8446 §4.1.2: exactly one octet, zero.
        guard received.hello.legacyCompressionMethods == [0] else { throw .clientMisbehaved(.compressionOffered) }
        let keys = try TLS13ClientOffer.preSharedKeys(extensions)
        let modes = try ReceivedHello.parse(
            .pskKeyExchangeModes, extensions, PSKKeyExchangeModesExtension.parseClientHello)
        // RFC 8446 §4.2.9: servers must abort the handshake.
        guard keys == nil || modes != nil else {
            throw .peerMisbehaved(.missingExtension(.pskKeyExchangeModes, in: .clientHello))
        }
        shares = try TLS13ClientOffer.shares(received)
        // RFC 8446 §9.2: a hello without pre_shared_key has signature_algorithms and supported_groups.
        if keys == nil {
            guard received.signatureSchemes != nil else {
                throw .peerMisbehaved(.missingExtension(.signatureAlgorithms, in: .clientHello))
            }
            guard received.groups != nil else {
                throw .peerMisbehaved(.missingExtension(.supportedGroups, in: .clientHello))
            }
        }
        offersEarlyData =
            try ReceivedHello.parse(.earlyData, extensions) { body throws(DecodeError) in
                try EarlyDataExtension.parseClientHello(body)
                return true
            } ?? false
        cookie = try ReceivedHello.parse(.cookie, extensions, CookieExtension.parseClientHello)
        takesCertificateStatus = try TLS13ClientOffer.takesCertificateStatus(extensions)
        keyExchangeModes = modes ?? []
        preSharedKeys = keys
        self.received = received
    }

    /// The ways to use a pre-shared key that client and server both want, the better one first.
    var usableModes: [PSKKeyExchangeMode] {
        var own: [PSKKeyExchangeMode] = [.pskDHEKE]
        if configuration.allowsPSKWithoutForwardSecrecy { own.append(.pskKE) }
        return own.filter(keyExchangeModes.contains)
    }

    /// RFC 8446 §4.2.11: pre_shared_key is the last extension, with a binder for each identity.
    private static func preSharedKeys(_ extensions: ExtensionBlock) throws(HandshakeError) -> PreSharedKeyExtension? {
        guard extensions.body(of: .preSharedKey) != nil else { return nil }
        guard extensions.types.last == .preSharedKey else { throw .clientMisbehaved(.preSharedKeyNotLast) }
        let keys = try ReceivedHello.parse(.preSharedKey, extensions, PreSharedKeyExtension.parseClientHello)
        if let keys, keys.identities.count != keys.binders.count {
            throw .clientMisbehaved(.binderCount(keys.binders.count, identities: keys.identities.count))
        }
        return keys
    }

    /// RFC 8446 §4.2.8: one share of a group, and only of groups in supported_groups; §9.2: neither extension without the
    /// other.
    private static func shares(_ received: ReceivedHello) throws(HandshakeError) -> [KeyShareEntry]? {
        let shares = try ReceivedHello.parse(
            .keyShare, received.hello.extensions, KeyShareExtension.parseClientHello)
        guard let shares else {
            guard received.groups == nil else {
                throw .peerMisbehaved(.missingExtension(.keyShare, in: .clientHello))
            }
            return nil
        }
        guard let groups = received.groups else {
            throw .peerMisbehaved(.missingExtension(.supportedGroups, in: .clientHello))
        }
        let permitted = Set(groups)
        var seen: Set<NamedGroup> = []
        for share in shares {
            guard permitted.contains(share.group) else {
                throw .clientMisbehaved(.keyShareOutsideGroups(share.group, groups: list(groups)))
            }
            guard seen.insert(share.group).inserted else { throw .clientMisbehaved(.keyShareTwice(share.group)) }
        }
        return shares
    }

    /// RFC 6066 §8: what stands behind another status_type than ocsp has a form that is not known here.
    private static func takesCertificateStatus(_ extensions: ExtensionBlock) throws(HandshakeError) -> Bool {
        guard let body = extensions.body(of: .statusRequest) else { return false }
        guard body.isEmpty || body[0] == 1 else { return false }
        _ = try parsing(.clientHello) { () throws(DecodeError) in
            try StatusRequestExtension.parseClientHello(body.span)
        }
        return true
    }
}
