// Select.swift — select as WinSock has it: the number of descriptors is not asked for.
// Windows Sockets 2 API, "select"; Linux select(2).
// Next: Controls.swift.

// The functions have the names of WinSock.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSecureWinSock
import Glibc
import SocketProvider

@c @implementation
public func securewinsock_select(
    _ nfds: Int32, _ readfds: UnsafeMutablePointer<fd_set>?, _ writefds: UnsafeMutablePointer<fd_set>?,
    _ exceptfds: UnsafeMutablePointer<fd_set>?, _ timeout: UnsafePointer<timeval>?
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        let count = unsafe max(end(of: readfds), end(of: writefds), end(of: exceptfds))
        guard count > 0 else { throw WinsockError(WSAEINVAL) }
        // Linux writes what is left of the time where it was given: after a signal that is what a wait goes on with.
        var left = unsafe timeout?.pointee ?? timeval()
        let waitsForEver = unsafe timeout == nil
        while true {
            let ready = unsafe withUnsafeMutablePointer(to: &left) {
                unsafe Glibc.select(count, readfds, writefds, exceptfds, waitsForEver ? nil : $0)
            }
            if ready >= 0 { return ready }
            // The sets are as they were.
            guard errno == EINTR else { throw .system }
        }
    }
}

/// One more than the highest descriptor of a set; 0 for a set with none.
@unsafe
private func end(of set: UnsafeMutablePointer<fd_set>?) -> Int32 {
    guard let set = unsafe set else { return 0 }
    let octets = unsafe UnsafeRawBufferPointer(start: set, count: MemoryLayout<fd_set>.size)
    for start in stride(from: 0, to: octets.count, by: MemoryLayout<UInt>.size).reversed() {
        let word = unsafe octets.loadUnaligned(fromByteOffset: start, as: UInt.self)
        if word != 0 { return Int32(8 * start + UInt.bitWidth - word.leadingZeroBitCount) }
    }
    return 0
}
