// MessagesCodecTests.swift — what holds for every message and extension: round trip, truncation, trailing bytes, noise.
// RFC 8446 §3, §6.2.
// Next: MessagesHandshakeMessageTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: every codec")
struct MessagesCodecTests {
    @Test("What is written parses to the same value, and to the same octets again", arguments: CodecCase.all)
    func roundTrip(_ codec: CodecCase) throws {
        #expect(codec.encoded.isEmpty == CodecCase.withoutBody.contains(codec.testDescription))
        #expect(try codec.reencode(codec.encoded) == codec.encoded)
    }

    @Test("RFC 8446 §6.2: an encoding cut at any octet is refused with decode_error", arguments: CodecCase.all)
    func truncation(_ codec: CodecCase) {
        for count in 0..<codec.encoded.count where count != codec.optionalBlock {
            #expect(throws: DecodeError.self, "cut to \(count)") {
                try codec.reencode(Array(codec.encoded.prefix(count)))
            }
        }
    }

    @Test("RFC 8446 §6.2: bytes after the end are refused with decode_error", arguments: CodecCase.all)
    func trailing(_ codec: CodecCase) {
        for octet: UInt8 in [0, 1, 0xff] {
            let error = #expect(throws: DecodeError.self) { try codec.reencode(codec.encoded + [octet]) }
            #expect(error?.rule == .trailingBytes)
        }
    }

    private enum Outcome {
        case accepted, refused
        /// A codec that is wrong is wrong for thousands of inputs; the first is enough.
        case failed
    }

    /// Parses `input`; what is accepted must have exactly one encoding.
    private func probe(_ codec: CodecCase, _ input: [UInt8]) -> Outcome {
        do {
            let again = try codec.reencode(input)
            // A hello without a block is written with an empty one.
            if again == input || (codec.optionalBlock != nil && again == input + [0, 0]) { return .accepted }
            Issue.record("two encodings of one value: \(input) and \(again)")
        } catch is DecodeError {
            return .refused
        } catch {
            Issue.record("\(error) for \(input)")
        }
        return .failed
    }

    @Test(
        "20,000 mutations never trap; each is refused with decode_error or survives a round trip",
        arguments: CodecCase.all)
    func mutations(_ codec: CodecCase) {
        var generator = SeededGenerator(seed: codec.testDescription)
        var accepted = 0
        var refused = 0
        for _ in 0..<20_000 {
            switch probe(codec, generator.mutate(codec.encoded)) {
            case .accepted: accepted += 1
            case .refused: refused += 1
            case .failed: return
            }
        }
        // Both outcomes are reached often; otherwise the mutations prove nothing.
        #expect(accepted > 100)
        #expect(refused > 100)
    }

    @Test("Random octets never trap", arguments: CodecCase.all)
    func noise(_ codec: CodecCase) {
        var generator = SeededGenerator(seed: codec.testDescription + " noise")
        for _ in 0..<2_000 {
            let count = generator.below(200)
            if case .failed = probe(codec, generator.octets(count)) { return }
        }
    }
}
