// Arguments.swift — what may stand on the command line: host and port, versions, suites, groups.
// RFC 3986 §3.2.2 (brackets around an IPv6 address).
// Next: ProvidersCommand.swift.

import ArgumentParser
import SocketProvider
import TLS

/// `HOST:PORT`: a name, an IPv4 address, or an IPv6 address in brackets.
struct HostAndPort: ExpressibleByArgument {
    let host: String
    let port: UInt16

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"),
            let port = UInt16(argument[argument.index(after: colon)...]), port > 0
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), host.contains(":") else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") || host.contains("]") {
            // `::1:443` could mean two things.
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = port
    }
}

extension HostAndPort: CustomStringConvertible {
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// `ADDRESS:PORT` to listen on: an IPv4 address, an IPv6 address in brackets, or `*` for every address. The port may be 0.
enum ListenAddress: ExpressibleByArgument {
    case address(SocketAddress)
    case any(port: UInt16)

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...])
        else { return nil }
        let host = String(argument[..<colon])
        if host == "*" {
            self = .any(port: port)
        } else if let address = SocketAddress(host, port: port), address.family == .ipv4 || host.hasPrefix("[") {
            self = .address(address)
        } else {
            return nil
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    var description: String {
        switch self {
        case .address(let address): "\(address)"
        case .any(let port): "*:\(port)"
        }
    }
}

/// `1.2` or `1.3`.
enum VersionArgument: String, ExpressibleByArgument, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"

    var version: ProtocolVersion {
        switch self {
        case .tls12: .tls12
        case .tls13: .tls13
        }
    }
}

/// A weakness of TLS 1.2 suites, by a name that says what it costs.
enum WeaknessArgument: String, ExpressibleByArgument, CaseIterable {
    case cbcPaddingTiming = "cbc-padding-timing"
    case groupChosenByServer = "group-chosen-by-server"
    case noForwardSecrecy = "no-forward-secrecy"

    var weakness: TLS12Weakness {
        switch self {
        case .cbcPaddingTiming: .cbcPaddingTiming
        case .groupChosenByServer: .groupChosenByServer
        case .noForwardSecrecy: .noForwardSecrecy
        }
    }
}

/// Reads the names of suites and groups, and says which there are when one is not known.
enum NamedArgument {
    static func cipherSuite(_ name: String) throws -> CipherSuite {
        guard let suite = CipherSuite(name: name) else {
            throw ValidationError(unknown("cipher suite", name, CipherSuite.named.map(\.description)))
        }
        return suite
    }

    static func group(_ name: String) throws -> NamedGroup {
        guard let group = NamedGroup(name: name) else {
            throw ValidationError(unknown("group", name, NamedGroup.named.map(\.description)))
        }
        return group
    }

    private static func unknown(_ kind: String, _ name: String, _ known: [String]) -> String {
        "There is no \(kind) '\(name)'. There are: \(known.joined(separator: ", "))."
    }
}
