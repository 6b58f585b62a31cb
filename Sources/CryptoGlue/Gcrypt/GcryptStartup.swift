// GcryptStartup.swift — libgcrypt is started once, in the right order, before anything else is asked of it.
// The order is libgcrypt's: random generator, version check, secure memory, "finished".
// Next: GcryptError.swift.

import CGcrypt

/// The process-wide start of libgcrypt, the only global state of this module.
///
/// A Swift static is initialised once, whichever thread comes first; the others wait for it.
package enum GcryptStartup {
    /// The oldest version that has every call used here. The version string does not show distribution patches: Debian's
    /// package must be 1.10.1-3+deb12u1 or later for its fix of the decoding of Montgomery points.
    package static let requiredVersion = "1.10.1"

    /// Secure memory: locked, wiped when freed. Private numbers are there only while an operation runs, so this holds
    /// dozens of operations at once; beyond it libgcrypt adds pools of the same size, unlocked but wiped.
    private static let secureMemorySize: Int32 = 65_536

    private static let outcome: Result<String, CryptoError> = {
        do throws(CryptoError) {
            return .success(try start())
        } catch {
            return .failure(error)
        }
    }()

    /// Starts libgcrypt unless that has been done, and returns its version. Every entry into libgcrypt passes here.
    @discardableResult
    static func version() throws(CryptoError) -> String {
        try outcome.get()
    }

    private static func start() throws(CryptoError) -> String {
        // An application, or another library, may have started libgcrypt before; its choices then stand.
        let isFirst = shim_gcry_control(GCRYCTL_ANY_INITIALIZATION_P) == 0
        if isFirst {
            // Before the version check, which fixes the generator: the operating system's, asked anew for each draw. The
            // default one keeps a pool under one lock that every handle opened would poll.
            _ = shim_gcry_control_int(GCRYCTL_SET_PREFERRED_RNG_TYPE, Int32(GCRY_RNG_TYPE_SYSTEM.rawValue))
        }
        let version = try check(required: requiredVersion)
        // Without this an exhausted pool would make libgcrypt fail inside operations that cannot report it.
        _ = shim_gcry_control_int(GCRYCTL_AUTO_EXPAND_SECMEM, secureMemorySize)
        if isFirst {
            // A library must neither write to standard error nor change the process's user.
            _ = shim_gcry_control(GCRYCTL_DISABLE_SECMEM_WARN)
            _ = shim_gcry_control(GCRYCTL_DISABLE_PRIV_DROP)
            // The result only says whether the pool could be locked; where it cannot, it is still wiped.
            _ = shim_gcry_control_int(GCRYCTL_INIT_SECMEM, secureMemorySize)
            _ = shim_gcry_control(GCRYCTL_INITIALIZATION_FINISHED)
        }
        return version
    }

    /// Returns the version of the libgcrypt that is loaded.
    ///
    /// - Throws: ``CryptoError/backendTooOld(found:required:)`` when it is older than `required`.
    package static func check(required: String) throws(CryptoError) -> String {
        let isRecentEnough = unsafe gcry_check_version(required) != nil
        let found = unsafe gcry_check_version(nil).map { unsafe String(cString: $0) } ?? "unknown"
        guard isRecentEnough else { throw .backendTooOld(found: found, required: required) }
        return found
    }
}
