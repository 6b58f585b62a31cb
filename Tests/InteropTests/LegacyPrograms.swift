// LegacyPrograms.swift — tlslite-ng and OpenSSL 1.0.2, which still speak SSL 3.0, TLS 1.0 and TLS 1.1.
// Next: LegacyClientTests.swift.

import Foundation
import Handshake
import Synchronization
import TestSupport
import WireFormat

/// Programs of scripts/interop-peers/legacy-peers.
enum LegacyProgram: String, Sendable, CaseIterable, CustomStringConvertible, InteropPeer {
    case tlslite
    /// OpenSSL 1.0.2 behind PyPI's nassl; a client alone.
    case nassl

    var description: String { rawValue }

    var title: String {
        switch self {
        case .tlslite: "tlslite-ng"
        case .nassl: "OpenSSL 1.0.2 (nassl)"
        }
    }

    var command: String { module }
    var installation: String { "pip install \(self == .tlslite ? "tlslite-ng" : "nassl")" }
    private var module: String { rawValue }

    /// Whether Python has it. The first question starts Python.
    var isPresent: Bool {
        let found = LegacyProgram.present.withLock { known in
            if let found = known[self] { return found }
            let found = (try? InteropFolder.run([PythonModules.command, "-c", "import \(module)"])) != nil
            known[self] = found
            return found
        }
        if !found { InteropSummary.absent(self) }
        return found
    }

    private static let present = Mutex<[LegacyProgram: Bool]>([:])
    fileprivate static let folder = SharedFolder.checkout + "/scripts/interop-peers/legacy-peers"

    /// The version as the programs have it.
    fileprivate static func name(_ version: ProtocolVersion) -> String {
        version == .ssl30 ? "3.0" : "1.\((version.rawValue & 255) - 1)"
    }
}

/// An echo server of tlslite-ng. It keeps sessions, and asks for a certificate when it is told to.
final class LegacyServer {
    let child: ChildProcess
    let port: UInt16

    init(_ version: ProtocolVersion, _ kind: KeyKind, asksForCertificate: Bool = false) throws {
        var command = [
            PythonModules.command, LegacyProgram.folder + "/server.py", LegacyProgram.name(version),
            try InteropCertificates.file("\(kind).pem"), try InteropCertificates.file("\(kind).key"),
        ]
        if asksForCertificate { command.append("ask") }
        child = try ChildProcess(command)
        let log = try child.waitForOutput("its port") { $0.contains("\n") }
        guard let port = log.split(separator: "\n").first?.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw InteropFailure("no port in \(log)")
        }
        self.port = port
    }

    deinit { child.end() }
}

/// A client that makes one connection after another.
final class LegacyClient {
    struct Outcome: Decodable {
        let version: String?
        let suite: String?
        let resumed: Bool?
        let error: String?
    }

    private let child: ChildProcess
    private var answers = 0

    init(_ program: LegacyProgram) throws {
        child = try ChildProcess(
            [PythonModules.command, LegacyProgram.folder + "/client.py", program.rawValue], keepsErrors: false,
            lifetime: 600)
    }

    deinit { child.end() }

    /// Connects, sends so many octets, reads them back and closes.
    func connect(
        _ port: UInt16, _ version: ProtocolVersion, transfer: Int = 1_000, certificate: KeyKind? = nil,
        session: String? = nil,
        isFallback: Bool = false
    ) throws -> Outcome {
        var request: [String: Any] = ["port": Int(port), "version": LegacyProgram.name(version), "transfer": transfer]
        if let certificate {
            request["cert"] = try InteropCertificates.file("client-\(certificate).pem")
            request["key"] = try InteropCertificates.file("\(certificate).key")
        }
        if let session { request["session"] = session }
        if isFallback { request["fallback"] = true }
        let line = String(decoding: try JSONSerialization.data(withJSONObject: request), as: UTF8.self)
        try child.write(line + "\n")
        answers += 1
        let wanted = answers
        let log = try child.waitForOutput("an answer to \(line)", within: .seconds(60)) {
            $0.utf8.count { $0 == UInt8(ascii: "\n") } >= wanted
        }
        let answer = log.split(separator: "\n", omittingEmptySubsequences: false)[wanted - 1]
        return try JSONDecoder().decode(Outcome.self, from: Data(answer.utf8))
    }
}
