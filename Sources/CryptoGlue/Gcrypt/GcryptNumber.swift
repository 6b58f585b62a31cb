// GcryptNumber.swift — one libgcrypt big integer with an owner; secret ones live in secure memory.
// Next: GcryptCurve.swift.

import CGcrypt
import Glibc

/// A non-negative big integer. libgcrypt wipes its limbs when it is released.
///
/// "Secret" marks the number for libgcrypt: its limbs and the temporaries derived from it come from secure memory, and
/// exponentiation and scalar multiplication take their constant-sequence paths.
@safe
struct GcryptNumber: ~Copyable {
    let handle: gcry_mpi_t

    private init(taking handle: gcry_mpi_t) {
        unsafe self.handle = handle
    }

    deinit {
        unsafe gcry_mpi_release(handle)
    }

    /// Zero, public, as a place for results.
    init() throws(CryptoError) {
        guard let made = unsafe gcry_mpi_new(0) else { throw .backend(operation: "number", code: 0) }
        unsafe handle = made
    }

    /// Zero, secret, as a place for results of up to `bits` bits.
    init(secretBits bits: Int) throws(CryptoError) {
        guard let made = unsafe gcry_mpi_snew(UInt32(bits)) else { throw .backend(operation: "number", code: 0) }
        unsafe handle = made
    }

    /// A small public number.
    init(_ value: UInt) throws(CryptoError) {
        guard let made = unsafe gcry_mpi_set_ui(nil, value) else { throw .backend(operation: "number", code: 0) }
        unsafe handle = made
    }

    /// A public number from big-endian bytes.
    init(_ bytes: Span<UInt8>) throws(CryptoError) {
        var made: gcry_mpi_t?
        let code = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe gcry_mpi_scan(&made, GCRYMPI_FMT_USG, buffer.baseAddress, buffer.count, nil)
        }
        try GcryptError.check(code, "number")
        guard let made = unsafe made else { throw .backend(operation: "number", code: 0) }
        unsafe handle = made
    }

    /// Bytes that libgcrypt reads as an encoded point, not as a number.
    init(opaque bytes: [UInt8]) throws(CryptoError) {
        let made = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe gcry_mpi_set_opaque_copy(nil, buffer.baseAddress, UInt32(buffer.count) * 8)
        }
        guard let made = unsafe made else { throw .backend(operation: "number", code: 0) }
        unsafe handle = made
    }

    /// A public number from hexadecimal digits.
    init(hexadecimal digits: StaticString) throws(CryptoError) {
        var made: gcry_mpi_t?
        let code = digits.withUTF8Buffer { buffer in
            // A StaticString ends with a zero byte, which ends the digits for libgcrypt.
            unsafe gcry_mpi_scan(&made, GCRYMPI_FMT_HEX, buffer.baseAddress, 0, nil)
        }
        try GcryptError.check(code, "number")
        guard let made = unsafe made else { throw .backend(operation: "number", code: 0) }
        unsafe handle = made
    }

    /// A secret number from big-endian bytes.
    init(secret bytes: borrowing SecretBytes) throws(CryptoError) {
        try self.init(secret: bytes.bytes)
    }

    /// A secret number from big-endian bytes.
    init(secret bytes: Span<UInt8>) throws(CryptoError) {
        // Scanned from secure memory, a number is in secure memory.
        let count = bytes.count
        guard let block = unsafe gcry_malloc_secure(max(count, 1)) else {
            throw .backend(operation: "secure memory", code: 0)
        }
        defer {
            unsafe explicit_bzero(block, count)
            unsafe gcry_free(block)
        }
        var made: gcry_mpi_t?
        let code = unsafe bytes.withUnsafeBufferPointer { buffer in
            if let source = buffer.baseAddress { unsafe memcpy(block, source, count) }
            return unsafe gcry_mpi_scan(&made, GCRYMPI_FMT_USG, block, count, nil)
        }
        try GcryptError.check(code, "number")
        guard let made = unsafe made else { throw .backend(operation: "number", code: 0) }
        unsafe handle = made
        markSecret()
    }

    /// A number libgcrypt has just made and hands over.
    static func taking(_ handle: gcry_mpi_t?, _ operation: StaticString) throws(CryptoError) -> GcryptNumber {
        guard let handle = unsafe handle else { throw .backend(operation: "\(operation)", code: 0) }
        return unsafe GcryptNumber(taking: handle)
    }

    /// Moves the number into secure memory unless it is there.
    ///
    /// Also where the application has switched secure memory off, for the mark chooses the constant-sequence paths.
    /// libgcrypt refuses the mark on zero with an assertion, so zero stays as it is.
    func markSecret() {
        if unsafe gcry_mpi_cmp_ui(handle, 0) != 0 { unsafe gcry_mpi_set_flag(handle, GCRYMPI_FLAG_SECURE) }
    }

    var isZero: Bool { unsafe gcry_mpi_cmp_ui(handle, 0) == 0 }

    var bitCount: Int { Int(unsafe gcry_mpi_get_nbits(handle)) }

    func isEqual(to other: borrowing GcryptNumber) -> Bool {
        unsafe gcry_mpi_cmp(handle, other.handle) == 0
    }

    /// The number as exactly `length` big-endian bytes, public.
    func bytes(_ length: Int) throws(CryptoError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: length)
        var target = result.mutableSpan
        try write(to: &target)
        return result
    }

    /// The number as exactly `length` big-endian bytes, secret.
    func secretBytes(_ length: Int) throws(CryptoError) -> SecretBytes {
        // Printing goes through a temporary that is in secure memory only if the number is.
        markSecret()
        var result = SecretBytes(count: length)
        var target = result.mutableBytes
        try write(to: &target)
        return result
    }

    /// Fills all of `target`, big-endian with leading zeros.
    func write(to target: inout MutableSpan<UInt8>) throws(CryptoError) {
        let length = (bitCount + 7) / 8
        guard length <= target.count else { throw .lengthOutOfRange("number of \(length) bytes") }
        let handle = unsafe self.handle
        let code: gcry_error_t = unsafe target.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            let start = buffer.count - length
            unsafe memset(base, 0, start)
            return unsafe gcry_mpi_print(GCRYMPI_FMT_USG, base + start, length, nil, handle)
        }
        try GcryptError.check(code, "number")
    }
}

/// Arithmetic on numbers. The result is secret where an operand is.
extension GcryptNumber {
    /// self = base ^ exponent mod modulus, for a modulus that is not zero.
    func setPower(
        _ base: borrowing GcryptNumber, _ exponent: borrowing GcryptNumber, modulus: borrowing GcryptNumber
    ) {
        unsafe gcry_mpi_powm(handle, base.handle, exponent.handle, modulus.handle)
    }

    /// self = a × b mod modulus.
    func setProduct(_ a: borrowing GcryptNumber, _ b: borrowing GcryptNumber, modulus: borrowing GcryptNumber) {
        unsafe gcry_mpi_mulm(handle, a.handle, b.handle, modulus.handle)
    }

    /// self = a × b.
    func setProduct(_ a: borrowing GcryptNumber, _ b: borrowing GcryptNumber) {
        unsafe gcry_mpi_mul(handle, a.handle, b.handle)
    }

    /// self = a + b mod modulus.
    func setSum(_ a: borrowing GcryptNumber, _ b: borrowing GcryptNumber, modulus: borrowing GcryptNumber) {
        unsafe gcry_mpi_addm(handle, a.handle, b.handle, modulus.handle)
    }

    /// self = a + b.
    func setSum(_ a: borrowing GcryptNumber, _ b: borrowing GcryptNumber) {
        unsafe gcry_mpi_add(handle, a.handle, b.handle)
    }

    /// self = a − b mod modulus.
    func setDifference(_ a: borrowing GcryptNumber, _ b: borrowing GcryptNumber, modulus: borrowing GcryptNumber) {
        unsafe gcry_mpi_subm(handle, a.handle, b.handle, modulus.handle)
    }

    /// self = a − small, for a ≥ small.
    func setDifference(_ a: borrowing GcryptNumber, _ small: UInt) {
        unsafe gcry_mpi_sub_ui(handle, a.handle, small)
    }

    /// self = a mod modulus.
    func setRemainder(_ a: borrowing GcryptNumber, modulus: borrowing GcryptNumber) {
        unsafe gcry_mpi_mod(handle, a.handle, modulus.handle)
    }

    /// self = a⁻¹ mod modulus; false when there is none. Constant-time for an odd modulus.
    func setInverse(_ a: borrowing GcryptNumber, modulus: borrowing GcryptNumber) -> Bool {
        unsafe gcry_mpi_invm(handle, a.handle, modulus.handle) != 0
    }

    func isBitSet(_ index: Int) -> Bool {
        unsafe gcry_mpi_test_bit(handle, UInt32(index)) != 0
    }

    func setBit(_ index: Int) {
        unsafe gcry_mpi_set_bit(handle, UInt32(index))
    }
}
