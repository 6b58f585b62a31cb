// Startup.swift — WSAStartup, WSACleanup, the last error, LocalAlloc.
// Windows Sockets 2 API.
// Next: Catalogue.swift.

// The functions have the names of WinSock.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSecureWinSock
import Glibc
import SocketProvider
import Synchronization

/// How often WSAStartup was called and not taken back. Every call looks at it, so no lock is taken.
enum Startup {
    private static let count = Atomic(0)

    static func begin() { count.add(1, ordering: .relaxed) }

    /// Whether it was the last.
    static func end() throws(WinsockError) -> Bool {
        // Each round that fails means that another thread has got on.
        while true {
            let before = count.load(ordering: .relaxed)
            guard before > 0 else { throw WinsockError(WSANOTINITIALISED) }
            if count.compareExchange(expected: before, desired: before - 1, ordering: .relaxed).exchanged {
                return before == 1
            }
        }
    }

    static func check() throws(WinsockError) {
        guard count.load(ordering: .relaxed) > 0 else { throw WinsockError(WSANOTINITIALISED) }
    }
}

/// 2.2 is what there is; a program that asks for a later version gets it too, as on Windows.
private let version: WORD = 0x0202

@c @implementation
public func WSAStartup(_ wVersionRequested: WORD, _ lpWSAData: UnsafeMutablePointer<WSADATA>?) -> Int32 {
    guard let data = unsafe lpWSAData else { return WSAEFAULT }
    // The low octet is the major version.
    guard wVersionRequested & 0xff >= 2 else { return WSAVERNOTSUPPORTED }
    // A policy that cannot be obeyed leaves nothing that may be done.
    guard case .success = Policy.current else { return WSASYSNOTREADY }
    unsafe data.pointee = unsafe WSADATA()
    unsafe data.pointee.wVersion = version
    unsafe data.pointee.wHighVersion = version
    unsafe copy("WinSock 2.2 with secure sockets", to: &data.pointee.szDescription)
    unsafe copy("Running", to: &data.pointee.szSystemStatus)
    Startup.begin()
    return 0
}

@c @implementation
public func WSACleanup() -> Int32 {
    reporting { () throws(WinsockError) in
        if try Startup.end() {
            DescriptorQueue.abortAll()
            SocketTable.closeAll()
        }
        return 0
    }
}

@c @implementation
public func WSAGetLastError() -> Int32 { LastError.code }

@c @implementation
public func WSASetLastError(_ iError: Int32) { LastError.code = iError }

@c @implementation
public func LocalAlloc(_ uFlags: UINT, _ uBytes: Int) -> HLOCAL? {
    // Swift has size_t as Int: what is negative there is more than there can be.
    guard uBytes >= 0 else {
        LastError.code = WSA_NOT_ENOUGH_MEMORY
        return nil
    }
    // Of nothing there is an address too.
    let memory = unsafe uFlags & UINT(LMEM_ZEROINIT) != 0 ? calloc(1, max(uBytes, 1)) : malloc(max(uBytes, 1))
    if unsafe memory == nil { LastError.code = WSA_NOT_ENOUGH_MEMORY }
    return unsafe memory
}

@c @implementation
public func LocalFree(_ hMem: HLOCAL?) -> HLOCAL? {
    unsafe free(hMem)
    return nil
}

/// Copies text into an array of characters of a structure, cut to fit with its NUL.
@unsafe
func copy<Characters>(_ text: String, to characters: inout Characters) {
    unsafe withUnsafeMutableBytes(of: &characters) { room in
        let octets = text.utf8.prefix(room.count - 1)
        unsafe room.copyBytes(from: octets)
        unsafe room[octets.count] = 0
    }
}
