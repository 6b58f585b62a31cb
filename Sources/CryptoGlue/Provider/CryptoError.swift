// CryptoError.swift — everything that can go wrong in cryptography, as one typed error.
// RFC 8446 §6.2: the callers map each case to its alert.
// Next: CryptoProvider.swift.

public import WireFormat

/// Why a cryptographic operation failed. No case ever carries a secret.
public enum CryptoError: Error, Equatable, Sendable {
    /// An AEAD tag does not match. What followed the header in the buffer is already wiped.
    case authenticationFailed
    /// The signature is not one that this key made over this message, or is not encoded as its algorithm demands.
    case badSignature
    /// A peer's key share has the wrong length, is not on the curve, is the point at infinity, has low order, is out
    /// of range, or leads to an all-zero shared secret.
    case invalidPeerShare(NamedGroup)
    /// A peer's Diffie-Hellman value of TLS 1.2 is not between 1 and p - 1.
    case invalidDHShare(DHGroup)
    /// A public or private key breaks its rules; the text says which.
    case invalidKey(String)
    /// The backend lacks the algorithm, or the algorithm does not fit the key; the text says which.
    case unsupported(String)
    /// A length is outside what the algorithm allows; the text says which.
    case lengthOutOfRange(String)
    /// The installed backend is older than the oldest version this library works with.
    case backendTooOld(found: String, required: String)
    /// The backend refused an operation: which, and the backend's error code without its source part.
    case backend(operation: String, code: UInt32)
}
