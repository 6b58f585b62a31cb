// CatalogueTests.swift — WSAStartup, the enumeration of providers, and sockets that are made of its entries.
// Windows Sockets 2 API.
// Next: ControlTests.swift.

import CSecureWinSock
import Glibc
import Testing

@Suite("WinSock catalogue", .timeLimit(.minutes(5)))
struct CatalogueTests {
    /// One enumeration with a buffer of this many octets: the count or SOCKET_ERROR, the error, and the size written.
    private func enumerate(
        room: Int, size: DWORD, filter: [INT]? = nil
    ) -> (count: Int32, error: Int32, size: DWORD, untouched: Bool) {
        _ = Winsock.started
        var size = size
        var list = filter ?? []
        let places = room / MemoryLayout<WSAPROTOCOL_INFO>.stride
        var blank = WSAPROTOCOL_INFO()
        blank.iVersion = -77
        var buffer = [WSAPROTOCOL_INFO](repeating: blank, count: places)
        let count = unsafe list.withUnsafeMutableBufferPointer { list in
            unsafe buffer.withUnsafeMutableBufferPointer { buffer in
                unsafe WSAEnumProtocols(
                    filter == nil ? nil : list.baseAddress, places == 0 ? nil : buffer.baseAddress, &size)
            }
        }
        return (count, Winsock.error(count), size, buffer.allSatisfy { $0.iVersion == -77 })
    }

    @Test(
        "with no buffer the size is told whatever the length said before", arguments: [DWORD(0), 1, 0x7fff_ffff, .max])
    func sizeQuery(uninitialised: DWORD) {
        let answer = enumerate(room: 0, size: uninitialised)
        #expect(answer.count == SOCKET_ERROR)
        #expect(answer.error == WSAENOBUFS)
        #expect(answer.size == 4 * 372)
    }

    @Test("a buffer that is too small stays as it is, and the size is told")
    func tooSmall() {
        let answer = enumerate(room: 4 * 372, size: 4 * 372 - 1)
        #expect(answer.count == SOCKET_ERROR)
        #expect(answer.error == WSAENOBUFS)
        #expect(answer.size == 4 * 372)
        #expect(answer.untouched)
    }

    @Test("no length at all is a wrong address")
    func noLength() {
        _ = Winsock.started
        #expect(Winsock.error(WSAEnumProtocols(nil, nil, nil)) == WSAEFAULT)
    }

    @Test("a list of protocols is a filter, and ends with 0")
    func filter() {
        #expect(enumerate(room: 372 * 4, size: 372 * 4, filter: [6, 0]).count == 4)
        #expect(enumerate(room: 372 * 4, size: 372 * 4, filter: [17, 6, 0]).count == 4)
        #expect(enumerate(room: 372 * 4, size: 372 * 4, filter: [17, 0, 6]).count == 0)
        #expect(enumerate(room: 372 * 4, size: 372 * 4, filter: [0]).count == 0)
        #expect(enumerate(room: 372 * 4, size: 372 * 4, filter: nil).count == 4)
    }

    @Test("a filter that nothing passes needs no buffer's worth of octets")
    func emptyFilter() {
        let answer = enumerate(room: 0, size: 5, filter: [17, 0])
        #expect(answer.error == WSAENOBUFS)
        #expect(answer.size == 0)
    }

    @Test("plain and secure entries are there for IPv4 and IPv6, and differ in the security scheme")
    func entries() throws {
        let entries = Winsock.entries()
        try #require(entries.count == 4)
        let kinds = Set(entries.map { "\($0.iAddressFamily) \($0.iSecurityScheme)" })
        let expected = [AF_INET, AF_INET6].flatMap { family in
            [SECURITY_PROTOCOL_NONE, SECURITY_PROTOCOL_SSL].map { "\(family) \($0)" }
        }
        #expect(kinds == Set(expected))
        #expect(Set(entries.map(\.dwCatalogEntryId)).count == 4)
        let stream = DWORD(XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER | XP1_GRACEFUL_CLOSE)
        for entry in entries {
            #expect(entry.dwServiceFlags1 & stream == stream)
            #expect(entry.ProtocolChain.ChainLen == BASE_PROTOCOL)
            #expect(entry.iVersion == 2)
            #expect(entry.iProtocol == Int32(IPPROTO_TCP))
            #expect(entry.iSocketType == Int32(SOCK_STREAM.rawValue))
            #expect(entry.iNetworkByteOrder == BIGENDIAN)
            #expect(entry.dwMessageSize == 0)
            #expect(entry.iMaxSockAddr == (entry.iAddressFamily == AF_INET ? 16 : 28))
            // Only what is plain is taken for a protocol that is not named.
            let matchesZero = entry.dwProviderFlags & DWORD(PFL_MATCHES_PROTOCOL_ZERO) != 0
            #expect(matchesZero == (entry.iSecurityScheme == SECURITY_PROTOCOL_NONE))
            let name = unsafe withUnsafeBytes(of: entry.szProtocol) { unsafe Array($0.prefix { $0 != 0 }) }
            #expect(!name.isEmpty && name.count < 256)
        }
        // A provider has one id over both families.
        let ids = Dictionary(grouping: entries, by: \.iSecurityScheme).mapValues { group in
            Set(group.map { octets(of: $0.ProviderId) })
        }
        #expect(ids.values.allSatisfy { $0.count == 1 })
        #expect(Set(ids.values.flatMap { $0 }).count == 2)
    }

    // MARK: Sockets

    /// A socket of these arguments, closed again: the error, 0 for none.
    private func make(
        _ family: Int32, _ type: Int32, _ transport: Int32, _ info: WSAPROTOCOL_INFO? = nil, flags: DWORD = 0
    ) -> Int32 {
        _ = Winsock.started
        var copy = info ?? WSAPROTOCOL_INFO()
        let number = unsafe withUnsafeMutablePointer(to: &copy) { pointer in
            unsafe WSASocket(family, type, transport, info == nil ? nil : pointer, 0, flags)
        }
        let error = Winsock.error(number)
        if number != INVALID_SOCKET { closesocket(number) }
        return error
    }

    private let stream = Int32(SOCK_STREAM.rawValue)
    private let datagram = Int32(SOCK_DGRAM.rawValue)
    private let tcp = Int32(IPPROTO_TCP)

    @Test("every entry makes a socket, by FROM_PROTOCOL_INFO or by its own numbers")
    func socketsOfEntries() {
        for entry in Winsock.entries() {
            #expect(make(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, entry) == 0)
            #expect(make(entry.iAddressFamily, stream, tcp, entry) == 0)
            #expect(make(entry.iAddressFamily, FROM_PROTOCOL_INFO, tcp, entry, flags: DWORD(WSA_FLAG_OVERLAPPED)) == 0)
        }
    }

    @Test("what contradicts the entry makes none")
    func contradictions() throws {
        let entry = try Winsock.entry(SECURITY_PROTOCOL_SSL, AF_INET)
        #expect(make(AF_INET6, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, entry) == WSAEPROTOTYPE)
        #expect(make(FROM_PROTOCOL_INFO, datagram, FROM_PROTOCOL_INFO, entry) == WSAEPROTOTYPE)
        #expect(make(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, 17, entry) == WSAEPROTOTYPE)
        #expect(make(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, entry, flags: 0x80) == WSAEINVAL)
    }

    @Test("a structure that was not enumerated makes none: a secure entry cannot be turned into a plain one")
    func forgeries() throws {
        let entry = try Winsock.entry(SECURITY_PROTOCOL_SSL, AF_INET)
        let all = FROM_PROTOCOL_INFO
        for change: (inout WSAPROTOCOL_INFO) -> Void in [
            { $0.iSecurityScheme = SECURITY_PROTOCOL_NONE }, { $0.dwCatalogEntryId = 4711 },
            { $0.iAddressFamily = AF_INET6 }, { $0.iProtocol = 17 }, { $0 = WSAPROTOCOL_INFO() },
        ] {
            var forged = entry
            change(&forged)
            #expect(make(all, all, all, forged) == WSAEINVAL)
        }
    }

    @Test("an explicit family, type and protocol makes a plain socket")
    func explicit() throws {
        for family in [AF_INET, AF_INET6] {
            #expect(make(family, stream, tcp) == 0)
            #expect(make(family, stream, 0) == 0)
        }
        #expect(make(AF_INET, datagram, 0) == WSAESOCKTNOSUPPORT)
        #expect(make(AF_INET, stream, 17) == WSAEPROTONOSUPPORT)
        #expect(make(AF_UNIX, stream, 0) == WSAEAFNOSUPPORT)
        #expect(make(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO) != 0)
        _ = Winsock.started
        let plain = try TestSocket(adopting: securewinsock_socket(AF_INET, stream, tcp))
        #expect(plain.set(SO_SSL_SET_FLAGS, DWORD(SSL_FLAG_ENABLE)) == WSAEOPNOTSUPP)
    }

    // MARK: Starting, and the last error

    @Test("before WSAStartup, and after the last WSACleanup, nothing works")
    func notInitialised() async {
        await #expect(processExitsWith: .success) {
            var size: DWORD = 0
            var data = unsafe WSADATA()
            func answers(_ error: Int32) -> Bool {
                let calls = unsafe [
                    WSAEnumProtocols(nil, nil, &size), WSASocket(AF_INET, 1, 6, nil, 0, 0), WSACleanup(),
                    securewinsock_send(-1, nil, 0, 0), closesocket(-1), securewinsock_listen(-1, 1),
                    WSAIoctl(-1, SO_SSL_GET_FLAGS, nil, 0, nil, 0, nil, nil, nil),
                ]
                return calls.allSatisfy { $0 == SOCKET_ERROR } && WSAGetLastError() == error
            }
            guard answers(WSANOTINITIALISED) else { exit(2) }
            guard unsafe WSAStartup(0x0101, &data) == WSAVERNOTSUPPORTED, WSAStartup(0x0202, nil) == WSAEFAULT else {
                exit(3)
            }
            guard answers(WSANOTINITIALISED) else { exit(4) }
            guard unsafe WSAStartup(0x0202, &data) == 0, unsafe WSAStartup(0x0302, &data) == 0 else { exit(5) }
            guard unsafe data.wVersion == 0x0202, unsafe data.wHighVersion == 0x0202 else { exit(6) }
            guard WSACleanup() == 0 else { exit(7) }
            // Started twice, taken back once.
            let number = WSASocket(AF_INET, 1, 6, nil, 0, 0)
            guard number != INVALID_SOCKET, closesocket(number) == 0, WSACleanup() == 0 else { exit(8) }
            guard answers(WSANOTINITIALISED) else { exit(9) }
            exit(0)
        }
    }

    @Test("WSACleanup closes the secure sockets")
    func cleanupCloses() async {
        await #expect(processExitsWith: .success) {
            var data = unsafe WSADATA()
            guard unsafe WSAStartup(0x0202, &data) == 0 else { exit(2) }
            var info = [WSAPROTOCOL_INFO](repeating: WSAPROTOCOL_INFO(), count: 8)
            var size = DWORD(8 * MemoryLayout<WSAPROTOCOL_INFO>.stride)
            let count = unsafe WSAEnumProtocols(nil, &info, &size)
            guard var entry = info.prefix(Int(count)).first(where: { $0.iSecurityScheme == 1 }) else { exit(3) }
            let number = unsafe WSASocket(-1, -1, -1, &entry, 0, 0)
            guard number != INVALID_SOCKET, fcntl(number, F_GETFD) >= 0, WSACleanup() == 0 else { exit(4) }
            exit(fcntl(number, F_GETFD) < 0 ? 0 : 5)
        }
    }

    @Test("the last error is the thread's own, and a call that succeeds leaves it")
    func lastError() async throws {
        #expect(Winsock.started == 0)
        let (own, other, after) = try await onThread {
            WSASetLastError(4711)
            let other = try Background { WSAGetLastError() }.value()
            _ = Winsock.entries()
            let own = WSAGetLastError()
            _ = try Background { closesocket(-1) }.value()
            return (own, other, WSAGetLastError())
        }
        #expect(own == 4711)
        #expect(other == 0)
        #expect(after == 4711)
    }

    @Test("LocalAlloc gives memory, of zeros when asked; LocalFree takes it, and NULL")
    func memory() throws {
        let memory = unsafe try #require(unsafe LocalAlloc(UINT(LMEM_FIXED | LMEM_ZEROINIT), 4096))
        let octets = unsafe UnsafeRawBufferPointer(start: memory, count: 4096)
        #expect(unsafe octets.allSatisfy { $0 == 0 })
        #expect(unsafe LocalFree(memory) == nil)
        unsafe #expect(LocalFree(nil) == nil)
        let none = unsafe LocalAlloc(0, 0)
        #expect(unsafe none != nil)
        unsafe LocalFree(none)
        #expect(unsafe LocalAlloc(0, Int.max) == nil)
    }
}
