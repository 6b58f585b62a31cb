// GcryptCipher.swift — a cipher of libgcrypt, opened and keyed.
// NIST SP 800-38A; libgcrypt manual, "Working with cipher handles".
// Next: GcryptCBC.swift.

import CGcrypt

enum GcryptCipher {
    /// A handle with its key; the caller closes it.
    static func open(
        _ identifier: Int32, _ mode: Int32, key: Span<UInt8>, _ name: StaticString
    ) throws(CryptoError) -> gcry_cipher_hd_t {
        try GcryptStartup.version()
        var opened: gcry_cipher_hd_t?
        try GcryptError.check(unsafe gcry_cipher_open(&opened, identifier, mode, 0), name)
        guard let opened = unsafe opened else { throw .backend(operation: "\(name)", code: 0) }
        let code = unsafe key.withUnsafeBufferPointer { unsafe gcry_cipher_setkey(opened, $0.baseAddress, $0.count) }
        guard code == 0 else {
            unsafe gcry_cipher_close(opened)
            throw GcryptError.error(code, name)
        }
        return unsafe opened
    }
}
