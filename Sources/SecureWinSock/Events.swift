// Events.swift — WSACreateEvent and its relatives: event objects by number, and waiting for them.
// Windows Sockets 2 API, "Overlapped I/O and Event Objects".
// Next: CompletionRoutines.swift.

// The functions have the names of WinSock.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSecureWinSock
import SocketProvider
import Synchronization

/// The event objects of the process. A handle is looked up and never followed: one that was made up, or closed, is no event.
enum EventTable {
    private struct Event: Sendable {
        var isSet = false
        /// Threads that wait for this one, among others perhaps.
        var waiting: [Gate] = []
    }

    private struct State: Sendable {
        var events: [UInt: Event] = [:]
        var last: UInt = 0
    }

    private static let state = Mutex(State())

    /// More than a program has, unless it forgets to close them.
    private static let limit = 65_536

    /// Handles of Windows are multiples of four, and programs use the bits below.
    static func create() throws(WinsockError) -> UInt {
        try state.withLock { state throws(WinsockError) in
            guard state.events.count < limit else { throw WinsockError(WSA_NOT_ENOUGH_MEMORY) }
            state.last += 4
            state.events[state.last] = Event()
            return state.last
        }
    }

    /// Threads that wait for it find that it is gone.
    static func close(_ handle: UInt) throws(WinsockError) {
        try state.withLock { state throws(WinsockError) in
            guard let event = state.events.removeValue(forKey: handle) else { throw WinsockError(WSA_INVALID_HANDLE) }
            for gate in event.waiting { gate.open() }
        }
    }

    static func set(_ handle: UInt) throws(WinsockError) {
        try state.withLock { state throws(WinsockError) in
            guard state.events[handle] != nil else { throw WinsockError(WSA_INVALID_HANDLE) }
            state.events[handle]?.isSet = true
            for gate in state.events[handle]?.waiting ?? [] { gate.open() }
        }
    }

    static func reset(_ handle: UInt) throws(WinsockError) {
        try state.withLock { state throws(WinsockError) in
            guard state.events[handle] != nil else { throw WinsockError(WSA_INVALID_HANDLE) }
            state.events[handle]?.isSet = false
        }
    }

    /// Waits until one of the events is set, or all are at once, or something is done for this thread.
    static func wait(
        for handles: [UInt], all: Bool, until deadline: Deadline, routines: CompletionRoutines?
    ) throws(WinsockError) -> DWORD {
        // Each round waits until somebody sets one of the events, or queues a routine.
        while true {
            let gate = Gate()
            if let index = try look(for: handles, all: all, orOpen: gate) { return DWORD(WSA_WAIT_EVENT_0) + index }
            defer { leave(handles, gate) }
            if let routines, routines.isWaiting(orOpen: gate) {
                routines.run()
                return DWORD(WSA_WAIT_IO_COMPLETION)
            }
            let isOpen = gate.wait(until: deadline)
            routines?.stopOpening()
            if !isOpen { return DWORD(WSA_WAIT_TIMEOUT) }
        }
    }

    /// The place in the list of an event that is set, or the first when all are; nil when `gate` opens with the next change.
    private static func look(
        for handles: [UInt], all: Bool, orOpen gate: Gate
    ) throws(WinsockError) -> DWORD? {
        try state.withLock { state throws(WinsockError) in
            var set = 0
            for (index, handle) in handles.enumerated() {
                guard let event = state.events[handle] else { throw WinsockError(WSA_INVALID_HANDLE) }
                if event.isSet { set += 1 }
                if event.isSet && !all { return DWORD(index) }
            }
            if all && set == handles.count { return 0 }
            for handle in handles { state.events[handle]?.waiting.append(gate) }
            return nil
        }
    }

    private static func leave(_ handles: [UInt], _ gate: Gate) {
        state.withLock { state in
            for handle in handles { state.events[handle]?.waiting.removeAll { $0 === gate } }
        }
    }
}

extension Deadline {
    /// Milliseconds from now; WSA_INFINITE is never.
    init(milliseconds: DWORD) {
        self.init(milliseconds == WSA_INFINITE ? nil : .milliseconds(Int64(milliseconds)), from: .now)
    }
}

/// What is a result of TRUE, or FALSE with the error kept for WSAGetLastError.
func succeeding(_ body: () throws(WinsockError) -> Void) -> BOOL {
    let result = reporting { () throws(WinsockError) in
        try body()
        return 0
    }
    return result == 0 ? 1 : 0
}

@c @implementation
public func WSACreateEvent() -> WSAEVENT? {
    var handle: UInt = 0
    _ = succeeding { () throws(WinsockError) in
        try Startup.check()
        handle = try EventTable.create()
    }
    return unsafe WSAEVENT(bitPattern: handle)
}

@c @implementation
public func WSACloseEvent(_ hEvent: WSAEVENT?) -> BOOL {
    succeeding { () throws(WinsockError) in
        try Startup.check()
        try EventTable.close(UInt(bitPattern: hEvent))
    }
}

@c @implementation
public func WSASetEvent(_ hEvent: WSAEVENT?) -> BOOL {
    succeeding { () throws(WinsockError) in
        try Startup.check()
        try EventTable.set(UInt(bitPattern: hEvent))
    }
}

@c @implementation
public func WSAResetEvent(_ hEvent: WSAEVENT?) -> BOOL {
    succeeding { () throws(WinsockError) in
        try Startup.check()
        try EventTable.reset(UInt(bitPattern: hEvent))
    }
}

@c @implementation
public func WSAWaitForMultipleEvents(
    _ cEvents: DWORD, _ lphEvents: UnsafePointer<WSAEVENT?>?, _ fWaitAll: BOOL, _ dwTimeout: DWORD, _ fAlertable: BOOL
) -> DWORD {
    do throws(WinsockError) {
        try Startup.check()
        guard let list = unsafe lphEvents, (1...DWORD(WSA_MAXIMUM_WAIT_EVENTS)).contains(cEvents) else {
            throw WinsockError(WSA_INVALID_PARAMETER)
        }
        let handles = (0..<Int(cEvents)).map { unsafe UInt(bitPattern: list[$0]) }
        let all = fWaitAll != 0
        guard !all || Set(handles).count == handles.count else { throw WinsockError(WSA_INVALID_PARAMETER) }
        let deadline = Deadline(milliseconds: dwTimeout)
        let routines = fAlertable != 0 ? CompletionRoutines.ofThread : nil
        return try EventTable.wait(for: handles, all: all, until: deadline, routines: routines)
    } catch {
        LastError.code = error.code
        return DWORD(WSA_WAIT_FAILED)
    }
}

@c @implementation
public func SleepEx(_ dwMilliseconds: DWORD, _ bAlertable: BOOL) -> DWORD {
    let deadline = Deadline(milliseconds: dwMilliseconds)
    let gate = Gate()
    if bAlertable != 0 {
        let routines = CompletionRoutines.ofThread
        // Opened by the first routine that is queued, and by nothing else.
        if routines.isWaiting(orOpen: gate) || gate.wait(until: deadline) {
            routines.run()
            return DWORD(WSA_WAIT_IO_COMPLETION)
        }
        routines.stopOpening()
    } else {
        _ = gate.wait(until: deadline)
    }
    return 0
}
