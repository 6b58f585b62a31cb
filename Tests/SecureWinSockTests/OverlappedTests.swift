// OverlappedTests.swift — sends and receives that go on after the call, and every way to learn of their end.
// Windows Sockets 2 API, "Overlapped I/O and Event Objects".
// Next: OverlappedSupport.swift.

import CSecureWinSock
import Foundation
import SecureWinSock
import Testing

/// A routine that hands what it is told to the stream that the structure leads to.
private let streamRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE = { error, count, overlapped, _ in
    guard let stream = unsafe overlapped?.pointee.hEvent else { return }
    unsafe Unmanaged<OverlappedStream>.fromOpaque(stream).takeUnretainedValue().finish(Int32(error), Int(count))
}

/// What a counting routine was told.
private final class Calls: @unchecked Sendable {
    var errors: [Int32] = []
    var counts: [Int] = []
    var threads: [pthread_t] = []
}

/// A routine that notes what it is told where the structure leads to.
private let notingRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE = { error, count, overlapped, _ in
    guard let calls = unsafe overlapped?.pointee.hEvent else { return }
    let noted = unsafe Unmanaged<Calls>.fromOpaque(calls).takeUnretainedValue()
    noted.errors.append(Int32(error))
    noted.counts.append(Int(count))
    noted.threads.append(pthread_self())
}

@Suite("Overlapped transfers", .timeLimit(.minutes(10)))
struct OverlappedTests {
    private func streams(
        _ pair: OverlappedPair, _ total: Int, routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE? = nil
    ) -> [OverlappedStream] {
        unsafe [
            OverlappedStream(pair.client, sends: true, total: total, seed: 1, routine: routine),
            OverlappedStream(pair.server, sends: false, total: total, seed: 1, routine: routine),
            OverlappedStream(pair.server, sends: true, total: total, seed: 2, routine: routine),
            OverlappedStream(pair.client, sends: false, total: total, seed: 2, routine: routine),
        ]
    }

    private func check(_ streams: [OverlappedStream], _ total: Int) throws {
        for stream in streams {
            if let failure = stream.failure { throw failure }
            #expect(stream.moved == total)
        }
    }

    // MARK: Much data

    @Test("100 MB go both ways at once on one thread that waits for events", arguments: [false, true])
    func byEvent(secure: Bool) async throws {
        try await program {
            let total = 100_000_000
            let pair = try OverlappedPair(secure: secure)
            let streams = unsafe streams(pair, total)
            // What waits is ended before its memory goes.
            defer { withExtendedLifetime(streams) { pair.close() } }
            for stream in streams { stream.start() }
            while case let open = streams.filter({ !$0.isOver }), !open.isEmpty {
                if streams.contains(where: { $0.failure != nil }) { break }
                var events = unsafe open.map { unsafe $0.waiting[0].event }
                let index = unsafe WSAWaitForMultipleEvents(DWORD(events.count), &events, 0, 60_000, 0)
                guard index < DWORD(open.count) else { throw Unexpected("waiting: \(index)") }
                let stream = open[Int(index)]
                let (error, count) = stream.waiting[0].result(on: stream.socket, wait: false)
                stream.finish(error, count)
            }
            try check(streams, total)
        }
    }

    @Test("100 MB go both ways at once on one thread that only runs routines", arguments: [false, true])
    func byRoutine(secure: Bool) async throws {
        try await program {
            let total = 100_000_000
            let pair = try OverlappedPair(secure: secure)
            let streams = unsafe streams(pair, total, routine: streamRoutine)
            // What waits is ended before its memory goes.
            defer { withExtendedLifetime(streams) { pair.close() } }
            for stream in streams { stream.start() }
            while streams.contains(where: { !$0.isOver }) {
                guard SleepEx(60_000, 1) == DWORD(WSA_WAIT_IO_COMPLETION) else { throw Unexpected("SleepEx") }
                if streams.contains(where: { $0.failure != nil }) { break }
            }
            try check(streams, total)
        }
    }

    @Test("100 MB go both ways at once on four threads that wait for results", arguments: [false, true])
    func byResult(secure: Bool) async throws {
        let total = 100_000_000
        try await program {
            let pair = try OverlappedPair(secure: secure)
            let streams = unsafe streams(pair, total)
            // What waits is ended before its memory goes.
            defer { withExtendedLifetime(streams) { pair.close() } }
            let group = DispatchGroup()
            for stream in streams {
                group.enter()
                Thread {
                    stream.start()
                    while !stream.isOver {
                        let (error, count) = stream.waiting[0].result(on: stream.socket, wait: true)
                        stream.finish(error, count)
                    }
                    group.leave()
                }.start()
            }
            guard group.wait(timeout: .now() + 300) == .success else { throw Unexpected("the threads") }
            try check(streams, total)
        }
    }

    // MARK: One transfer

    @Test("A receive is pending until something is there, and then has that", arguments: [false, true])
    func pending(secure: Bool) async throws {
        try await program {
            let pair = try OverlappedPair(secure: secure)
            defer { pair.close() }
            let slot = OverlappedSlot(room: 100)
            #expect(unsafe slot.receive(on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING))
            #expect(unsafe slot.overlapped.pointee.Internal == UInt(WSA_IO_PENDING))
            #expect(slot.result(on: pair.server, wait: false).error == WSA_IO_INCOMPLETE)
            #expect(!slot.isSet)
            #expect(unsafe slot.receive(on: pair.server) == (SOCKET_ERROR, WSAEINVAL), "the structure is in use")
            #expect(slot.result(on: pair.client, wait: false).error == WSA_INVALID_PARAMETER, "another socket")
            #expect(unsafe securewinsock_send(pair.client, "seven", 5, 0) == 5)
            #expect(slot.isSetSoon)
            #expect(slot.result(on: pair.server, wait: false) == (0, 5))
            #expect(unsafe slot.overlapped.pointee.Internal == 0)
            #expect(unsafe Array(slot.room[..<5]) == Array("seven".utf8))
        }
    }

    @Test("A transfer that is over at once sets the event and queues the routine too", arguments: [false, true])
    func immediate(secure: Bool) async throws {
        try await program {
            let pair = try OverlappedPair(secure: secure)
            defer { pair.close() }
            let slot = OverlappedSlot(room: 100)
            let octets: [UInt8] = [1, 2, 3]
            let sent = unsafe octets.withUnsafeBytes { unsafe slot.send($0, on: pair.client) }
            #expect(sent == (0, 0))
            #expect(slot.isSet)
            #expect(slot.result(on: pair.client, wait: false) == (0, 3))

            let calls = Calls()
            let noting = OverlappedSlot(room: 100, event: false)
            unsafe noting.overlapped.pointee.hEvent = unsafe Unmanaged.passUnretained(calls).toOpaque()
            // Waits until something is there.
            var octet: CChar = 0
            #expect(unsafe securewinsock_recv(pair.server, &octet, 1, Int32(MSG_PEEK)) == 1)
            #expect(unsafe noting.receive(on: pair.server, routine: notingRoutine) == (0, 0))
            #expect(SleepEx(0, 0) == 0)
            #expect(calls.errors.isEmpty, "a wait that is not alertable runs nothing")
            #expect(SleepEx(0, 1) == DWORD(WSA_WAIT_IO_COMPLETION))
            #expect(calls.errors == [0])
            #expect(calls.counts == [3])
            #expect(calls.threads == [pthread_self()])
            #expect(SleepEx(0, 1) == 0, "once")
            withExtendedLifetime(calls) {}
        }
    }

    @Test("A routine runs on the thread that began, inside its wait for an event that is never set")
    func routineInWait() async throws {
        try await program {
            let pair = try OverlappedPair(secure: true)
            defer { pair.close() }
            let calls = Calls()
            let slot = OverlappedSlot(room: 100, event: false)
            unsafe slot.overlapped.pointee.hEvent = unsafe Unmanaged.passUnretained(calls).toOpaque()
            #expect(unsafe slot.receive(on: pair.server, routine: notingRoutine) == (SOCKET_ERROR, WSA_IO_PENDING))
            let server = pair.client
            Thread {
                Thread.sleep(forTimeInterval: 0.1)
                _ = unsafe securewinsock_send(server, "x", 1, 0)
            }.start()
            var event = unsafe WSACreateEvent()
            #expect(unsafe WSAWaitForMultipleEvents(1, &event, 0, 10_000, 1) == DWORD(WSA_WAIT_IO_COMPLETION))
            #expect(calls.counts == [1])
            #expect(calls.threads == [pthread_self()])
            #expect(unsafe WSACloseEvent(event) != 0)
            withExtendedLifetime(calls) {}
        }
    }

    @Test("A receive into no room is over when something is there, and leaves it there", arguments: [false, true])
    func noRoom(secure: Bool) async throws {
        try await program {
            let pair = try OverlappedPair(secure: secure)
            defer { pair.close() }
            let slot = OverlappedSlot(room: 10)
            #expect(unsafe slot.receive(on: pair.server, upTo: 0) == (SOCKET_ERROR, WSA_IO_PENDING))
            #expect(unsafe securewinsock_send(pair.client, "abc", 3, 0) == 3)
            #expect(slot.result(on: pair.server, wait: true) == (0, 0))
            #expect(unsafe slot.receive(on: pair.server) == (0, 0))
            #expect(slot.result(on: pair.server, wait: false) == (0, 3))
            #expect(unsafe slot.send(UnsafeRawBufferPointer(start: nil, count: 0), on: pair.client) == (0, 0))
        }
    }

    @Test("The peer's end gives no octets and no error", arguments: [false, true])
    func end(secure: Bool) async throws {
        try await program {
            let pair = try OverlappedPair(secure: secure)
            defer { pair.close() }
            let slot = OverlappedSlot(room: 10)
            #expect(unsafe slot.receive(on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING))
            #expect(securewinsock_shutdown(pair.client, SD_SEND) == 0)
            #expect(slot.result(on: pair.server, wait: true) == (0, 0))
        }
    }

    @Test("A connection that is reset fails the receive that waits")
    func reset() async throws {
        try await program {
            let pair = try OverlappedPair(secure: false)
            let slot = OverlappedSlot(room: 10)
            #expect(unsafe slot.receive(on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING))
            var linger = linger(l_onoff: 1, l_linger: 0)
            let size = socklen_t(MemoryLayout<linger>.size)
            #expect(unsafe setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &linger, size) == 0)
            _ = closesocket(pair.client)
            #expect(slot.result(on: pair.server, wait: true).error == WSAECONNRESET)
            _ = closesocket(pair.server)
        }
    }

    @Test("A secure connection that is cut off is no end of data for the receive that waits")
    func cutOff() async throws {
        try await program {
            let relay = try OverlappedRelay()
            let pair = try OverlappedPair(through: relay)
            defer { pair.close() }
            let (first, second) = (OverlappedSlot(room: 10), OverlappedSlot(room: 10))
            #expect(unsafe first.receive(on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING))
            #expect(unsafe second.receive(on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING))
            #expect(unsafe securewinsock_send(pair.client, "abc", 3, 0) == 3)
            #expect(first.result(on: pair.server, wait: true) == (0, 3))
            relay.cut()
            #expect(second.result(on: pair.server, wait: true) == (WSAECONNABORTED, 0))
            let third = OverlappedSlot(room: 10)
            #expect(unsafe third.receive(on: pair.server) == (SOCKET_ERROR, WSAECONNABORTED))
        }
    }

    @Test("Transfers may begin while a secure socket connects")
    func connecting() async throws {
        try await program {
            let listener = try OverlappedPair.listener(secure: true)
            let client = try OverlappedPair.socket(secure: true)
            var yes: UInt = 1
            #expect(unsafe ioctlsocket(client, Int(FIONBIO), &yes) == 0)
            #expect(try OverlappedPair.connect(client, to: OverlappedPair.address(of: listener)) == SOCKET_ERROR)
            #expect(WSAGetLastError() == WSAEWOULDBLOCK)
            let (receiving, sending) = (OverlappedSlot(room: 10), OverlappedSlot(room: 300_000))
            #expect(unsafe receiving.receive(on: client) == (SOCKET_ERROR, WSA_IO_PENDING))
            unsafe sending.room.initializeMemory(as: UInt8.self, repeating: 7)
            // The handshake may be done by now: then all of it may go out at once.
            let begun = unsafe sending.send(UnsafeRawBufferPointer(sending.room), on: client)
            #expect(begun == (SOCKET_ERROR, WSA_IO_PENDING) || begun.0 == 0)
            let server = try OverlappedPair.accept(listener)
            #expect(unsafe securewinsock_send(server, "abc", 3, 0) == 3)
            #expect(receiving.result(on: client, wait: true) == (0, 3))
            var (received, octets) = (0, [CChar](repeating: 0, count: 65536))
            while received < 300_000 {
                let count = unsafe securewinsock_recv(server, &octets, 65536, 0)
                #expect(count > 0 && octets[..<Int(max(count, 0))].allSatisfy { $0 == 7 })
                if count <= 0 { break }
                received += Int(count)
            }
            #expect(sending.result(on: client, wait: true) == (0, 300_000))
            for socket in [client, server] { _ = closesocket(socket) }

            // Nobody is there.
            let refused = try OverlappedPair.socket(secure: true)
            let address = try OverlappedPair.address(of: listener)
            _ = closesocket(listener)
            Thread.sleep(forTimeInterval: 0.2)
            #expect(unsafe ioctlsocket(refused, Int(FIONBIO), &yes) == 0)
            #expect(try OverlappedPair.connect(refused, to: address) == SOCKET_ERROR)
            let answer = unsafe receiving.receive(on: refused)
            #expect(answer == (SOCKET_ERROR, WSA_IO_PENDING) || answer == (SOCKET_ERROR, WSAECONNREFUSED))
            // The refusal may have come before the receive.
            if answer.error == WSA_IO_PENDING {
                #expect(receiving.result(on: refused, wait: true) == (WSAECONNREFUSED, 0))
            }
            _ = closesocket(refused)
        }
    }

    // MARK: Closing

    @Test("A blocking socket is closed at once though a receive waits on it")
    func closingBlocking() async throws {
        try await program {
            let pair = try OverlappedPair(secure: true)
            let slot = OverlappedSlot(room: 10)
            #expect(unsafe slot.receive(on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING))
            let start = ContinuousClock.now
            #expect(closesocket(pair.server) == 0)
            // Under a sanitizer the tests beside this one take all the time there is.
            if ProcessInfo.processInfo.environment["SANITIZED_TESTS"] == nil {
                #expect(ContinuousClock.now - start < .seconds(3))
            }
            #expect(slot.result(on: pair.server, wait: false).error == WSA_OPERATION_ABORTED)
            _ = closesocket(pair.client)
        }
    }

    @Test("closesocket ends what waits, and the peer sees the end", arguments: [false, true])
    func closing(secure: Bool) async throws {
        try await program {
            let pair = try OverlappedPair(secure: secure)
            let (receiving, sending) = (OverlappedSlot(room: 10), OverlappedSlot(room: 8_000_000))
            let calls = Calls()
            let noting = OverlappedSlot(room: 10, event: false)
            unsafe noting.overlapped.pointee.hEvent = unsafe Unmanaged.passUnretained(calls).toOpaque()
            unsafe sending.room.initializeMemory(as: UInt8.self, repeating: 7)
            #expect(unsafe receiving.receive(on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING))
            #expect(unsafe noting.receive(on: pair.server, routine: notingRoutine) == (SOCKET_ERROR, WSA_IO_PENDING))
            let octets = unsafe UnsafeRawBufferPointer(sending.room)
            #expect(unsafe sending.send(octets, on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING))
            var arguments: UInt = 1
            #expect(unsafe ioctlsocket(pair.server, Int(FIONBIO), &arguments) == 0)
            #expect(closesocket(pair.server) == 0)
            #expect(receiving.isSet && sending.isSet)
            #expect(receiving.result(on: pair.server, wait: true) == (WSA_OPERATION_ABORTED, 0))
            let (error, count) = sending.result(on: pair.server, wait: false)
            #expect(error == WSA_OPERATION_ABORTED)
            #expect(SleepEx(0, 1) == DWORD(WSA_WAIT_IO_COMPLETION))
            #expect(calls.errors == [WSA_OPERATION_ABORTED])
            // What was taken before arrives, and then the end.
            var received = 0
            while true {
                var part = [CChar](repeating: 0, count: 65536)
                let count = unsafe securewinsock_recv(pair.client, &part, 65536, 0)
                #expect(count >= 0)
                if count <= 0 { break }
                received += Int(count)
            }
            #expect(received == count)
            _ = closesocket(pair.client)
            withExtendedLifetime(calls) {}
        }
    }

    @Test("A number that was closed unnoticed and is another file's now is never written to, nor read from")
    func reusedNumber() async throws {
        try await program {
            let pair = try OverlappedPair(secure: false)
            let (receiving, sending) = (OverlappedSlot(room: 10), OverlappedSlot(room: 16_000_000))
            unsafe sending.room.initializeMemory(as: UInt8.self, repeating: 7)
            let octets = unsafe UnsafeRawBufferPointer(sending.room)
            #expect(unsafe receiving.receive(on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING))
            #expect(unsafe sending.send(octets, on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING))
            var other: [Int32] = [-1, -1]
            #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &other) == 0)
            #expect(unsafe securewinsock_send(other[1], "mine", 4, 0) == 4)
            // Closes the number and gives it to another file in one step.
            #expect(dup2(other[0], pair.server) == pair.server)
            #expect(unsafe securewinsock_send(pair.client, "late", 4, 0) == 4)
            // An attempt that was under way just then has what came over the old connection.
            let (error, count) = receiving.result(on: pair.server, wait: true)
            #expect(error == WSA_OPERATION_ABORTED || (error == 0 && count == 4))
            // Room for what waits to be sent: it must not go on.
            var part = [CChar](repeating: 0, count: 65536)
            while sending.result(on: pair.server, wait: false).error == WSA_IO_INCOMPLETE {
                guard unsafe securewinsock_recv(pair.client, &part, 65536, 0) > 0 else { break }
            }
            #expect(sending.result(on: pair.server, wait: true).error == WSA_OPERATION_ABORTED)
            #expect(unread(other[1]) == 0, "nothing was written")
            #expect(unread(other[0]) == 4, "nothing was read")
            // The number works for its new file.
            let slot = OverlappedSlot(room: 10)
            #expect(unsafe slot.receive(on: pair.server) == (0, 0))
            #expect(slot.result(on: pair.server, wait: false) == (0, 4))
            pair.close()
            for number in other { _ = closesocket(number) }
        }
    }

    // MARK: Misuse

    @Test("Handles that are no events are refused everywhere")
    func wrongHandles() async throws {
        try await program {
            let pair = try OverlappedPair(secure: true)
            defer { pair.close() }
            let made = unsafe WSACreateEvent()
            #expect(unsafe made != nil)
            #expect(unsafe WSACloseEvent(made) != 0)
            for number in [UInt(bitPattern: made), 0, 1, UInt.max] {
                var handle = unsafe WSAEVENT(bitPattern: number)
                WSASetLastError(0)
                #expect(unsafe WSACloseEvent(handle) == 0)
                #expect(WSAGetLastError() == WSA_INVALID_HANDLE)
                #expect(unsafe WSASetEvent(handle) == 0)
                #expect(unsafe WSAResetEvent(handle) == 0)
                WSASetLastError(0)
                #expect(unsafe WSAWaitForMultipleEvents(1, &handle, 0, 0, 0) == DWORD(WSA_WAIT_FAILED))
                #expect(WSAGetLastError() == WSA_INVALID_HANDLE)
                if unsafe handle == nil { continue }
                let slot = OverlappedSlot(room: 10)
                unsafe slot.overlapped.pointee.hEvent = unsafe handle
                #expect(unsafe slot.receive(on: pair.client) == (SOCKET_ERROR, WSA_INVALID_HANDLE))
                #expect(slot.result(on: pair.client, wait: true) == (0, 0), "nothing goes on")
            }
        }
    }

    @Test("A wait checks its arguments")
    func waitArguments() async throws {
        try await program {
            var events = unsafe [WSACreateEvent(), WSACreateEvent()]
            for (count, all) in [(0, 0), (65, 0), (3, 1)] {
                var list = unsafe events + events + [WSAEVENT?](repeating: events[0], count: 61)
                #expect(
                    unsafe WSAWaitForMultipleEvents(DWORD(count), &list, BOOL(all), 0, 0) == DWORD(WSA_WAIT_FAILED))
                #expect(WSAGetLastError() == WSA_INVALID_PARAMETER)
            }
            #expect(WSAWaitForMultipleEvents(1, nil, 0, 0, 0) == DWORD(WSA_WAIT_FAILED))
            #expect(WSAGetLastError() == WSA_INVALID_PARAMETER)

            #expect(unsafe WSAWaitForMultipleEvents(2, &events, 0, 20, 0) == DWORD(WSA_WAIT_TIMEOUT))
            #expect(unsafe WSASetEvent(events[1]) != 0)
            #expect(unsafe WSAWaitForMultipleEvents(2, &events, 0, DWORD(WSA_INFINITE), 0) == 1)
            #expect(unsafe WSAWaitForMultipleEvents(2, &events, 1, 20, 0) == DWORD(WSA_WAIT_TIMEOUT))
            #expect(unsafe WSASetEvent(events[0]) != 0)
            #expect(unsafe WSAWaitForMultipleEvents(2, &events, 1, DWORD(WSA_INFINITE), 0) == 0)
            #expect(unsafe WSAResetEvent(events[0]) != 0)
            #expect(unsafe WSAWaitForMultipleEvents(2, &events, 0, 0, 0) == 1)
            for index in 0..<2 { #expect(unsafe WSACloseEvent(events[index]) != 0) }
        }
    }

    @Test("Who waits for an event that is closed is told")
    func closedWhileWaiting() async throws {
        try await program {
            var event = unsafe WSACreateEvent()
            let handle = UInt(bitPattern: event)
            Thread {
                Thread.sleep(forTimeInterval: 0.1)
                _ = unsafe WSACloseEvent(WSAEVENT(bitPattern: handle))
            }.start()
            #expect(unsafe WSAWaitForMultipleEvents(1, &event, 0, 10_000, 0) == DWORD(WSA_WAIT_FAILED))
            #expect(WSAGetLastError() == WSA_INVALID_HANDLE)
        }
    }

    @Test("Nothing given where something has to be is refused", arguments: [false, true])
    func nothing(secure: Bool) async throws {
        try await program {
            let pair = try OverlappedPair(secure: secure)
            defer { pair.close() }
            let slot = OverlappedSlot(room: 10)
            var (count, flags) = (DWORD(0), DWORD(0))
            #expect(unsafe WSAGetOverlappedResult(pair.client, nil, &count, 0, &flags) == 0)
            #expect(WSAGetLastError() == WSAEFAULT)
            #expect(unsafe WSAGetOverlappedResult(pair.client, slot.overlapped, nil, 0, &flags) == 0)
            #expect(WSAGetLastError() == WSAEFAULT)
            #expect(unsafe WSAGetOverlappedResult(pair.client, slot.overlapped, &count, 0, nil) == 0)
            #expect(WSAGetLastError() == WSAEFAULT)
            #expect(unsafe WSAGetOverlappedResult(-1, slot.overlapped, &count, 0, &flags) == 0)
            #expect(WSAGetLastError() == WSAENOTSOCK)

            #expect(unsafe WSARecv(pair.client, nil, 1, nil, nil, slot.overlapped, nil) == SOCKET_ERROR)
            #expect(WSAGetLastError() == WSAEFAULT)
            var buffer = unsafe WSABUF(len: 1, buf: nil)
            #expect(unsafe WSASend(pair.client, &buffer, 1, nil, 0, slot.overlapped, nil) == SOCKET_ERROR)
            #expect(WSAGetLastError() == WSAEFAULT)
            #expect(unsafe WSASend(pair.client, &buffer, 0, nil, 0, slot.overlapped, nil) == SOCKET_ERROR)
            #expect(WSAGetLastError() == WSAEINVAL)
            unsafe buffer = unsafe WSABUF(len: 10, buf: slot.room.baseAddress?.assumingMemoryBound(to: CChar.self))
            #expect(unsafe WSARecv(pair.client, &buffer, 1, nil, nil, nil, notingRoutine) == SOCKET_ERROR)
            #expect(WSAGetLastError() == WSAEINVAL)
            #expect(unsafe WSASend(pair.client, &buffer, 1, nil, 0, nil, notingRoutine) == SOCKET_ERROR)
            #expect(WSAGetLastError() == WSAEINVAL)
            #expect(unsafe slot.receive(on: 999_999) == (SOCKET_ERROR, WSAENOTSOCK))
            #expect(!slot.isSet)
        }
    }

    @Test("A secure socket that is not connected has nothing to transfer, and too many transfers are refused")
    func limits() async throws {
        try await program {
            let fresh = try OverlappedPair.socket(secure: true)
            let slot = OverlappedSlot(room: 10)
            #expect(unsafe slot.receive(on: fresh) == (SOCKET_ERROR, WSAENOTCONN))
            _ = closesocket(fresh)

            let pair = try OverlappedPair(secure: false)
            let slots = (0..<1024).map { _ in OverlappedSlot(room: 10, event: false) }
            for slot in slots { #expect(unsafe slot.receive(on: pair.server) == (SOCKET_ERROR, WSA_IO_PENDING)) }
            #expect(unsafe slot.receive(on: pair.server) == (SOCKET_ERROR, WSAENOBUFS))
            _ = closesocket(pair.server)
            for slot in slots { #expect(slot.result(on: pair.server, wait: false).error == WSA_OPERATION_ABORTED) }
            _ = closesocket(pair.client)
        }
    }

    @Test("A control with an OVERLAPPED is over when it returns")
    func control() async throws {
        try await program {
            let socket = try OverlappedPair.socket(secure: true)
            defer { _ = closesocket(socket) }
            let slot = OverlappedSlot(room: 10)
            let (code, room) = unsafe (DWORD(SO_SSL_GET_FLAGS), slot.room.baseAddress)
            #expect(unsafe WSAIoctl(socket, code, nil, 0, room, 4, nil, slot.overlapped, nil) == 0)
            #expect(slot.isSet)
            #expect(slot.result(on: socket, wait: false) == (0, 4))
            #expect(unsafe WSAIoctl(socket, code, nil, 0, room, 3, nil, slot.overlapped, nil) == SOCKET_ERROR)
            #expect(WSAGetLastError() == WSAEFAULT)
            #expect(!slot.isSet)
            #expect(unsafe WSAIoctl(socket, code, nil, 0, room, 4, nil, nil, notingRoutine) == SOCKET_ERROR)
            #expect(WSAGetLastError() == WSAEINVAL)
        }
    }
}

/// Octets that can be read from a descriptor.
private func unread(_ number: Int32) -> Int {
    var count: UInt = 0
    return unsafe ioctlsocket(number, Int(FIONREAD), &count) == 0 ? Int(count) : -1
}
