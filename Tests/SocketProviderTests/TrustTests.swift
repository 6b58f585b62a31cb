// TrustTests.swift — trust anchors from files, directories and memory; key log files.
// RFC 5280 §6.1.1(d).
// Next: ProviderCatalogTests.swift.

import Foundation
import SocketProvider
import Testing

/// A folder that goes when it is let go.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "socket-provider-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ contents: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(contents.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }
}

@Suite("TrustSource")
struct TrustTests {
    private func makeAnchor(_ name: String) throws -> String {
        let folder = try TemporaryFolder()
        try OpenSSL.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10",
            "-subj", "/CN=\(name)", "-keyout", "\(folder.path)/key.pem", "-out", "\(folder.path)/cert.pem",
        ])
        return try String(contentsOfFile: "\(folder.path)/cert.pem", encoding: .utf8)
    }

    // The anchors are made by the openssl command; without it there is nothing to load.
    @Test("SSL_CERT_FILE and SSL_CERT_DIR are read, names of one file once", .enabled(if: OpenSSL.isInstalled))
    func environment() throws {
        let one = try makeAnchor("one")
        let two = try makeAnchor("two")
        let folder = try TemporaryFolder()
        let file = try folder.write("bundle.txt", one)
        _ = try folder.write("two.pem", two)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/0123abcd.0", withDestinationPath: "\(folder.path)/two.pem")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/0123abcd.1", withDestinationPath: "\(folder.path)/nowhere.pem")
        _ = try folder.write("README", "no certificates")
        #expect(try SystemTrust.load(file: file, directories: nil).count == 1)
        #expect(try SystemTrust.load(file: nil, directories: folder.path).count == 1)
        #expect(try SystemTrust.load(file: file, directories: folder.path).count == 2)
        #expect(try TrustSource.file(file).load().count == 1)
        #expect(try TrustSource.pem(Array((one + two).utf8)).load().count == 2)
    }

    @Test("a store that is named and cannot be read is an error, not an empty store")
    func missing() throws {
        let folder = try TemporaryFolder()
        #expect(throws: SocketError.file(path: "\(folder.path)/none", errno: ENOENT)) {
            try SystemTrust.load(file: "\(folder.path)/none", directories: nil)
        }
        #expect(throws: SocketError.file(path: "\(folder.path)/none", errno: ENOENT)) {
            try SystemTrust.load(file: nil, directories: "\(folder.path)/none")
        }
        let garbage = try folder.write("garbage.pem", "no certificate")
        #expect(throws: SocketError.self) { try TrustSource.file(garbage).load() }
    }

    @Test("files are read up to a limit")
    func limit() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("ten", "0123456789")
        #expect(try SystemFile.read(file, limit: 10).count == 10)
        #expect(throws: SocketError.fileContents(path: file, reason: "the file is larger than 9 octets")) {
            try SystemFile.read(file, limit: 9)
        }
        #expect(throws: SocketError.file(path: folder.path, errno: EISDIR)) { try SystemFile.read(folder.path) }
        // The same for a file that is secret, of any length: it is read into storage that is wiped.
        for length in [0, 1, 4095, 4096, 4097, 10_000] {
            let path = "\(folder.path)/secret-\(length)"
            let contents = pattern(length, seed: 3)
            try Data(contents).write(to: URL(fileURLWithPath: path))
            let secret = try SystemFile.readSecret(path, limit: max(length, 1))
            #expect([UInt8](copying: secret.bytes) == contents)
            guard length > 0 else { continue }
            do {
                _ = try SystemFile.readSecret(path, limit: length - 1)
                wrong("read more than the limit")
            } catch {
                guard case .fileContents(path, _) = error else { return wrong("\(error)") }
            }
        }
        // What is no file says no size.
        let endless = try SystemFile.readSecret("/proc/self/maps")
        #expect(endless.count > 4096)
    }
}

@Suite("KeyLogFile")
struct KeyLogFileTests {
    @Test("lines of many tasks are appended whole to a file of mode 0600")
    func appends() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/keys.log"
        let logs = [try KeyLogFile(path: path), try KeyLogFile(path: path)]
        await withTaskGroup { group in
            for writer in 0..<20 {
                group.addTask {
                    for line in 0..<50 { logs[writer % 2].write(line: "CLIENT_RANDOM \(writer) \(line)") }
                }
            }
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 1000)
        #expect(Set(lines).count == 1000)
        #expect(lines.allSatisfy { $0.split(separator: " ").count == 3 })
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect(logs.allSatisfy { $0.writeFailure == nil })
    }

    @Test("a file that cannot be opened is an error")
    func refuses() {
        #expect(throws: SocketError.file(path: "/nonexistent/keys.log", errno: ENOENT)) {
            try KeyLogFile(path: "/nonexistent/keys.log")
        }
    }
}

@Suite("SystemClock")
struct SystemClockTests {
    @Test("the clock tells the time of day")
    func now() {
        #expect(abs(Double(SystemClock().now().seconds) - Date().timeIntervalSince1970) < 3)
    }
}
