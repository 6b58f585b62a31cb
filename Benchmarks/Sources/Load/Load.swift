// Load.swift — many connections at once, many one after another, and one thread against two.
// Next: LoadServer.swift.

import Foundation
import SocketProvider
import TLS

@main
struct Load {
    private static let parts = ["idle", "short", "pump", "threads"]

    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "server" {
            await LoadServer.run(authority: arguments.dropFirst().first ?? "")
            return
        }
        let isQuick = arguments.contains("--quick")
        arguments.removeAll { $0 == "--quick" }
        var held = isQuick ? 500 : 10_000
        if let option = arguments.firstIndex(of: "--hold"), option + 1 < arguments.count,
            let count = Int(arguments[option + 1])
        {
            held = count
            arguments.removeSubrange(option...option + 1)
        }
        guard arguments.allSatisfy(parts.contains) else {
            print("Usage: Benchmarks/run load [--quick] [--hold CONNECTIONS] [\(parts.joined(separator: " | "))]...")
            exit(2)
        }
        let chosen = arguments.isEmpty ? parts : arguments
        do {
            if chosen.contains("idle") { try await IdleLoad.run(held) }
            if chosen.contains("short") { try await ShortLoad.run(isQuick ? 2000 : 100_000) }
            if chosen.contains("pump") { try await PumpLoad.run(isQuick ? 16 : 256) }
            if chosen.contains("threads") { try ThreadScaling.run(isQuick ? 100 : 2000) }
        } catch {
            print("failed: \(error)")
            exit(1)
        }
    }
}

/// Says a line at once, also when it goes to a file: a run takes minutes.
func print(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

struct LoadFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// An authority and a server's credential, made for one run.
struct LoadIdentity {
    let authority: Certificate
    let credential: Credential

    init() throws {
        let now = SystemClock().now().seconds
        let maker = CertificateMaker(validity: UnixTime(seconds: now - 60)...UnixTime(seconds: now + 86_400))
        let authorityKey = try MadePrivateKey(.ec(.p256)).key
        let key = try MadePrivateKey(.ec(.p256)).key
        authority = try maker.makeAuthority(commonName: "load", key: authorityKey)
        let leaf = try maker.makeLeaf(
            names: [.dns("localhost")], key: key.publicKey, issuedBy: (authority, authorityKey))
        credential = try Credential(certificates: [leaf], key: key)
    }
}

/// What the kernel says of a process.
struct ProcessFacts {
    let residentKiB: Int
    let descriptors: Int

    static var own: ProcessFacts {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        let resident = pages.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        return ProcessFacts(residentKiB: resident * 4, descriptors: descriptors)
    }
}
