// Controls+Connection.swift — the deferred handshake, and what is known of a connection.
// Microsoft's sslsock.h; docs/winsock.md.
// Next: none.

import CSecureWinSock
import SocketProvider
import Synchronization

extension WinSocket {
    /// What TLS knows, once its handshake is done.
    func established() throws(WinsockError) -> ConnectionInfo {
        guard case .connected(let socket) = state.withLock({ $0.phase }), let info = socket.information.tls else {
            throw WinsockError(WSAENOTCONN)
        }
        return info
    }

    func connectionInfo() throws(WinsockError) -> SSLCONNECTIONINFO {
        let info = try established()
        guard let suite = info.cipherSuite, let version = info.version else { throw WinsockError(WSAENOTCONN) }
        let isServer = settings.isServer
        let name = "\(suite)"
        var result = SSLCONNECTIONINFO()
        switch (version, isServer) {
        case (.tls12, true): result.dwProtocol = DWORD(SP_PROT_TLS1_2_SERVER)
        case (.tls12, false): result.dwProtocol = DWORD(SP_PROT_TLS1_2_CLIENT)
        case (_, true): result.dwProtocol = DWORD(SP_PROT_TLS1_3_SERVER)
        case (_, false): result.dwProtocol = DWORD(SP_PROT_TLS1_3_CLIENT)
        }
        if name.contains("CHACHA20") {
            (result.aiCipher, result.dwCipherStrength) = (DWORD(CALG_CHACHA20_POLY1305), 256)
        } else if name.contains("AES_256") {
            (result.aiCipher, result.dwCipherStrength) = (DWORD(CALG_AES_256), 256)
        } else {
            (result.aiCipher, result.dwCipherStrength) = (DWORD(CALG_AES_128), 128)
        }
        if name.hasSuffix("SHA384") {
            (result.aiHash, result.dwHashStrength) = (DWORD(CALG_SHA_384), 384)
        } else if name.hasSuffix("SHA") {
            (result.aiHash, result.dwHashStrength) = (DWORD(CALG_SHA), 160)
        } else {
            (result.aiHash, result.dwHashStrength) = (DWORD(CALG_SHA_256), 256)
        }
        guard let group = info.group else {
            result.aiExch = DWORD(CALG_RSA_KEYX)
            return result
        }
        result.aiExch = DWORD("\(group)".hasPrefix("ffdhe") ? CALG_DH_EPHEM : CALG_ECDH_EPHEM)
        result.dwExchStrength = Self.strength(group)
        return result
    }

    /// Bits of the group's order or, of a finite field, of its prime.
    private static func strength(_ group: NamedGroup) -> DWORD {
        switch group {
        case .x25519, .secp256r1: 256
        case .x448: 448
        case .secp384r1: 384
        case .secp521r1: 521
        default: DWORD("\(group)".dropFirst("ffdhe".count)) ?? 0
        }
    }

    func sessionInfo() throws(WinsockError) -> SSLSESSIONINFO {
        let info = try established()
        return SSLSESSIONINFO(
            dwFlags: info.isResumed ? DWORD(SSL_SESSION_RESUMED) : 0, dwVersion: DWORD(info.version?.rawValue ?? 0),
            dwCipherSuite: DWORD(info.cipherSuite?.rawValue ?? 0), dwGroup: DWORD(info.group?.rawValue ?? 0))
    }

    func getPeerCertificates(_ output: inout ControlOutput) throws(WinsockError) {
        try output.put(certificates: try established().peerCertificates.map(\.derEncoded))
    }

    /// The alert that ended the connection.
    var lastAlert: SSLALERT {
        guard case .security(let error) = failure, let alert = error.alert else {
            return SSLALERT(dwOrigin: DWORD(SSL_ALERT_NONE), dwAlert: 0)
        }
        let origin = error.origin == .peer ? SSL_ALERT_RECEIVED : SSL_ALERT_SENT
        return SSLALERT(dwOrigin: DWORD(origin), dwAlert: DWORD(alert.rawValue))
    }

    // MARK: What a connection can be told

    func updateKeys() throws(WinsockError) {
        guard case .connected(let socket) = state.withLock({ $0.phase }) else { throw WinsockError(WSAENOTCONN) }
        try translating { () throws(SocketError) in try socket.updateKeys(requestPeer: true) }
    }

    func endSending() throws(WinsockError) {
        guard case .connected = state.withLock({ $0.phase }) else { throw WinsockError(WSAENOTCONN) }
        // The pump sees the end of the program's data after the last of it, and says farewell.
        try shutdownSending()
    }

    /// STARTTLS: what is plain ends here. Nothing may be on its way: what came before the handshake must not be taken for
    /// something that came after it.
    func performHandshake(_ input: ControlInput) throws(WinsockError) {
        let name = input.count == 0 ? nil : try input.text()
        let (plain, before) = try state.withLock { state throws(WinsockError) in
            guard case .deferred(let plain) = state.phase else { throw WinsockError(WSAEINVAL) }
            // One thread at a time.
            state.phase = .connecting(nil)
            return (plain, state.settings)
        }
        var settings = before
        if let name { settings.peerName = name }
        do throws(WinsockError) {
            try upgrade(plain, settings)
        } catch {
            state.withLock { state in
                if case .connecting = state.phase { state.phase = .deferred(plain) }
            }
            throw error
        }
    }

    private func upgrade(_ plain: SecureSocket, _ settings: SocketSettings) throws(WinsockError) {
        let provider = try provider()
        let options = try settings.tightened().clientOptions(provider, hookCalls)
        let secure = try translating { () throws(SocketError) in try provider.configure(options) }
        do throws(SocketError) {
            let socket = try pump.upgrade(plain) { () throws(SocketError) in try secure.makeSocket(over: plain) }
            state.withLock { $0.settings = settings }
            advance(to: .connected(socket))
        } catch {
            switch error {
            // Nothing has happened yet.
            case .invalidArgument, .operationInProgress: break
            default: fail(error)
            }
            throw WinsockError(error)
        }
    }
}
