// MatrixCombination.swift — what a connection can be made of, all of it generated.
// RFC 8446 §4.1.1, §4.2; RFC 5246 §7.4.1.3.
// Next: MatrixIdentities.swift.

import Certificates
import CryptoGlue
import Foundation
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

/// The key of a server's certificate.
enum MatrixKey: String, CaseIterable, Sendable {
    case rsa, rsaPSS, p256, p384, p521, ed25519, ed448

    /// Whether it can serve a suite of TLS 1.2.
    func fits(_ method: TLS12Suite.KeyExchangeMethod) -> Bool {
        switch method {
        case .ecdheECDSA: self != .rsa && self != .rsaPSS
        case .ecdheRSA, .dheRSA: self == .rsa || self == .rsaPSS
        // RFC 4055 §1.2: a key for RSASSA-PSS does not decrypt.
        case .rsa: self == .rsa
        }
    }
}

/// Whether the server asks for a certificate, and what the client says to that.
enum MatrixAuthentication: String, CaseIterable, Sendable {
    case none, optionalAbsent, optionalPresent, required

    var isPresent: Bool { self == .optionalPresent || self == .required }
}

/// What the second connection does with what the first one left.
enum MatrixResumption: String, CaseIterable, Sendable {
    /// There is nothing.
    case none
    /// A ticket that the server seals.
    case ticket
    /// The server's cache: a session ID in TLS 1.2, an identifier as the ticket in TLS 1.3.
    case cache
    /// A sealed ticket, and early data with it.
    case earlyData
    /// A sealed ticket, and the server has no group of the client's any more: its key alone (psk_ke).
    case withoutKeyExchange

    func exists(in version: ProtocolVersion) -> Bool {
        switch self {
        case .none, .ticket, .cache: true
        case .earlyData, .withoutKeyExchange: version == .tls13
        }
    }
}

/// One way to connect.
struct MatrixCombination: Sendable, CustomTestStringConvertible {
    let version: ProtocolVersion
    let suite: CipherSuite
    /// The group of the key exchange; nil where the suite has none.
    let group: NamedGroup?
    let key: MatrixKey
    let authentication: MatrixAuthentication
    let resumption: MatrixResumption
    /// TLS 1.3: the client sends no share of the group at first. TLS 1.2: encrypt_then_mac is not to be had from this,
    /// so it is always false.
    let isRetried: Bool
    /// Every operation that the application can do is left to it, and answered later.
    let pauses: Bool

    var testDescription: String {
        "\(version), \(suite), \(group.map { "\($0)" } ?? "no group"), \(key), client certificate \(authentication), "
            + "\(resumption), retried \(isRetried), pauses \(pauses)"
    }

    /// What is varied, as numbers: each pair of two of them is tried.
    var features: [Int] {
        [
            Int(suite.rawValue), 0x10000 + Int(group?.rawValue ?? 0),
            0x20000 + (MatrixKey.allCases.firstIndex(of: key) ?? 0),
            0x30000 + (MatrixAuthentication.allCases.firstIndex(of: authentication) ?? 0),
            0x40000 + (MatrixResumption.allCases.firstIndex(of: resumption) ?? 0), isRetried ? 0x50001 : 0x50000,
            pauses ? 0x60001 : 0x60000,
        ]
    }

    // MARK: Generation

    static func all(_ version: ProtocolVersion, _ provider: CryptoProvider) -> [MatrixCombination] {
        var combinations: [MatrixCombination] = []
        let suites = provider.cipherSuites.filter {
            version == .tls13 ? TLS13Suite($0) != nil : TLS12Suite($0) != nil
        }
        for suite in suites {
            for group in groups(version, suite, provider) {
                for key in MatrixKey.allCases {
                    if let method = TLS12Suite(suite)?.keyExchange, !key.fits(method) { continue }
                    combinations += rest(version, suite, group, key)
                }
            }
        }
        return combinations
    }

    private static func groups(
        _ version: ProtocolVersion, _ suite: CipherSuite, _ provider: CryptoProvider
    ) -> [NamedGroup?] {
        let finiteField = provider.groups.filter { "\($0)".hasPrefix("ffdhe") }
        let curves = provider.groups.filter { !finiteField.contains($0) }
        switch TLS12Suite(suite)?.keyExchange {
        case .ecdheECDSA, .ecdheRSA: return curves
        // The smaller ones: each octet more makes the test slower, and is nothing new.
        case .dheRSA: return Array(finiteField.prefix(1))
        case .rsa: return [nil]
        case nil: return curves + finiteField.prefix(1)
        }
    }

    private static func rest(
        _ version: ProtocolVersion, _ suite: CipherSuite, _ group: NamedGroup?, _ key: MatrixKey
    ) -> [MatrixCombination] {
        var combinations: [MatrixCombination] = []
        for authentication in MatrixAuthentication.allCases {
            for resumption in MatrixResumption.allCases where resumption.exists(in: version) {
                for isRetried in version == .tls13 ? [false, true] : [false] {
                    for pauses in [false, true] {
                        combinations.append(
                            MatrixCombination(
                                version: version, suite: suite, group: group, key: key,
                                authentication: authentication, resumption: resumption, isRetried: isRetried,
                                pauses: pauses))
                    }
                }
            }
        }
        return combinations
    }

    /// Some of them, so that whatever two things go together at all go together in one of those.
    static func pairwise(_ all: [MatrixCombination]) -> [MatrixCombination] {
        var random = SplitMix(state: 1)
        var seen: Set<Int> = []
        var chosen: [MatrixCombination] = []
        for combination in all.shuffled(using: &random) {
            let features = combination.features
            var isNew = false
            for (index, left) in features.enumerated() {
                for right in features[(index + 1)...] where seen.insert(left << 20 | right).inserted { isNew = true }
            }
            if isNew { chosen.append(combination) }
        }
        return chosen
    }
}

/// The same order in every run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
