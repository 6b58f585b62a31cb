// PrivateKeyFile.swift — private keys out of PEM and DER files.
// RFC 5958 (PKCS#8), RFC 8017 App. A.1.2 (PKCS#1), RFC 5915 (SEC 1), RFC 8410 §7 (EdDSA).
// Next: CertificateError.swift.

public import CryptoGlue

/// Reads private key files.
///
/// The base64 is decoded into wiped storage and read there; the parts of the key are copied into wiped storage of their
/// own. Nothing secret passes through swift-asn1 or any array, so the one copy left is the caller's: the file
/// itself, which ``parse(file:)`` takes in wiped storage too.
public enum PrivateKeyFile {
    /// Reads the first private key of a PEM file: PKCS#8 (RSA, RSA-PSS, EC, Ed25519, Ed448), PKCS#1 or SEC 1. Blocks of
    /// other kinds, as certificates or EC PARAMETERS, are skipped.
    ///
    /// - Important: `pem` stays the caller's to wipe.
    /// - Throws: ``CertificateError``; an encrypted key breaks the rule `encryptedPrivateKey`. Errors name what is wrong,
    ///   never what was read.
    public static func parse(pem: [UInt8]) throws(CertificateError) -> SigningKey {
        let file = pem.span
        return try parse(pem: file)
    }

    /// Reads a file of either form: DER when it begins like DER and has no BEGIN line, else PEM.
    ///
    ///     let key = try PrivateKeyFile.parse(file: SystemFile.readSecret("key.pem"))
    ///
    /// - Throws: as ``parse(pem:)-([UInt8])`` and ``parse(der:)``.
    public static func parse(file: borrowing SecretBytes) throws(CertificateError) -> SigningKey {
        let bytes = file.bytes
        // Keys are SEQUENCEs; text that happens to begin with a zero has a BEGIN line.
        let isDER = bytes.count > 0 && bytes[0] == 0x30 && PEM.blocks(bytes).isEmpty
        return isDER ? try parse(der: bytes) : try parse(pem: bytes)
    }

    private static func parse(pem file: Span<UInt8>) throws(CertificateError) -> SigningKey {
        for block in PEM.blocks(file) {
            guard block.label == "PRIVATE KEY" || block.label.hasSuffix(" PRIVATE KEY") else { continue }
            // RFC 5958 §3, and RFC 1421's Proc-Type: 4,ENCRYPTED in older files.
            if block.label == "ENCRYPTED PRIVATE KEY" || block.hasHeaders {
                throw CertificateError(
                    .encryptedPrivateKey, subject: subject, expected: "a key in the clear", found: "an encrypted one")
            }
            let secret = try block.decodedSecret(file, subject: subject)
            do { return try signingKey(block.label, secret.bytes) } catch { throw refusal(error) }
        }
        throw CertificateError(.privateKey, subject: subject, expected: "a block BEGIN PRIVATE KEY", found: "none")
    }

    /// Reads one private key in DER, the whole of `der`: PKCS#8, PKCS#1 or SEC 1, told apart by what follows the version.
    ///
    /// - Important: `der` is read in place and stays the caller's to wipe.
    /// - Throws: ``CertificateError``; an encrypted key breaks the rule `encryptedPrivateKey`. Errors name what is wrong,
    ///   never what was read.
    public static func parse(der: Span<UInt8>) throws(CertificateError) -> SigningKey {
        do { return try signingKey(try form(of: der), der) } catch { throw refusal(error) }
    }

    private static let subject = "a private key file"

    private static func refusal(_ fault: Fault) -> CertificateError {
        // The rules of DER are a certificate's elsewhere; here they are the key file's.
        let rule: CertificateError.Rule =
            switch fault.rule {
            case .backend, .encryptedPrivateKey: fault.rule
            default: .privateKey
            }
        return CertificateError(rule, subject: subject, expected: fault.expected, found: fault.found)
    }

    /// The label that a PEM block with these octets would have.
    private static func form(of bytes: Span<UInt8>) throws(Fault) -> String {
        var outer = SecretReader(bytes)
        var fields = SecretReader(try outer.read(0x30, "a private key"))
        // RFC 5958 §3: EncryptedPrivateKeyInfo begins with its algorithm, every key in the clear with a version.
        if fields.nextIs(0x30) {
            throw Fault(.encryptedPrivateKey, expected: "a key in the clear", found: "an encrypted one")
        }
        _ = try fields.version("a version")
        // RFC 5958 §2: the algorithm; RFC 8017 App. A.1.2: the modulus; RFC 5915 §3: the private key.
        if fields.nextIs(0x30) { return "PRIVATE KEY" }
        if fields.nextIs(0x02) { return "RSA PRIVATE KEY" }
        if fields.nextIs(0x04) { return "EC PRIVATE KEY" }
        throw Fault(.privateKey, expected: "PKCS#8, PKCS#1 or SEC 1", found: "a structure of another kind")
    }

    private static func signingKey(_ label: String, _ bytes: Span<UInt8>) throws(Fault) -> SigningKey {
        switch label {
        case "PRIVATE KEY": try makeKey(try pkcs8(bytes))
        case "RSA PRIVATE KEY": try makeKey(try rsa(bytes, isPSS: false, nil))
        case "EC PRIVATE KEY": try makeKey(try ec(bytes, nil))
        default: throw unsupported("a block \(Printable.escaped(label))")
        }
    }

    private static func makeKey(_ material: consuming PrivateKeyMaterial) throws(Fault) -> SigningKey {
        do {
            return try SigningKey(material)
        } catch {
            switch error {
            case .invalidKey(let reason), .unsupported(let reason):
                throw Fault(.privateKey, expected: "a consistent key", found: reason)
            default:
                throw Fault(.backend, expected: "a key", found: "\(error)")
            }
        }
    }

    /// OneAsymmetricKey: version, algorithm, key, then attributes and public key, which say nothing that is needed.
    private static func pkcs8(_ bytes: Span<UInt8>) throws(Fault) -> PrivateKeyMaterial {
        var outer = SecretReader(bytes)
        var fields = SecretReader(try outer.read(0x30, "a PKCS#8 key"))
        try outer.end("the PKCS#8 key")
        guard try fields.version("a version") <= 1 else { throw unsupported("a PKCS#8 version that is not known") }
        let algorithmBytes = try fields.read(0x30, "an algorithm")
        let key = try fields.read(0x04, "a private key")
        if fields.nextIs(0xa0) { _ = try fields.read(0xa0, "attributes") }
        if fields.nextIs(0x81) { _ = try fields.read(0x81, "a public key") }
        try fields.end("the PKCS#8 key")
        let algorithm = try publicPart(algorithmBytes)
        switch algorithm.identifier {
        case .rsaEncryption: return try rsa(key, isPSS: false, nil)
        case .rsaPSS:
            switch try PSSIdentifier(algorithm.parameters) {
            case .unrestricted: return try rsa(key, isPSS: true, nil)
            case .known(let parameters): return try rsa(key, isPSS: true, parameters)
            case .sha1, .other: throw unsupported("an RSASSA-PSS key for a hash other than SHA-256, 384 or 512")
            }
        case .ecPublicKey:
            guard let parameters = algorithm.parameters else { throw unsupported("an elliptic curve without a name") }
            return try ec(key, try parameters.objectIdentifier("a curve"))
        case .ed25519: return .ed25519(seed: try edwards(key, 32, "Ed25519"))
        case .ed448: return .ed448(seed: try edwards(key, 57, "Ed448"))
        default: throw unsupported("a key of algorithm \(algorithm.identifier)")
        }
    }

    /// An AlgorithmIdentifier by its contents. There is nothing secret in it, so swift-asn1 may parse a copy.
    private static func publicPart(_ contents: Span<UInt8>) throws(Fault) -> AlgorithmIdentifier {
        guard contents.count < 0x80 else { throw unsupported("an algorithm with long parameters") }
        var encoded: [UInt8] = [0x30, UInt8(contents.count)]
        for index in contents.indices { encoded.append(contents[index]) }
        return try AlgorithmIdentifier(try StrictDER.parse(encoded[...], "an algorithm"), "an algorithm")
    }

    /// RSAPrivateKey. The last three numbers can be computed from the others, and are.
    private static func rsa(
        _ bytes: Span<UInt8>, isPSS: Bool, _ restriction: PSSParameters?
    ) throws(Fault) -> PrivateKeyMaterial {
        var outer = SecretReader(bytes)
        var fields = SecretReader(try outer.read(0x30, "an RSA key"))
        try outer.end("the RSA key")
        guard try fields.version("a version") == 0 else { throw unsupported("an RSA key of more than two primes") }
        let modulus = array(try fields.unsignedInteger("a modulus"))
        let publicExponent = array(try fields.unsignedInteger("a public exponent"))
        let privateExponent = SecretBytes(copying: try fields.unsignedInteger("a private exponent"))
        let prime1 = SecretBytes(copying: try fields.unsignedInteger("the first prime"))
        let prime2 = SecretBytes(copying: try fields.unsignedInteger("the second prime"))
        _ = try fields.unsignedInteger("the first exponent")
        _ = try fields.unsignedInteger("the second exponent")
        _ = try fields.unsignedInteger("the coefficient")
        try fields.end("the RSA key")
        return .rsa(
            modulus: modulus, publicExponent: publicExponent, privateExponent: privateExponent, prime1: prime1,
            prime2: prime2, restrictedToPSS: isPSS, restriction: restriction)
    }

    /// ECPrivateKey. In PKCS#8 the algorithm names the curve; alone, the field [0] must.
    private static func ec(_ bytes: Span<UInt8>, _ outerCurve: ObjectIdentifier?) throws(Fault) -> PrivateKeyMaterial {
        var outer = SecretReader(bytes)
        var fields = SecretReader(try outer.read(0x30, "an elliptic curve key"))
        try outer.end("the elliptic curve key")
        guard try fields.version("a version") == 1 else { throw unsupported("an ECPrivateKey version other than 1") }
        let scalar = try fields.read(0x04, "a private key")
        var name = outerCurve
        if fields.nextIs(0xa0) {
            var parameters = SecretReader(try fields.read(0xa0, "parameters"))
            guard parameters.nextIs(0x06) else { throw unsupported("an elliptic curve without a name") }
            let inner = try ObjectIdentifier(contents: array(try parameters.read(0x06, "a curve"))[...], "a curve")
            try parameters.end("parameters")
            guard outerCurve == nil || outerCurve == inner else {
                throw Fault(.privateKey, expected: "the same curve inside and outside", found: "two curves")
            }
            name = inner
        }
        if fields.nextIs(0xa1) { _ = try fields.read(0xa1, "a public key") }
        try fields.end("the elliptic curve key")
        guard let name, let curve = SubjectPublicKeyInfo.curve(name) else {
            throw unsupported(name.map { "a key on curve \($0)" } ?? "an elliptic curve without a name")
        }
        // RFC 5915 §3: a fixed length. Some writers leave leading zeros out; none may write more.
        guard scalar.count <= curve.coordinateLength else {
            throw Fault(.privateKey, expected: "\(curve.coordinateLength) bytes", found: "\(scalar.count) bytes")
        }
        var padded = SecretBytes(count: curve.coordinateLength)
        do {
            var span = padded.mutableBytes
            let offset = span.count - scalar.count
            for index in scalar.indices { span[offset + index] = scalar[index] }
        }
        return .ec(curve, scalar: padded)
    }

    /// RFC 8410 §7: CurvePrivateKey, an OCTET STRING inside the OCTET STRING.
    private static func edwards(_ bytes: Span<UInt8>, _ length: Int, _ name: String) throws(Fault) -> SecretBytes {
        var outer = SecretReader(bytes)
        let seed = try outer.read(0x04, "an \(name) key")
        try outer.end("the \(name) key")
        guard seed.count == length else {
            throw Fault(.privateKey, expected: "an \(name) key of \(length) bytes", found: "\(seed.count) bytes")
        }
        return SecretBytes(copying: seed)
    }

    /// A copy of bytes that are not secret.
    private static func array(_ bytes: Span<UInt8>) -> [UInt8] {
        var array: [UInt8] = []
        for index in bytes.indices { array.append(bytes[index]) }
        return array
    }

    private static func unsupported(_ found: String) -> Fault {
        Fault(.privateKey, expected: "RSA, RSA-PSS, P-256, P-384, P-521, Ed25519 or Ed448", found: found)
    }
}
