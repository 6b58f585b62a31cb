// CertificateMaker.swift — certificates to try things out with: an authority, and leaves that it issues.
// RFC 5280 §4.1, §4.2.
// Next: CertificateMaker+Fields.swift.

package import CryptoGlue
import SwiftASN1
package import WireFormat

/// Makes X.509 certificates, version 3, as small as RFC 5280 allows.
///
/// It is meant for tests and for trying a server out: it issues what it is told to and keeps no record of it.
package struct CertificateMaker: Sendable {
    /// The first and the last second in which the certificates are valid.
    package let validity: ClosedRange<UnixTime>
    private let random: any RandomSource

    /// - Parameters:
    ///   - validity: the first and the last second in which the certificates are valid; years 1950 to 9999.
    ///   - random: where serial numbers come from.
    package init(validity: ClosedRange<UnixTime>, random: any RandomSource = SystemRandom()) {
        self.validity = validity
        self.random = random
    }

    /// Makes a certification authority's own certificate, signed by itself.
    ///
    /// - Throws: ``CertificateError`` when the name is empty or the backend fails.
    package func makeAuthority(commonName: String, key: SigningKey) throws(CertificateError) -> Certificate {
        let name = Self.name(commonName)
        return try make(
            subject: name, issuer: name, issuerKeyIdentifier: nil, key: key.publicKey, signer: key,
            [
                CertificateExtension.authority,
                CertificateExtension.keyUsage([.keyCertSign, .cRLSign]),
            ])
    }

    /// Makes a leaf that `authority` issues.
    ///
    /// - Parameters:
    ///   - names: what it certifies: DNS names, wildcards among them, and IP addresses.
    ///   - usages: what for; both TLS roles by default.
    ///   - key: the certified key.
    ///   - authority: the issuer's certificate, and its key.
    /// - Throws: ``CertificateError`` when there is no name, or a name of another kind, or the backend fails.
    package func makeLeaf(
        names: [GeneralName], usages: [ExtendedKeyUsage] = [.serverAuthentication, .clientAuthentication],
        key: PublicKey, issuedBy authority: (certificate: Certificate, key: SigningKey)
    ) throws(CertificateError) -> Certificate {
        let subject = names.lazy.compactMap { if case .dns(let name) = $0 { name } else { nil } }.first
        var usage: KeyUsage = [.digitalSignature]
        // RFC 5246 §7.4.2: static RSA needs it; other keys cannot encipher.
        if case .rsa = key { usage.insert(.keyEncipherment) }
        return try make(
            subject: Self.name(subject ?? "test"), issuer: authority.certificate.subject.derEncoded,
            issuerKeyIdentifier: authority.certificate.subjectKeyIdentifier, key: key, signer: authority.key,
            [
                CertificateExtension.leaf, CertificateExtension.keyUsage(usage),
                CertificateExtension.extendedKeyUsage(usages),
                try CertificateExtension.subjectAlternativeName(names),
            ])
    }

    private func make(
        subject: [UInt8], issuer: [UInt8], issuerKeyIdentifier: [UInt8]?, key: PublicKey, signer: SigningKey,
        _ extensions: [CertificateExtension]
    ) throws(CertificateError) -> Certificate {
        let algorithm = MadeSignatureAlgorithm(signer.publicKey)
        let keyBits = try Self.keyBits(key)
        // RFC 7093 §2, method 1: the first 160 bits of SHA-256 over the key.
        let keyIdentifier = Array(try Fingerprint.sha256(keyBits).prefix(20))
        var extensions = extensions + [.subjectKeyIdentifier(keyIdentifier)]
        if let issuerKeyIdentifier { extensions.append(.authorityKeyIdentifier(issuerKeyIdentifier)) }
        let serial = try serialNumber()
        var signed = DER.Serializer()
        signed.sequence { fields in
            fields.constructed(.context(0)) { $0.value(.integer, [2]) }
            fields.value(.integer, serial)
            algorithm.write(to: &fields)
            fields.serializeRawBytes(issuer)
            fields.sequence { times in
                times.time(validity.lowerBound)
                times.time(validity.upperBound)
            }
            fields.serializeRawBytes(subject)
            Self.writeKey(key, keyBits, to: &fields)
            fields.constructed(.context(3)) { wrapper in
                wrapper.sequence { list in for item in extensions { item.write(to: &list) } }
            }
        }
        let signedBytes = signed.serializedBytes
        let signature: [UInt8]
        do throws(CryptoError) {
            signature = try signer.sign(signedBytes.span, using: algorithm.algorithm)
        } catch {
            throw Self.backend(error)
        }
        var certificate = DER.Serializer()
        certificate.sequence { fields in
            fields.serializeRawBytes(signedBytes)
            algorithm.write(to: &fields)
            fields.value(.bitString, [0] + signature)
        }
        // Reading it checks what was written.
        return try Certificate(derEncoded: certificate.serializedBytes)
    }

    /// RFC 5280 §4.1.2.2: positive, at most 20 octets; CAs draw 64 random bits and more.
    private func serialNumber() throws(CertificateError) -> [UInt8] {
        var serial = [UInt8](repeating: 0, count: 16)
        do throws(CryptoError) {
            var span = serial.mutableSpan
            try random.fill(&span)
        } catch {
            throw Self.backend(error)
        }
        // The highest bit would make it negative; a first octet of zero could be one too many.
        serial[0] = serial[0] & 0x3f | 0x40
        return serial
    }

    private static func backend(_ error: CryptoError) -> CertificateError {
        CertificateError(.backend, subject: "a certificate to make", expected: "a signature", found: "\(error)")
    }
}
