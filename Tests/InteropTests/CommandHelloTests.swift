// CommandHelloTests.swift — what the built command says first when nobody permits anything: no old version, suite or hash.
// RFC 7568 §3; RFC 8996 §4, §5; RFC 9155 §2.
// Next: CommandUsageTests.swift.

import Foundation
import Handshake
import Synchronization
import Testing
import WireFormat

@Suite("The command's ClientHello")
struct CommandHelloTests {
    /// Keeps what the first client says first, and closes.
    private final class Captor: Sendable {
        private let listener: LoopbackListener
        private let received = Mutex<[UInt8]>([])
        var port: UInt16 { listener.port }

        init() throws {
            listener = try LoopbackListener()
            Thread.detachNewThread { [self] in
                guard let socket = listener.accept() else { return }
                let octets = (try? socket.receive()) ?? []
                received.withLock { $0 = octets }
                socket.close()
            }
        }

        var octets: [UInt8] { received.withLock { $0 } }
    }

    /// The ClientHello that `securesocket connect` sends with these options, and its record's version.
    private static func hello(_ options: [String] = []) throws -> (hello: ClientHello, record: [UInt8]) {
        let captor = try Captor()
        let run = try CommandRun(["connect", "127.0.0.1:\(captor.port)", "--timeout", "10"] + options)
        #expect(run.status != 0)
        let octets = captor.octets
        guard octets.count > 9 else { throw InteropFailure("no ClientHello came: \(run.errors)") }
        // The record's header, the message's header.
        let message = Array(octets.dropFirst(9))
        return (try ClientHello.parse(message.span), Array(octets[1...2]))
    }

    @Test("Without a permission the command offers TLS 1.3 and TLS 1.2, no CBC, RC4 or 3DES, no MD5 and no SHA-1")
    func defaults() throws {
        let hello = try Self.hello().hello
        #expect(hello.legacyVersion == .tls12)
        #expect(hello.extensions.body(of: .supportedVersions) == [4, 3, 4, 3, 3])
        #expect(!hello.cipherSuites.isEmpty)
        for suite in hello.cipherSuites {
            let name = suite.description
            #expect(name.contains("GCM") || name.contains("CHACHA20"), "\(name)")
            #expect(!name.contains("TLS_RSA_WITH"), "\(name)")
        }
        for type in [ExtensionType.signatureAlgorithms, .signatureAlgorithmsCert] {
            guard let body = hello.extensions.body(of: type) else { continue }
            // 1 is MD5 and 2 is SHA-1 in the first octet of a scheme (RFC 5246 §7.4.1.4.1).
            for index in stride(from: 2, to: body.count, by: 2) { #expect(body[index] > 3) }
        }
    }

    @Test("By permission SSL 3.0 alone is a hello of SSL 3.0")
    func permitted() throws {
        let (hello, record) = try Self.hello([
            "--legacy", "ssl3", "--legacy-reason", "a test", "--legacy-until", "2999-12-31", "--legacy-only",
        ])
        #expect(record == [3, 0])
        #expect(hello.legacyVersion == .ssl30)
        #expect(hello.extensions.isEmpty)
        #expect(hello.cipherSuites.contains(.tlsRSAWithRC4128SHA))
    }
}
