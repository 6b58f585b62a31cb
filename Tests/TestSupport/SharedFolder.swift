// SharedFolder.swift — where the checkout is, and where data that is not part of it may be found.
// A test that needs such data is skipped, and says so, when it is not there.

import Foundation

/// Absolute paths of the checkout, of its `TestVectors` and of what may lie beside it.
package enum SharedFolder {
    /// The checkout, found from where this file was compiled.
    package static let checkout: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.path
    }()

    /// The project's own data, always there.
    package static let testVectors = checkout + "/TestVectors"

    /// `SHARED_DIR`, or the folder `shared` beside the checkout; nil when there is none.
    package static let path: String? = {
        let named = ProcessInfo.processInfo.environment["SHARED_DIR"]
        return existing([named, checkout + "/../shared"])
    }()

    /// PyPI's `cryptography-vectors`: `CRYPTOGRAPHY_VECTORS`, or what python3 imports; nil when neither is there.
    package static let cryptographyVectors: String? = {
        if let named = existing([ProcessInfo.processInfo.environment["CRYPTOGRAPHY_VECTORS"]]) { return named }
        let program = "import cryptography_vectors as v; print(list(v.__path__)[0])"
        return existing([output(of: "/usr/bin/env", ["python3", "-c", program])])
    }()

    /// The full path of a file or folder in the shared folder, when both exist.
    package static func file(_ relative: String) -> String? {
        path.flatMap { existing([$0 + "/" + relative]) }
    }

    private static func existing(_ candidates: [String?]) -> String? {
        candidates.compactMap { $0 }.first { !$0.isEmpty && FileManager.default.fileExists(atPath: $0) }
    }

    private static func output(of program: String, _ arguments: [String]) -> String? {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
