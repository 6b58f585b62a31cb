// ConnectedControlTests.swift — trust and credentials, and what WSAIoctl says and refuses once a socket is connected.
// Microsoft's sslsock.h; docs/winsock.md.
// Next: HookTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Testing

@Suite("WinSock controls of a connection", .timeLimit(.minutes(5)))
struct ConnectedControlTests {
    @Test("trust comes from the system, a file or octets, and nothing else")
    func trust() throws {
        let socket = try TestSocket()
        #expect(socket.setTrust(TestFile.root) == 0)
        let root = String(decoding: try TestFile.contents(TestFile.root), as: UTF8.self)
        #expect(socket.setTrust(root, SSL_TYPE_PEM) == 0)
        #expect(socket.setTrust("", SSL_TYPE_FILE) != 0)
        #expect(socket.setTrust("", SSL_TYPE_PEM) != 0)
        #expect(socket.setTrust("/nowhere/at/all.pem") == WSAEFAULT)
        #expect(socket.setTrust(TestFile.key) != 0)
        #expect(socket.setTrust("no certificate", SSL_TYPE_PEM) != 0)
        #expect(socket.setTrust(TestFile.root, 3) == WSAEINVAL)
        #expect(unsafe socket.set(SO_SSL_SET_TRUST, SSLTRUST(dwType: 0, dwFlags: 1, Anchors: BLOB())) == WSAEINVAL)
        #expect(
            unsafe socket.set(
                SO_SSL_SET_TRUST,
                SSLTRUST(dwType: DWORD(SSL_TYPE_PEM), dwFlags: 0, Anchors: BLOB(cbSize: 9, pBlobData: nil)))
                == WSAEFAULT)
    }

    @Test("credentials are certificates and the key that belongs to them")
    func credentials() throws {
        let socket = try TestSocket()
        let (certificate, key) = (Array(TestFile.certificate.utf8), Array(TestFile.key.utf8))
        #expect(socket.setCredentials(certificate, key) == 0)
        #expect(socket.setCredentials(certificate + [0], key + [0]) == 0)
        let octets = (try TestFile.contents(TestFile.certificate), try TestFile.contents(TestFile.key))
        #expect(socket.setCredentials(octets.0, octets.1, SSL_TYPE_PEM) == 0)
        let other = try TestFile.contents(TestFile.folder + "server-p384.key.pem")
        #expect(socket.setCredentials(octets.0, other, SSL_TYPE_PEM) == WSAEINVAL)
        #expect(socket.setCredentials(octets.1, octets.0, SSL_TYPE_PEM) == WSAEINVAL)
        #expect(socket.setCredentials(octets.0, Array(octets.1.prefix(60)), SSL_TYPE_PEM) == WSAEINVAL)
        #expect(socket.setCredentials(octets.0, octets.1, SSL_TYPE_SYSTEM) == WSAEINVAL)
        #expect(socket.setCredentials(Array("/nowhere.pem".utf8), key) == WSAEFAULT)
        #expect(socket.setCredentials(certificate, Array("a\u{0}b".utf8)) == WSAEINVAL)
    }

    @Test("a failed change of trust leaves what was set before")
    func trustStays() async throws {
        try await onThread {
            let listener = try SecureListener()
            let client = try TestSocket.client()
            #expect(client.setTrust("no certificate", SSL_TYPE_PEM) != 0)
            #expect(client.set(SO_SSL_SET_PEERNAME, text: "*") == WSAEINVAL)
            #expect(client.connect(listener.port) == 0)
        }
    }

    @Test("an open connection tells its version, suite and certificates, and takes no settings")
    func connected() async throws {
        try await onThread {
            let (client, server) = try SecureListener().pair()
            for socket in [client, server] { try refusesSettings(socket) }
            #expect(server.get(SO_SSL_GET_PEER_CERTS, room: 9000).error == 0)
            let info = try client.get(SO_SSL_GET_CONNECTION_INFO, SSLCONNECTIONINFO.self)
            #expect(info.dwProtocol == DWORD(SP_PROT_TLS1_3_CLIENT))
            #expect(info.dwCipherStrength >= 128 && info.dwHashStrength >= 256 && info.dwExchStrength >= 256)
            let other = try server.get(SO_SSL_GET_CONNECTION_INFO, SSLCONNECTIONINFO.self)
            #expect(other.dwProtocol == DWORD(SP_PROT_TLS1_3_SERVER))
            #expect(other.aiCipher == info.aiCipher && other.aiHash == info.aiHash && other.aiExch == info.aiExch)
            let session = try client.get(SO_SSL_GET_SESSION_INFO, SSLSESSIONINFO.self)
            #expect(session.dwVersion == 0x0304)
            #expect(session.dwCipherSuite >> 8 == 0x13)
            #expect(session.dwGroup != 0)
            #expect(client.text(SO_SSL_GET_ERROR_TEXT) == "")
            #expect(try client.get(SO_SSL_GET_LAST_ALERT, SSLALERT.self).dwOrigin == DWORD(SSL_ALERT_NONE))
            #expect(client.text(SO_SSL_GET_ALPN) == "")
        }
    }

    /// Every setting comes too late, and changes nothing.
    private func refusesSettings(_ socket: TestSocket) throws {
        let options = try socket.get(SO_SSL_GET_CLIENT_OPTS, SSLCLIENTOPTS.self)
        let flags = try socket.get(SO_SSL_GET_FLAGS, DWORD.self)
        let late = SSLCLIENTOPTS(CacheTimeout: 5, dwCacheEntries: 5, dwFlags: 0)
        #expect(socket.set(SO_SSL_SET_CLIENT_OPTS, late) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_SERVER_OPTS, late) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_FLAGS, DWORD(SSL_FLAG_ENABLE | SSL_FLAG_DEFER_HANDSHAKE)) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_PEERNAME, text: "other.example") == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_ALPN, bytes: [2, 0x68, 0x32]) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_PROTOCOLS, DWORD(0)) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_CIPHERS, bytes: [7, 0, 0, 0, 1, 0, 0, 0, 1, 0x13, 0, 0]) == WSAEINVAL)
        #expect(socket.setTrust(TestFile.root) == WSAEINVAL)
        let files = (Array(TestFile.certificate.utf8), Array(TestFile.key.utf8))
        #expect(socket.setCredentials(files.0, files.1) == WSAEINVAL)
        #expect(socket.set(SO_SSL_PERFORM_HANDSHAKE, bytes: nil) == WSAEINVAL)
        #expect(try socket.get(SO_SSL_GET_CLIENT_OPTS, SSLCLIENTOPTS.self).CacheTimeout == options.CacheTimeout)
        #expect(try socket.get(SO_SSL_GET_FLAGS, DWORD.self) == flags)
        for code in [SO_SSL_GET_CONNECTION_INFO, SO_SSL_GET_SESSION_INFO, SO_SSL_GET_PEER_CERTS, SO_SSL_GET_ALPN] {
            let short = socket.get(code, room: 0)
            #expect(short.error == WSAEFAULT)
            #expect(short.returned > 0)
        }
    }

    @Test("the peer's certificates are the leaf's octets, inside the caller's room")
    func peerCertificates() async throws {
        try await onThread {
            let (client, server) = try SecureListener().pair()
            let needed = client.get(SO_SSL_GET_PEER_CERTS, room: 0).returned
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: needed, alignment: 16)
            defer { unsafe room.deallocate() }
            var returned: DWORD = 0
            let error = Winsock.error(
                unsafe WSAIoctl(
                    client.number, SO_SSL_GET_PEER_CERTS, nil, 0, room.baseAddress, DWORD(needed), &returned, nil, nil))
            #expect(error == 0)
            let certificates = unsafe room.loadUnaligned(as: SSLPEERCERTS.self)
            #expect(certificates.dwType == DWORD(SSL_CERT_X509))
            #expect(certificates.dwCount == 1)
            let leaf = unsafe certificates.CertList
            let octets = unsafe [UInt8](UnsafeRawBufferPointer(start: leaf.pBlobData, count: Int(leaf.cbSize)))
            let file = String(decoding: try TestFile.contents(TestFile.certificate), as: UTF8.self)
            let base64 = file.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
            #expect(Data(octets) == Data(base64Encoded: base64))
            withExtendedLifetime(server) {}
        }
    }

    @Test("versions, suites and ALPN are what both sides were told")
    func agreement() async throws {
        try await onThread {
            let listener = try SecureListener { socket in
                try socket.check("alpn", socket.set(SO_SSL_SET_ALPN, bytes: [2, 0x68, 0x32, 3, 0x66, 0x6f, 0x6f]))
            }
            let client = try TestSocket.client()
            #expect(client.set(SO_SSL_SET_ALPN, bytes: [3, 0x66, 0x6f, 0x6f]) == 0)
            #expect(client.set(SO_SSL_SET_PROTOCOLS, bytes: [1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) == 0)
            let suites: [UInt8] = [6, 0, 0, 0, 1, 0, 0, 0, 0x2c, 0xc0, 0, 0]
            #expect(client.set(SO_SSL_SET_CIPHERS, bytes: suites) == 0)
            try client.check("connect", client.connect(listener.port))
            let server = try listener.accept()
            for socket in [client, server] {
                let session = try socket.get(SO_SSL_GET_SESSION_INFO, SSLSESSIONINFO.self)
                #expect(session.dwVersion == 0x0303)
                #expect(session.dwCipherSuite == 0xc02c)
                #expect(socket.text(SO_SSL_GET_ALPN) == "foo")
            }
            let info = try client.get(SO_SSL_GET_CONNECTION_INFO, SSLCONNECTIONINFO.self)
            #expect(info.dwProtocol == DWORD(SP_PROT_TLS1_2_CLIENT))
            #expect(info.aiCipher == DWORD(CALG_AES_256) && info.dwCipherStrength == 256)
            #expect(info.aiHash == DWORD(CALG_SHA_384) && info.dwHashStrength == 384)
            #expect(info.aiExch == DWORD(CALG_ECDH_EPHEM))
        }
    }

    @Test("both keys are made anew while data goes on")
    func newKeys() async throws {
        try await onThread {
            let (client, server) = try SecureListener().pair()
            for round in UInt8(1)...3 {
                #expect(client.set(SO_SSL_RENEGOTIATE, bytes: nil) == 0)
                try client.sendAll([round, 1, 2])
                #expect(try server.receive(exactly: 3) == [round, 1, 2])
                try server.sendAll([round])
                #expect(try client.receive(exactly: 1) == [round])
            }
        }
    }

    @Test("RFC 5246 has no key update: TLS 1.2 says so, and the connection goes on")
    func noNewKeys() async throws {
        try await onThread {
            let listener = try SecureListener { socket in
                let only12: [UInt8] = [1, 0, 0, 0, 6, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0]
                try socket.check("protocols", socket.set(SO_SSL_SET_PROTOCOLS, bytes: only12))
            }
            let (client, server) = try listener.pair()
            for (one, other) in [(client, server), (server, client)] {
                #expect(one.set(SO_SSL_RENEGOTIATE, bytes: nil) == WSAEOPNOTSUPP)
                try one.sendAll([1, 2])
                #expect(try other.receive(exactly: 2) == [1, 2])
                #expect(one.text(SO_SSL_GET_ERROR_TEXT) == "")
            }
        }
    }

    @Test("the farewell can be sent by itself: the peer reads the end, and can go on")
    func farewell() async throws {
        try await onThread {
            let (client, server) = try SecureListener().pair()
            try client.sendAll([1, 2, 3])
            #expect(client.set(SO_SSL_SEND_CLOSE_NOTIFY, bytes: nil) == 0)
            #expect(try server.receiveToEnd() == [1, 2, 3])
            try server.sendAll([4])
            #expect(try client.receive(exactly: 1) == [4])
            #expect(client.send([5]) == -Int(WSAESHUTDOWN))
            #expect(server.close() == 0)
            #expect(try client.receiveToEnd() == [])
        }
    }
}
