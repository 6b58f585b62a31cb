// Transfer.swift — send, recv, WSASend, WSARecv, shutdown, closesocket, ioctlsocket.
// Windows Sockets 2 API.
// Next: Select.swift.

// The functions have the names of WinSock.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSecureWinSock
import Glibc
import SocketProvider
import Synchronization

// A secure socket's descriptor is one end of a pair, so the system's own calls move its data, and no table is looked at unless
// one of them fails: what failed then is known by the connection. A mark tells which sockets are not connected yet.

@c @implementation
public func securewinsock_send(_ s: SOCKET, _ buf: UnsafePointer<CChar>?, _ len: Int32, _ flags: Int32) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        // Urgent data has no meaning in a protected stream, and peeking none in sending.
        guard flags == 0 else { throw WinsockError(WSAEOPNOTSUPP) }
        guard len >= 0 else { throw WinsockError(WSAEINVAL) }
        guard unsafe buf != nil || len == 0 else { throw WinsockError(WSAEFAULT) }
        return try transferred(s) { unsafe Glibc.send(s, buf, Int(len), sendFlags) }
    }
}

@c @implementation
public func securewinsock_recv(
    _ s: SOCKET, _ buf: UnsafeMutablePointer<CChar>?, _ len: Int32, _ flags: Int32
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        let peek = Int32(MSG_PEEK)
        let all = Int32(MSG_WAITALL)
        guard flags & ~(peek | all) == 0 else { throw WinsockError(WSAEOPNOTSUPP) }
        guard len >= 0 else { throw WinsockError(WSAEINVAL) }
        guard unsafe buf != nil || len == 0 else { throw WinsockError(WSAEFAULT) }
        return try transferred(s) { unsafe Glibc.recv(s, buf, Int(len), flags) }
    }
}

@c @implementation
public func WSASend(
    _ s: SOCKET, _ lpBuffers: UnsafeMutablePointer<WSABUF>?, _ dwBufferCount: DWORD,
    _ lpNumberOfBytesSent: UnsafeMutablePointer<DWORD>?, _ dwFlags: DWORD,
    _ lpOverlapped: UnsafeMutablePointer<WSAOVERLAPPED>?,
    _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard dwFlags == 0 else { throw WinsockError(WSAEOPNOTSUPP) }
        if let request = try unsafe OverlappedRequest(lpOverlapped, lpCompletionRoutine) {
            let buffers = try unsafe programBuffers(lpBuffers, dwBufferCount)
            let count = try request.begin(.send, on: s, buffers)
            unsafe lpNumberOfBytesSent?.pointee = count
            return 0
        }
        let count = try unsafe withVectors(lpBuffers, dwBufferCount) { message throws(WinsockError) in
            try transferred(s) { unsafe sendmsg(s, &message, sendFlags) }
        }
        unsafe lpNumberOfBytesSent?.pointee = DWORD(count)
        return 0
    }
}

@c @implementation
public func WSARecv(
    _ s: SOCKET, _ lpBuffers: UnsafeMutablePointer<WSABUF>?, _ dwBufferCount: DWORD,
    _ lpNumberOfBytesRecvd: UnsafeMutablePointer<DWORD>?, _ lpFlags: UnsafeMutablePointer<DWORD>?,
    _ lpOverlapped: UnsafeMutablePointer<WSAOVERLAPPED>?,
    _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        let flags = Int32(bitPattern: unsafe lpFlags?.pointee ?? 0)
        guard flags & ~Int32(MSG_PEEK) == 0 else { throw WinsockError(WSAEOPNOTSUPP) }
        if let request = try unsafe OverlappedRequest(lpOverlapped, lpCompletionRoutine) {
            let buffers = try unsafe programBuffers(lpBuffers, dwBufferCount)
            let count = try request.begin(.receive, on: s, buffers, peeks: flags != 0)
            unsafe lpNumberOfBytesRecvd?.pointee = count
            unsafe lpFlags?.pointee = 0
            return 0
        }
        let count = try unsafe withVectors(lpBuffers, dwBufferCount) { message throws(WinsockError) in
            try transferred(s) { unsafe recvmsg(s, &message, flags) }
        }
        unsafe lpNumberOfBytesRecvd?.pointee = DWORD(count)
        unsafe lpFlags?.pointee = 0
        return 0
    }
}

private let sendFlags = Int32(MSG_NOSIGNAL)

/// Calls the system, again when a signal came in between; what a failure means, the connection knows.
private func transferred(_ s: SOCKET, _ call: () -> Int) throws(WinsockError) -> Int32 {
    try UnconnectedSockets.check(s)
    while true {
        let count = call()
        if count > 0 { return Int32(clamping: count) }
        if count == 0 {
            // A connection that was cut off is no end of data.
            if let failure = SocketTable.find(s)?.failure { throw WinsockError(failure) }
            return 0
        }
        let code = errno
        switch code {
        case EINTR: continue
        // A descriptor that blocks gives up after its SO_RCVTIMEO or SO_SNDTIMEO.
        case EAGAIN: throw WinsockError(fcntl(s, F_GETFL) & O_NONBLOCK != 0 ? WSAEWOULDBLOCK : WSAETIMEDOUT)
        default: throw SocketTable.find(s)?.failure.map { WinsockError($0) } ?? WinsockError(errno: code)
        }
    }
}

/// The program's buffers, once they are known to be somewhere.
@unsafe
private func pieces(
    _ buffers: UnsafeMutablePointer<WSABUF>?, _ count: DWORD
) throws(WinsockError) -> [UnsafeMutableRawBufferPointer] {
    guard let buffers = unsafe buffers else { throw WinsockError(WSAEFAULT) }
    // The system takes no more in one call (IOV_MAX).
    guard (1...1024).contains(count) else { throw WinsockError(WSAEINVAL) }
    var pieces = unsafe [UnsafeMutableRawBufferPointer]()
    for index in 0..<Int(count) {
        let buffer = unsafe buffers[index]
        guard unsafe buffer.buf != nil || buffer.len == 0 else { throw WinsockError(WSAEFAULT) }
        unsafe pieces.append(UnsafeMutableRawBufferPointer(start: buffer.buf, count: Int(buffer.len)))
    }
    return unsafe pieces
}

/// The buffers of an overlapped transfer.
@unsafe
private func programBuffers(
    _ buffers: UnsafeMutablePointer<WSABUF>?, _ count: DWORD
) throws(WinsockError) -> ProgramBuffers {
    let buffers = unsafe ProgramBuffers(try pieces(buffers, count))
    // How much was moved is told in 32 bits.
    guard buffers.total <= DWORD.max else { throw WinsockError(WSAEMSGSIZE) }
    return buffers
}

/// Lends the program's buffers in the system's form.
@unsafe
private func withVectors(
    _ buffers: UnsafeMutablePointer<WSABUF>?, _ count: DWORD, _ body: (inout msghdr) throws(WinsockError) -> Int32
) throws(WinsockError) -> Int32 {
    var vectors = unsafe try pieces(buffers, count).map { unsafe iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
    var outcome: Result<Int32, WinsockError> = .success(0)
    unsafe vectors.withUnsafeMutableBufferPointer { list in
        var message = unsafe msghdr()
        unsafe message.msg_iov = list.baseAddress
        unsafe message.msg_iovlen = list.count
        do throws(WinsockError) { outcome = .success(try unsafe body(&message)) } catch { outcome = .failure(error) }
    }
    return try outcome.get()
}

// MARK: - The end

@c @implementation
public func securewinsock_shutdown(_ s: SOCKET, _ how: Int32) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard (SD_RECEIVE...SD_BOTH).contains(how) else { throw WinsockError(WSAEINVAL) }
        if let socket = SocketTable.find(s), socket.connection == nil { throw WinsockError(WSAENOTCONN) }
        // What waits to be sent goes first.
        let rest = how != SD_RECEIVE && DescriptorQueue.endSending(s) ? (how == SD_BOTH ? SD_RECEIVE : nil) : how
        // The numbers are the system's. The pump sees the end of the program's data, and says farewell.
        if let rest, Glibc.shutdown(s, rest) != 0 { throw .system }
        return 0
    }
}

@c @implementation
public func closesocket(_ s: SOCKET) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        if let socket = SocketTable.find(s) {
            let waits = !socket.isNonBlocking && socket.connection != nil && socket.pump.isOwn
            guard socket.close() else { throw WinsockError(WSAENOTSOCK) }
            // A program may end right afterwards.
            if waits { _ = socket.pump.waitUntilFinished(within: WinSocket.farewellTime) }
            return 0
        }
        guard isSocket(s) else { throw WinsockError(WSAENOTSOCK) }
        DescriptorQueue.abort(s)
        guard Glibc.close(s) == 0 else { throw .system }
        return 0
    }
}

extension WinSocket {
    func shutdownSending() throws(WinsockError) {
        if DescriptorQueue.endSending(descriptor) { return }
        guard Glibc.shutdown(descriptor, SD_SEND) == 0 else { throw .system }
    }

    /// How long a blocking socket waits until what was written is sent, and the farewell with it.
    static let farewellTime = Duration.seconds(5)

    /// Gives the number back; false when another thread does.
    func close() -> Bool {
        // A child of the process that made it has no thread that completes anything, and none in a hook.
        if pump.isOwn {
            hookCalls.close()
            DescriptorQueue.abort(descriptor)
        }
        let phase = state.withLock { state in
            defer { state.phase = .closed }
            return state.phase
        }
        // Whoever connects in the background gives up.
        if case .connecting(let socket?) = phase, pump.isOwn { Task { await socket.asynchronous.close() } }
        return SocketTable.close(self)
    }
}

@c @implementation
public func ioctlsocket(_ s: SOCKET, _ cmd: Int, _ argp: UnsafeMutablePointer<UInt>?) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard let argument = unsafe argp else { throw WinsockError(WSAEFAULT) }
        switch UInt(bitPattern: cmd) {
        case UInt(FIONBIO):
            let flags = fcntl(s, F_GETFL)
            guard flags >= 0 else { throw .system }
            let wanted = unsafe argument.pointee == 0 ? flags & ~O_NONBLOCK : flags | O_NONBLOCK
            guard fcntl(s, F_SETFL, wanted) == 0 else { throw .system }
        case UInt(FIONREAD):
            var count: Int32 = 0
            guard unsafe ioctl(s, UInt(FIONREAD), &count) == 0 else { throw .system }
            unsafe argument.pointee = UInt(count)
        default: throw WinsockError(WSAEOPNOTSUPP)
        }
        return 0
    }
}
