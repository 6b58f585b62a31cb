// GcryptStartup.swift — libgcrypt is started once, in the right order, before anything else is asked of it.
// Next: GcryptError.swift.

import CGcrypt

enum GcryptStartup {
    static func version() throws(CryptoError) -> String { throw .unsupported("start-up") }
}
