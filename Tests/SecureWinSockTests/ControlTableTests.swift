// ControlTableTests.swift — every control code: what is right, a wrong size, a wrong state, NULL and a wrong direction.
// Microsoft's sslsock.h; docs/winsock.md.
// Next: ConnectedControlTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import SecureWinSock
import Testing

@Suite("WinSock controls, all of them", .timeLimit(.minutes(5)))
struct ControlTableTests {
    private func call(_ socket: TestSocket, _ control: Control, _ row: ControlRow) -> Int32 {
        socket.get(control.rawValue, room: row.gives ? 9000 : 0, row.input).error
    }

    /// WSAIoctl with NULL where these many octets are said to be.
    private func callWithNull(_ socket: TestSocket, _ control: Control, input: DWORD = 0, output: DWORD = 0) -> Int32 {
        Winsock.error(WSAIoctl(socket.number, control.rawValue, nil, input, nil, output, nil, nil, nil))
    }

    /// Everything that can be asked of a socket in any state.
    private func snapshot(_ socket: TestSocket) -> [[UInt8]] {
        Control.allCases.filter { ControlRow.of($0).gives }.map { control in
            // Certificates come with the addresses where they were put.
            control == .getPeerCertificates ? [] : members(socket, control)
        }
    }

    /// What a code gives, without what is between and after the members of a structure.
    private func members(_ socket: TestSocket, _ control: Control) -> [UInt8] {
        let octets = socket.get(control.rawValue, room: 9000, ControlRow.of(control).input).bytes
        return control == .getClientAuthentication ? Array(octets.prefix(28)) : octets
    }

    @Test("a code answers as the state allows, and what comes too late changes nothing")
    func states() async throws {
        try await onThread {
            try StateSockets().visit { state, socket in
                let before = snapshot(socket)
                for control in Control.allCases {
                    let row = ControlRow.of(control)
                    guard let expected = row.answer(state) else { continue }
                    #expect(call(socket, control, row) == expected, "\(control) of a socket that is \(state)")
                }
                let isSame = snapshot(socket) == before
                #expect(isSame == (state != .fresh && state != .deferred), "\(state)")
            }
        }
    }

    @Test("an input of the wrong size or form is refused, and changes nothing")
    func wrongInput() async throws {
        try await onThread {
            try StateSockets().visit { state, socket in
                let before = snapshot(socket)
                for control in Control.allCases {
                    let row = ControlRow.of(control)
                    for wrong in row.wrong {
                        let error = socket.get(control.rawValue, room: row.gives ? 9000 : 0, wrong).error
                        #expect(error == WSAEINVAL, "\(control) of a socket that is \(state): \(wrong)")
                    }
                }
                #expect(snapshot(socket) == before, "\(state)")
            }
        }
    }

    @Test("too little room, and none, tell what is needed, and touch nothing")
    func wrongRoom() async throws {
        try await onThread {
            let sockets = try StateSockets()
            let socket = try sockets.socket(.connected)
            for control in Control.allCases where ControlRow.of(control).gives {
                let input = ControlRow.of(control).input
                let right = socket.get(control.rawValue, room: 9000, input)
                #expect(right.error == 0 && right.returned > 0, "\(control)")
                for room in [0, right.returned - 1] {
                    let short = socket.get(control.rawValue, room: room, input)
                    #expect(short.error == WSAEFAULT, "\(control)")
                    #expect(short.returned == right.returned, "\(control)")
                    #expect(short.bytes.allSatisfy { $0 == 0xa5 }, "\(control)")
                }
                #expect(socket.get(control.rawValue, room: right.returned, input).error == 0, "\(control)")
            }
            withExtendedLifetime(sockets) {}
        }
    }

    @Test("NULL where something is said to be, or has to be, is a wrong address in every state")
    func null() async throws {
        try await onThread {
            try StateSockets().visit { state, socket in
                for control in Control.allCases {
                    let row = ControlRow.of(control)
                    #expect(callWithNull(socket, control, input: 4) == WSAEFAULT, "\(control) \(state)")
                    #expect(callWithNull(socket, control, output: 4) == WSAEFAULT, "\(control) \(state)")
                    guard row.input != nil else { continue }
                    #expect(callWithNull(socket, control) == WSAEFAULT, "\(control) \(state)")
                }
            }
        }
    }

    @Test("a code that takes nothing refuses an input; one that gives nothing leaves the room alone")
    func direction() async throws {
        try await onThread {
            let sockets = try StateSockets()
            for control in Control.allCases {
                let row = ControlRow.of(control)
                if row.gives, row.input == nil {
                    let answer = try sockets.socket(.connected).get(control.rawValue, room: 9000, [0, 0, 0, 0])
                    #expect(answer.error == WSAEINVAL && answer.returned == 0, "\(control)")
                    #expect(answer.bytes.allSatisfy { $0 == 0xa5 }, "\(control)")
                } else if !row.gives, row.answer(.fresh) == 0 {
                    var room: [UInt8] = [1, 2, 3, 4]
                    var returned: DWORD = 99
                    let fresh = try sockets.socket(.fresh)
                    #expect(Winsock.control(fresh.number, control.rawValue, row.input, &room, returned: &returned) == 0)
                    #expect(room == [1, 2, 3, 4] && returned == 0, "\(control)")
                }
            }
        }
    }

    @Test("what was set is what is got, and a hook of nothing is none")
    func pairs() throws {
        let socket = try TestSocket()
        var seen = 0
        for set in Control.allCases where "\(set)".hasPrefix("set") {
            let name = "\(set)".replacing(/^set/, with: "get")
            // The protocol that was agreed on is another thing than those that are offered.
            guard let get = Control.allCases.first(where: { "\($0)" == name }), get != .getALPN else { continue }
            seen += 1
            let row = ControlRow.of(set)
            let standard = members(socket, get)
            #expect(call(socket, set, row) == 0, "\(set)")
            let now = members(socket, get)
            #expect(now == row.input?.prefix(now.count).map { $0 } && now != standard, "\(set)")
            guard name.hasSuffix("Hook") else { continue }
            let none = [UInt8](repeating: 0, count: 16)
            #expect(standard == none)
            #expect(socket.set(set.rawValue, bytes: none) == 0)
            #expect(socket.get(get.rawValue, room: 16).bytes == none)
        }
        #expect(seen == 11)
    }

    // MARK: What is inside structures

    @Test("octets that a structure says to be somewhere have to be there")
    func blobs() throws {
        let socket = try TestSocket()
        let nowhere = unsafe BLOB(cbSize: 9, pBlobData: nil)
        var path = Array(TestFile.certificate.utf8)
        unsafe path.withUnsafeMutableBufferPointer { path in
            let there = unsafe BLOB(cbSize: ULONG(path.count), pBlobData: path.baseAddress)
            let empty = unsafe BLOB(cbSize: 0, pBlobData: path.baseAddress)
            for type in [SSL_TYPE_FILE, SSL_TYPE_PEM] {
                for (isThere, error) in [(false, WSAEFAULT), (true, WSAEINVAL)] {
                    let anchors = unsafe isThere ? empty : nowhere
                    let trust = unsafe SSLTRUST(dwType: DWORD(type), dwFlags: 0, Anchors: anchors)
                    unsafe #expect(socket.set(SO_SSL_SET_TRUST, trust) == error)
                    let credentials = unsafe SSLCREDENTIALS(
                        dwType: DWORD(type), dwFlags: 0, Certificates: anchors, PrivateKey: there)
                    unsafe #expect(socket.set(SO_SSL_SET_CREDENTIALS, credentials) == error)
                }
                let keyless = unsafe SSLCREDENTIALS(
                    dwType: DWORD(type), dwFlags: 0, Certificates: there, PrivateKey: nowhere)
                let error = type == SSL_TYPE_FILE ? WSAEFAULT : WSAEINVAL
                unsafe #expect(socket.set(SO_SSL_SET_CREDENTIALS, keyless) == error)
            }
            let flags = unsafe SSLCREDENTIALS(
                dwType: DWORD(SSL_TYPE_FILE), dwFlags: 1, Certificates: there, PrivateKey: there)
            unsafe #expect(socket.set(SO_SSL_SET_CREDENTIALS, flags) == WSAEINVAL)
        }
        let issuers = unsafe SSLCLIENTAUTHOPTS(
            dwRequestClientAuth: DWORD(SSL_AUTH_REQUIRED), dwRedoHandshake: 0, dwType: DWORD(SSL_CERT_X509),
            dwIssuerCount: 2, pIssuerList: nil, dwFlags: 0)
        let octets = unsafe withUnsafeBytes(of: issuers) { unsafe [UInt8]($0) }
        #expect(socket.set(SO_SSL_SET_CLIENT_AUTH_OPTS, bytes: octets) == WSAEFAULT)
    }

    @Test("the machine's store takes the place of what was trusted")
    func systemTrust() async throws {
        // Without a store there is nothing to trust, and that is said.
        guard FileManager.default.fileExists(atPath: "/etc/ssl/certs/ca-certificates.crt") else { return }
        try await onThread {
            let listener = try SecureListener()
            let client = try TestSocket.client()
            #expect(unsafe client.set(SO_SSL_SET_TRUST, SSLTRUST()) == 0)
            #expect(client.connect(listener.port) == WSAECONNABORTED)
            #expect(try client.get(SO_SSL_GET_LAST_ALERT, SSLALERT.self).dwAlert == 48)
        }
    }

    @Test("suites that are weak are taken when their weakness is, and it is not taken back under them")
    func weaknesses() throws {
        let socket = try TestSocket()
        let weak = [DWORD(6), 1, 0x003c].flatMap { octets(of: $0) }
        let both = DWORD(SSL_WEAK_CBC_PADDING_TIMING | SSL_WEAK_NO_FORWARD_SECRECY)
        #expect(socket.set(SO_SSL_SET_CIPHERS, bytes: weak) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_WEAKNESSES, DWORD(SSL_WEAK_CBC_PADDING_TIMING)) == 0)
        #expect(socket.set(SO_SSL_SET_CIPHERS, bytes: weak) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_WEAKNESSES, both) == 0)
        #expect(socket.set(SO_SSL_SET_CIPHERS, bytes: weak) == 0)
        for bad in [DWORD(0), DWORD(SSL_WEAK_CBC_PADDING_TIMING), both | 8, .max] {
            #expect(socket.set(SO_SSL_SET_WEAKNESSES, bad) == WSAEINVAL)
        }
        #expect(try socket.get(SO_SSL_GET_WEAKNESSES, DWORD.self) == both)
    }
}
