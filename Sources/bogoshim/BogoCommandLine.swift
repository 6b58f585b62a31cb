// BogoCommandLine.swift — the runner's arguments: flags, their values, and the connections they are for.
// Next: BogoShim.swift.

import Foundation

/// The flags of a test, for each kind of connection it makes.
struct BogoCommandLine: Sendable {
    /// The first connection.
    var initial = BogoFlags()
    /// The connections after it.
    var resumption = BogoFlags()
    /// What goes on in a connection whose early data the server has refused.
    var retry = BogoFlags()
    /// The runner only asks whether handshakes can be split between processes.
    var asksForHandshaker = false

    /// - Throws: `BogoFailure.unimplemented` for a flag that is not known.
    init(_ arguments: [String]) throws(BogoFailure) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "-is-handshaker-supported" {
                asksForHandshaker = true
                return
            }
            var name = argument[...]
            // Everything happens in the shim's own process.
            let isSkipped = BogoCommandLine.remove("-on-handshaker", from: &name)
            if !isSkipped { _ = BogoCommandLine.remove("-on-shim", from: &name) }
            let targets = BogoCommandLine.targets(&name)
            guard let flag = BogoFlag.named(String(name)) else { throw .unimplemented("the flag \(name)") }
            var value = ""
            if flag.hasValue {
                guard let next = rest.popFirst() else { throw .failed("\(name) lacks its value") }
                value = next
            }
            guard !isSkipped else { continue }
            for target in targets { try flag.set(value, name: String(name), in: &self[keyPath: target]) }
        }
    }

    private static func targets(_ name: inout Substring) -> [WritableKeyPath<BogoCommandLine, BogoFlags>] {
        if remove("-on-initial", from: &name) { return [\.initial] }
        if remove("-on-resume", from: &name) { return [\.resumption] }
        if remove("-on-retry", from: &name) { return [\.retry] }
        return [\.initial, \.resumption, \.retry]
    }

    private static func remove(_ prefix: String, from name: inout Substring) -> Bool {
        guard name.hasPrefix(prefix + "-") else { return false }
        name = name.dropFirst(prefix.count)
        return true
    }
}

extension BogoFlag {
    fileprivate var hasValue: Bool {
        switch self {
        case .on, .off, .nothing: false
        case .number, .optionalNumber, .numbers, .text, .optionalText, .octets, .nothingWithValue: true
        }
    }

    fileprivate func set(_ value: String, name: String, in flags: inout BogoFlags) throws(BogoFailure) {
        switch self {
        case .on(let path): flags[keyPath: path] = true
        case .off(let path): flags[keyPath: path] = false
        case .number(let path): flags[keyPath: path] = try number(value, name)
        case .optionalNumber(let path): flags[keyPath: path] = try number(value, name)
        case .numbers(let path): flags[keyPath: path].append(try number(value, name))
        case .text(let path): flags[keyPath: path] = value
        case .optionalText(let path): flags[keyPath: path] = value
        case .octets(let path):
            guard let octets = Data(base64Encoded: value) else { throw .failed("\(name) \(value) is not base 64") }
            flags[keyPath: path] = Array(octets)
        case .nothing, .nothingWithValue: break
        }
    }

    private func number(_ value: String, _ name: String) throws(BogoFailure) -> Int {
        guard let number = Int(value) else { throw .failed("\(name) \(value) is not a number") }
        return number
    }
}
