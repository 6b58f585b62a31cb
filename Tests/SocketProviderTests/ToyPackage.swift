// ToyPackage.swift — a security package of a user's own: what the public interface alone allows.
// It hides nothing from anybody; it has a handshake, frames, an authenticated end, key updates and alerts.
// Next: SecurityPackageTests.swift, ListenerLimitsTests.swift.

import SocketProvider

/// Frames are a type, a length (two octets) and contents, XORed with a key that the handshake agrees on.
enum ToyFrame: UInt8 {
    /// One octet: half of the key.
    case hello = 0x48
    case data = 0x44
    /// One octet to add to the key; a second one, 1, asks for the same.
    case newKey = 0x4b
    case alert = 0x41
    case end = 0x45
}

/// Asked whether a peer is accepted.
typealias ToyQuestion = @Sendable (PeerTarget, @escaping @Sendable (Bool) -> Void) -> Void

/// XOR under an agreed key.
struct ToyPackage: SecurityPackage {
    let name = "toy"
    let scheme = SecurityScheme(rawValue: 0x746f79)
    let capabilities: Set<ProviderCapability> = [.keyUpdate, .server]
    var question: ToyQuestion?

    func makeClientCredentials(_ options: ClientOptions) throws(SocketError) -> any SecurityCredentials {
        guard options.alpnProtocols.isEmpty else {
            throw .invalidOption(name: "alpnProtocols", reason: "a toy has none")
        }
        return Credentials(question: question)
    }

    struct Credentials: SecurityCredentials {
        let question: ToyQuestion?

        func makeContext(
            for peer: PeerTarget, into output: inout SendBuffer
        ) throws(SocketError) -> any SecurityContext & ~Copyable {
            ToyContext(peer, question, into: &output)
        }
    }

    func makeServerCredentials(
        _ options: ServerOptions, replacing previous: (any ServerSecurityCredentials)?
    ) throws(SocketError) -> any ServerSecurityCredentials {
        guard options.alpnProtocols.isEmpty else {
            throw .invalidOption(name: "alpnProtocols", reason: "a toy has none")
        }
        let generation = (previous as? ServerCredentials)?.generation ?? 0
        return ServerCredentials(question: question, generation: generation + 1)
    }

    /// Counts how often its options were replaced.
    struct ServerCredentials: ServerSecurityCredentials {
        let question: ToyQuestion?
        let generation: Int

        func makeContext(
            from peer: SocketAddress, into output: inout SendBuffer
        ) throws(SocketError) -> any SecurityContext & ~Copyable {
            ToyContext(PeerTarget(name: "generation \(generation)", address: peer), question)
        }
    }

    /// A listener with this package on a loopback port of the system's choice.
    func makeListener(_ change: (inout ServerOptions) -> Void = { _ in }) throws -> ListeningSocket {
        let catalogue = ProviderCatalog(packages: [PlainPackage()]).registering(self)
        let provider = try catalogue.select(scheme: scheme, capabilities: [.server])
        var options = provider.defaultServerOptions
        change(&options)
        let listener = try provider.configure(server: options).makeListener()
        try listener.bind(to: .loopback(.ipv4, port: 0))
        try listener.listen()
        return listener
    }

    /// A socket with this package and these timeouts.
    func makeSocket(_ change: (inout Timeouts) -> Void = { _ in }) throws -> SecureSocket {
        let provider = try ProviderCatalog(packages: [PlainPackage()]).registering(self).select(scheme: scheme)
        var options = provider.defaultOptions
        change(&options.timeouts)
        return try provider.configure(options).makeSocket()
    }
}

struct ToyInformation: SecurityInformation {
    let target: PeerTarget
    let updates: Int
    var summary: String { "a toy for \(target.name), \(updates) key updates" }
}

struct ToyContext: SecurityContext, ~Copyable {
    private static let half: UInt8 = 0x5a
    private let target: PeerTarget
    private let question: ToyQuestion?
    private var readKey: UInt8 = 0
    private var writeKey: UInt8 = 0
    private var updates = 0
    private var isAsking = false
    private var hasEnded = false
    private let isServer: Bool
    private(set) var isEstablished = false

    init(_ target: PeerTarget, _ question: ToyQuestion?, into output: inout SendBuffer) {
        self.target = target
        self.question = question
        isServer = false
        Self.append(.hello, [Self.half], to: &output)
    }

    /// The server's end: it says hello when the client has.
    init(_ target: PeerTarget, _ question: ToyQuestion?) {
        self.target = target
        self.question = question
        isServer = true
    }

    var information: any SecurityInformation { ToyInformation(target: target, updates: updates) }

    private static func append(_ type: ToyFrame, _ contents: [UInt8], to output: inout SendBuffer) {
        let frame = [type.rawValue, UInt8(contents.count >> 8), UInt8(contents.count & 0xff)] + contents
        output.append(frame.span)
    }

    private static func failure(_ rule: String) -> SocketError {
        let decision = Decision(
            .message, .refused, subject: "frame", expected: "another", found: "this", rule: rule, section: "toy")
        return .package("toy", decision)
    }

    mutating func receive(
        _ input: inout ReceiveBuffer, into output: inout SendBuffer
    ) throws(SocketError) -> SecurityEvent {
        while true {
            if hasEnded { return .peerClosed }
            guard input.unread >= 3 else { return .needsInput }
            let header = Array(copying: input.unreadBytes.extracting(first: 3))
            let length = Int(header[1]) << 8 | Int(header[2])
            guard input.unread >= 3 + length else { return .needsInput }
            _ = input.take(3)
            let key = readKey
            let contents = input.take(length) { bytes in
                for index in 0..<bytes.count { bytes[index] ^= key }
            }
            if let event = try handle(ToyFrame(rawValue: header[0]), contents, input, into: &output) { return event }
        }
    }

    private mutating func handle(
        _ type: ToyFrame?, _ contents: Range<Int>, _ input: borrowing ReceiveBuffer, into output: inout SendBuffer
    ) throws(SocketError) -> SecurityEvent? {
        switch type {
        case .hello where !isEstablished && contents.count == 1:
            readKey = input.bytes(in: contents)[0] ^ Self.half
            writeKey = readKey
            if isServer { Self.append(.hello, [Self.half], to: &output) }
            guard let question else {
                isEstablished = true
                return .established
            }
            isAsking = true
            let target = target
            return .wants(SecurityOperation { reply in question(target) { reply($0) } })
        case .data where isEstablished && !contents.isEmpty:
            return .applicationData(contents)
        case .newKey where isEstablished && contents.count == 2:
            let bytes = input.bytes(in: contents)
            readKey &+= bytes[0]
            updates += 1
            if bytes[1] == 1 { try updateKeys(requestPeer: false, into: &output) }
            return nil
        case .end where isEstablished:
            hasEnded = true
            return .peerClosed
        case .alert:
            throw Self.failure("the peer refused us")
        default:
            Self.append(.alert, [], to: &output)
            throw Self.failure("a frame that has no place here")
        }
    }

    mutating func resume(_ answer: any Sendable, into output: inout SendBuffer) throws(SocketError) {
        guard isAsking, answer as? Bool == true else {
            Self.append(.alert, [], to: &output)
            throw Self.failure("the application refused the peer")
        }
        isAsking = false
        isEstablished = true
    }

    mutating func receiveEndOfFile() throws(SocketError) {
        if hasEnded { return }
        throw .truncated(
            Decision(
                .transport, .refused, subject: "the peer", expected: "an end frame", found: "FIN",
                rule: "an end is announced", section: "toy"))
    }

    mutating func send(_ plaintext: Span<UInt8>, into output: inout SendBuffer) throws(SocketError) {
        var offset = 0
        while offset < plaintext.count {
            let end = min(plaintext.count, offset + 0xffff)
            var contents = Array(copying: plaintext.extracting(offset..<end))
            for index in contents.indices { contents[index] ^= writeKey }
            Self.append(.data, contents, to: &output)
            offset = end
        }
    }

    mutating func closeSending(into output: inout SendBuffer) { Self.append(.end, [], to: &output) }

    mutating func updateKeys(requestPeer: Bool, into output: inout SendBuffer) throws(SocketError) {
        Self.append(.newKey, [7 ^ writeKey, (requestPeer ? 1 : 0) ^ writeKey], to: &output)
        writeKey &+= 7
        updates += 1
    }
}

/// The other end of the toy, on a plain blocking connection. Reading and writing may go on in two threads.
final class ToyServer: @unchecked Sendable {
    private let peer: TestPeer
    private static let half: UInt8 = 0x11
    private var readKey: UInt8 = 0
    private var writeKey: UInt8 = 0
    private(set) var updatesReceived = 0

    init(_ peer: TestPeer) { self.peer = peer }

    func frame(_ type: ToyFrame, _ contents: [UInt8] = []) throws {
        try raw(type.rawValue, contents.map { $0 ^ writeKey })
    }

    func raw(_ type: UInt8, _ contents: [UInt8] = []) throws {
        try peer.send([type, UInt8(contents.count >> 8), UInt8(contents.count & 0xff)] + contents)
    }

    func shakeHands() throws {
        let hello = try peer.receive(exactly: 4)
        try frame(.hello, [Self.half])
        readKey = Self.half ^ hello[3]
        writeKey = readKey
    }

    /// The next frame, decrypted.
    func next() throws -> (ToyFrame?, [UInt8]) {
        let header = try peer.receive(exactly: 3)
        let contents = try peer.receive(exactly: Int(header[1]) << 8 | Int(header[2]))
        return (ToyFrame(rawValue: header[0]), contents.map { $0 ^ readKey })
    }

    func updateKey(ask: Bool) throws {
        try frame(.newKey, [9, ask ? 1 : 0])
        writeKey &+= 9
    }

    func send(_ bytes: [UInt8]) throws {
        for start in stride(from: 0, to: bytes.count, by: 16_000) {
            try frame(.data, Array(bytes[start..<min(bytes.count, start + 16_000)]))
        }
    }

    /// All data up to the end frame. Requests for a key update are counted and, when `answers`, answered.
    func receiveToEnd(answers: Bool = false) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let (type, contents) = try next()
            switch type {
            case .data: bytes += contents
            case .newKey:
                readKey &+= contents[0]
                updatesReceived += 1
                if answers && contents[1] == 1 { try updateKey(ask: false) }
            case .end: return bytes
            default: throw TestFailure("unexpected frame")
            }
        }
    }
}
