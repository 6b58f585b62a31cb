// SecretBytes.swift — secret bytes in one heap block that is wiped when its owner is done.
// RFC 8446 App. C: secrets are not left behind in memory.
// Next: ConstantTime.swift.

/// Secret bytes: moved, never copied by accident, and wiped at the end of their life.
///
/// The bytes are on the heap, because a move of an inline value would leave its old bytes behind. Printing a value shows
/// its length only. A value may be sent to another task; reading it from several at once is safe.
@safe
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let storage: UnsafeMutableBufferPointer<UInt8>

    /// Makes `count` zero bytes; a negative count makes none.
    public init(count: Int) {
        unsafe storage = .allocate(capacity: max(count, 0))
        unsafe storage.initialize(repeating: 0)
    }

    /// Copies `bytes`. The caller wipes the original.
    public init(copying bytes: Span<UInt8>) {
        unsafe storage = .allocate(capacity: bytes.count)
        unsafe bytes.withUnsafeBufferPointer { source in
            _ = unsafe storage.initialize(from: source)
        }
    }

    deinit {
        unsafe Wipe.erase(storage)
        unsafe storage.deallocate()
    }

    /// How many bytes there are.
    public var count: Int { unsafe storage.count }

    /// The bytes, for reading.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self) get {
            unsafe _overrideLifetime(Span(_unsafeElements: UnsafeBufferPointer(storage)), borrowing: self)
        }
    }

    /// The bytes, for writing.
    public var mutableBytes: MutableSpan<UInt8> {
        @_lifetime(&self) mutating get {
            unsafe _overrideLifetime(MutableSpan(_unsafeElements: storage), mutating: &self)
        }
    }

    /// A second owner of the same bytes, with a block of its own.
    public func copy() -> SecretBytes {
        SecretBytes(copying: bytes)
    }
}
