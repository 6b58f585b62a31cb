// Syscalls+Vectors.swift — buffers that belong to a program, and how they are moved without waiting.
// POSIX.1-2017 (sendmsg, recvmsg); Linux MSG_DONTWAIT.
// Next: DescriptorQueue.swift.

import Glibc

/// Memory of a program, in pieces, that it leaves alone until the transfer is over.
@safe
package struct ProgramBuffers: @unchecked Sendable {
    private var vectors: [iovec]
    /// The first piece that is not done with.
    private var first = 0
    /// Octets in all pieces together.
    package let total: Int

    /// The caller answers for the memory, until the transfer is over.
    @unsafe
    package init(_ pieces: [UnsafeMutableRawBufferPointer]) {
        unsafe vectors = pieces.map { unsafe iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
        total = unsafe pieces.reduce(0) { $0 + $1.count }
        advance(by: 0)
    }

    /// Whether nothing is left to be moved.
    var isEmpty: Bool { unsafe first == vectors.count }

    /// Octets that were moved.
    mutating func advance(by count: Int) {
        var rest = count
        while unsafe first < vectors.count {
            let length = unsafe vectors[first].iov_len
            if rest < length {
                unsafe vectors[first].iov_base = unsafe vectors[first].iov_base + rest
                unsafe vectors[first].iov_len = length - rest
                return
            }
            rest -= length
            first += 1
        }
    }

    /// Lends what is left in the system's form.
    @unsafe
    fileprivate mutating func withMessage(_ call: (inout msghdr) -> Int) -> Int {
        unsafe vectors.withUnsafeMutableBufferPointer { list in
            let rest = unsafe list[first...]
            let pieces = unsafe UnsafeMutableBufferPointer(rebasing: rest)
            var message = unsafe msghdr()
            unsafe message.msg_iov = pieces.baseAddress
            unsafe message.msg_iovlen = pieces.count
            return unsafe call(&message)
        }
    }
}

extension Descriptor {
    /// A second number for the open file that has `number` now, when that is still the one with `identity`.
    static func copy(of number: Int32, _ identity: FileIdentity) throws(Errno) -> Descriptor {
        let copy = try Descriptor(fcntl(number, F_DUPFD_CLOEXEC, 0))
        guard try copy.fileIdentity() == identity else { throw Errno(EBADF) }
        return copy
    }

    /// Hands over what the system takes now, whatever the descriptor's mode is: that belongs to the program.
    func send(_ buffers: inout ProgramBuffers) throws(Errno) -> IOResult {
        while true {
            let count = unsafe buffers.withMessage { message in
                unsafe sendmsg(number, &message, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                buffers.advance(by: count)
                return .count(count)
            }
            let failure = Errno.current
            switch failure.code {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: throw failure
            }
        }
    }

    /// Reads what is there now, and leaves it there when it is only looked at.
    func receive(_ buffers: inout ProgramBuffers, peeks: Bool) throws(Errno) -> IOResult {
        let flags = Int32(MSG_DONTWAIT) | (peeks ? Int32(MSG_PEEK) : 0)
        while true {
            let count = unsafe buffers.withMessage { message in unsafe recvmsg(number, &message, flags) }
            if count > 0 { return .count(count) }
            if count == 0 { return .endOfFile }
            let failure = Errno.current
            switch failure.code {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: throw failure
            }
        }
    }

    /// Looks whether an octet or the end is there. A read into no room would say that the end is, at all times.
    func look() throws(Errno) -> IOResult {
        while true {
            var octet: UInt8 = 0
            let count = unsafe recv(number, &octet, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK))
            if count > 0 { return .count(count) }
            if count == 0 { return .endOfFile }
            let failure = Errno.current
            switch failure.code {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: throw failure
            }
        }
    }
}

extension Errno {
    static let brokenPipe = Errno(EPIPE)
    static let noBuffers = Errno(ENOBUFS)
}
