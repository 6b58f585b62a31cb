// KeyUsageLimit.swift — how many records one key may protect before it has to be updated.
// RFC 8446 §5.5; RFC 9147 §4.5.3 for CCM.
// Next: RecordOpener.swift.

package import CryptoGlue

/// The number of records after which a KeyUpdate is due.
package struct KeyUsageLimit: Sendable, Equatable {
    package let records: UInt64

    /// A limit other than the RFC's, lower: tests reach it in a moment.
    package init(records: UInt64) { self.records = records }

    package init(of algorithm: AEADAlgorithm) {
        switch algorithm {
        // RFC 8446 §5.5: 2^24.5 full-size records keep the advantage below 2^-57; the round number below it is used.
        case .aes128GCM, .aes256GCM: records = 1 << 24
        // RFC 9147 §4.5.3: 2^23 invocations for CCM.
        case .aes128CCM, .aes128CCM8, .aes256CCM, .aes256CCM8: records = 1 << 23
        // RFC 8446 §5.5: the sequence number wraps before any limit of ChaCha20-Poly1305 is reached.
        case .chaCha20Poly1305: records = 1 << 48
        }
    }
}
