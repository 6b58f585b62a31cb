// TLS12CBCTests.swift — padding and MAC of CBC records, right and wrong in every place.
// RFC 5246 §6.2.3.2; RFC 7366.
// Next: ReceiveBufferTests.swift.

import CryptoGlue
import RecordLayer
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 CBC records")
struct TLS12CBCTests {
    /// A record of `content` with as much padding as fits 256 octets.
    private func longest(_ protection: Protection12, _ content: [UInt8]) -> Int {
        let least = protection.leastPadding(content.count)
        return least + (256 - least) / 16 * 16
    }

    private func padding(_ count: Int) -> [UInt8] { [UInt8](repeating: UInt8(count - 1), count: count) }

    @Test(
        "RFC 5246 §6.2.3.2: padding of every length there is, and content of every length, is accepted",
        arguments: Protection12.cbcs)
    func everyPadding(_ protection: Protection12) throws {
        for length in Array(0...70) + [255, 256, 257, 600] {
            let content = pattern(length, from: length)
            for count in stride(from: protection.leastPadding(length), through: 256, by: 16) {
                var opener = try RecordOpener.keyed(protection.key())
                let wire = try protection.record(content, padding: padding(count))
                #expect(
                    try opener.opened(wire) == [Opened(type: .applicationData, content: content)],
                    "\(length) octets, padding \(count)")
            }
        }
    }

    @Test("T-06: any padding octet changed, to whatever value, is bad_record_mac", arguments: Protection12.cbcs)
    func paddingOctets(_ protection: Protection12) throws {
        let content = pattern(20)
        let count = longest(protection, content)
        for index in 0..<count {
            // Each bit of the octets at the ends and of some between, one bit of the others.
            let masks: [UInt8] =
                index < 2 || index > count - 4 || index % 64 == 0
                ? (0..<8).map { 1 << $0 } + [255] : [1 << UInt8(index % 8)]
            for mask in masks {
                var changed = padding(count)
                changed[index] ^= mask
                try expectRefusal(protection, protection.record(content, padding: changed), "octet \(index) ^ \(mask)")
            }
        }
    }

    @Test("T-06: padding_length of every wrong value is bad_record_mac", arguments: Protection12.cbcs)
    func paddingLength(_ protection: Protection12) throws {
        for length in [3, 300] {
            let content = pattern(length)
            let count = protection.leastPadding(length)
            for value in UInt8.min...UInt8.max where Int(value) != count - 1 {
                // Behind a MAC outside, 0 is right: the octets before it are content then, for the peer says so.
                if value == 0, case .tls12CBC(_, true) = protection.protection { continue }
                var changed = padding(count)
                changed[count - 1] = value
                try expectRefusal(protection, protection.record(content, padding: changed), "\(length), \(value)")
            }
        }
    }

    @Test(
        "T-08, RFC 5246 §6.2.3.2: wrong padding, wrong MAC and both are one error, and the record is wiped",
        arguments: Protection12.cbcs)
    func oneError(_ protection: Protection12) throws {
        guard case .tls12CBC(let algorithm, _) = protection.protection else { return }
        for length in [0, 1, 20, 239, 240, 300, 1000] {
            let content = pattern(length)
            for count in [protection.leastPadding(length), longest(protection, content)] {
                var wrongPadding = padding(count)
                wrongPadding[0] ^= 0x40
                for index in 0..<algorithm.macLength {
                    let flips = [index: UInt8(1) << UInt8(index % 8)]
                    try expectRefusal(
                        protection, protection.record(content, padding: padding(count), flips: flips), "MAC \(index)")
                }
                try expectRefusal(protection, protection.record(content, padding: wrongPadding), "padding")
                try expectRefusal(
                    protection, protection.record(content, padding: wrongPadding, flips: [0: 1]), "padding and MAC")
            }
        }
    }

    @Test("T-08: a MAC that fits another length than padding_length says is refused", arguments: Protection12.cbcs)
    func otherLength(_ protection: Protection12) throws {
        guard case .tls12CBC(_, false) = protection.protection else { return }
        // The MAC is right for `content`, and the octets behind it are padding for a shorter or longer one.
        let content = pattern(40)
        let count = longest(protection, content)
        for announced in stride(from: 0, to: 256, by: 3) where announced != count - 1 {
            let changed = [UInt8](repeating: UInt8(announced), count: count)
            try expectRefusal(protection, protection.record(content, padding: changed), "\(announced)")
        }
    }

    @Test(
        "RFC 5246 §6.2.3.2: no two records have the same IV, and each comes from the random source",
        arguments: Protection12.cbcs)
    func initializationVectors(_ protection: Protection12) throws {
        var sealer = RecordSealer(random: FixedRandom(seed: 5))
        try sealer.install(protection.key())
        var seen: Set<[UInt8]> = []
        for _ in 0..<100 {
            let wire = try sealer.sealed(.applicationData, pattern(10))
            #expect(seen.insert(Array(wire[5..<21])).inserted)
        }
        // Drawn 32 at a time: the first record of a key that draws the same has the same IV.
        var again = RecordSealer(random: FixedRandom(seed: 5))
        try again.install(protection.key())
        #expect(seen.contains(Array(try again.sealed(.applicationData, [1])[5..<21])))
    }

    @Test("T-47: a random source that fails leaves no octet of the plaintext behind", arguments: Protection12.cbcs)
    func randomFails(_ protection: Protection12) throws {
        var sealer = RecordSealer(random: ScriptedRandom([UInt8](repeating: 1, count: 512)))
        try sealer.install(protection.key())
        var output = SendBuffer()
        let content = pattern(100)
        for _ in 0..<32 { try sealer.seal(.applicationData, content.span, into: &output) }
        let before = output.pendingCount
        #expect(throws: RecordError.self) { try sealer.seal(.applicationData, content.span, into: &output) }
        #expect(output.pendingCount == before)
        let room = output.reserve(100)
        let left = output.mutableBytes(in: room)
        for index in 0..<100 { #expect(left[index] == 0) }
    }

    private func expectRefusal(_ protection: Protection12, _ wire: [UInt8], _ what: String) throws {
        var opener = try RecordOpener.keyed(protection.key())
        let (error, left) = opener.refusal(of: wire)
        #expect(error == .authenticationFailed, "\(protection): \(what)")
        #expect(error?.alert == .badRecordMAC)
        #expect(left.allSatisfy { $0 == 0 }, "\(protection): \(what)")
    }
}
