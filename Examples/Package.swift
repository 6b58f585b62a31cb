// swift-tools-version: 6.2
// Package.swift — a package of its own that depends on swift-secure-sockets by path, as yours would by address.

import PackageDescription

let package = Package(
    name: "Examples",
    dependencies: [.package(name: "swift-secure-sockets", path: "..")],
    targets: [
        .executableTarget(
            name: "FirstConnection",
            dependencies: [.product(name: "SocketProvider", package: "swift-secure-sockets")]
        ),
        .executableTarget(
            name: "FirstServer",
            dependencies: [.product(name: "SocketProvider", package: "swift-secure-sockets")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
