// WinsockError.swift — WSAE… errors: thrown inside, kept per thread at the border, returned as SOCKET_ERROR.
// Windows Sockets 2 API, "Windows Sockets Error Codes".
// Next: Startup.swift.

import CSecureWinSock
import Glibc
import SocketProvider

/// An error of this interface, with the sentence that SO_SSL_GET_ERROR_TEXT tells.
struct WinsockError: Error {
    let code: Int32

    init(_ code: Int32) { self.code = code }

    init(_ error: SocketError) { code = error.winsock.value }

    /// The failure of a system call that went wrong just now.
    static var system: WinsockError { WinsockError(errno: errno) }

    init(errno: Int32) {
        code =
            switch errno {
            case EINTR: WSAEINTR
            case EBADF, ENOTSOCK: WSAENOTSOCK
            case EACCES, EPERM: WSAEACCES
            case EFAULT: WSAEFAULT
            case EINVAL: WSAEINVAL
            case EMFILE, ENFILE: WSAEMFILE
            case EAGAIN: WSAEWOULDBLOCK
            case EINPROGRESS: WSAEWOULDBLOCK
            case EALREADY: WSAEALREADY
            case EDESTADDRREQ: WSAEDESTADDRREQ
            case EMSGSIZE: WSAEMSGSIZE
            case EPROTOTYPE: WSAEPROTOTYPE
            case ENOPROTOOPT: WSAENOPROTOOPT
            case EPROTONOSUPPORT: WSAEPROTONOSUPPORT
            case ESOCKTNOSUPPORT: WSAESOCKTNOSUPPORT
            case EOPNOTSUPP: WSAEOPNOTSUPP
            case EAFNOSUPPORT: WSAEAFNOSUPPORT
            case EADDRINUSE: WSAEADDRINUSE
            case EADDRNOTAVAIL: WSAEADDRNOTAVAIL
            case ENETDOWN: WSAENETDOWN
            case ENETUNREACH: WSAENETUNREACH
            case ENETRESET: WSAENETRESET
            case ECONNABORTED: WSAECONNABORTED
            case ECONNRESET: WSAECONNRESET
            case ENOBUFS, ENOMEM: WSAENOBUFS
            case EISCONN: WSAEISCONN
            case ENOTCONN: WSAENOTCONN
            case EPIPE: WSAESHUTDOWN
            case ETIMEDOUT: WSAETIMEDOUT
            case ECONNREFUSED: WSAECONNREFUSED
            case EHOSTUNREACH, EHOSTDOWN: WSAEHOSTUNREACH
            default: WSASYSCALLFAILURE
            }
    }
}

/// The error of the last call that failed, one for each thread.
enum LastError {
    /// A key for the value of a thread; WSAStartup cannot fail for want of it, as one is all that is ever made.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        unsafe pthread_key_create(&key, nil)
        return key
    }()

    static var code: Int32 {
        get { Int32(truncatingIfNeeded: Int(bitPattern: unsafe pthread_getspecific(key))) }
        set { unsafe pthread_setspecific(key, UnsafeRawPointer(bitPattern: Int(newValue))) }
    }
}

/// Runs what a function of the interface does: its value, or SOCKET_ERROR and the error kept for WSAGetLastError.
func reporting(_ body: () throws(WinsockError) -> Int32) -> Int32 {
    do throws(WinsockError) {
        return try body()
    } catch {
        LastError.code = error.code
        return SOCKET_ERROR
    }
}

/// What SocketProvider throws, as an error of this interface.
func translating<Value: ~Copyable>(_ body: () throws(SocketError) -> Value) throws(WinsockError) -> Value {
    do throws(SocketError) { return try body() } catch { throw WinsockError(error) }
}
