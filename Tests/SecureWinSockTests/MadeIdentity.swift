// MadeIdentity.swift — certificates that are made for a test: expired, of nobody, or signed wrong.
// Next: HookReasonTests.swift.

import CSecureWinSock
import Glibc
import SocketProvider

/// A certificate for localhost with its key, and the authority that issued it.
struct MadeIdentity {
    let authority: [UInt8]
    let certificate: [UInt8]
    let key: [UInt8]

    /// - Parameters:
    ///   - days: from when to when it is valid, in days from now; so is the authority, from long before.
    ///   - isBroken: its signature has one octet wrong.
    init(days: ClosedRange<Int64> = -1...1, isBroken: Bool = false) throws {
        func validity(_ days: ClosedRange<Int64>) -> ClosedRange<UnixTime> {
            let now = SystemClock().now().seconds
            return UnixTime(seconds: now + days.lowerBound * 86_400)...UnixTime(seconds: now + days.upperBound * 86_400)
        }
        let authorityKey = try MadePrivateKey(.ec(.p256)).key
        let authority = try CertificateMaker(validity: validity(-1000...1000))
            .makeAuthority(commonName: "an authority", key: authorityKey)
        let made = try MadePrivateKey(.ec(.p256))
        var leaf = try CertificateMaker(validity: validity(days))
            .makeLeaf(names: [.dns("localhost")], key: made.key.publicKey, issuedBy: (authority, authorityKey))
        if isBroken {
            var der = leaf.derEncoded
            der[der.count - 1] ^= 1
            leaf = try Certificate(derEncoded: der)
        }
        self.authority = authority.pemEncoded
        certificate = leaf.pemEncoded
        let pem = made.pem.bytes
        key = pem.indices.map { pem[$0] }
    }

    /// A listener with it.
    func listen() throws -> SecureListener {
        try SecureListener { socket in
            try socket.check("credentials", socket.setCredentials(certificate, key, SSL_TYPE_PEM))
        }
    }
}
