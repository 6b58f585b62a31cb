// GcryptExpression.swift — S-expressions, the form in which libgcrypt takes public keys and signatures to verify.
// Private keys never go into one: libgcrypt copies parts of it into ordinary memory and does not wipe them.
// Next: GcryptECDH.swift.

import CGcrypt

/// Builds the canonical form: `(4:data(5:flags3:raw))`.
struct CanonicalExpression {
    private(set) var bytes: [UInt8] = []

    /// A list that starts with `name`.
    mutating func list(_ name: StaticString, _ contents: (inout CanonicalExpression) -> Void) {
        bytes.append(UInt8(ascii: "("))
        text(name)
        contents(&self)
        bytes.append(UInt8(ascii: ")"))
    }

    /// A list of a name and one value. The form has no empty value; such a list holds its name alone.
    mutating func item(_ name: StaticString, _ value: [UInt8]) {
        list(name) { $0.atom(value) }
    }

    mutating func atom(_ value: [UInt8]) {
        guard !value.isEmpty else { return }
        bytes.append(contentsOf: "\(value.count):".utf8)
        bytes.append(contentsOf: value)
    }

    mutating func text(_ value: StaticString) {
        atom(Array("\(value)".utf8))
    }
}

/// A parsed S-expression of public values.
@safe
struct GcryptExpression: ~Copyable {
    private let handle: gcry_sexp_t

    init(_ name: StaticString, _ contents: (inout CanonicalExpression) -> Void) throws(CryptoError) {
        var canonical = CanonicalExpression()
        canonical.list(name, contents)
        try GcryptStartup.version()
        var made: gcry_sexp_t?
        let code = unsafe canonical.bytes.withUnsafeBufferPointer { buffer in
            unsafe gcry_sexp_new(&made, buffer.baseAddress, buffer.count, 0)
        }
        try GcryptError.check(code, "S-expression")
        guard let made = unsafe made else { throw .backend(operation: "S-expression", code: 0) }
        unsafe handle = made
    }

    deinit {
        unsafe gcry_sexp_release(handle)
    }

    /// Throws unless `signature` is this public key's signature over `data`.
    func verify(_ signature: borrowing GcryptExpression, over data: borrowing GcryptExpression) throws(CryptoError) {
        let code = unsafe gcry_pk_verify(signature.handle, data.handle, handle)
        guard code != 0 else { return }
        switch gcry_err_code(code) {
        case GPG_ERR_BROKEN_PUBKEY: throw .invalidKey("a point that is not on its curve")
        case GPG_ERR_ENOMEM: throw .backend(operation: "verify", code: gcry_err_code(code).rawValue)
        // Key and data are well-formed by construction, so what else libgcrypt dislikes is the signature.
        default: throw .badSignature
        }
    }
}
