// PumpLoad.swift — what it costs a client to have its connection behind a descriptor: processor time, and memory.
// Next: ThreadScaling.swift.

import Foundation
import SocketProvider
import TLS

enum PumpLoad {
    private static let piece = 16 * 1024

    static func run(_ megabytes: Int) async throws {
        let server = try ServerProcess()
        let clients = try server.clients()
        let count = megabytes << 20
        var ratios: [Double] = []
        for _ in 0..<5 {
            let endpoint = server.endpoint
            let without = try await seconds { try direct(clients, endpoint, count) }
            let with = try await seconds { try pumped(clients, endpoint, count) }
            ratios.append(with / without)
        }
        let ratio = (ratios.sorted()[2] * 100).rounded() / 100
        print("pump: \(megabytes) MiB each way: \(ratio) times the processor time of the client without a pump")
        try memory(clients, server.endpoint, 1000)
    }

    /// Processor time of this process, in seconds.
    private static func seconds(_ body: @escaping @Sendable () throws -> Void) async throws -> Double {
        let before = processorTime
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
        return processorTime - before
    }

    private static var processorTime: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let times = [usage.ru_utime, usage.ru_stime]
        return times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1_000_000 }
    }

    private static func direct(_ clients: ConfiguredProvider, _ endpoint: Endpoint, _ count: Int) throws {
        let socket = clients.makeSocket()
        try socket.connect(to: endpoint)
        Thread.detachNewThread {
            let octets = [UInt8](repeating: 7, count: piece)
            for _ in 0..<(count / piece) { guard (try? socket.send(octets)) != nil else { return } }
        }
        var room = [UInt8](repeating: 0, count: piece)
        var rest = count
        while rest > 0 {
            var span = room.mutableSpan
            let received = try socket.receive(into: &span)
            if received == 0 { throw LoadFailure("the server ended") }
            rest -= received
        }
        socket.close()
    }

    private static func pumped(_ clients: ConfiguredProvider, _ endpoint: Endpoint, _ count: Int) throws {
        let socket = clients.makeSocket()
        try socket.connect(to: endpoint)
        let pump = try DescriptorPump()
        pump.start(socket)
        let descriptor = pump.descriptor
        Thread.detachNewThread {
            let octets = [UInt8](repeating: 7, count: piece)
            for _ in 0..<(count / piece) {
                var sent = 0
                while sent < piece {
                    let result = octets.withUnsafeBytes { write(descriptor, $0.baseAddress! + sent, piece - sent) }
                    guard result > 0 else { return }
                    sent += result
                }
            }
        }
        var room = [UInt8](repeating: 0, count: piece)
        var rest = count
        while rest > 0 {
            let received = room.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, piece) }
            guard received > 0 else { throw LoadFailure("the server ended") }
            rest -= received
        }
        close(descriptor)
        _ = pump.waitUntilFinished(within: .seconds(5))
    }

    /// What a connection with a pump adds to the process when it is idle.
    private static func memory(_ clients: ConfiguredProvider, _ endpoint: Endpoint, _ count: Int) throws {
        let before = ProcessFacts.own
        var pumps: [DescriptorPump] = []
        for _ in 0..<count {
            let socket = clients.makeSocket()
            try socket.connect(to: endpoint)
            let pump = try DescriptorPump()
            pump.start(socket)
            pumps.append(pump)
        }
        // Idle connections give their buffers back after a second.
        Thread.sleep(forTimeInterval: 3)
        let after = ProcessFacts.own
        let each = Double(after.residentKiB - before.residentKiB) / Double(count)
        print(
            "pump: \(count) idle connections of a client: \((each * 10).rounded() / 10) KiB resident and "
                + "\((after.descriptors - before.descriptors + count / 2) / count) descriptors each")
        for pump in pumps { close(pump.descriptor) }
    }
}
