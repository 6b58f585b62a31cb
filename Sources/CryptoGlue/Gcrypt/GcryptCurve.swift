// GcryptCurve.swift — libgcrypt's curve contexts and points with owners.
// Next: GcryptECDH.swift.

import CGcrypt

/// The parameters of one curve and libgcrypt's scratch numbers for it; made for one operation, used by one thread.
@safe
struct GcryptCurve: ~Copyable {
    private let handle: gcry_ctx_t

    init(_ name: StaticString) throws(CryptoError) {
        try GcryptStartup.version()
        var made: gcry_ctx_t?
        let code = name.withUTF8Buffer { buffer in
            // A StaticString ends with a zero byte.
            unsafe buffer.withMemoryRebound(to: CChar.self) { unsafe gcry_mpi_ec_new(&made, nil, $0.baseAddress) }
        }
        try GcryptError.check(code, "curve")
        guard let made = unsafe made else { throw .backend(operation: "curve", code: 0) }
        unsafe handle = made
    }

    deinit {
        unsafe gcry_ctx_release(handle)
    }

    /// The order of the generator.
    func order() throws(CryptoError) -> GcryptNumber {
        try unsafe GcryptNumber.taking(gcry_mpi_ec_get_mpi("n", handle, 1), "curve order")
    }

    /// The prime of the field.
    func prime() throws(CryptoError) -> GcryptNumber {
        try unsafe GcryptNumber.taking(gcry_mpi_ec_get_mpi("p", handle, 1), "curve prime")
    }

    func generator() throws(CryptoError) -> GcryptPoint {
        try unsafe GcryptPoint.taking(gcry_mpi_ec_get_point("g", handle, 1))
    }

    /// scalar × point. With a scalar marked secret libgcrypt takes the path with a fixed sequence of steps.
    func multiply(
        _ point: borrowing GcryptPoint, by scalar: borrowing GcryptNumber
    ) throws(CryptoError) -> GcryptPoint {
        let product = try GcryptPoint()
        unsafe gcry_mpi_ec_mul(product.handle, scalar.handle, point.handle, handle)
        return product
    }

    /// Whether the coordinates are in range and satisfy the equation of the curve; false for the point at infinity.
    /// For NIST curves only: on an Edwards curve libgcrypt ends the process when a coordinate is small.
    func contains(_ point: borrowing GcryptPoint) -> Bool {
        unsafe gcry_mpi_ec_curve_point(point.handle, handle) != 0
    }

    /// Puts the point with this encoding, which is the curve's own (RFC 8032 for the Edwards curves), into `point`; false
    /// when there is none.
    func decode(_ encoded: [UInt8], into point: borrowing GcryptPoint) throws(CryptoError) -> Bool {
        let opaque = try GcryptNumber(opaque: encoded)
        let code = unsafe gcry_mpi_ec_decode_point(point.handle, opaque.handle, handle)
        switch gcry_err_code(code) {
        case GPG_ERR_NO_ERROR: return true
        case GPG_ERR_ENOMEM: throw GcryptError.error(code, "decoding a point")
        default: return false
        }
    }

    /// The length of the shorter affine coordinate in bits; 0 for the point at infinity.
    func coordinateBits(of point: borrowing GcryptPoint) throws(CryptoError) -> Int {
        let x = try GcryptNumber()
        let y = try GcryptNumber()
        let isFinite = affine(point, x: x, y: y)
        return isFinite ? min(x.bitCount, y.bitCount) : 0
    }

    /// Writes the affine coordinates to `x` and `y`; false for the point at infinity.
    func affine(_ point: borrowing GcryptPoint, x: borrowing GcryptNumber, y: borrowing GcryptNumber) -> Bool {
        unsafe gcry_mpi_ec_get_affine(x.handle, y.handle, point.handle, handle) == 0
    }

    /// Writes the affine x coordinate, the only one a Montgomery curve has; false for the point at infinity.
    func affine(_ point: borrowing GcryptPoint, x: borrowing GcryptNumber) -> Bool {
        unsafe gcry_mpi_ec_get_affine(x.handle, nil, point.handle, handle) == 0
    }
}

/// A point in projective coordinates. libgcrypt wipes its limbs when it is released.
@safe
struct GcryptPoint: ~Copyable {
    let handle: gcry_mpi_point_t

    private init(taking handle: gcry_mpi_point_t) {
        unsafe self.handle = handle
    }

    deinit {
        unsafe gcry_mpi_point_release(handle)
    }

    /// A place for results.
    init() throws(CryptoError) {
        guard let made = unsafe gcry_mpi_point_new(0) else { throw .backend(operation: "point", code: 0) }
        unsafe handle = made
    }

    /// The point with these affine coordinates; whether it is on a curve is not looked at.
    init(x: borrowing GcryptNumber, y: borrowing GcryptNumber) throws(CryptoError) {
        let one = try GcryptNumber(1)
        guard let made = unsafe gcry_mpi_point_set(nil, x.handle, y.handle, one.handle) else {
            throw .backend(operation: "point", code: 0)
        }
        unsafe handle = made
    }

    static func taking(_ handle: gcry_mpi_point_t?) throws(CryptoError) -> GcryptPoint {
        guard let handle = unsafe handle else { throw .backend(operation: "point", code: 0) }
        return unsafe GcryptPoint(taking: handle)
    }
}
