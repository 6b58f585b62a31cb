// SessionBinding.swift — everything a resumption depends on, as one digest: any difference leads to a full handshake.
// RFC 8446 §4.2.11, §4.6.1; RFC 7627 §5.3.
// Next: SessionStore.swift.

package import Certificates
internal import CryptoGlue
internal import WireFormat

/// What a session is bound to: trust anchors, accepted raw public keys, path policy, verification policy and callback,
/// peer name, ALPN offer, client credentials,
/// provider, versions, suites and groups. Two bindings are equal when all of these are.
///
/// A resumed connection never knows or trusts more than a full one would: under another binding it is not offered at all.
public struct SessionBinding: Hashable, Sendable {
    /// SHA-256 over all of it: 32 octets.
    public let digest: [UInt8]
    /// Whether sessions may outlive the process. False when a callback has no stable identity: nobody could tell whether the
    /// callback of another process is the same.
    public let isPersistable: Bool

    /// - Throws: `HandshakeError.crypto` or `.certificate` when a digest cannot be made.
    package init(_ configuration: ClientConfiguration, _ identity: ReferenceIdentity) throws(HandshakeError) {
        let anchors: [UInt8]
        do throws(CertificateError) { anchors = try configuration.trust.digest } catch { throw .certificate(error) }
        let (verification, verifiesAlike) = SessionBinding.describe(configuration.verification)
        let (credentials, choosesAlike) = SessionBinding.describe(configuration.credentials)
        let versions = configuration.versions
        // Lists of octet strings, each with its length, so that no two lists read alike.
        let facts: [[[UInt8]]] = [
            // Who is trusted, who decides, and who the peer has to be.
            [anchors], configuration.acceptedRawPublicKeys.octets,
            octets([configuration.pathPolicy.canonicalText]), octets(verification),
            octets(SessionBinding.describe(identity)),
            codePoints(configuration.signatureSchemes), codePoints(configuration.certificateSignatureSchemes),
            // What the server was told, by which it may have chosen.
            octets(configuration.sendsServerName ? ["server_name"] : []), octets(configuration.alpnProtocols),
            credentials,
            // What protects the connection.
            octets([configuration.provider.name, configuration.provider.version]),
            codePoints([versions.lowerBound, versions.upperBound]), codePoints(configuration.cipherSuites),
            codePoints(configuration.groups), octets(configuration.acceptedTLS12Weaknesses.map(\.rawValue).sorted()),
            octets(configuration.allowsPSKWithoutForwardSecrecy ? ["psk_ke"] : []),
            octets(SessionBinding.describe(configuration.legacyPermission)),
        ]
        var writer = WireWriter()
        for list in facts {
            writer.vector24("list") { items in
                for item in list { items.vector24("item") { $0.bytes(item) } }
            }
        }
        let encoded = try parsing(.clientHello, writer.finish)
        digest = try deriving("hashing what a session is bound to") { () throws(CryptoError) in
            try HashFunction.digest(.sha256, encoded.span)
        }
        isPersistable = verifiesAlike && choosesAlike
    }

    package init(digest: [UInt8], isPersistable: Bool) {
        self.digest = digest
        self.isPersistable = isPersistable
    }

    private static func describe(_ verification: PeerVerification) -> ([String], isPersistable: Bool) {
        switch verification {
        case .standard: (["standard"], true)
        case .additional(_, let identity): (["additional", identity.text], identity.isStable)
        case .takeOver(_, let identity): (["takeOver", identity.text], identity.isStable)
        }
    }

    /// The chains and raw public keys, each after an empty item; or the callback, which is no certificate.
    private static func describe(_ credentials: ClientCredentialSource) -> ([[UInt8]], isPersistable: Bool) {
        switch credentials {
        case .fixed(let credentials): (credentials.flatMap { [[]] + $0.encoded }, true)
        case .callback(_, let identity): (octets(["callback", identity.text]), identity.isStable)
        }
    }

    /// What a permission lets the server prove itself with: a session made with less must not be resumed with more.
    private static func describe(_ permission: LegacyPermission?) -> [String] {
        guard let permission else { return [] }
        return permission.versions.sorted().map(\.description)
            + [
                permission.acceptsMD5Certificates ? "MD5" : "", permission.acceptsSHA1Certificates ? "SHA-1" : "",
                permission.acceptsShortRSAKeys ? "RSA" : "",
            ]
    }

    private static func describe(_ identity: ReferenceIdentity) -> [String] {
        switch identity {
        case .dns(let name): ["dns", "\(name)"]
        case .ip(let address): ["ip", "\(address)"]
        }
    }
}

extension Set<PublicKeyPin> {
    /// The hashes in ascending order: the same for the same set.
    var octets: [[UInt8]] { map(\.sha256).sorted { $0.lexicographicallyPrecedes($1) } }
}

private func octets(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

private func codePoints<Element: RawRepresentable>(_ list: [Element]) -> [[UInt8]] where Element.RawValue == UInt16 {
    list.map { [UInt8(truncatingIfNeeded: $0.rawValue >> 8), UInt8(truncatingIfNeeded: $0.rawValue)] }
}
