// swift-tools-version: 6.2
// Package.swift — one tools version, one settings array, products at the top; targets in the order of the protocol stack.

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// The documentation plug-in builds its own tools with every build, so it is in the graph only when documentation is made.
let documentation: [Package.Dependency] =
    Context.environment["TLS_DOCS"] == nil
    ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")]

/// Test targets that are not built, by name with blanks between: what a check does not run, it need not compile.
/// ConnectionTests is left out of optimised builds: the optimiser takes five minutes for it, and MatrixTests makes whole
/// connections too.
let testsLeftOut = Set((Context.environment["TESTS_LEFT_OUT"] ?? "").split(separator: " ").map(String.init))

/// The C interface as it is installed: it exports itself and nothing else, and finds Swift's runtime beside itself, wherever
/// that is. Only scripts/install-winsock links it so: flags like these would keep others from depending on the package.
let installedLinking: [LinkerSetting] =
    Context.environment["WINSOCK_INSTALL"] == nil
    ? []
    : [
        .unsafeFlags([
            "-no-toolchain-stdlib-rpath", "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/securewinsock", "-Xlinker",
            "--version-script=\(Context.packageDirectory)/Sources/SecureWinSock/exports.map",
        ])
    ]

/// The fuzzers of libFuzzer, which scripts/fuzz builds.
let fuzzers: [Target] =
    Context.environment["FUZZ"] == nil
    ? []
    : ["Parsing", "Building"].map { name in
        .executableTarget(
            name: "fuzz-\(name.lowercased())", dependencies: ["FuzzEntries"], path: "Tests/Fuzzing/\(name)",
            swiftSettings: settings)
    }

let package = Package(
    name: "swift-secure-sockets",
    products: [
        .library(name: "TLS", targets: ["TLS"]),
        .library(name: "SocketProvider", targets: ["SocketProvider"]),
        .executable(name: "securesocket", targets: ["securesocket"]),
        .executable(name: "limbo-harness", targets: ["limbo-harness"]),
        .library(name: "securewinsock", type: .dynamic, targets: ["SecureWinSock"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ] + documentation,
    targets: [
        .systemLibrary(name: "CGcrypt", pkgConfig: "libgcrypt", providers: [.apt(["libgcrypt20-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "WireFormat", swiftSettings: settings),
        .target(name: "CryptoGlue", dependencies: ["CGcrypt", "WireFormat"], swiftSettings: settings),
        .target(name: "RecordLayer", dependencies: ["WireFormat", "CryptoGlue"], swiftSettings: settings),
        .target(
            name: "Certificates",
            dependencies: ["WireFormat", "CryptoGlue", .product(name: "SwiftASN1", package: "swift-asn1")],
            swiftSettings: settings
        ),
        .target(
            name: "Handshake", dependencies: ["WireFormat", "CryptoGlue", "RecordLayer", "Certificates"],
            swiftSettings: settings),
        .target(
            name: "TLS", dependencies: ["WireFormat", "CryptoGlue", "RecordLayer", "Certificates", "Handshake"],
            swiftSettings: settings),
        .target(name: "SocketProvider", dependencies: ["TLS", "CLinux"], swiftSettings: settings),
        .systemLibrary(name: "CSecureWinSock"),
        .target(
            name: "SecureWinSock", dependencies: ["CSecureWinSock", "SocketProvider"], exclude: ["exports.map"],
            swiftSettings: settings, linkerSettings: installedLinking),
        .executableTarget(
            name: "securesocket",
            dependencies: [
                "TLS", "SocketProvider", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        // What x509-limbo's suite of certification paths drives (docs/limbo.md).
        .executableTarget(
            name: "limbo-harness", dependencies: ["Certificates", "WireFormat"], swiftSettings: settings),
        // What BoringSSL's TLS test-suite drives; no product (docs/bogo.md).
        .executableTarget(
            name: "bogoshim", dependencies: ["TLS", "Handshake", "CryptoGlue", "SocketProvider"],
            swiftSettings: settings),
        .target(
            name: "TestSupport",
            dependencies: ["WireFormat", "CryptoGlue", "RecordLayer", "Certificates", "Handshake", "TLS"],
            path: "Tests/TestSupport", swiftSettings: settings),
        .executableTarget(
            name: "ConstantTimeProbe", dependencies: ["WireFormat", "CryptoGlue", "RecordLayer"],
            path: "Tests/ConstantTimeProbe", swiftSettings: settings),
        .target(
            name: "FuzzEntries", dependencies: ["WireFormat", "Certificates"], path: "Tests/FuzzEntries",
            swiftSettings: settings),
        .testTarget(name: "WireFormatTests", dependencies: ["WireFormat"], swiftSettings: settings),
        .testTarget(name: "CryptoGlueTests", dependencies: ["CryptoGlue", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "RecordLayerTests", dependencies: ["RecordLayer", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "CertificatesTests", dependencies: ["Certificates", "FuzzEntries", "TestSupport"],
            swiftSettings: settings),
        .testTarget(name: "HandshakeTests", dependencies: ["Handshake", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "SocketProviderTests", dependencies: ["SocketProvider", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "TLS", "Handshake", "Certificates", "RecordLayer", "CryptoGlue", "WireFormat", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "InteropTests", dependencies: ["SocketProvider", "TLS", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "MatrixTests", dependencies: ["TLS", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "SecureWinSockTests",
            dependencies: ["SecureWinSock", "CSecureWinSock", "SocketProvider", "TestSupport"],
            swiftSettings: settings),
        .testTarget(name: "ConnectionTests", dependencies: ["TLS", "TestSupport"], swiftSettings: settings),
    ].filter { !testsLeftOut.contains($0.name) } + fuzzers
)
