// PrivateKeyFile+Writing.swift — private keys into PEM files: PKCS #8.
// RFC 5958 §2; RFC 8017 App. A.1.2; RFC 5915 §3; RFC 8410 §7.
// Next: ../PrivateKeyFile.swift.

package import CryptoGlue

/// A new private key: ready to sign, and as a file.
package struct MadePrivateKey: ~Copyable, Sendable {
    package let key: SigningKey
    /// PKCS #8 in PEM, not encrypted, `BEGIN PRIVATE KEY`, in wiped storage; a file of it is the caller's to protect.
    package let pem: SecretBytes

    /// Makes a key of this kind.
    ///
    /// - Throws: ``CertificateError`` when the backend fails, or for a length of RSA that it does not make.
    package init(_ kind: PrivateKeyKind, random: any RandomSource = SystemRandom()) throws(CertificateError) {
        var writer = SecretWriter(capacity: PrivateKeyFile.longest)
        let key: SigningKey
        do throws(CryptoError) {
            let material = try PrivateKeyMaterial.generate(kind, random: random)
            key = try PrivateKeyFile.write(material, to: &writer)
        } catch {
            throw CertificateError(
                error.isBackend ? .backend : .privateKey, subject: "a private key to make", expected: "a key",
                found: "\(error)")
        }
        let bytes = writer.bytes
        pem = PEM.text("PRIVATE KEY", bytes)
        self.key = key
    }
}

extension CryptoError {
    fileprivate var isBackend: Bool {
        switch self {
        case .backend, .backendTooOld: true
        default: false
        }
    }
}

extension PrivateKeyFile {
    /// The longest key, RSA with 8192 bits, has less than 5 KiB.
    fileprivate static let longest = 8192

    /// OneAsymmetricKey; and the key that was written.
    fileprivate static func write(
        _ material: consuming PrivateKeyMaterial, to writer: inout SecretWriter
    ) throws(CryptoError) -> SigningKey {
        let key: SigningKey
        switch consume material {
        case .rsa(
            let modulus, let publicExponent, let privateExponent, let prime1, let prime2, let isPSS, let restriction):
            try write(modulus, publicExponent, privateExponent, prime1, prime2, to: &writer)
            writer.header(0x04, since: 0)
            write(.rsaEncryption, parameters: [0x05, 0x00], to: &writer)
            key = try SigningKey(
                .rsa(
                    modulus: modulus, publicExponent: publicExponent, privateExponent: privateExponent, prime1: prime1,
                    prime2: prime2, restrictedToPSS: isPSS, restriction: restriction))
        case .ec(let curve, let scalar):
            writeScalar(curve, scalar, to: &writer)
            key = try SigningKey(.ec(curve, scalar: scalar))
        case .ed25519(let seed):
            writeEdwards(.ed25519, seed, to: &writer)
            key = try SigningKey(.ed25519(seed: seed))
        case .ed448(let seed):
            writeEdwards(.ed448, seed, to: &writer)
            key = try SigningKey(.ed448(seed: seed))
        }
        writer.prepend([0x02, 0x01, 0x00])
        writer.header(0x30, since: 0)
        return key
    }

    /// ECPrivateKey; the algorithm names the curve.
    private static func writeScalar(
        _ curve: EllipticCurve, _ scalar: borrowing SecretBytes, to writer: inout SecretWriter
    ) {
        writer.prepend(scalar.bytes)
        writer.header(0x04, since: 0)
        writer.prepend([0x02, 0x01, 0x01])
        writer.header(0x30, since: 0)
        writer.header(0x04, since: 0)
        let name = ObjectIdentifier(curve).contents
        write(.ecPublicKey, parameters: [0x06, UInt8(truncatingIfNeeded: name.count)] + name, to: &writer)
    }

    private static func writeEdwards(
        _ identifier: ObjectIdentifier, _ seed: borrowing SecretBytes, to writer: inout SecretWriter
    ) {
        writer.prepend(seed.bytes)
        writer.header(0x04, since: 0)
        writer.header(0x04, since: 0)
        write(identifier, parameters: [], to: &writer)
    }

    /// AlgorithmIdentifier.
    private static func write(_ identifier: ObjectIdentifier, parameters: [UInt8], to writer: inout SecretWriter) {
        let end = writer.count
        writer.prepend(parameters)
        let name = identifier.contents
        writer.prepend([0x06, UInt8(truncatingIfNeeded: name.count)] + name)
        writer.header(0x30, since: end)
    }

    /// RSAPrivateKey.
    private static func write(
        _ modulus: [UInt8], _ publicExponent: [UInt8], _ privateExponent: borrowing SecretBytes,
        _ prime1: borrowing SecretBytes, _ prime2: borrowing SecretBytes, to writer: inout SecretWriter
    ) throws(CryptoError) {
        let exponents = try RSAExponents(privateExponent: privateExponent, prime1: prime1, prime2: prime2)
        writer.unsignedInteger(exponents.coefficient.bytes)
        writer.unsignedInteger(exponents.exponent2.bytes)
        writer.unsignedInteger(exponents.exponent1.bytes)
        writer.unsignedInteger(prime2.bytes)
        writer.unsignedInteger(prime1.bytes)
        writer.unsignedInteger(privateExponent.bytes)
        writer.unsignedInteger(publicExponent.span)
        writer.unsignedInteger(modulus.span)
        writer.prepend([0x02, 0x01, 0x00])
        writer.header(0x30, since: 0)
    }
}
