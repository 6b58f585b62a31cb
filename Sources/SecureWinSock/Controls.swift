// Controls.swift — WSAIoctl: the codes, what each takes and gives, and what is wrong with a call.
// Microsoft's sslsock.h; docs/winsock.md.
// Next: Controls+Settings.swift.

// The functions have the names of WinSock.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSecureWinSock
import Glibc
import SocketProvider

@c @implementation
public func WSAIoctl(
    _ s: SOCKET, _ dwIoControlCode: DWORD, _ lpvInBuffer: UnsafeMutableRawPointer?, _ cbInBuffer: DWORD,
    _ lpvOutBuffer: UnsafeMutableRawPointer?, _ cbOutBuffer: DWORD,
    _ lpcbBytesReturned: UnsafeMutablePointer<DWORD>?, _ lpOverlapped: UnsafeMutablePointer<WSAOVERLAPPED>?,
    _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    reporting { () throws(WinsockError) in
        try Startup.check()
        let request = try unsafe OverlappedRequest(lpOverlapped, lpCompletionRoutine)
        guard let control = Control(rawValue: dwIoControlCode) else { throw WinsockError(WSAEOPNOTSUPP) }
        guard let socket = SocketTable.find(s) else {
            throw WinsockError(isSocket(s) ? WSAEOPNOTSUPP : WSAENOTSOCK)
        }
        // Nothing may be where something is said to be.
        guard unsafe lpvInBuffer != nil || cbInBuffer == 0, unsafe lpvOutBuffer != nil || cbOutBuffer == 0 else {
            throw WinsockError(WSAEFAULT)
        }
        let input = unsafe ControlInput(UnsafeRawBufferPointer(start: lpvInBuffer, count: Int(cbInBuffer)))
        var output = unsafe ControlOutput(UnsafeMutableRawBufferPointer(start: lpvOutBuffer, count: Int(cbOutBuffer)))
        defer { unsafe lpcbBytesReturned?.pointee = DWORD(clamping: output.count) }
        try request?.begin(socket)
        do throws(WinsockError) {
            try control.run(socket, input, &output)
        } catch {
            request?.refuse(error)
            throw error
        }
        request?.finish(0, DWORD(clamping: output.count))
        return 0
    }
}

/// Whether a number is a socket's, of whatever kind.
func isSocket(_ number: SOCKET) -> Bool {
    var type: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &length) == 0
}

/// The codes. Their numbers are the header's; that they agree, a test sees to.
package enum Control: DWORD, CaseIterable, Sendable {
    case getCapabilities = 0x5073_0001
    case getFlags = 0x5073_0002
    case setFlags = 0x9073_0002
    case getProtocols = 0x5073_0003
    case setProtocols = 0x9073_0003
    case getCiphers = 0xd073_0004
    case setCiphers = 0x9073_0004
    case getClientOptions = 0x5073_0005
    case setClientOptions = 0x9073_0005
    case getServerOptions = 0x5073_0006
    case setServerOptions = 0x9073_0006
    case getClientAuthentication = 0x5073_0007
    case setClientAuthentication = 0x9073_0007
    case getValidateHook = 0x5073_0008
    case setValidateHook = 0x9073_0008
    case getAuthRequestHook = 0x5073_0009
    case setAuthRequestHook = 0x9073_0009
    case getKeyExchangeHook = 0x5073_000a
    case setKeyExchangeHook = 0x9073_000a
    case getSignatureHook = 0x5073_000b
    case setSignatureHook = 0x9073_000b
    case performHandshake = 0x1073_000d
    case getConnectionInfo = 0x5073_000e
    case setPeerName = 0x9073_000f
    case getPeerCertificates = 0x5073_0040
    case setCredentials = 0x9073_0041
    case setTrust = 0x9073_0042
    case getALPN = 0x5073_0043
    case setALPN = 0x9073_0043
    case getSessionInfo = 0x5073_0044
    case purgeSessions = 0x1073_0045
    case getLastAlert = 0x5073_0046
    case renegotiate = 0x1073_0047
    case sendCloseNotify = 0x1073_0048
    case getErrorText = 0x5073_0049
    case getPolicy = 0x5073_004a
    case getWeaknesses = 0x5073_004b
    case setWeaknesses = 0x9073_004b

    /// The highest bit is the header's IOC_IN. PERFORM_HANDSHAKE may have a name, though its number does not say so.
    private var takesInput: Bool { rawValue >> 31 == 1 || self == .performHandshake }

    func run(_ socket: WinSocket, _ input: ControlInput, _ output: inout ControlOutput) throws(WinsockError) {
        if !takesInput { try input.nothing() }
        switch self {
        case .getCapabilities: try output.put(socket.capabilities)
        case .getFlags: try output.put(socket.settings.flags)
        case .setFlags: try socket.setFlags(try input.value(DWORD.self))
        case .getProtocols: try socket.getProtocols(&output)
        case .setProtocols: try socket.setProtocols(input)
        case .getCiphers: try socket.getCiphers(input, &output)
        case .setCiphers: try socket.setCiphers(input)
        case .getClientOptions: try output.put(SSLCLIENTOPTS(socket.settings.client))
        case .setClientOptions:
            let cache = try CacheSettings(try input.value(SSLCLIENTOPTS.self))
            try socket.configure { (settings) throws(WinsockError) in settings.client = cache }
        case .getServerOptions: try output.put(SSLCLIENTOPTS(socket.settings.server))
        case .setServerOptions:
            let cache = try CacheSettings(try input.value(SSLCLIENTOPTS.self))
            try socket.configure { (settings) throws(WinsockError) in settings.server = cache }
        case .getClientAuthentication: try socket.getClientAuthentication(&output)
        case .setClientAuthentication:
            unsafe try socket.setClientAuthentication(try input.value(SSLCLIENTAUTHOPTS.self))
        case .getValidateHook: unsafe try output.put(socket.settings.validateHook?.value ?? SSLVALIDATECERTHOOK())
        case .setValidateHook:
            let hook = unsafe ValidateHook(try input.value(SSLVALIDATECERTHOOK.self))
            try socket.configure { (settings) throws(WinsockError) in settings.validateHook = hook }
        case .getAuthRequestHook: unsafe try output.put(socket.settings.authRequestHook?.value ?? SSLAUTHREQUESTHOOK())
        case .setAuthRequestHook:
            let hook = unsafe AuthRequestHook(try input.value(SSLAUTHREQUESTHOOK.self))
            try socket.configure { (settings) throws(WinsockError) in settings.authRequestHook = hook }
        case .getKeyExchangeHook: unsafe try output.put(socket.settings.keyExchangeHook?.value ?? SSLKEYEXCHANGEHOOK())
        case .setKeyExchangeHook:
            let hook = unsafe KeyExchangeHook(try input.value(SSLKEYEXCHANGEHOOK.self))
            try socket.configure { (settings) throws(WinsockError) in settings.keyExchangeHook = hook }
        case .getSignatureHook: unsafe try output.put(socket.settings.signatureHook?.value ?? SSLSIGNATUREHOOK())
        case .setSignatureHook:
            let hook = unsafe SignatureHook(try input.value(SSLSIGNATUREHOOK.self))
            try socket.configure { (settings) throws(WinsockError) in settings.signatureHook = hook }
        case .performHandshake: try socket.performHandshake(input)
        case .getConnectionInfo: try output.put(try socket.connectionInfo())
        case .setPeerName: try socket.setPeerName(try input.text())
        case .getPeerCertificates: try socket.getPeerCertificates(&output)
        case .setCredentials:
            let credential = try unsafe OwnCredential(try input.value(SSLCREDENTIALS.self))
            try socket.configure { (settings) throws(WinsockError) in settings.credential = credential }
        case .setTrust: try unsafe socket.setTrust(try input.value(SSLTRUST.self))
        case .getALPN: try output.put(text: try socket.established().alpnProtocol ?? "")
        case .setALPN: try socket.setALPN(input)
        case .getSessionInfo: try output.put(try socket.sessionInfo())
        case .purgeSessions: SharedSessions.purge()
        case .getWeaknesses: try output.put(socket.weaknesses)
        case .setWeaknesses: try socket.setWeaknesses(try input.value(DWORD.self))
        case .getLastAlert: try output.put(socket.lastAlert)
        case .renegotiate: try socket.updateKeys()
        case .sendCloseNotify: try socket.endSending()
        case .getPolicy: try output.put(text: try Policy.inForce()?.text ?? "{}")
        case .getErrorText: try output.put(text: socket.failure.map { "\($0)" } ?? "")
        }
    }
}

/// What a program gives to a control.
@safe
struct ControlInput {
    private let octets: UnsafeRawBufferPointer

    init(_ octets: UnsafeRawBufferPointer) { unsafe self.octets = unsafe octets }

    var count: Int { unsafe octets.count }

    /// A structure of this type and nothing more.
    func value<Value>(_ type: Value.Type) throws(WinsockError) -> Value {
        guard unsafe octets.baseAddress != nil else { throw WinsockError(WSAEFAULT) }
        guard unsafe octets.count == MemoryLayout<Value>.stride else { throw WinsockError(WSAEINVAL) }
        return unsafe octets.loadUnaligned(as: type)
    }

    /// One number of a structure that ends with a list.
    func number(at offset: Int) throws(WinsockError) -> DWORD {
        guard unsafe octets.baseAddress != nil else { throw WinsockError(WSAEFAULT) }
        guard unsafe octets.count >= offset + 4 else { throw WinsockError(WSAEINVAL) }
        return unsafe octets.loadUnaligned(fromByteOffset: offset, as: DWORD.self)
    }

    /// Everything; more than this is not looked at.
    func bytes(atMost limit: Int) throws(WinsockError) -> [UInt8] {
        guard unsafe octets.baseAddress != nil else { throw WinsockError(WSAEFAULT) }
        guard count <= limit else { throw WinsockError(WSAEINVAL) }
        return unsafe [UInt8](octets)
    }

    /// Text with its NUL, or without.
    func text() throws(WinsockError) -> String {
        var bytes = try bytes(atMost: 256)
        if bytes.last == 0 { bytes.removeLast() }
        guard !bytes.isEmpty, bytes.count <= 255, !bytes.contains(0), bytes.allSatisfy({ $0 < 0x80 }) else {
            throw WinsockError(WSAEINVAL)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func nothing() throws(WinsockError) {
        guard unsafe octets.count == 0 else { throw WinsockError(WSAEINVAL) }
    }
}

/// Where a control puts what it gives.
@safe
struct ControlOutput {
    private let octets: UnsafeMutableRawBufferPointer
    /// Octets that were written or, when there is too little room, that are needed.
    private(set) var count = 0

    init(_ octets: UnsafeMutableRawBufferPointer) { unsafe self.octets = unsafe octets }

    mutating func put<Value>(_ value: Value) throws(WinsockError) {
        try reserve(MemoryLayout<Value>.stride)
        unsafe octets.storeBytes(of: value, as: Value.self)
    }

    mutating func put(text: String) throws(WinsockError) {
        let bytes = Array(text.utf8) + [0]
        try reserve(bytes.count)
        unsafe octets.copyBytes(from: bytes)
    }

    mutating func put(numbers: [DWORD]) throws(WinsockError) {
        try reserve(4 * numbers.count)
        for (index, number) in numbers.enumerated() {
            unsafe octets.storeBytes(of: number, toByteOffset: 4 * index, as: DWORD.self)
        }
    }

    /// SSLPEERCERTS: the list, and after it the octets it points at.
    mutating func put(certificates: [[UInt8]]) throws(WinsockError) {
        let header = 8
        try reserve(max(MemoryLayout<SSLPEERCERTS>.size, header + Self.size(ofBlobs: certificates)))
        unsafe octets.storeBytes(of: DWORD(SSL_CERT_X509), as: DWORD.self)
        unsafe octets.storeBytes(of: DWORD(certificates.count), toByteOffset: 4, as: DWORD.self)
        _ = unsafe store(blobs: certificates, at: header)
    }

    /// SSLCLIENTAUTHOPTS, and after it the list it points at.
    @unsafe
    mutating func put(_ options: SSLCLIENTAUTHOPTS, issuers: [[UInt8]]) throws(WinsockError) {
        let header = unsafe MemoryLayout<SSLCLIENTAUTHOPTS>.stride
        try reserve(header + Self.size(ofBlobs: issuers))
        var options = unsafe options
        unsafe options.dwIssuerCount = DWORD(issuers.count)
        unsafe options.pIssuerList = issuers.isEmpty ? nil : store(blobs: issuers, at: header)
        unsafe octets.storeBytes(of: options, as: SSLCLIENTAUTHOPTS.self)
    }

    private static func size(ofBlobs blobs: [[UInt8]]) -> Int {
        blobs.reduce(0) { unsafe $0 + MemoryLayout<BLOB>.stride + $1.count }
    }

    /// BLOBs, and after them the octets they point at. There has to be room.
    @unsafe
    private func store(blobs: [[UInt8]], at start: Int) -> LPBLOB? {
        var end = unsafe start + blobs.count * MemoryLayout<BLOB>.stride
        for (index, blob) in blobs.enumerated() {
            let place = unsafe UnsafeMutableRawBufferPointer(rebasing: octets[end..<end + blob.count])
            unsafe place.copyBytes(from: blob)
            let entry = unsafe BLOB(
                cbSize: ULONG(blob.count), pBlobData: place.baseAddress?.assumingMemoryBound(to: BYTE.self))
            unsafe octets.storeBytes(of: entry, toByteOffset: start + index * MemoryLayout<BLOB>.stride, as: BLOB.self)
            end += blob.count
        }
        return unsafe octets.baseAddress.map { unsafe ($0 + start).assumingMemoryBound(to: BLOB.self) }
    }

    private mutating func reserve(_ needed: Int) throws(WinsockError) {
        count = needed
        guard unsafe octets.baseAddress != nil, unsafe octets.count >= needed else { throw WinsockError(WSAEFAULT) }
    }
}
