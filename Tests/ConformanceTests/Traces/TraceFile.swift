// TraceFile.swift — the numbers of RFC 8448's traces, as TestVectors/rfc8448 holds them.
// RFC 8448 §3, §4, §5, §6, §7.
// Next: TraceScheduleTests.swift.

import CryptoGlue
import Foundation
import Handshake
import RecordLayer
import TestSupport
import Testing
import WireFormat

/// One trace. The names of the values are those of TestVectors/rfc8448/SOURCE.md.
struct Trace: Sendable, CustomTestStringConvertible {
    let title: String
    private let values: [String: [UInt8]]

    var testDescription: String { title }

    /// A value that every trace has, or that the test knows this one to have.
    func callAsFunction(_ name: String) throws -> [UInt8] {
        guard let value = values[name] else { throw VectorFileError("\(title): no \(name)") }
        return value
    }

    func optional(_ name: String) -> [UInt8]? { values[name] }

    /// The five traces; none when the file cannot be read, which the tests notice.
    static let all: [Trace] = (try? read()) ?? []

    private static func read() throws -> [Trace] {
        let file = try KeyValueFile(SharedFolder.testVectors + "/rfc8448/traces.txt")
        return try file.blocks().map { block in
            let values = try block.fields.mapValues { text in
                guard let bytes = Hex.decode(text) else { throw VectorFileError("not hex: \(text.prefix(20))") }
                return bytes
            }
            return Trace(title: block.sections.first ?? "", values: values)
        }
    }
}

extension Trace {
    /// The handshake message in an unprotected record.
    func message(inRecord name: String) throws -> HandshakeMessage {
        try message(octets: Array(try self(name).dropFirst(RecordLimits.header)))
    }

    func message(_ name: String) throws -> HandshakeMessage { try message(octets: self(name)) }

    private func message(octets: [UInt8]) throws -> HandshakeMessage {
        guard let type = octets.first else { throw VectorFileError("\(title): an empty message") }
        return HandshakeMessage(type: HandshakeType(rawValue: type), encoded: octets)
    }

    /// The client's first or second hello.
    func clientHello(_ name: String) throws -> ClientHello {
        let message = try message(inRecord: name)
        return try ClientHello.parse(message.body)
    }

    /// The server's messages after ServerHello, in order.
    func serverFlight() throws -> [HandshakeMessage] {
        try ["encrypted_extensions", "certificate_request", "certificate", "certificate_verify", "finished"]
            .map { "server_" + $0 }.filter { optional($0) != nil }.map { try message($0) }
    }

    /// The client's messages after the server's Finished, in order.
    func clientFlight() throws -> [HandshakeMessage] {
        try ["certificate", "certificate_verify", "finished"]
            .map { "client_" + $0 }.filter { optional($0) != nil }.map { try message($0) }
    }

    /// The records in `name` under the key of its flight: without the ChangeCipherSpec of compatibility mode and without
    /// EndOfEarlyData.
    func protectedRecords(_ name: String) throws -> [UInt8] {
        let changeCipherSpec: [UInt8] = [20, 3, 3, 0, 1, 1]
        let records = try self(name)
        let first = optional("record_end_of_early_data") ?? changeCipherSpec
        return records.starts(with: first) ? Array(records.dropFirst(first.count)) : records
    }

    var suite: TLS13Suite {
        get throws {
            let message = try message(inRecord: "record_server_hello")
            let hello = try ServerHello.parse(message.body)
            guard let suite = TLS13Suite(hello.cipherSuite) else { throw VectorFileError("\(title): no suite") }
            return suite
        }
    }

    /// The group of the key exchange and the client's private key for it.
    var exchange: (group: NamedGroup, privateKey: [UInt8]) {
        get throws {
            if let second = optional("client_private_key_2") { return (.secp256r1, second) }
            return (.x25519, try self("client_private_key"))
        }
    }
}

extension VectorTally {
    /// Counts one value of a trace.
    mutating func compare(_ name: String, _ found: [UInt8], _ expected: [UInt8]) {
        let difference = Hex.difference(expected: expected, found: found)
        record(.valid, difference.map { .wrong($0) } ?? .passed, name)
    }

    /// Counts one value of a trace by its name there.
    mutating func compare(_ name: String, _ found: [UInt8], in trace: Trace) throws {
        compare(name, found, try trace(name))
    }
}
