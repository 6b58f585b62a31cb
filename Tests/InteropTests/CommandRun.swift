// CommandRun.swift — runs the built `securesocket` and collects what it says.
// Next: CommandPeer.swift.

import Foundation

/// One run of the command, from start to end.
struct CommandRun {
    let status: Int32
    let output: [UInt8]
    let errors: String

    /// Runs the command with `input` on standard input, which ends after it; ends the command when it takes longer
    /// than `seconds`.
    init(
        _ arguments: [String], input: [UInt8] = [], seconds: Double = 60, environment: [String: String] = [:],
        program: String = "securesocket"
    ) throws {
        let process = Process()
        process.executableURL = Self.executable(program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipes = try Launch.withPipes(3) { pipes in
            process.standardInput = pipes[0]
            process.standardOutput = pipes[1]
            process.standardError = pipes[2]
            try process.run()
            return pipes
        }
        let (output, errors) = (Drain(pipes[1]), Drain(pipes[2]))
        let watch = DispatchWorkItem { kill(process.processIdentifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: watch)
        // The command may end before it has read all: writing to it then fails, which is no failure of the test.
        Thread.detachNewThread {
            try? pipes[0].fileHandleForWriting.write(contentsOf: input)
            try? pipes[0].fileHandleForWriting.close()
        }
        self.output = output.all()
        self.errors = String(decoding: errors.all(), as: UTF8.self)
        process.waitUntilExit()
        watch.cancel()
        status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// The output as text.
    var text: String { String(decoding: output, as: UTF8.self) }

    /// The command, which is built beside the tests.
    static let executable = executable("securesocket")

    private static func executable(_ program: String) -> URL {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        if program.hasPrefix("/") { return URL(fileURLWithPath: program) }
        return tests.deletingLastPathComponent().appendingPathComponent(program)
    }

    /// Reads a pipe to its end on a thread of its own.
    private final class Drain: @unchecked Sendable {
        private let done = DispatchSemaphore(value: 0)
        private var bytes: [UInt8] = []

        init(_ pipe: Pipe) {
            let handle = pipe.fileHandleForReading
            Thread.detachNewThread { [self] in
                bytes = [UInt8](handle.readDataToEndOfFile())
                done.signal()
            }
        }

        func all() -> [UInt8] {
            done.wait()
            return bytes
        }
    }
}

/// Starts one child at a time: a pipe that is made while another child starts could stay open in that child, and whoever
/// reads the pipe would wait for it.
enum Launch {
    private static let lock = NSLock()

    static func withPipes<Value>(_ count: Int, _ start: ([Pipe]) throws -> Value) rethrows -> Value {
        try lock.withLock { try start((0..<count).map { _ in Pipe() }) }
    }
}

/// A folder that is removed when its owner goes.
final class ScratchFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("command-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The full path of a file in the folder.
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// The contents of a file in the folder.
    func contents(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
    }
}
