// Catalogue.swift — WSAEnumProtocols: the provider catalogue as WSAPROTOCOL_INFO entries.
// Windows Sockets 2 API; WinSock 2 Protocol-Specific Annex, "SSL": secure entries are the plain ones with another scheme.
// Next: SocketSettings.swift.

// The functions have the names of WinSock.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSecureWinSock
import Glibc
import SocketProvider

/// One entry: a provider over one address family.
struct CatalogueEntry: Sendable {
    let descriptor: ProviderDescriptor

    static var all: [CatalogueEntry] { ProviderCatalog.standard.enumerate().map { CatalogueEntry(descriptor: $0) } }

    var isSecure: Bool { descriptor.securityScheme != .none }

    var family: Int32 { descriptor.addressFamily == .ipv4 ? AF_INET : AF_INET6 }

    /// The entry that a structure names, which has to be as it was enumerated in what tells entries apart.
    static func matching(_ info: WSAPROTOCOL_INFO) throws(WinsockError) -> CatalogueEntry {
        let id = info.dwCatalogEntryId
        guard let entry = all.first(where: { $0.descriptor.id == id }),
            entry.family == info.iAddressFamily, Int32(IPPROTO_TCP) == info.iProtocol,
            entry.descriptor.securityScheme.rawValue == UInt32(bitPattern: info.iSecurityScheme)
        else { throw WinsockError(WSAEINVAL) }
        return entry
    }

    /// The entry for an explicit family, type and protocol: plain, as it would be without this library.
    static func plain(_ family: Int32, _ type: Int32, _ transport: Int32) throws(WinsockError) -> CatalogueEntry {
        guard type == Int32(SOCK_STREAM.rawValue) else { throw WinsockError(WSAESOCKTNOSUPPORT) }
        guard transport == 0 || transport == Int32(IPPROTO_TCP) else { throw WinsockError(WSAEPROTONOSUPPORT) }
        guard let entry = all.first(where: { !$0.isSecure && $0.family == family }) else {
            throw WinsockError(WSAEAFNOSUPPORT)
        }
        return entry
    }

    /// Identifies the provider, not the address family: the first part says whether it has security.
    private var provider: GUID {
        GUID(
            Data1: 0x5357_5300 | descriptor.securityScheme.rawValue, Data2: 0x7377, Data3: 0x4c73,
            Data4: (0x90, 0x73, 0x65, 0x63, 0x75, 0x72, 0x65, 0x01))
    }

    var info: WSAPROTOCOL_INFO {
        var info = WSAPROTOCOL_INFO()
        info.dwServiceFlags1 = DWORD(XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER | XP1_GRACEFUL_CLOSE)
        info.dwProviderFlags = DWORD(isSecure ? 0 : PFL_MATCHES_PROTOCOL_ZERO)
        info.ProviderId = provider
        info.dwCatalogEntryId = descriptor.id
        info.ProtocolChain.ChainLen = BASE_PROTOCOL
        info.iVersion = 2
        info.iAddressFamily = family
        let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        info.iMaxSockAddr = Int32(length)
        info.iMinSockAddr = Int32(length)
        info.iSocketType = Int32(SOCK_STREAM.rawValue)
        info.iProtocol = Int32(IPPROTO_TCP)
        info.iNetworkByteOrder = BIGENDIAN
        info.iSecurityScheme = Int32(bitPattern: descriptor.securityScheme.rawValue)
        unsafe copy(descriptor.name, to: &info.szProtocol)
        return info
    }
}

@c @implementation
public func WSAEnumProtocols(
    _ lpiProtocols: UnsafeMutablePointer<INT>?, _ lpProtocolBuffer: UnsafeMutablePointer<WSAPROTOCOL_INFO>?,
    _ lpdwBufferLength: UnsafeMutablePointer<DWORD>?
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard let length = unsafe lpdwBufferLength else { throw WinsockError(WSAEFAULT) }
        let entries = unsafe isWanted(Int32(IPPROTO_TCP), lpiProtocols) ? CatalogueEntry.all : []
        let needed = DWORD(entries.count * MemoryLayout<WSAPROTOCOL_INFO>.stride)
        // A program that asks for the size need not have set it: with no buffer it is not read.
        guard let buffer = unsafe lpProtocolBuffer, unsafe length.pointee >= needed else {
            unsafe length.pointee = needed
            throw WinsockError(WSAENOBUFS)
        }
        for (index, entry) in entries.enumerated() { unsafe buffer[index] = entry.info }
        return Int32(entries.count)
    }
}

/// Whether a list of protocols that ends with 0 holds this one; no list holds every one.
@unsafe
private func isWanted(_ number: Int32, _ list: UnsafeMutablePointer<INT>?) -> Bool {
    guard var next = unsafe list else { return true }
    while unsafe next.pointee != 0 {
        if unsafe next.pointee == number { return true }
        unsafe next += 1
    }
    return false
}
