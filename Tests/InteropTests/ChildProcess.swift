// ChildProcess.swift — a program that a test starts, talks to and ends.
// Next: InteropFolder.swift.

import Foundation
import Glibc
import Synchronization

/// A child process. What it prints goes to a file, so it never waits for a reader; it is ended by its own process id, and
/// `timeout` ends it when nobody else does.
final class ChildProcess: Sendable {
    private enum State { case running, ended(status: Int32) }

    private let id: pid_t
    private let name: String
    private let input: FileHandle
    private let state = Mutex(State.running)
    /// What the child printed, on both its outputs unless the errors went elsewhere.
    let outputPath: String

    /// - Parameters:
    ///   - command: looked up in PATH, with its arguments.
    ///   - environment: in addition to this process's own.
    ///   - keepsErrors: false throws away what the child prints on its standard error.
    ///   - lifetime: seconds after which it is ended whatever happens.
    init(
        _ command: [String], environment: [String: String] = [:], keepsErrors: Bool = true, lifetime: Int = 180
    ) throws {
        outputPath = try InteropFolder.newFile("output")
        name = command.first ?? ""
        let input = try Pipe.inherited()
        defer { close(input.reading) }
        id = try Spawn.start(
            ["timeout", "--kill-after=2", "\(lifetime)"] + command, environment: environment, input: input.reading,
            outputPath: outputPath, keepsErrors: keepsErrors)
        self.input = FileHandle(fileDescriptor: input.writing, closeOnDealloc: true)
        LivingChildren.add(id)
    }

    deinit { end() }

    var isRunning: Bool { exitStatus == nil }

    /// The exit status, or 128 and the signal that ended it; nil while it runs.
    private var exitStatus: Int32? {
        state.withLock { state in
            if case .ended(let status) = state { return status }
            var word: Int32 = 0
            guard unsafe waitpid(id, &word, WNOHANG) == id else { return nil }
            LivingChildren.remove(id)
            let status = word & 0x7f == 0 ? word >> 8 & 0xff : 128 + word & 0x7f
            state = .ended(status: status)
            return status
        }
    }

    /// Everything printed so far.
    var output: String { String(decoding: FileManager.default.contents(atPath: outputPath) ?? Data(), as: UTF8.self) }

    /// Writes to the child's standard input.
    func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// Writes to the child's standard input; fails, and does not end this process, when the child is gone.
    func write(_ bytes: [UInt8]) throws {
        try BrokenPipe.blocked { try input.write(contentsOf: bytes) }
    }

    /// Waits until the child has read all that was written, if it does: what is written then is read by itself.
    func waitUntilInputIsRead(within limit: Duration) {
        let end = ContinuousClock.now + limit
        var unread: Int32 = 0
        while unsafe ioctl(input.fileDescriptor, UInt(FIONREAD), &unread) == 0, unread > 0, isRunning {
            guard ContinuousClock.now < end else { return }
            usleep(1_000)
        }
    }

    /// Ends the child's standard input.
    func closeInput() { try? input.close() }

    /// Waits until what was printed satisfies `condition`, and returns it.
    @discardableResult
    func waitForOutput(
        _ what: String, within limit: Duration = .seconds(10), _ condition: (String) -> Bool
    ) throws -> String {
        let end = ContinuousClock.now + limit
        while true {
            // Asked before the output is read, so that nothing printed at the end is missed.
            let wasRunning = isRunning
            let text = output
            if condition(text) { return text }
            guard wasRunning, ContinuousClock.now < end else {
                throw InteropFailure("\(name) did not print \(what); it printed:\n\(text)")
            }
            usleep(3_000)
        }
    }

    /// Waits for the child's own end and returns its exit status.
    func waitForEnd(within limit: Duration) throws -> Int32 {
        let end = ContinuousClock.now + limit
        while true {
            if let status = exitStatus { return status }
            guard ContinuousClock.now < end else { throw InteropFailure("\(name) did not end: \(output)") }
            usleep(3_000)
        }
    }

    /// Ends the child: by SIGTERM, which `timeout` passes on to the program, or abruptly by SIGKILL.
    func end(abruptly: Bool = false) {
        guard isRunning else { return }
        // timeout cannot pass on a SIGKILL, so the program gets it from us.
        if abruptly { for child in Self.children(of: id) { kill(child, SIGKILL) } }
        kill(id, SIGTERM)
        let limit = ContinuousClock.now + .seconds(5)
        while isRunning {
            if ContinuousClock.now > limit {
                for child in Self.children(of: id) { kill(child, SIGKILL) }
                kill(id, SIGKILL)
            }
            usleep(2_000)
        }
    }

    private static func children(of id: Int32) -> [Int32] {
        let list = FileManager.default.contents(atPath: "/proc/\(id)/task/\(id)/children") ?? Data()
        return String(decoding: list, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }
}

extension Pipe {
    /// The two ends of a pipe that no other child inherits.
    fileprivate static func inherited() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        let result = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress) }
        guard result == 0 else { throw InteropFailure("pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

/// Starts programs. Foundation's Process hands on the signal mask of the calling thread, which on a thread of the
/// concurrency runtime holds SIGTERM back: such a child cannot be ended.
private enum Spawn {
    static func start(
        _ command: [String], environment: [String: String], input: Int32, outputPath: String, keepsErrors: Bool
    ) throws -> pid_t {
        var files = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&files)
        defer { unsafe posix_spawn_file_actions_destroy(&files) }
        unsafe posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO)
        unsafe posix_spawn_file_actions_addopen(&files, 1, outputPath, O_WRONLY | O_APPEND, 0)
        if keepsErrors {
            unsafe posix_spawn_file_actions_adddup2(&files, 1, 2)
        } else {
            unsafe posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let merged = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        var id: pid_t = 0
        let code = unsafe withStrings(command) { arguments in
            unsafe withStrings(merged.map { "\($0.key)=\($0.value)" }) { variables in
                unsafe posix_spawnp(&id, command[0], &files, &attributes, arguments, variables)
            }
        }
        guard code == 0 else { throw InteropFailure("\(command.first ?? "") cannot be started: errno \(code)") }
        return id
    }

    /// The strings as C wants them, with a nil at the end.
    private static func withStrings<Value>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Value
    ) -> Value {
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { unsafe (list + index).initialize(to: strdup(string)) }
        unsafe (list + strings.count).initialize(to: nil)
        defer {
            for index in strings.indices { unsafe free(list[index]) }
            unsafe list.deallocate()
        }
        return unsafe body(list)
    }
}

/// A failure of an interop test that is no expectation: it names what came and what was expected.
struct InteropFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The children that run; ended with this process.
private enum LivingChildren {
    private static let list = Mutex<Set<Int32>>([])
    private static let handler: Void = {
        atexit { LivingChildren.endAll() }
    }()

    static func add(_ id: Int32) {
        _ = handler
        list.withLock { _ = $0.insert(id) }
    }

    static func remove(_ id: Int32) { list.withLock { _ = $0.remove(id) } }

    private static func endAll() {
        for id in list.withLock({ $0 }) { kill(id, SIGTERM) }
    }
}

/// SIGPIPE, kept from this thread while it writes to a pipe that may have no reader.
private enum BrokenPipe {
    static func blocked<Value>(_ body: () throws -> Value) rethrows -> Value {
        var signals = sigset_t()
        var old = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, &old)
        defer {
            var none = timespec()
            _ = unsafe sigtimedwait(&signals, nil, &none)
            unsafe pthread_sigmask(SIG_SETMASK, &old, nil)
        }
        return try body()
    }
}

/// Work on a thread of its own, so that what blocks does not hold up the tasks of other tests.
final class Background<Value: Sendable>: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<Value, any Error>?>(nil)

    init(_ body: @escaping @Sendable () throws -> Value) {
        let thread = Thread { [done, self] in
            let outcome = Result { try body() }
            result.withLock { $0 = outcome }
            done.signal()
        }
        thread.start()
    }

    /// The outcome, once; waits for it.
    func value() throws -> Value {
        done.wait()
        guard let outcome = result.withLock({ $0 }) else { throw InteropFailure("a thread ended without an outcome") }
        return try outcome.get()
    }
}
