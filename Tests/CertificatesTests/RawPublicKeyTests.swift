// RawPublicKeyTests.swift — keys without certificates: their form, their size, their pin.
// RFC 7250 §3; RFC 5280 §4.1.2.7.

import Certificates
import CryptoGlue
import TestSupport
import Testing
import WireFormat

@Suite("RawPublicKey")
struct RawPublicKeyTests {
    @Test("The key of a certificate, and the same made from the key, have the certificate's pin")
    func sameAsInCertificate() throws {
        for identity in [
            try TestIdentity.serverP256(), try .serverP384(), try .serverRSA(), try .serverEd25519(),
        ] {
            let certificate = try #require(identity.certificates.first)
            let key = try RawPublicKey(derEncoded: certificate.subjectPublicKeyInfo)
            #expect(key.publicKey == certificate.publicKey)
            #expect(key.derEncoded == certificate.subjectPublicKeyInfo)
            #expect(key.pin == (try PublicKeyPin(of: certificate)))
            #expect(try RawPublicKey(certificate.publicKey) == key)
            #expect(key.description == "raw public key \(key.pin)")
        }
    }

    @Test("RFC 5280 §4.1.2.7: every octet that is cut off or added is noticed")
    func strict() throws {
        let der = try #require(try TestIdentity.serverEd25519().certificates.first).subjectPublicKeyInfo
        for count in der.indices {
            #expect(throws: CertificateError.self) { try RawPublicKey(derEncoded: Array(der[..<count])) }
        }
        #expect(throws: CertificateError.self) { try RawPublicKey(derEncoded: der + [0]) }
        let error = #expect(throws: CertificateError.self) {
            try RawPublicKey(derEncoded: [UInt8](repeating: 0x30, count: 65_537))
        }
        #expect(error?.rule == .parsingLimit)
    }

    @Test("RFC 9325 §4.5: RSA keys have 2048 to 8192 bits", arguments: [1024, 2040, 2048, 8192, 8200])
    func sizes(_ bits: Int) throws {
        let key = PublicKey.rsa(
            modulus: [UInt8](repeating: 0xff, count: bits / 8), publicExponent: [1, 0, 1])
        if (2048...8192).contains(bits) {
            #expect(try RawPublicKey(key).publicKey == key)
        } else {
            let error = #expect(throws: CertificateError.self) { try RawPublicKey(key) }
            #expect(error?.rule == .keySize)
            #expect(error?.alert == .badCertificate)
        }
    }
}
