// EarlyDataReplayGuardTests.swift — early data is taken once, while it is fresh, and never without a memory of it.
// RFC 8446 §8.2, §8.3.
// Next: none.

import Foundation
import Handshake
import Testing
import WireFormat

@Suite("EarlyDataReplayGuard")
struct EarlyDataReplayGuardTests {
    private static func binder(_ number: Int) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: 32)
        for index in 0..<8 { octets[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
        return octets
    }

    private func admits(
        _ memory: EarlyDataReplayGuard, _ number: Int, difference: Int64 = 0, at seconds: Int64 = 0
    ) -> Bool {
        let binder = Self.binder(number)
        return memory.admits(
            binder.span, ageDifferenceMilliseconds: difference, at: ServerSessionSamples.after(seconds))
    }

    @Test("T-30: RFC 8446 §8.2: a ClientHello is admitted once, also by two servers that share the guard")
    func once() {
        let memory = EarlyDataReplayGuard()
        #expect(memory.windowSeconds == 10)
        #expect(admits(memory, 1))
        #expect(!admits(memory, 1))
        #expect(admits(memory, 2))
        #expect(!admits(memory, 2, at: 1))
        #expect(memory.count == 2)
    }

    @Test("T-30: RFC 8446 §8.3: a ClientHello that is older or younger than it says by more than the window is not")
    func freshness() {
        let memory = EarlyDataReplayGuard(windowSeconds: 5)
        for (number, difference) in [(1, 5000), (2, -5000), (3, 0)] as [(Int, Int64)] {
            #expect(admits(memory, number, difference: difference))
        }
        for difference in [5001, -5001, .max, .min] as [Int64] { #expect(!admits(memory, 4, difference: difference)) }
        // Refused for its age, it is not remembered.
        #expect(memory.count == 3)
        #expect(admits(memory, 4))
    }

    @Test("T-30: a copy is refused for as long as it could pass for fresh, by its age or by memory")
    func copies() {
        let memory = EarlyDataReplayGuard(windowSeconds: 10)
        // The client seemed ahead by the whole window: its copies are fresh for twice the window.
        #expect(admits(memory, 1, difference: 10_000))
        for second in 0...60 as ClosedRange<Int64> {
            #expect(!admits(memory, 1, difference: 10_000 - second * 1000, at: second))
        }
    }

    @Test("T-30: memory is bounded: when it is full nothing is admitted, and nothing is forgotten early")
    func full() {
        let memory = EarlyDataReplayGuard(windowSeconds: 10, entries: 100)
        for number in 0..<100 { #expect(admits(memory, number)) }
        #expect(!admits(memory, 100))
        for number in 0..<100 { #expect(!admits(memory, number, difference: 0, at: 22)) }
        #expect(memory.count == 100)
        // The window, its double and two seconds are over: there is room again.
        #expect(admits(memory, 100, at: 23))
        #expect(memory.count == 1)
        #expect(!admits(EarlyDataReplayGuard(entries: 0), 1))
        #expect(!admits(EarlyDataReplayGuard(entries: -1), 1))
    }

    @Test("T-30: a clock that goes back does not make fresh again what was forgotten")
    func backwards() {
        let memory = EarlyDataReplayGuard(windowSeconds: 10, entries: 8)
        #expect(admits(memory, 1))
        // The clock jumps ahead: the first is forgotten. Then it is put right.
        #expect(admits(memory, 2, at: 1000))
        #expect(!admits(memory, 1))
        #expect(!admits(memory, 3))
        #expect(admits(memory, 3, at: 1000))
        // While nothing has been forgotten, going back costs nothing.
        let other = EarlyDataReplayGuard(windowSeconds: 10, entries: 8)
        #expect(admits(other, 1, at: 5))
        #expect(admits(other, 2, at: 3))
        #expect(!admits(other, 1, at: 3))
        #expect(!admits(other, 2, at: 20))
    }

    @Test("T-30: any sequence of ClientHellos is admitted as a plain list would have it")
    func model() {
        let memory = EarlyDataReplayGuard(windowSeconds: 3, entries: 20)
        var seen: [(number: Int, end: Int64)] = []
        var random = SystemRandomNumberGenerator()
        var now: Int64 = 0
        for _ in 0..<20_000 {
            now += Int64.random(in: 0..<8, using: &random) == 0 ? Int64.random(in: 0..<3, using: &random) : 0
            let number = Int.random(in: 0..<60, using: &random)
            seen.removeAll { $0.end < now }
            let expected = seen.count < 20 && !seen.contains { $0.number == number }
            #expect(admits(memory, number, at: now) == expected)
            if expected { seen.append((number, now + 8)) }
            #expect(memory.count == seen.count)
        }
    }

    @Test("a binder that is no MAC is never admitted")
    func short() {
        let memory = EarlyDataReplayGuard()
        let short = [UInt8](repeating: 1, count: 15)
        let isAdmitted = memory.admits(short.span, ageDifferenceMilliseconds: 0, at: ServerSessionSamples.start)
        #expect(!isAdmitted)
    }

    @Test("T-30: of many threads with the same ClientHello exactly one is admitted", .timeLimit(.minutes(10)))
    func threads() async {
        let memory = EarlyDataReplayGuard()
        let admitted = Tallies<Int>()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<2000 where admits(memory, number) {
                        admitted.add(number)
                    }
                }
            }
        }
        #expect(admitted.all == [Int](repeating: 1, count: 2000))
    }

    @Test("guards are told apart, and none is nobody's")
    func identities() {
        let identities = Set((0..<100).map { _ in EarlyDataReplayGuard().identity })
        #expect(identities.count == 100)
        #expect(!identities.contains(0))
    }
}
