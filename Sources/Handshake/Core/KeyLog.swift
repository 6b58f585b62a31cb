// KeyLog.swift — hands connection secrets to a debugging tool, when the configuration says so.
// The SSLKEYLOGFILE format: label, client random and secret in hexadecimal.
// Next: HandshakeOutput.swift.

internal import CryptoGlue

/// Receives the secrets of connections, so that a tool such as Wireshark can decrypt a capture.
///
/// - Important: Whoever reads the log can read the connections. There is no switch that turns it on but a configuration
///   that carries a `KeyLog`, and `ConnectionInfo.isKeyLogged` says that it is on. Called from the thread that drives
///   the connection.
public protocol KeyLog: Sendable {
    /// Takes one line of SSLKEYLOGFILE format, without the newline.
    func write(line: String)
}

/// The labels of the SSLKEYLOGFILE format.
enum KeyLogLabel: String {
    case clientEarly = "CLIENT_EARLY_TRAFFIC_SECRET"
    case earlyExporter = "EARLY_EXPORTER_SECRET"
    case clientHandshake = "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
    case serverHandshake = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
    case clientApplication = "CLIENT_TRAFFIC_SECRET_0"
    case serverApplication = "SERVER_TRAFFIC_SECRET_0"
    case exporter = "EXPORTER_SECRET"
    /// TLS 1.2's master secret.
    case masterSecret = "CLIENT_RANDOM"
}

extension KeyLog {
    func log(_ label: KeyLogLabel, clientRandom: [UInt8], _ secret: borrowing SecretBytes) {
        var line = label.rawValue + " "
        for octet in clientRandom { line += hexadecimal(octet) }
        line += " "
        let bytes = secret.bytes
        for index in 0..<bytes.count { line += hexadecimal(bytes[index]) }
        write(line: line)
    }

    private func hexadecimal(_ octet: UInt8) -> String {
        (octet < 16 ? "0" : "") + String(octet, radix: 16)
    }
}
