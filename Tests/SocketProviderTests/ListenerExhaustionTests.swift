// ListenerExhaustionTests.swift — a listener in a process that has no descriptor left.
// POSIX.1-2017 (accept: EMFILE); RFC 4987 §3 for the kind of attack.
// Next: ReloadTests.swift.

import Foundation
import SocketProvider
import Testing

/// Takes descriptors until the process has none left.
private final class Hoard {
    private var descriptors: [Int32] = []

    init(most: rlim_t) {
        var limit = rlimit(rlim_cur: most, rlim_max: most)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        while true {
            let descriptor = unsafe open("/dev/null", O_RDONLY)
            guard descriptor >= 0 else { break }
            descriptors.append(descriptor)
        }
    }

    func give(_ count: Int) {
        for _ in 0..<min(count, descriptors.count) { _ = close(descriptors.removeLast()) }
    }
}

// Each test is a process of its own: the limit is that of a process.
@Suite("ListeningSocket without descriptors", .serialized, .timeLimit(.minutes(5)))
struct ListenerExhaustionTests {
    @Test("a blocking accept needs no descriptor to wait, and goes on when there are some again")
    func blockingAccept() async {
        await #expect(processExitsWith: .success) {
            let listener = try plainListener()
            // The first accept makes what all of them share.
            #expect(throws: SocketError.timedOut(.accept)) { try listener.accept(within: .milliseconds(50)) }
            let hoard = Hoard(most: 64)
            for _ in 0..<3 {
                #expect(throws: SocketError.timedOut(.accept)) { try listener.accept(within: .milliseconds(50)) }
            }
            hoard.give(10)
            let client = try plainSocket()
            let endpoint = try listener.endpoint
            try await onThread { try client.connect(to: endpoint) }
            let socket = try await onThread { try listener.accept(within: .seconds(10)) }
            #expect(socket.state == .open)
        }
    }

    @Test("EMFILE: silent handshakes give way one at a time, so that those who are honest still get in")
    func displacement() async {
        await #expect(processExitsWith: .success) {
            let listener = try ToyPackage().makeListener { $0.timeouts.handshake = .seconds(300) }
            let address = try #require(listener.localAddress)
            let accepting = Task { try await listener.asynchronous.accept() }
            var silent: [AsynchronousSocket] = []
            for _ in 0..<20 {
                let socket = try plainSocket().asynchronous
                try await socket.connect(to: .address(address))
                silent.append(socket)
            }
            for _ in 0..<1000 where listener.statistics.handshaking < 20 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(listener.statistics.handshaking == 20)
            let hoard = Hoard(most: 128)
            // One for the client, none for the server.
            hoard.give(1)
            let client = try ToyPackage().makeSocket().asynchronous
            try await client.connect(to: .address(address))
            let socket = try await accepting.value
            try await client.send([7])
            #expect(try await socket.receive(upTo: 1) == [7])
            // One made room; some more may have, on a busy machine, before its descriptor was closed. Not all.
            #expect((1...5).contains(listener.statistics.displaced), "\(listener.statistics)")
            #expect(silent.count == 20)
        }
    }
}
