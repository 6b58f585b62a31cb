// swift-tools-version: 6.2
// Package.swift — the benchmarks: a package of its own, so that OpenSSL is linked here and nowhere else.

import PackageDescription

/// The parts below the public API are measured too: what a record costs without the connection around it. They are
/// `package`, and SwiftPM names a package after its folder: this target says that it belongs to that one.
let measuredPackage: String = {
    let folder = Context.packageDirectory.split(separator: "/").dropLast().last.map(String.init) ?? ""
    let name = folder.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
    return (name.first?.isNumber == true ? "_" : "") + String(name)
}()

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .unsafeFlags(["-package-name", measuredPackage]),
]

let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "swift-secure-sockets", path: "..")],
    targets: [
        .target(
            name: "CPeer",
            linkerSettings: [.linkedLibrary("gcrypt"), .linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        .executableTarget(
            name: "Benchmark",
            dependencies: ["CPeer", .product(name: "TLS", package: "swift-secure-sockets")],
            packageAccess: false, swiftSettings: settings
        ),
        .executableTarget(
            name: "Load",
            dependencies: [
                .product(name: "TLS", package: "swift-secure-sockets"),
                .product(name: "SocketProvider", package: "swift-secure-sockets"),
            ],
            packageAccess: false, swiftSettings: settings
        ),
    ]
)
