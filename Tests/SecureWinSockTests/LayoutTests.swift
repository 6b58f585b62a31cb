// LayoutTests.swift — the sizes and offsets of the header's structures, and the numbers of its control codes.
// WinSock 2's structures with pointers and time_t of 64 bits; sslsock.h: codes are a direction | 0x10730000 | a number.
// Next: CatalogueTests.swift.

import CSecureWinSock
import Foundation
import TestSupport
import Testing

@Suite("Layout of the C interface")
struct LayoutTests {
    /// The header's control codes by name.
    static func codes() throws -> [(name: String, value: DWORD)] {
        let path = SharedFolder.checkout + "/Sources/CSecureWinSock/include/securewinsock.h"
        let header = try String(contentsOfFile: path, encoding: .utf8)
        return header.matches(of: /#define (SO_SSL_[A-Z_]+) 0x([0-9a-f]{8})u/).compactMap { match in
            DWORD(match.1.isEmpty ? "" : match.2, radix: 16).map { (String(match.1), $0) }
        }
    }

    @Test("each code's direction is that of its name, and no two have the same number")
    func codesHaveTheirForm() throws {
        let codes = try Self.codes()
        try #require(codes.count >= 36)
        #expect(Set(codes.map(\.value)).count == codes.count)
        for (name, value) in codes {
            let direction: DWORD =
                switch name {
                // The caller says which protocol's list it wants.
                case "SO_SSL_GET_CIPHERS": 0xc000_0000
                case _ where name.hasPrefix("SO_SSL_GET_"): 0x4000_0000
                case _ where name.hasPrefix("SO_SSL_SET_"): 0x8000_0000
                default: 0
                }
            #expect(value & 0xffff_ff80 == direction | 0x1073_0000, "\(name)")
        }
    }

    @Test("the codes of sslsock.h have Microsoft's numbers")
    func codesAreMicrosofts() throws {
        let numbers: [String: DWORD] = [
            "CAPABILITIES": 1, "FLAGS": 2, "PROTOCOLS": 3, "CIPHERS": 4, "CLIENT_OPTS": 5, "SERVER_OPTS": 6,
            "CLIENT_AUTH_OPTS": 7, "VALIDATE_CERT_HOOK": 8, "AUTH_REQUEST_HOOK": 9, "KEY_EXCH_HOOK": 10,
            "SIGNATURE_HOOK": 11, "PERFORM_HANDSHAKE": 13, "CONNECTION_INFO": 14, "PEERNAME": 15,
        ]
        var seen: Set<String> = []
        for (name, value) in try Self.codes() {
            let stem = name.replacing(/^SO_SSL_(GET_|SET_)?/, with: "")
            seen.insert(stem)
            // What sslsock.h lacks is from 0x40 up.
            if let number = numbers[stem] {
                #expect(value & 0x7f == number, "\(name)")
            } else {
                #expect(value & 0x40 != 0, "\(name)")
            }
        }
        #expect(seen.isSuperset(of: numbers.keys))
    }

    @Test("every code of the header is known, and no other of its family in any direction")
    func libraryKnowsTheHeadersCodes() throws {
        let socket = try TestSocket()
        let codes = Dictionary(try Self.codes().map { ($0.value, $0.name) }, uniquingKeysWith: { first, _ in first })
        for direction in [DWORD(0), 0x4000_0000, 0x8000_0000, 0xc000_0000] {
            for number in DWORD(0)...0x7f {
                let code = direction | 0x1073_0000 | number
                // Forgetting every session would be felt by others; ControlTests does that.
                if code == SO_SSL_PURGE_SESSIONS { continue }
                let error = socket.set(code, bytes: nil)
                guard let name = codes[code] else {
                    #expect(error == WSAEOPNOTSUPP, "\(String(code, radix: 16))")
                    continue
                }
                #expect(error != WSAEOPNOTSUPP && error != 0, "\(name)")
            }
        }
    }

    @Test("every structure of the header is asserted in it, and its size checked here")
    func everyStructure() throws {
        let path = SharedFolder.checkout + "/Sources/CSecureWinSock/include/securewinsock.h"
        let header = try String(contentsOfFile: path, encoding: .utf8)
        let tests = try String(contentsOfFile: #filePath, encoding: .utf8)
        let names = header.matches(of: /\n} ([A-Z_]+)[,;]/).map { String($0.1) }
        #expect(names.count >= 20)
        for name in names {
            #expect(header.contains("SECUREWINSOCK_ASSERT(sizeof(\(name)) == "), "\(name)")
            let forms = ["\(name).self", "MemoryLayout<\(name)>", "typealias Info = \(name)"]
            #expect(forms.contains { tests.contains($0) }, "\(name)")
        }
    }

    @Test("the basic types have Windows' sizes")
    func basicTypes() {
        #expect(MemoryLayout<BYTE>.size == 1)
        #expect(MemoryLayout<WORD>.size == 2)
        #expect(MemoryLayout<DWORD>.size == 4)
        #expect(MemoryLayout<BOOL>.size == 4)
        #expect(MemoryLayout<LONG>.size == 4)
        #expect(MemoryLayout<ULONG>.size == 4)
        #expect(MemoryLayout<ALG_ID>.size == 4)
        #expect(MemoryLayout<SOCKET>.size == 4)
        #expect(MemoryLayout<DWORD_PTR>.size == 8)
        #expect(MemoryLayout<time_t>.size == 8)
        #expect(MemoryLayout<GUID>.size == 16)
        #expect(MemoryLayout<GUID>.offset(of: \.Data4) == 8)
    }

    @Test("WSAPROTOCOL_INFO has 372 octets, each member in its place")
    func protocolInfo() {
        typealias Info = WSAPROTOCOL_INFO
        #expect(MemoryLayout<Info>.size == 372)
        #expect(MemoryLayout<Info>.stride == 372)
        #expect(MemoryLayout<WSAPROTOCOLCHAIN>.size == 32)
        let places: [(PartialKeyPath<Info>, Int)] = [
            (\.dwServiceFlags1, 0), (\.dwServiceFlags2, 4), (\.dwServiceFlags3, 8), (\.dwServiceFlags4, 12),
            (\.dwProviderFlags, 16), (\.ProviderId, 20), (\.dwCatalogEntryId, 36), (\.ProtocolChain, 40),
            (\.iVersion, 72), (\.iAddressFamily, 76), (\.iMaxSockAddr, 80), (\.iMinSockAddr, 84), (\.iSocketType, 88),
            (\.iProtocol, 92), (\.iProtocolMaxOffset, 96), (\.iNetworkByteOrder, 100), (\.iSecurityScheme, 104),
            (\.dwMessageSize, 108), (\.dwProviderReserved, 112), (\.szProtocol, 116),
        ]
        for (member, place) in places { #expect(MemoryLayout<Info>.offset(of: member) == place) }
    }

    @Test("the structures with numbers only")
    func numbers() {
        #expect(sizes(SSLPROTOCOL.self) == [12, 12])
        #expect(places([\SSLPROTOCOL.dwProtocol, \.dwVersion, \.dwFlags]) == [0, 4, 8])
        #expect(sizes(SSLPROTOCOLS.self) == [16, 16])
        #expect(places([\SSLPROTOCOLS.dwCount, \.ProtocolList]) == [0, 4])
        #expect(sizes(SSLCIPHERS.self) == [12, 12])
        #expect(places([\SSLCIPHERS.dwProtocol, \.dwCount, \.CipherList]) == [0, 4, 8])
        #expect(sizes(SSLCLIENTOPTS.self) == [16, 16])
        #expect(places([\SSLCLIENTOPTS.CacheTimeout, \.dwCacheEntries, \.dwFlags]) == [0, 8, 12])
        #expect(sizes(SSLSERVEROPTS.self) == [16, 16])
        #expect(sizes(SSLCONNECTIONINFO.self) == [28, 28])
        #expect(
            places([
                \SSLCONNECTIONINFO.dwProtocol, \.aiCipher, \.dwCipherStrength, \.aiHash, \.dwHashStrength, \.aiExch,
                \.dwExchStrength,
            ]) == [0, 4, 8, 12, 16, 20, 24])
        #expect(sizes(SSLSESSIONINFO.self) == [16, 16])
        #expect(places([\SSLSESSIONINFO.dwFlags, \.dwVersion, \.dwCipherSuite, \.dwGroup]) == [0, 4, 8, 12])
        #expect(sizes(SSLALERT.self) == [8, 8])
        #expect(places([\SSLALERT.dwOrigin, \.dwAlert]) == [0, 4])
    }

    @Test("the structures with pointers")
    func pointers() {
        #expect(unsafe sizes(BLOB.self) == [16, 16])
        #expect(unsafe places([\BLOB.cbSize, \.pBlobData]) == [0, 8])
        #expect(unsafe sizes(WSABUF.self) == [16, 16])
        #expect(unsafe places([\WSABUF.len, \.buf]) == [0, 8])
        #expect(unsafe sizes(WSAOVERLAPPED.self) == [32, 32])
        #expect(
            unsafe places([\WSAOVERLAPPED.Internal, \.InternalHigh, \.Offset, \.OffsetHigh, \.hEvent])
                == [0, 8, 16, 20, 24])
        #expect(unsafe sizes(SSLCREDENTIALS.self) == [40, 40])
        #expect(unsafe places([\SSLCREDENTIALS.dwType, \.dwFlags, \.Certificates, \.PrivateKey]) == [0, 4, 8, 24])
        #expect(unsafe sizes(SSLCLIENTAUTHOPTS.self) == [32, 32])
        #expect(
            unsafe places([
                \SSLCLIENTAUTHOPTS.dwRequestClientAuth, \.dwRedoHandshake, \.dwType, \.dwIssuerCount, \.pIssuerList,
                \.dwFlags,
            ]) == [0, 4, 8, 12, 16, 24])
        #expect(unsafe sizes(SSLVALIDATECERTHOOK.self) == [16, 16])
        #expect(unsafe places([\SSLVALIDATECERTHOOK.HookFunc, \.pvArg]) == [0, 8])
        #expect(unsafe sizes(SSLSIGNATUREHOOK.self) == [16, 16])
        #expect(unsafe places([\SSLSIGNATUREHOOK.HookFunc, \.pvArg]) == [0, 8])
        #expect(unsafe sizes(SSLAUTHREQUESTHOOK.self) == [16, 16])
        #expect(unsafe places([\SSLAUTHREQUESTHOOK.HookFunc, \.pvArg]) == [0, 8])
        #expect(unsafe sizes(SSLKEYEXCHANGEHOOK.self) == [16, 16])
        #expect(unsafe places([\SSLKEYEXCHANGEHOOK.HookFunc, \.pvArg]) == [0, 8])
        #expect(unsafe sizes(SSLTRUST.self) == [24, 24])
        #expect(unsafe places([\SSLTRUST.dwType, \.dwFlags, \.Anchors]) == [0, 4, 8])
        #expect(sizes(SSLPEERCERTS.self) == [24, 24])
        #expect(unsafe places([\SSLPEERCERTS.dwType, \.dwCount, \.CertList]) == [0, 4, 8])
        #expect(unsafe sizes(WSADATA.self) == [408, 408])
        #expect(
            unsafe places([\WSADATA.wVersion, \.wHighVersion, \.iMaxSockets, \.iMaxUdpDg, \.lpVendorInfo])
                == [0, 2, 4, 6, 8])
        #expect(unsafe places([\WSADATA.szDescription, \.szSystemStatus]) == [16, 273])
    }

    private func sizes<Value>(_ type: Value.Type) -> [Int] { [MemoryLayout<Value>.size, MemoryLayout<Value>.stride] }

    private func places<Value>(_ members: [PartialKeyPath<Value>]) -> [Int?] {
        members.map { MemoryLayout<Value>.offset(of: $0) }
    }
}
