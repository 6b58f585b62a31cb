// CertificateMakerTests.swift — what is made can be read, verified and used, by this library and by others.
// RFC 5280 §4.1, §4.2, §6; RFC 5958.
// Next: PrivateKeyFileTests.swift.

import Certificates
import CryptoGlue
import Testing
import WireFormat

@Suite("CertificateMaker")
struct CertificateMakerTests {
    private static let now = UnixTime(seconds: 1_800_000_000)
    private let maker = CertificateMaker(
        validity: UnixTime(seconds: now.seconds - 60)...UnixTime(seconds: now.seconds + 86_400))

    static let kinds: [PrivateKeyKind] = [.ec(.p256), .ec(.p384), .ec(.p521), .ed25519, .ed448, .rsa(bits: 2048)]

    @Test(
        "RFC 5280 §6: a leaf that a made authority issued is valid under it, for keys of every kind", arguments: kinds)
    func validates(_ kind: PrivateKeyKind) throws {
        let authorityKey = try MadePrivateKey(kind).key
        let leafKey = try MadePrivateKey(kind).key
        let authority = try maker.makeAuthority(commonName: "an authority", key: authorityKey)
        let names: [GeneralName] = [.dns("example.test"), .dns("*.example.test"), .ip([192, 0, 2, 7])]
        let leaf = try maker.makeLeaf(names: names, key: leafKey.publicKey, issuedBy: (authority, authorityKey))
        #expect(leaf.version == 3 && leaf.subjectAlternativeName == names && leaf.publicKey == leafKey.publicKey)
        #expect(leaf.issuer == authority.subject && leaf.authorityKeyIdentifier == authority.subjectKeyIdentifier)
        #expect(authority.basicConstraints?.isAuthority == true && leaf.basicConstraints?.isAuthority == false)
        #expect(leaf.extendedKeyUsage == [.serverAuthentication, .clientAuthentication])
        #expect(leaf.notBefore.seconds == Self.now.seconds - 60 && leaf.notAfter.seconds == Self.now.seconds + 86_400)
        #expect(leaf.serialNumber.count == 16 && leaf.serialNumber != authority.serialNumber)
        #expect(authority.keyUsage == [.keyCertSign, .cRLSign])
        if case .rsa = kind {
            #expect(leaf.keyUsage == [.digitalSignature, .keyEncipherment])
        } else {
            #expect(leaf.keyUsage == [.digitalSignature])
        }
        #expect(try validate(leaf, authority).certificates == [leaf, authority])
        // Another authority of the same name has another key.
        let other = try maker.makeAuthority(commonName: "an authority", key: leafKey)
        #expect(throws: CertificateError.self) { try validate(leaf, other) }
    }

    private func validate(_ leaf: Certificate, _ authority: Certificate) throws -> ValidatedPath {
        var log = DecisionLog(isEnabled: false)
        return try PathValidator.validate(
            UnvalidatedPath(leaf: leaf, intermediates: []),
            PathRequest(
                anchors: TrustAnchors([authority]),
                identity: try ReferenceIdentity("x.example.test"), purpose: .serverAuthentication, at: Self.now,
                allowedSignatures: allSchemes), log: &log)
    }

    @Test("RFC 5958 §2: a key that was made is read back from its PEM as the same key", arguments: kinds)
    func readsBack(_ kind: PrivateKeyKind) throws {
        let made = try MadePrivateKey(kind)
        let text = made.pem.bytes
        let file = text.indices.map { text[$0] }
        #expect(String(decoding: file, as: UTF8.self).hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(file.split(separator: 0x0a).allSatisfy { $0.count <= 64 })
        let read = try PrivateKeyFile.parse(pem: file)
        #expect(read.publicKey == made.key.publicKey)
        #expect(try MadePrivateKey(kind).key.publicKey != made.key.publicKey)
    }

    @Test("a certificate is read back from its PEM, whatever its length")
    func pem() throws {
        let key = try MadePrivateKey(.ed25519).key
        for length in 1...60 {
            let authority = try maker.makeAuthority(commonName: String(repeating: "x", count: length), key: key)
            #expect(try Certificate.parse(pem: authority.pemEncoded) == [authority])
        }
    }

    @Test("RFC 5280 §4.1.2.5: dates through 2049 are UTCTime, later ones GeneralizedTime")
    func dates() throws {
        let key = try MadePrivateKey(.ed25519).key
        let first = try #require(UnixTime(year: 2049, month: 12, day: 31, hour: 23, minute: 59, second: 59))
        let last = try #require(UnixTime(year: 2050, month: 1, day: 1))
        let authority = try CertificateMaker(validity: first...last).makeAuthority(commonName: "x", key: key)
        #expect(authority.notBefore == first && authority.notAfter == last)
        #expect(authority.derEncoded.contains(Array("491231235959Z".utf8)))
        #expect(authority.derEncoded.contains(Array("20500101000000Z".utf8)))
    }

    @Test("names of other kinds, no names, and keys of other lengths are refused")
    func refusals() throws {
        let key = try MadePrivateKey(.ed25519).key
        let authority = try maker.makeAuthority(commonName: "x", key: key)
        for names in [[], [.dns("")], [.ip([1])], [.email("a@example.test")], [.dns("é.test")]] as [[GeneralName]] {
            #expect(throws: CertificateError.self) {
                try maker.makeLeaf(names: names, key: key.publicKey, issuedBy: (authority, key))
            }
        }
        for bits in [512, 1024, 2049, 16_384] {
            #expect(throws: CertificateError.self) { _ = try MadePrivateKey(.rsa(bits: bits)) }
        }
    }
}
