// ConstantTimeProbe.swift — runs the code that handles secrets, on octets that memcheck holds to be undefined.
// RFC 5246 §6.2.3.2, §7.4.7.1.
// Next: ProbeTiming.swift.

import CryptoGlue
import Glibc
import RecordLayer
import WireFormat

/// `scripts/check-constant-time` runs this under valgrind: a branch or an index that depends on an undefined octet is an
/// error there, so undefined octets stand for secret ones.
@main
enum ConstantTimeProbe {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch arguments.first {
            case "cbc": try probeCBC(leak: false)
            case "cbc-leak": try probeCBC(leak: true)
            case "rsa": probeRSA(leak: false)
            case "rsa-leak": probeRSA(leak: true)
            case "equal": probeEqual(leak: false)
            case "equal-leak": probeEqual(leak: true)
            case "timing": try ProbeTiming.run(seconds: Double(arguments.last ?? "") ?? 60)
            default: print("Usage: ConstantTimeProbe cbc|cbc-leak|rsa|rsa-leak|equal|equal-leak|timing [SECONDS]")
            }
        } catch {
            print("the probe failed: \(error)")
            exit(2)
        }
    }

    /// Every suite with the MAC inside, short records and long ones, right and wrong in each way.
    private static func probeCBC(leak: Bool) throws {
        var count = 0
        for algorithm in CBCAlgorithm.allCases {
            let key = [UInt8](repeating: 7, count: algorithm.macLength)
            var mac = try RecordMAC(algorithm, key: key.span)
            for length in [64, 80, 256, 304, 1024] {
                for padding in [0, 15, 255] where padding + algorithm.macLength < length {
                    var plain = (0..<length).map { UInt8(truncatingIfNeeded: 3 * $0) }
                    for index in length - padding - 1..<length { plain[index] = UInt8(padding) }
                    let secret = undefined(plain)
                    let verdict = try TLS12PaddingCheck.verdict(
                        on: secret.span, 3, .applicationData, &mac, macLength: algorithm.macLength)
                    sink(verdict.wrong ^ verdict.padding)
                    if leak, verdict.wrong == 0 { print("a MAC that was never computed matches") }
                    count += 1
                }
            }
        }
        count += try probeLegacyCBC(leak: leak)
        print("cbc: \(count) records")
    }

    /// SSL 3.0 and TLS 1.0, with blocks of 8 and of 16 octets.
    private static func probeLegacyCBC(leak: Bool) throws -> Int {
        let permission = try LegacyPermission(
            versions: Set(LegacyPermission.legacyVersions), reason: "probe", until: UnixTime(seconds: 1))
        guard let use = permission.use(at: UnixTime(seconds: 0), peer: nil) else { return 0 }
        var count = 0
        for hash in LegacyHashAlgorithm.allCases {
            let key = [UInt8](repeating: 7, count: hash.digestLength)
            for version in [ProtocolVersion.ssl30, .tls10] {
                var mac = try RecordMAC(hash, isHMAC: version != .ssl30, key: key.span, use)
                for (block, length) in [(8, 64), (16, 64), (8, 264), (16, 1024)] {
                    for padding in [0, block - 1] {
                        var plain = (0..<length).map { UInt8(truncatingIfNeeded: 3 * $0) }
                        for index in length - padding - 1..<length { plain[index] = UInt8(padding) }
                        let secret = undefined(plain)
                        let verdict = try TLS12PaddingCheck.verdict(
                            on: secret.span, 3, .applicationData, &mac, macLength: hash.digestLength,
                            version: version, padding: version == .ssl30 ? .ssl30(blockLength: block) : .tls)
                        sink(verdict.wrong ^ verdict.padding)
                        if leak, verdict.wrong == 0 { print("a MAC that was never computed matches") }
                        count += 1
                    }
                }
            }
        }
        return count
    }

    private static func probeRSA(leak: Bool) {
        for length in [128, 256, 257, 512] {
            var encoded = [0, 2] + [UInt8](repeating: 9, count: length - 51) + [0, 3, 3]
            encoded += [UInt8](repeating: 5, count: 46)
            let substitute = SecretBytes(count: RSAEncryptionPadding.premasterLength)
            let secret = undefined(encoded)
            let found = RSAEncryptionPadding.premaster(in: secret.span, version: .tls12, otherwise: substitute)
            for index in 0..<found.count { sink(found.bytes[index]) }
            if leak, found.bytes[2] == 0 { print("the substitute") }
        }
        print("rsa: 4 keys")
    }

    private static func probeEqual(leak: Bool) {
        let known = [UInt8](repeating: 1, count: 32)
        let secret = undefined(known)
        let (equal, zero) = (
            ConstantTime.equal(secret.span, known.span), ConstantTime.isZero(secret.span)
        )
        sink(unsafe unsafeBitCast(equal, to: UInt8.self) ^ unsafeBitCast(zero, to: UInt8.self))
        if leak, equal { print("equal") }
        print("equal: 2 routines")
    }

    /// The same octets, undefined. Under `--malloc-fill=0` fresh memory is zero, and still undefined.
    private static func undefined(_ octets: [UInt8]) -> [UInt8] {
        let block = unsafe fresh(octets.count)
        defer { unsafe free(block) }
        return octets.indices.map { unsafe octets[$0] ^ block[$0] }
    }

    /// Not optimised: a compiler that sees the allocation may take any value for what it holds.
    @inline(never)
    @_optimize(none)
    private static func fresh(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        unsafe malloc(count)!.assumingMemoryBound(to: UInt8.self)
    }

    /// Uses a value without a branch on it.
    @inline(never)
    @_optimize(none)
    private static func sink(_ value: UInt8) {
        _ = value &+ 1
    }
}
