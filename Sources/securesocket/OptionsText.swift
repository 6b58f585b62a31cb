// OptionsText.swift — a client's options as people read them.
// Next: DemoOwnServer.swift.

import SocketProvider

enum OptionsText {
    /// The protocol's part of the options, one per line.
    static func text(of options: ClientOptions) -> String {
        TextTable.text([
            ["versions", "\(options.versions.lowerBound) to \(options.versions.upperBound)"],
            ["cipherSuites", list(options.cipherSuites)],
            ["groups", list(options.groups)],
            ["keyShareGroups", list(options.keyShareGroups)],
            ["trust", "the system's authorities"],
            ["sessionCacheTimeout", "\(options.sessionCacheTimeout) seconds"],
            ["sessionCacheEntries", "\(options.sessionCacheEntries)"],
            ["reuse", "\(options.reuse)"],
            ["timeouts", "connect \(text(options.timeouts.connect)), handshake \(text(options.timeouts.handshake))"],
        ])
    }

    private static func list(_ values: [some CustomStringConvertible]) -> String {
        values.map(\.description).joined(separator: ", ")
    }

    private static func text(_ duration: Duration?) -> String { duration.map { "\($0)" } ?? "none" }
}
