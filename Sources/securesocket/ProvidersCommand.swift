// ProvidersCommand.swift — `securesocket providers`: what there is to select from.
// Next: ConnectCommand.swift.

import ArgumentParser
import Foundation
import SocketProvider
import TLS

struct ProvidersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers",
        abstract: "List the providers: transports combined with security packages.",
        discussion: """
            EXAMPLES
              securesocket providers
              securesocket providers --json
            """
    )

    @Flag(help: "Print JSON, with every capability, suite and group.")
    var json = false

    func run() throws {
        let catalogue = ProviderCatalog.standard
        if json {
            print(try JSONText.of(catalogue.enumerate().map(ProviderEntry.init)))
        } else {
            print(ProviderTable.text(of: catalogue.enumerate()))
        }
        for package in catalogue.unavailable {
            StandardError.write("\(package.name) cannot be used here: \(package.reason)")
        }
    }
}

/// A descriptor as JSON shows it.
struct ProviderEntry: Encodable {
    let id: UInt32
    let name: String
    let addressFamily: String
    let socketType: String
    let transport: String
    let securityScheme: String
    let package: String
    let versions: [String]
    let backend: String?
    let capabilities: [String]
    let cipherSuites: [String]
    let groups: [String]

    init(_ descriptor: ProviderDescriptor) {
        id = descriptor.id
        name = descriptor.name
        addressFamily = descriptor.addressFamily.rawValue
        socketType = descriptor.socketType.rawValue
        transport = descriptor.transport.rawValue
        securityScheme = "\(descriptor.securityScheme)"
        package = descriptor.packageName
        versions = descriptor.versions.map { "\($0)" }
        backend = descriptor.backend.map { "\($0.name) \($0.version)" }
        capabilities = descriptor.capabilities.map(\.rawValue).sorted()
        cipherSuites = descriptor.cipherSuites.map { "\($0)" }
        groups = descriptor.groups.map { "\($0)" }
    }
}

/// The catalogue as a table for people.
enum ProviderTable {
    static func text(of descriptors: [ProviderDescriptor]) -> String {
        let head = ["", "provider", "family", "type", "protocol", "security", "versions", "backend"]
        let rows = descriptors.map(ProviderEntry.init).map { entry in
            [
                "\(entry.id)", entry.name, entry.addressFamily, entry.socketType, entry.transport, entry.securityScheme,
                entry.versions.isEmpty ? "-" : entry.versions.joined(separator: ", "), entry.backend ?? "-",
            ]
        }
        return TextTable.text([head] + rows)
    }
}

/// Columns of text, two spaces apart.
enum TextTable {
    static func text(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
            return cells.joined(separator: "  ").trimmingTrailingSpaces
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = Substring(self)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// JSON with sorted keys, so that two outputs can be compared.
enum JSONText {
    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
