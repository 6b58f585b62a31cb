// GcryptError.swift — libgcrypt's return codes as CryptoError.
// Next: GcryptRandom.swift.

import CGcrypt

enum GcryptError {
    /// Throws unless `code` is success. `operation` names what was tried, for the report.
    static func check(_ code: gcry_error_t, _ operation: StaticString) throws(CryptoError) {
        guard code == 0 else { throw error(code, operation) }
    }

    /// Out of line, so that the way without an error stays small.
    @inline(never)
    static func error(_ code: gcry_error_t, _ operation: StaticString) -> CryptoError {
        switch gcry_err_code(code) {
        case GPG_ERR_CHECKSUM: .authenticationFailed
        case GPG_ERR_CIPHER_ALGO, GPG_ERR_DIGEST_ALGO, GPG_ERR_UNKNOWN_CURVE: .unsupported("\(operation)")
        default: .backend(operation: "\(operation)", code: gcry_err_code(code).rawValue)
        }
    }
}
