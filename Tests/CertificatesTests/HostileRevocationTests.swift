// HostileRevocationTests.swift — lists and responses made to cost time, memory or a trap.
// RFC 5280 §8; docs/attacks.md T-39, T-44, T-47.
// Next: PathValidatorTests.swift.

import Certificates
import TestSupport
import Testing
import WireFormat

@Suite("Hostile revocation lists and OCSP responses")
struct HostileRevocationTests {
    private let vectors = StatusVectors.all

    /// Runs the staple through a check of the vectors' path.
    private func check(staple: [UInt8]) throws(CertificateError) -> ValidatedPath.Window {
        var check = RevocationCheck(
            path: try HostileRevocationTests.path.get(), policy: RevocationPolicy(mode: .require, scope: .peer),
            at: UnixTime(seconds: 1_780_272_000), stapledResponse: staple, isStatusRequested: true,
            allowedSignatures: allSchemes, signatureChecks: 0, log: DecisionLog(isEnabled: true))
        return try check.run()
    }

    private static let path = Result { () throws(CertificateError) in
        var path: [Certificate] = []
        for name in ["leaf", "issuing", "root"] {
            path.append(try Certificate(derEncoded: StatusVectors.all.certificates[name]?.bytes ?? []))
        }
        return path
    }

    @Test("T-47: no list cut off anywhere makes the parser trap, and none parses")
    func truncatedLists() throws {
        let der = try RevocationListVectors.der("every extension that is known")
        for count in der.indices {
            #expect(throws: CertificateError.self) { try CertificateRevocationList(derEncoded: Array(der[..<count])) }
        }
    }

    @Test("T-47: no byte of a list changed makes the parser trap, and none that parses is signed any more")
    func flippedLists() throws {
        let path = try HostileRevocationTests.path.get()
        let der = try vectors.list("issuing-leaf").derEncoded
        var parsed = 0
        for index in der.indices {
            for value: UInt8 in [0xff, 0x01, 0x80] {
                var changed = der
                changed[index] ^= value
                guard let list = try? CertificateRevocationList(derEncoded: changed) else { continue }
                parsed += 1
                var check = RevocationCheck(
                    path: path, policy: RevocationPolicy(mode: .require, scope: .peer, lists: RevocationLists([list])),
                    at: UnixTime(seconds: 1_780_272_000), stapledResponse: nil, isStatusRequested: true,
                    allowedSignatures: allSchemes, signatureChecks: 0, log: DecisionLog(isEnabled: true))
                let error = #expect(throws: CertificateError.self, "byte \(index)") { try check.run() }
                #expect(error?.rule == .revocationStatusUnknown, "byte \(index): \(String(describing: error))")
            }
        }
        #expect(parsed > 100)
    }

    @Test("T-44, T-47: no OCSP response cut off anywhere makes the parser trap, and none counts")
    func truncatedResponses() throws {
        let der = try vectors.response("by-named")
        for count in der.indices {
            let error = #expect(throws: CertificateError.self) { try check(staple: Array(der[..<count])) }
            #expect(error?.rule == .stapledResponse, "\(count) bytes: \(String(describing: error))")
        }
    }

    @Test("T-44, T-47: no byte of an OCSP response changed makes the parser trap, and none makes it count for more")
    func flippedResponses() throws {
        let der = try vectors.response("good")
        let until = try check(staple: der).last
        for index in der.indices {
            for value: UInt8 in [0xff, 0x01, 0x80] {
                var changed = der
                changed[index] ^= value
                // Every byte is signed, or holds what is signed together.
                let error = #expect(throws: CertificateError.self, "byte \(index)") { try check(staple: changed) }
                #expect(error?.rule == .stapledResponse, "byte \(index): \(String(describing: error))")
            }
        }
        #expect(until.description == "2026-06-10T00:00:00Z")
    }

    @Test("T-47: no change of one to four bytes of a list or a response makes a parser trap")
    func mutations() throws {
        var generator = SplitMix64(state: 0xc41)
        let lists = try ["two entries", "every extension that is known", "every reason"].map {
            try RevocationListVectors.der($0)
        }
        let responses = try ["several", "by-named", "nonce"].map { try vectors.response($0) }
        var parsed = 0
        for round in 0..<4000 {
            let isList = round % 2 == 0
            var der = isList ? lists[round / 2 % lists.count] : responses[round / 2 % responses.count]
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                let index = Int.random(in: der.indices, using: &generator)
                switch Int.random(in: 0...3, using: &generator) {
                case 0: der[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                case 1: der[index] = [0x00, 0x7f, 0x80, 0xff, 0x30, 0x82].randomElement(using: &generator) ?? 0
                case 2: der.remove(at: index)
                default: der.insert(UInt8.random(in: 0...255, using: &generator), at: index)
                }
            }
            if isList {
                parsed += (try? CertificateRevocationList(derEncoded: der)) == nil ? 0 : 1
            } else {
                _ = try? check(staple: der)
            }
        }
        #expect(parsed > 50)
    }

    /// A list of so many entries with 20-byte serial numbers, around a signature that is none.
    private static func list(entries: [UInt8], extensions: [UInt8] = []) -> [UInt8] {
        let algorithm = tlv(0x30, [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])
        let attribute = tlv(0x30, [0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x01, 0x61])
        var fields = [0x02, 0x01, 0x01] + algorithm + tlv(0x30, tlv(0x31, attribute))
        fields += tlv(0x17, Array("260525000000Z".utf8)) + tlv(0x17, Array("260610000000Z".utf8))
        fields += tlv(0x30, entries) + extensions
        return tlv(0x30, tlv(0x30, fields) + algorithm + tlv(0x03, [0, 0]))
    }

    private static func entries(_ count: Int, alike: Bool = false) -> [UInt8] {
        var generator = SplitMix64(state: 7)
        let rest = tlv(0x17, Array("260520000000Z".utf8))
        var entries: [UInt8] = []
        entries.reserveCapacity(count * 39)
        for number in 0..<count {
            var serial: [UInt8] = [0x5a, UInt8(number >> 16 & 0xff), UInt8(number >> 8 & 0xff), UInt8(number & 0xff)]
            while serial.count < 20 {
                serial.append(alike ? 0x11 : UInt8.random(in: 0...255, using: &generator))
            }
            entries += tlv(0x30, tlv(0x02, serial) + rest)
        }
        return entries
    }

    @Test("T-39: a list of 2 MiB with 54000 entries is parsed in less than 50 ms")
    func longList() throws {
        // 39 bytes an entry.
        let der = HostileRevocationTests.list(entries: HostileRevocationTests.entries(54_000))
        #expect(der.count > 1 << 21)
        var count = 0
        let time = try seconds { count = try CertificateRevocationList(derEncoded: der).count }
        #expect(count == 54_000)
        #expect(time < 0.05 * timeFactor, "\(time) s")
    }

    @Test("T-39: serial numbers that end alike cost no more than the others")
    func alike() throws {
        let der = HostileRevocationTests.list(entries: HostileRevocationTests.entries(54_000, alike: true))
        let time = try seconds { _ = try CertificateRevocationList(derEncoded: der) }
        #expect(time < 0.05 * timeFactor, "\(time) s")
    }

    @Test("T-39: a list or a response beyond its limit is refused before it is read")
    func limits() throws {
        let error = #expect(throws: CertificateError.self) {
            try CertificateRevocationList(derEncoded: [UInt8](repeating: 0x30, count: 1 << 24 + 1))
        }
        #expect(error?.expected == "a list of at most 16777216 bytes")
        let staple = #expect(throws: CertificateError.self) {
            try check(staple: [UInt8](repeating: 0x30, count: 65_537))
        }
        #expect(staple?.rule == .stapledResponse && staple?.expected == "a response of at most 65536 bytes")
    }

    @Test(
        "T-39: nested and repeated values in a list or a response are dealt with in less than 50 ms", arguments: 0..<8)
    func hostile(_ index: Int) {
        let nested: [UInt8] = (0..<100_000).map { $0 % 2 == 0 ? 0x30 : 0x80 }
        let empty: [UInt8] = (0..<100_000).map { $0 % 2 == 0 ? 0x30 : 0x00 }
        var levels: [UInt8] = []
        for _ in 0..<2000 { levels = tlv(0x30, levels) }
        var extensions: [UInt8] = []
        for number in 0..<4000 {
            let identifier: [UInt8] = [0x06, 0x04, 0x2a, 0x03, UInt8(0x81 + number / 128), UInt8(number % 128)]
            extensions += tlv(0x30, identifier + [0x04, 0x00])
        }
        let serial: [UInt8] = [0x02, 0x01, 0x05] + tlv(0x17, Array("260520000000Z".utf8))
        let entry = tlv(0x30, serial + tlv(0x30, extensions))
        let response: [UInt8] = [0x0a, 0x01, 0x00] + tlv(0xa0, tlv(0x30, empty))
        let inputs: [[UInt8]] = [
            nested, levels, tlv(0x30, empty), HostileRevocationTests.list(entries: empty),
            HostileRevocationTests.list(entries: levels), HostileRevocationTests.list(entries: entry),
            HostileRevocationTests.list(entries: [], extensions: tlv(0xa0, tlv(0x30, extensions))),
            tlv(0x30, response),
        ]
        let input = inputs[index]
        let time = seconds {
            _ = try? CertificateRevocationList(derEncoded: input)
            _ = try? check(staple: Array(input.prefix(65_536)))
        }
        #expect(time < 0.05 * timeFactor, "input \(index): \(time) s")
        #expect(throws: CertificateError.self) { try check(staple: Array(input.prefix(65_536))) }
    }
}
