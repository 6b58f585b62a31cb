// RecordKey.swift — the key and IV of one direction and epoch, on their way into a RecordSealer or RecordOpener.
// RFC 8446 §7.3.
// Next: TLS13RecordProtection.swift.

package import CryptoGlue

/// A traffic key and IV. Wiped when the last reference goes; the sealer or opener that takes it keeps no reference.
package final class RecordKey: Sendable {
    package let algorithm: AEADAlgorithm
    package let key: SecretBytes
    package let iv: SecretBytes

    package init(algorithm: AEADAlgorithm, key: consuming SecretBytes, iv: consuming SecretBytes) {
        self.algorithm = algorithm
        self.key = key
        self.iv = iv
    }
}
