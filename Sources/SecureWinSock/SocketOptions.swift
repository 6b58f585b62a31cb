// SocketOptions.swift — getsockopt and setsockopt.
// Windows Sockets 2 API; Linux socket(7).
// Next: Transfer.swift.

// The functions have the names of WinSock.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSecureWinSock
import Glibc
import SocketProvider

@c @implementation
public func securewinsock_getsockopt(
    _ s: SOCKET, _ level: Int32, _ optname: Int32, _ optval: UnsafeMutablePointer<CChar>?,
    _ optlen: UnsafeMutablePointer<Int32>?
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard let value = unsafe optval, let length = unsafe optlen else { throw WinsockError(WSAEFAULT) }
        if let socket = SocketTable.find(s) {
            if level == SOL_SOCKET, optname == SO_ERROR {
                guard unsafe length.pointee >= 4 else { throw WinsockError(WSAEFAULT) }
                // What a program asks for after a non-blocking connect.
                let code = socket.failure.map { WinsockError($0).code } ?? 0
                unsafe UnsafeMutableRawPointer(value).storeBytes(of: code, as: Int32.self)
                unsafe length.pointee = 4
                return 0
            }
            try check(level, optname, [SO_TYPE, SO_RCVTIMEO, SO_SNDTIMEO])
        }
        var size = socklen_t(max(0, unsafe length.pointee))
        guard unsafe Glibc.getsockopt(s, level, optname, value, &size) == 0 else { throw .system }
        unsafe length.pointee = Int32(size)
        return 0
    }
}

@c @implementation
public func securewinsock_setsockopt(
    _ s: SOCKET, _ level: Int32, _ optname: Int32, _ optval: UnsafePointer<CChar>?, _ optlen: Int32
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard let value = unsafe optval else { throw WinsockError(WSAEFAULT) }
        guard optlen >= 0 else { throw WinsockError(WSAEINVAL) }
        if SocketTable.find(s) != nil { try check(level, optname, [SO_RCVTIMEO, SO_SNDTIMEO]) }
        guard unsafe Glibc.setsockopt(s, level, optname, value, socklen_t(optlen)) == 0 else { throw .system }
        return 0
    }
}

/// Only what means the same on an end of a pair as on a connection is passed on; to say that anything else was done would be
/// a lie.
private func check(_ level: Int32, _ option: Int32, _ known: [Int32]) throws(WinsockError) {
    guard level == SOL_SOCKET, known.contains(option) else { throw WinsockError(WSAENOPROTOOPT) }
}
