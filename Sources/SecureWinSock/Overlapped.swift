// Overlapped.swift — transfers that go on after the call, by the address of their OVERLAPPED; WSAGetOverlappedResult.
// Windows Sockets 2 API, "Overlapped I/O and Event Objects".
// Next: Transfer.swift.

// The functions have the names of WinSock.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSecureWinSock
import Glibc
import SocketProvider
import Synchronization

/// What a program gave to have a call completed later.
@safe
struct OverlappedRequest: @unchecked Sendable {
    private let overlapped: UnsafeMutablePointer<WSAOVERLAPPED>
    private let routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
    private let routines: CompletionRoutines?
    /// 0 for none. With a routine the member is the program's own.
    private let event: UInt

    /// Nil for a call that is to be complete when it returns.
    @unsafe
    init?(
        _ overlapped: UnsafeMutablePointer<WSAOVERLAPPED>?, _ routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
    ) throws(WinsockError) {
        guard let overlapped = unsafe overlapped else {
            guard unsafe routine == nil else { throw WinsockError(WSAEINVAL) }
            return nil
        }
        unsafe self.overlapped = unsafe overlapped
        unsafe self.routine = unsafe routine
        routines = unsafe routine == nil ? nil : CompletionRoutines.ofThread
        event = unsafe routine == nil ? UInt(bitPattern: overlapped.pointee.hEvent) : 0
    }

    private var address: UInt { unsafe UInt(bitPattern: overlapped) }

    /// Begins a transfer; how many octets it moved when it is over already, else WSA_IO_PENDING.
    func begin(
        _ direction: DescriptorQueue.Direction, on number: SOCKET, _ buffers: ProgramBuffers, peeks: Bool = false
    ) throws(WinsockError) -> DWORD {
        let socket = SocketTable.find(number)
        try socket?.checkTransfer()
        try begin(number)
        let beginning = DescriptorQueue.begin(direction, on: number, buffers, peeks: peeks) { outcome in
            let (code, count) = result(outcome, socket)
            finish(code, count)
        }
        switch beginning {
        // From here on the structure may be gone.
        case .pending: throw WinsockError(WSA_IO_PENDING)
        case .finished(let outcome):
            let (code, count) = result(outcome, socket)
            if code == 0 {
                finish(0, count)
                return count
            }
            refuse(WinsockError(code))
            throw WinsockError(code)
        }
    }

    /// Begins something that is over before the call returns.
    func begin(_ socket: WinSocket) throws(WinsockError) { try begin(socket.descriptor) }

    private func begin(_ number: SOCKET) throws(WinsockError) {
        try PendingTable.insert(address, number) { () throws(WinsockError) in
            if event != 0 { try EventTable.reset(event) }
            try routines?.expect()
            unsafe overlapped.pointee.InternalHigh = 0
            store(WSA_IO_PENDING)
        }
    }

    /// What began is over.
    func finish(_ code: Int32, _ count: DWORD) {
        // All under one lock: who was told by one way finds the same by every other, and the structure is the program's again.
        PendingTable.remove(address) {
            unsafe overlapped.pointee.InternalHigh = UInt(count)
            store(code)
            // An event that the program has closed meanwhile is nobody's.
            if event != 0 { try? EventTable.set(event) }
            if let routine = unsafe routine {
                routines?.queue(
                    unsafe CompletionCall(
                        routine: routine, overlapped: overlapped, code: code, count: count))
            }
        }
    }

    /// What was to begin did not.
    func refuse(_ error: WinsockError) {
        PendingTable.remove(address) {
            store(error.code)
            routines?.expectNoMore()
        }
    }

    /// A program may look at the member without asking, from any thread: what was written before is there then.
    private func store(_ code: Int32) {
        unsafe UnsafeMutableRawPointer(overlapped).assumingMemoryBound(to: Atomic<UInt>.self).pointee
            .store(UInt(code), ordering: .releasing)
    }
}

private func result(_ outcome: DescriptorQueue.Outcome, _ socket: WinSocket?) -> (code: Int32, count: DWORD) {
    switch outcome {
    case .moved(let count): return (0, DWORD(clamping: count))
    // A connection that was cut off is no end of data.
    case .endOfData: return (socket?.failure.map { WinsockError($0).code } ?? 0, 0)
    case .failed(let errno):
        return (socket?.failure.map { WinsockError($0).code } ?? WinsockError(errno: errno).code, 0)
    case .aborted(let count): return (WSA_OPERATION_ABORTED, DWORD(clamping: count))
    }
}

extension WinSocket {
    /// Whether data can be moved, or will be when the connection is there.
    func checkTransfer() throws(WinsockError) {
        try state.withLock { state throws(WinsockError) in
            switch state.phase {
            case .fresh, .bound, .listening: throw WinsockError(WSAENOTCONN)
            case .failed(let error): throw WinsockError(error)
            case .closed: throw WinsockError(WSAENOTSOCK)
            case .connecting, .deferred, .connected: break
            }
        }
    }
}

/// What is going on, by the addresses of the structures.
enum PendingTable {
    private struct Entry: Sendable {
        let number: SOCKET
        /// Threads that wait for the end.
        var waiting: [Gate] = []
    }

    private static let entries = Mutex<[UInt: Entry]>([:])

    static func insert(
        _ address: UInt, _ number: SOCKET, _ begin: () throws(WinsockError) -> Void
    ) throws(WinsockError) {
        try entries.withLock { entries throws(WinsockError) in
            guard entries[address] == nil else { throw WinsockError(WSAEINVAL) }
            try begin()
            entries[address] = Entry(number: number)
        }
    }

    static func remove(_ address: UInt, _ end: () -> Void) {
        entries.withLock { entries in
            end()
            for gate in entries.removeValue(forKey: address)?.waiting ?? [] { gate.open() }
        }
    }

    /// Whether it is still going on; `gate` opens when it is over.
    static func isPending(_ address: UInt, on number: SOCKET, _ gate: Gate?) throws(WinsockError) -> Bool {
        try entries.withLock { entries throws(WinsockError) in
            guard let entry = entries[address] else { return false }
            guard entry.number == number else { throw WinsockError(WSA_INVALID_PARAMETER) }
            if let gate { entries[address]?.waiting.append(gate) }
            return true
        }
    }
}

@c @implementation
public func WSAGetOverlappedResult(
    _ s: SOCKET, _ lpOverlapped: UnsafeMutablePointer<WSAOVERLAPPED>?, _ lpcbTransfer: UnsafeMutablePointer<DWORD>?,
    _ fWait: BOOL, _ lpdwFlags: UnsafeMutablePointer<DWORD>?
) -> BOOL {
    succeeding { () throws(WinsockError) in
        try Startup.check()
        guard let overlapped = unsafe lpOverlapped, let count = unsafe lpcbTransfer, let flags = unsafe lpdwFlags else {
            throw WinsockError(WSAEFAULT)
        }
        guard s >= 0 else { throw WinsockError(WSAENOTSOCK) }
        let gate = fWait == 0 ? nil : Gate()
        if try PendingTable.isPending(UInt(bitPattern: overlapped), on: s, gate) {
            guard let gate else { throw WinsockError(WSA_IO_INCOMPLETE) }
            _ = gate.wait(until: .never)
        }
        unsafe count.pointee = unsafe DWORD(clamping: overlapped.pointee.InternalHigh)
        unsafe flags.pointee = 0
        let code = unsafe Int32(truncatingIfNeeded: overlapped.pointee.Internal)
        guard code == 0 else { throw WinsockError(code) }
    }
}
