// CertificateFiles.swift — certificates and revocation lists that the command line names, in PEM or DER.
// RFC 7468 §5, §6; RFC 5280 §4.1.
// Next: VerifyCommand.swift.

import SocketProvider
import TLS

enum CertificateFiles {
    /// Every certificate of a file.
    static func certificates(_ path: String) throws(CommandFailure) -> [Certificate] {
        try read(path) { (octets) throws(CertificateError) in
            isDER(octets) ? [try Certificate(derEncoded: octets)] : try Certificate.parse(pem: octets)
        }
    }

    /// Every revocation list of a file.
    static func lists(_ path: String) throws(CommandFailure) -> [CertificateRevocationList] {
        try read(path) { (octets) throws(CertificateError) in
            try CertificateRevocationList.parse(file: octets)
        }
    }

    static func octets(_ path: String) throws(CommandFailure) -> [UInt8] {
        do throws(SocketError) { return try SystemFile.read(path) } catch {
            throw CommandFailure(error, peer: path)
        }
    }

    /// A SEQUENCE is DER; text never begins so.
    private static func isDER(_ octets: [UInt8]) -> Bool { octets.first == 0x30 }

    private static func read<Value>(
        _ path: String, _ parse: ([UInt8]) throws(CertificateError) -> Value
    ) throws(CommandFailure) -> Value {
        let octets = try octets(path)
        do throws(CertificateError) { return try parse(octets) } catch {
            throw CommandFailure(status: .usage, text: "securesocket: \(path): \(error)")
        }
    }
}
