// SecurityPackageTests.swift — a package of a user's own on every path through the socket.
// The toy stands for any package: what holds for it holds by the socket's own doing.
// Next: TLSSocketTests.swift.

import Foundation
import SocketProvider
import Synchronization
import Testing

@Suite("SecurityPackage", .timeLimit(.minutes(10)))
struct SecurityPackageTests {
    /// Connects a toy socket to a toy server; the server has shaken hands.
    private func connected(
        _ package: ToyPackage = ToyPackage(), _ change: (inout Timeouts) -> Void = { _ in }
    ) async throws -> (SecureSocket, ToyServer, TestPeer) {
        let listener = try TestListener()
        let socket = try package.makeSocket(change)
        async let server = onThread { () -> (ToyServer, TestPeer) in
            let peer = try listener.accept()
            let server = ToyServer(peer)
            try server.shakeHands()
            return (server, peer)
        }
        try await onThread { try socket.connect(to: listener.endpoint) }
        let (toy, peer) = try await server
        return (socket, toy, peer)
    }

    private func failure(_ body: @escaping @Sendable () throws -> Void) async -> SocketError? {
        do {
            try await onThread(body)
            return nil
        } catch {
            return error as? SocketError
        }
    }

    @Test("a registered package is enumerated, selected, configured and connected like any other")
    func works() async throws {
        let (socket, server, _) = try await connected()
        try await onThread {
            try socket.send([1, 2, 3])
            let (type, contents) = try server.next()
            #expect(type == .data && contents == [1, 2, 3])
            try server.send([4, 5])
            #expect(try socket.receive(upTo: 1) == [4])
            #expect(try socket.receive(upTo: 9) == [5])
            // The name to prove is the address connected to, when nothing else was said.
            let information = socket.information.security as? ToyInformation
            #expect(information?.target.name == "127.0.0.1")
            #expect(socket.information.tls == nil)
            #expect(throws: SocketError.unsupported("keying material exporters")) {
                _ = try socket.exportKeyingMaterial(label: "x", context: [], length: 1).count
            }
        }
    }

    @Test("a package checks its options when it is configured")
    func checksOptions() throws {
        let provider = try ProviderCatalog(packages: [ToyPackage()]).select { _ in true }
        var options = provider.defaultOptions
        options.alpnProtocols = ["h2"]
        let wrong = options
        #expect(throws: SocketError.invalidOption(name: "alpnProtocols", reason: "a toy has none")) {
            try provider.configure(wrong)
        }
    }

    @Test("T-38: an end that was not announced is truncated, never an end of data, in every front")
    func truncation() async throws {
        for front in ["blocking", "async", "non-blocking"] {
            let (socket, server, peer) = try await connected()
            try await onThread {
                try server.send([1])
                peer.close()
                #expect(try socket.receive(upTo: 1) == [1])
            }
            var outcome: SocketError?
            switch front {
            case "blocking": outcome = await failure { _ = try socket.receive(upTo: 1) }
            case "async":
                do throws(SocketError) {
                    _ = try await socket.asynchronous.receive(upTo: 1)
                } catch { outcome = error }
            default: outcome = await failure { _ = try PollLoop(socket).receive(upTo: 1) }
            }
            guard case .truncated(let decision) = outcome else { return wrong(outcome) }
            #expect(decision.section == "toy")
            #expect(socket.state == outcome.map { .failed($0) })
        }
    }

    @Test("an announced end is an end of data; the other direction goes on")
    func announcedEnd() async throws {
        let (socket, server, peer) = try await connected()
        try await onThread {
            try server.frame(.end)
            peer.shutdownSending()
            #expect(try socket.receive(upTo: 1) == [])
            try socket.send([7])
            try socket.closeSending()
            #expect(try server.receiveToEnd() == [7])
            #expect(try peer.receive() == [])
        }
    }

    @Test("closing says farewell before FIN, and no reset destroys what was sent although data is unread")
    func farewell() async throws {
        let (socket, server, peer) = try await connected()
        try await onThread {
            try socket.send([UInt8](repeating: 3, count: 100_000))
            try server.send([UInt8](repeating: 4, count: 50_000))
            Thread.sleep(forTimeInterval: 0.05)
            socket.close()
            #expect(try server.receiveToEnd().count == 100_000)
            #expect(try peer.receive() == [])
        }
    }

    @Test("the alert of a failed handshake reaches the peer, although the peer has sent more than was read")
    func alertArrives() async throws {
        let listener = try TestListener()
        let socket = try ToyPackage().makeSocket()
        async let server = onThread { () -> [UInt8] in
            let peer = try listener.accept()
            _ = try peer.receive(exactly: 4)
            // A frame that does not exist, and a lot behind it.
            try peer.send([0x58, 0, 0] + [UInt8](repeating: 0, count: 100_000))
            return try peer.receiveToEnd()
        }
        let outcome = await failure { try socket.connect(to: listener.endpoint) }
        guard case .package("toy", let decision) = outcome else { return wrong(outcome) }
        #expect(decision.rule == "a frame that has no place here")
        #expect(try await server == [ToyFrame.alert.rawValue, 0, 0])
        #expect(socket.fileDescriptor == nil)
    }

    @Test("a peer that closes in the handshake, or answers nothing, is told apart")
    func handshakeEnds() async throws {
        let listener = try TestListener()
        let closing = try ToyPackage().makeSocket()
        async let accepted: Void = onThread { try listener.accept().close() }
        let outcome = await failure { try closing.connect(to: listener.endpoint) }
        switch outcome {
        case .truncated(let decision): #expect(decision.subject == "the handshake")
        // The peer closed with our hello unread, which is a reset.
        case .connectionReset: break
        default: Issue.record("\(String(describing: outcome))")
        }
        try await accepted
        let waiting = try ToyPackage().makeSocket { $0.handshake = .milliseconds(80) }
        #expect(await failure { try waiting.connect(to: listener.endpoint) } == .timedOut(.handshake))
        #expect(waiting.state == .failed(.timedOut(.handshake)))
    }

    @Test("what receiving produces goes out although nobody sends: the answer to a key update")
    func outputOfReceiving() async throws {
        let (socket, server, _) = try await connected()
        try await onThread {
            try server.updateKey(ask: true)
            try server.send([1])
            #expect(try socket.receive(upTo: 1) == [1])
            let (type, contents) = try server.next()
            #expect(type == .newKey && contents == [7, 0])
            try socket.updateKeys(requestPeer: true)
            #expect((socket.information.security as? ToyInformation)?.updates == 3)
        }
    }

    @Test("a peer that refuses and leaves is quoted when a send fails")
    func quotesThePeer() async throws {
        let (socket, server, peer) = try await connected()
        let outcome = await failure {
            try server.raw(ToyFrame.alert.rawValue)
            peer.close()
            Thread.sleep(forTimeInterval: 0.05)
            // On a busy machine the peer's end takes its time to get through.
            for _ in 0..<1000 {
                try socket.send([UInt8](repeating: 0, count: 10_000))
                Thread.sleep(forTimeInterval: 0.005)
            }
        }
        guard case .package(_, let decision) = outcome else { return wrong(outcome) }
        #expect(decision.rule == "the peer refused us")
    }

    @Test("a question may be answered later, from another thread, in every front", arguments: [true, false])
    func answersLater(accepts: Bool) async throws {
        let package = ToyPackage { target, answer in
            #expect(target.name == "127.0.0.1")
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 0.05)
                answer(accepts)
                // Only the first answer counts.
                answer(!accepts)
            }
        }
        for front in ["blocking", "async", "non-blocking"] {
            let listener = try TestListener()
            listener.serve { peer in
                try ToyServer(peer).shakeHands()
                _ = try peer.receiveToEnd()
            }
            let socket = try package.makeSocket()
            var outcome: SocketError?
            switch front {
            case "blocking": outcome = await failure { try socket.connect(to: listener.endpoint) }
            case "async":
                do throws(SocketError) {
                    try await socket.asynchronous.connect(to: listener.endpoint)
                } catch { outcome = error }
            default: outcome = await failure { try PollLoop(socket).connect(to: listener.endpoint) }
            }
            if accepts {
                #expect(outcome == nil)
                #expect(socket.state == .open)
            } else if case .package(_, let decision) = outcome {
                #expect(decision.rule == "the application refused the peer")
            } else {
                Issue.record("\(String(describing: outcome))")
            }
            socket.close()
        }
    }

    @Test("a question without an answer ends with the handshake's time, and an answer after that changes nothing")
    func neverAnswers() async throws {
        let keeper = Keeper()
        let package = ToyPackage { _, answer in keeper.keep(answer) }
        let listener = try TestListener()
        listener.serve { try ToyServer($0).shakeHands() }
        let socket = try package.makeSocket { $0.handshake = .milliseconds(120) }
        #expect(await failure { try socket.connect(to: listener.endpoint) } == .timedOut(.handshake))
        keeper.answer(true)
        #expect(socket.state == .failed(.timedOut(.handshake)))
    }

    /// Keeps a reply for later.
    private final class Keeper: Sendable {
        private let kept = Mutex<(@Sendable (Bool) -> Void)?>(nil)
        func keep(_ answer: @escaping @Sendable (Bool) -> Void) { kept.withLock { $0 = answer } }
        func answer(_ value: Bool) { kept.withLock { $0 }?(value) }
    }

    @Test("a name set by option is what the peer has to prove, before the name connected to")
    func peerName() async throws {
        let listener = try TestListener()
        listener.serve { try ToyServer($0).shakeHands() }
        let socket = try ToyPackage().makeSocket()
        var options = socket.options
        options.peerName = "other.example"
        try socket.configure(options)
        try await onThread { try socket.connect(to: .name("localhost", port: listener.port)) }
        #expect((socket.information.security as? ToyInformation)?.target.name == "other.example")
        socket.close()
        #expect((socket.information.security as? ToyInformation)?.target.name == "other.example")
    }

    @Test("closing wakes whoever connects: in TCP, in the handshake, and while a question is out")
    func closeWhileConnecting() async throws {
        let full = try TestListener(backlog: 0)
        var fillers: [SecureSocket] = []
        for _ in 0..<4 {
            let filler = try plainSocket()
            _ = try filler.nonBlocking.connect(to: full.endpoint)
            fillers.append(filler)
        }
        let silent = try TestListener()
        let asking = try TestListener()
        asking.serve(2) { peer in
            try ToyServer(peer).shakeHands()
            _ = try peer.receiveToEnd()
        }
        let keeper = Keeper()
        let package = ToyPackage { _, answer in keeper.keep(answer) }
        for listener in [full, silent, asking] {
            let blocking = try package.makeSocket()
            let asynchronous = try package.makeSocket()
            async let first = failure { try blocking.connect(to: listener.endpoint) }
            let second = Task { try await asynchronous.asynchronous.connect(to: listener.endpoint) }
            try await Task.sleep(for: .milliseconds(200))
            try await onThread { blocking.close() }
            await asynchronous.asynchronous.close()
            #expect(await first == .closed)
            let outcome = await second.result
            #expect(throws: SocketError.closed) { try outcome.get() }
            #expect(blocking.fileDescriptor == nil && asynchronous.fileDescriptor == nil)
        }
        for filler in fillers { filler.close() }
    }

    @Test("when receiving fails, a sender that waits is woken and gets the same error", arguments: [true, false])
    func failureWakesTheOther(isBlocking: Bool) async throws {
        let (socket, server, peer) = try await connected()
        let data = [UInt8](repeating: 1, count: 20_000_000)
        async let sending = isBlocking ? failure { try socket.send(data) } : asynchronousFailure(socket, data)
        try await onThread {
            _ = try peer.receive(exactly: 1)
            Thread.sleep(forTimeInterval: 0.1)
            try server.raw(0x58)
        }
        let receiving = await failure { _ = try socket.receive(upTo: 1) }
        guard case .package("toy", _) = receiving else { return wrong(receiving) }
        #expect(await sending == receiving)
        peer.close()
    }

    private func asynchronousFailure(_ socket: SecureSocket, _ data: [UInt8]) async -> SocketError? {
        do throws(SocketError) {
            try await socket.asynchronous.send(data)
            return nil
        } catch {
            return error
        }
    }
}
