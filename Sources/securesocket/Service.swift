// Service.swift — accepts, gives each connection to its handler on a task of its own, says a line of each, and ends in order.
// RFC 8446 §6.1 (close_notify).
// Next: EchoHandler.swift.

import Foundation
import SocketProvider
import Synchronization
import TLS

/// What a server does with its connections.
protocol ConnectionHandler: Sendable {
    /// Talks to the peer until the end, and says in a few words what it came to; nothing when there is nothing to say.
    func serve(_ connection: ServedConnection) async throws(SocketError) -> String
}

/// A connection, and whether it may be closed at any time because nothing is under way.
final class ServedConnection: Sendable {
    let socket: AsynchronousSocket
    private let idle = Mutex(true)
    private let ending = Atomic(false)

    init(_ socket: AsynchronousSocket) { self.socket = socket }

    /// The server ends: what is under way is finished, and nothing new begins.
    var isEnding: Bool { ending.load(ordering: .relaxed) }

    /// Something began, or ended.
    func isIdle(_ value: Bool) { idle.withLock { $0 = value } }

    /// Ends it as soon as nothing is under way; at once when nothing is.
    func end() {
        ending.store(true, ordering: .relaxed)
        // A peer that takes nothing holds up its own farewell only.
        if idle.withLock({ $0 }) { Task { await socket.close() } }
    }
}

/// A listener with its handler.
final class Service: Sendable {
    private struct State {
        var next = 0
        var living: [Int: ServedConnection] = [:]
        var isStopping = false
        var served = 0
        var resumed = 0
        var received: UInt64 = 0
        var sent: UInt64 = 0
    }

    private let listener: ListeningSocket
    private let handler: any ConnectionHandler
    private let isQuiet: Bool
    private let limit: Int?
    private let started = ContinuousClock.now
    private let state = Mutex(State())

    init(_ listener: ListeningSocket, _ handler: any ConnectionHandler, isQuiet: Bool, connections: Int?) {
        self.listener = listener
        self.handler = handler
        self.isQuiet = isQuiet
        limit = connections
    }

    /// How long connections get to finish what is under way.
    private static let grace = Duration.seconds(5)

    /// Begins to accept.
    func start() {
        listener.setFailureHandler { [self] failed in
            let number = state.withLock { state in
                state.next += 1
                return state.next
            }
            say(number, failed.information, ["refused: \(failed.error)"])
        }
        Task { [self] in
            do throws(SocketError) {
                while true {
                    let socket = try await listener.asynchronous.accept()
                    let (number, isLast) = admit(socket)
                    Task { await self.serve(number) }
                    if isLast { break }
                }
                // The last one ends it, when it is done.
                listener.close()
                await waitForConnections(until: .seconds(1_000_000))
                SystemSignal.terminate.send()
            } catch {
                if error != .closed {
                    StandardError.write("no more connections can be accepted: \(error)")
                    SystemSignal.terminate.send()
                }
            }
        }
    }

    private func admit(_ socket: AsynchronousSocket) -> (number: Int, isLast: Bool) {
        state.withLock { state in
            state.next += 1
            state.served += 1
            state.living[state.next] = ServedConnection(socket)
            return (state.next, state.served == limit)
        }
    }

    private func serve(_ number: Int) async {
        guard let connection = state.withLock({ $0.living[number] }) else { return }
        let start = ContinuousClock.now
        var outcome = ""
        do throws(SocketError) {
            outcome = try await handler.serve(connection)
        } catch {
            // Who closed it here did so on purpose.
            if error != .closed || !connection.isEnding { outcome = "ended: \(error)" }
        }
        await connection.socket.close()
        let information = connection.socket.socket.information
        let (received, sent) = (information.tls?.bytesReceived ?? 0, information.tls?.bytesSent ?? 0)
        state.withLock { state in
            state.living[number] = nil
            state.received += received
            state.sent += sent
            if information.tls?.isResumed ?? false { state.resumed += 1 }
        }
        let spent = Double((ContinuousClock.now - start) / .milliseconds(1)).rounded() / 1000
        say(number, information, ["received \(received), sent \(sent) octets in \(spent) s", outcome])
    }

    /// One line: who came, what was agreed on, what it came to.
    private func say(_ number: Int, _ information: SocketInformation, _ end: [String]) {
        guard !isQuiet else { return }
        let peer = information.peerAddress.map { "\($0)" } ?? "somebody"
        var parts = [information.security?.summary ?? ""]
        if let info = information.tls {
            if let name = info.serverName { parts.append("name \(name)") }
            if let client = info.peerCertificates.first { parts.append("client \(client.subject)") }
            if info.isKeyLogged { parts.append("KEY LOGGED") }
        }
        parts += end
        let line = parts.filter { !$0.isEmpty }.joined(separator: "; ")
        StandardOutput.write("connection \(number) from \(peer): \(OneLine.text(line))")
    }

    /// Stops accepting and lets connections finish; true when it is over. A second call ends them at once.
    func stop() -> Bool {
        let isSecond = state.withLock { state in
            defer { state.isStopping = true }
            return state.isStopping
        }
        if isSecond { return true }
        listener.close()
        for connection in state.withLock({ Array($0.living.values) }) { connection.end() }
        if state.withLock({ $0.living.isEmpty }) { return true }
        Task {
            await waitForConnections(until: Self.grace)
            SystemSignal.terminate.send()
        }
        return false
    }

    private func waitForConnections(until time: Duration) async {
        let deadline = ContinuousClock.now + time
        while !state.withLock({ $0.living.isEmpty }), ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What it all came to; one line.
    var summary: String {
        let statistics = listener.statistics
        let (served, resumed, received, sent) = state.withLock { ($0.served, $0.resumed, $0.received, $0.sent) }
        var text = "served \(served) connections, \(resumed) of them resumed; refused \(statistics.failed)"
        if statistics.displaced > 0 { text += ", of which \(statistics.displaced) gave way to newer ones" }
        let seconds = ((ContinuousClock.now - started) / .milliseconds(100)).rounded() / 10
        return text + "; received \(received), sent \(sent) octets; \(seconds) s"
    }
}

/// Text of a peer on one line: what a terminal would obey, and what would turn the line round, is left out.
enum OneLine {
    private static let longest = 2000

    static func text(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(longest).map { isPrintable($0) ? $0 : " " }
        return String(String.UnicodeScalarView(shown)) + (text.unicodeScalars.count > longest ? "…" : "")
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }
}
