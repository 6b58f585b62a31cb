// Connecting.swift — WSASocket, WSAConnect, bind, listen, WSAAccept, and the addresses.
// Windows Sockets 2 API.
// Next: UnconnectedSockets.swift.

// The functions have the names of WinSock.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSecureWinSock
import Glibc
import SocketProvider
import Synchronization

@c @implementation
public func WSASocket(
    _ af: Int32, _ type: Int32, _ protocol: Int32, _ lpProtocolInfo: UnsafeMutablePointer<WSAPROTOCOL_INFO>?,
    _ g: GROUP, _ dwFlags: DWORD
) -> SOCKET {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard dwFlags & ~DWORD(WSA_FLAG_OVERLAPPED) == 0 else { throw WinsockError(WSAEINVAL) }
        guard let info = unsafe lpProtocolInfo?.pointee else {
            return try makeSocket(try CatalogueEntry.plain(af, type, `protocol`))
        }
        let entry = try CatalogueEntry.matching(info)
        // What is said beside the structure must not contradict it.
        for (given, own) in [(af, entry.family), (type, Int32(SOCK_STREAM.rawValue)), (`protocol`, Int32(IPPROTO_TCP))]
        {
            guard given == FROM_PROTOCOL_INFO || given == own else { throw WinsockError(WSAEPROTOTYPE) }
        }
        return try makeSocket(entry)
    }
}

@c @implementation
public func securewinsock_socket(_ af: Int32, _ type: Int32, _ protocol: Int32) -> SOCKET {
    WSASocket(af, type, `protocol`, nil, 0, DWORD(WSA_FLAG_OVERLAPPED))
}

private func makeSocket(_ entry: CatalogueEntry) throws(WinsockError) -> SOCKET {
    guard entry.isSecure else {
        let number = Glibc.socket(entry.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .system }
        return number
    }
    let socket = try WinSocket(entry)
    SocketTable.insert(socket)
    return socket.descriptor
}

// MARK: - Connecting

@c @implementation
public func WSAConnect(
    _ s: SOCKET, _ name: UnsafePointer<sockaddr>?, _ namelen: Int32, _ lpCallerData: UnsafeMutablePointer<WSABUF>?,
    _ lpCalleeData: UnsafeMutablePointer<WSABUF>?, _ lpSQOS: OpaquePointer?, _ lpGQOS: OpaquePointer?
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard let name = unsafe name, namelen >= 0 else { throw WinsockError(WSAEFAULT) }
        // TCP carries nothing with its connect.
        guard unsafe lpCallerData == nil else { throw WinsockError(WSAEOPNOTSUPP) }
        guard let socket = SocketTable.find(s) else {
            guard unsafe Glibc.connect(s, name, socklen_t(namelen)) == 0 else { throw .system }
            return 0
        }
        guard let address = unsafe SocketAddress(system: name, length: namelen) else {
            throw WinsockError(WSAEAFNOSUPPORT)
        }
        guard address.family == socket.entry.descriptor.addressFamily else { throw WinsockError(WSAEAFNOSUPPORT) }
        try socket.connect(to: address)
        return 0
    }
}

@c @implementation
public func securewinsock_connect(_ s: SOCKET, _ name: UnsafePointer<sockaddr>?, _ namelen: Int32) -> Int32 {
    unsafe WSAConnect(s, name, namelen, nil, nil, nil, nil)
}

extension WinSocket {
    /// Connects and, unless that is deferred, shakes hands. A non-blocking socket goes on in the background.
    func connect(to address: SocketAddress) throws(WinsockError) {
        let settings = try state.withLock { state throws(WinsockError) in
            switch state.phase {
            case .fresh: break
            case .connecting: throw WinsockError(WSAEALREADY)
            case .connected, .deferred: throw WinsockError(WSAEISCONN)
            case .bound, .listening: throw WinsockError(WSAEOPNOTSUPP)
            case .failed(let error): throw WinsockError(error)
            case .closed: throw WinsockError(WSAENOTSOCK)
            }
            guard !state.settings.isServer else { throw WinsockError(WSAEOPNOTSUPP) }
            state.phase = .connecting(nil)
            return state.settings
        }
        let socket: SecureSocket
        do throws(WinsockError) {
            socket = try settings.isDeferred ? plainSocket() : secureSocket(settings)
        } catch {
            advance(to: .fresh)
            throw error
        }
        guard advance(to: .connecting(socket)) else { throw WinsockError(WSAENOTSOCK) }
        if isNonBlocking {
            Task {
                do throws(SocketError) {
                    try await socket.asynchronous.connect(to: .address(address))
                    begin(socket, settings)
                } catch {
                    fail(error)
                }
            }
            throw WinsockError(WSAEWOULDBLOCK)
        }
        do throws(SocketError) {
            try socket.connect(to: .address(address))
        } catch {
            fail(error)
            throw WinsockError(error)
        }
        guard begin(socket, settings) else { throw WinsockError(WSAENOTSOCK) }
    }

    private func secureSocket(_ settings: SocketSettings) throws(WinsockError) -> SecureSocket {
        let provider = try provider()
        let options = try settings.tightened().clientOptions(provider, hookCalls)
        return try translating { () throws(SocketError) in try provider.configure(options).makeSocket() }
    }

    private func plainSocket() throws(WinsockError) -> SecureSocket {
        let family = entry.descriptor.addressFamily
        return try translating { () throws(SocketError) in
            try ProviderCatalog.standard.select(scheme: .none, family: family).configure().makeSocket()
        }
    }

    /// False when the program has closed the socket meanwhile: then the connection is nobody's.
    @discardableResult
    private func begin(_ socket: SecureSocket, _ settings: SocketSettings) -> Bool {
        guard advance(to: settings.isDeferred ? .deferred(socket) : .connected(socket)) else {
            Task { await socket.asynchronous.close() }
            return false
        }
        if isCurrent { UnconnectedSockets.mark(descriptor, false) }
        pump.start(socket)
        return true
    }

    func fail(_ error: SocketError) {
        advance(to: .failed(error))
        if isCurrent { UnconnectedSockets.mark(descriptor, false) }
        pump.fail(error)
    }
}

// MARK: - Accepting

@c @implementation
public func securewinsock_bind(_ s: SOCKET, _ name: UnsafePointer<sockaddr>?, _ namelen: Int32) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard let name = unsafe name, namelen >= 0 else { throw WinsockError(WSAEFAULT) }
        guard let socket = SocketTable.find(s) else {
            guard unsafe Glibc.bind(s, name, socklen_t(namelen)) == 0 else { throw .system }
            return 0
        }
        guard let address = unsafe SocketAddress(system: name, length: namelen),
            address.family == socket.entry.descriptor.addressFamily
        else { throw WinsockError(WSAEAFNOSUPPORT) }
        try socket.state.withLock { state throws(WinsockError) in
            guard case .fresh = state.phase else { throw WinsockError(WSAEINVAL) }
            state.phase = .bound(address)
        }
        return 0
    }
}

@c @implementation
public func securewinsock_listen(_ s: SOCKET, _ backlog: Int32) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard let socket = SocketTable.find(s) else {
            guard Glibc.listen(s, backlog) == 0 else { throw .system }
            return 0
        }
        try socket.listen(backlog: Int(backlog))
        return 0
    }
}

extension WinSocket {
    /// The address is taken here and not in bind, as the certificates may come in between.
    func listen(backlog: Int) throws(WinsockError) {
        let (address, settings) = try state.withLock { state throws(WinsockError) in
            guard case .bound(let address) = state.phase else { throw WinsockError(WSAEINVAL) }
            // A server says that it is one.
            guard state.settings.isServer else { throw WinsockError(WSAEOPNOTSUPP) }
            // One thread at a time.
            state.phase = .connecting(nil)
            return (address, state.settings)
        }
        let listener: ListeningSocket
        do throws(WinsockError) {
            let provider = try provider()
            let options = try settings.tightened().serverOptions(provider, hookCalls)
            listener = try translating { () throws(SocketError) in
                let listener = try provider.configure(server: options).makeListener()
                try listener.bind(to: address)
                // SOMAXCONN of Windows is the largest number there is.
                try listener.listen(backlog: max(1, min(backlog, 65_535)))
                return listener
            }
        } catch {
            advance(to: .bound(address))
            throw error
        }
        let accepting = AcceptPump(pump)
        guard advance(to: .listening(listener, accepting)) else {
            listener.close()
            throw WinsockError(WSAENOTSOCK)
        }
        accepting.start(listener)
    }
}

@c @implementation
public func WSAAccept(
    _ s: SOCKET, _ addr: UnsafeMutablePointer<sockaddr>?, _ addrlen: UnsafeMutablePointer<INT>?,
    _ lpfnCondition: LPCONDITIONPROC?, _ dwCallbackData: DWORD_PTR
) -> SOCKET {
    reporting { () throws(WinsockError) in
        try Startup.check()
        // To refuse before accepting would need what TCP does not tell.
        guard unsafe lpfnCondition == nil else { throw WinsockError(WSAEOPNOTSUPP) }
        guard let socket = SocketTable.find(s) else {
            var length = socklen_t(max(0, unsafe addrlen?.pointee ?? 0))
            let number =
                unsafe addr == nil ? acceptForProgram(s, nil, nil) : acceptForProgram(s, addr, &length)
            guard number >= 0 else { throw .system }
            unsafe addrlen?.pointee = INT(length)
            return number
        }
        // A connection that is taken has to get to the program, so whatever may fail comes before.
        if unsafe addr != nil {
            guard unsafe Int(addrlen?.pointee ?? 0) >= socket.addressSize else { throw WinsockError(WSAEFAULT) }
        }
        let (connection, pump) = try socket.accept()
        let accepted = WinSocket(connection, pump, socket.entry, socket.state.withLock { $0.settings })
        SocketTable.insert(accepted)
        if let peer = connection.information.peerAddress { try unsafe write(peer, to: addr, addrlen) }
        return accepted.descriptor
    }
}

@c @implementation
public func securewinsock_accept(
    _ s: SOCKET, _ addr: UnsafeMutablePointer<sockaddr>?, _ addrlen: UnsafeMutablePointer<Int32>?
) -> SOCKET {
    unsafe WSAAccept(s, addr, addrlen, nil, 0)
}

extension WinSocket {
    /// Of the system's form of an address of this family.
    var addressSize: Int {
        entry.family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    }

    /// The next connection whose handshake is done, and a pair for it; waits for one as the descriptor is set to.
    func accept() throws(WinsockError) -> (SecureSocket, DescriptorPump) {
        let accepting: AcceptPump? = state.withLock { state in
            if case .listening(_, let accepting) = state.phase { return accepting }
            return nil
        }
        guard let accepting else { throw WinsockError(WSAEINVAL) }
        try takeOctet(Int32(MSG_PEEK))
        // Without descriptors for the pair the connection goes on waiting.
        let pump = try translating { () throws(SocketError) in try DescriptorPump() }
        do throws(WinsockError) {
            while true {
                // Another thread may have been faster: it waits again.
                try takeOctet(0)
                if let connection = accepting.take() { return (connection, pump) }
            }
        } catch {
            pump.close()
            throw error
        }
    }

    /// Waits for the octet that stands for a connection.
    private func takeOctet(_ flags: Int32) throws(WinsockError) {
        var octet: UInt8 = 0
        var count = unsafe Glibc.recv(descriptor, &octet, 1, flags)
        while count < 0, errno == EINTR { count = unsafe Glibc.recv(descriptor, &octet, 1, flags) }
        guard count >= 0 else { throw .system }
        guard count > 0 else { throw WinsockError(WSAECONNABORTED) }
    }
}

// MARK: - Addresses

@c @implementation
public func securewinsock_getpeername(
    _ s: SOCKET, _ name: UnsafeMutablePointer<sockaddr>?, _ namelen: UnsafeMutablePointer<Int32>?
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard let socket = SocketTable.find(s) else {
            return try unsafe systemAddress(name, namelen) { unsafe Glibc.getpeername(s, $0, $1) }
        }
        guard unsafe name != nil && namelen != nil else { throw WinsockError(WSAEFAULT) }
        guard let address = socket.connection?.information.peerAddress else { throw WinsockError(WSAENOTCONN) }
        try unsafe write(address, to: name, namelen)
        return 0
    }
}

@c @implementation
public func securewinsock_getsockname(
    _ s: SOCKET, _ name: UnsafeMutablePointer<sockaddr>?, _ namelen: UnsafeMutablePointer<Int32>?
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        guard let socket = SocketTable.find(s) else {
            return try unsafe systemAddress(name, namelen) { unsafe Glibc.getsockname(s, $0, $1) }
        }
        guard unsafe name != nil && namelen != nil else { throw WinsockError(WSAEFAULT) }
        let address: SocketAddress? = socket.state.withLock { state in
            switch state.phase {
            case .bound(let address): address
            case .listening(let listener, _): listener.localAddress
            case .connected(let connection), .deferred(let connection): connection.information.localAddress
            case .fresh, .connecting, .failed, .closed: nil
            }
        }
        guard let address else { throw WinsockError(WSAEINVAL) }
        try unsafe write(address, to: name, namelen)
        return 0
    }
}

@unsafe
private func systemAddress(
    _ name: UnsafeMutablePointer<sockaddr>?, _ length: UnsafeMutablePointer<Int32>?,
    _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
) throws(WinsockError) -> Int32 {
    guard let name = unsafe name, let length = unsafe length else { throw WinsockError(WSAEFAULT) }
    guard unsafe length.pointee >= 0 else { throw WinsockError(WSAEFAULT) }
    var size = socklen_t(unsafe length.pointee)
    guard unsafe call(name, &size) == 0 else { throw .system }
    unsafe length.pointee = Int32(size)
    return 0
}

/// Writes an address where the program wants it; nowhere when it gave no place.
@unsafe
private func write(
    _ address: SocketAddress, to name: UnsafeMutablePointer<sockaddr>?, _ length: UnsafeMutablePointer<Int32>?
) throws(WinsockError) {
    guard let name = unsafe name, let length = unsafe length else { return }
    try unsafe address.withSystem { (octets: UnsafeRawBufferPointer) throws(WinsockError) in
        guard let start = octets.baseAddress, unsafe Int(length.pointee) >= octets.count else {
            throw WinsockError(WSAEFAULT)
        }
        unsafe UnsafeMutableRawPointer(name).copyMemory(from: start, byteCount: octets.count)
        unsafe length.pointee = Int32(octets.count)
    }
}
