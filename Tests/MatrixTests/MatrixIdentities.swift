// MatrixIdentities.swift — the certificates of the matrix: an authority, and a leaf for each kind of key.
// RFC 5280 §4; RFC 4055 §1.2.
// Next: MatrixTests.swift.

import Certificates
import CryptoGlue
import Foundation
import TLS
import TestSupport
import Testing

/// An authority, and under it a leaf for each kind of key.
struct MatrixIdentities: Sendable {
    let trust: TrustAnchors
    private let leaves: [MatrixKey: (certificate: Certificate, key: SigningKey)]

    init() throws {
        let day: Int64 = 86_400
        let now = FixedClock().now().seconds
        let maker = CertificateMaker(
            validity: UnixTime(seconds: now - day)...UnixTime(seconds: now + 30 * day))
        let authorityKey = try MadePrivateKey(.ec(.p256)).key
        let authority = try maker.makeAuthority(commonName: "Matrix CA", key: authorityKey)
        trust = TrustAnchors([authority])
        var leaves: [MatrixKey: (certificate: Certificate, key: SigningKey)] = [:]
        for kind in MatrixKey.allCases {
            let key = try MatrixIdentities.key(kind)
            let leaf = try maker.makeLeaf(
                names: [.dns("localhost")], key: key.publicKey, issuedBy: (authority, authorityKey))
            leaves[kind] = (leaf, key)
        }
        self.leaves = leaves
    }

    private static func key(_ kind: MatrixKey) throws -> SigningKey {
        switch kind {
        // Making one takes a second.
        case .rsa: try TestIdentity.serverRSA().key
        case .rsaPSS: try rsaPSS()
        case .p256: try MadePrivateKey(.ec(.p256)).key
        case .p384: try MadePrivateKey(.ec(.p384)).key
        case .p521: try MadePrivateKey(.ec(.p521)).key
        case .ed25519: try MadePrivateKey(.ed25519).key
        case .ed448: try MadePrivateKey(.ed448).key
        }
    }

    /// The RSA key of the tests as one for RSASSA-PSS alone: the algorithm of its PKCS #8 file is another (RFC 4055 §1.2).
    private static func rsaPSS() throws -> SigningKey {
        var file = try TestCertificates.octets(ofKey: "server-rsa2048")
        let anything: [UInt8] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0]
        let alone: [UInt8] = [0x30, 11, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 10]
        let found = try #require(file.firstRange(of: anything))
        file.replaceSubrange(found, with: alone)
        // A SEQUENCE with a length of two octets is around it all.
        let length = Int(file[2]) << 8 + Int(file[3]) - (anything.count - alone.count)
        file.replaceSubrange(2..<4, with: [UInt8(length >> 8), UInt8(truncatingIfNeeded: length)])
        let text = Data(file).base64EncodedString(options: .lineLength64Characters)
        return try PrivateKeyFile.parse(
            pem: Array("-----BEGIN PRIVATE KEY-----\n\(text)\n-----END PRIVATE KEY-----\n".utf8))
    }

    func certificate(_ kind: MatrixKey) throws -> Certificate { try #require(leaves[kind]).certificate }

    func key(of kind: MatrixKey) throws -> SigningKey { try #require(leaves[kind]).key }

    /// - Parameter isExternal: the key is not in the credential: the connection asks for signatures.
    func credential(_ kind: MatrixKey, isExternal: Bool) throws -> Credential {
        let leaf = try #require(leaves[kind])
        guard isExternal else { return try Credential(certificates: [leaf.certificate], key: leaf.key) }
        let schemes = try TestClient.configuration().signatureSchemes + [.rsaPKCS1SHA256]
        return try Credential(certificates: [leaf.certificate], externalSchemes: schemes)
    }
}
