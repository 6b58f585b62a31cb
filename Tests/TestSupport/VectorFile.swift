// VectorFile.swift — reads test data: JSON, and the `name = value` files of NIST and of the RFC traces.
// Next: SharedFolder.swift.

package import Foundation

/// A file of test data that cannot be read, named with what is wrong.
package struct VectorFileError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Octets that JSON writes as a hex string.
package struct HexBytes: Decodable, Sendable, Equatable {
    package let bytes: [UInt8]

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let bytes = Hex.decode(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hex: \(text.prefix(40))")
        }
        self.bytes = bytes
    }
}

package enum VectorFile {
    /// The whole file.
    package static func contents(_ path: String) throws -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw VectorFileError("cannot read \(path)")
        }
        return data
    }

    /// The file as text. NIST's files hold an occasional octet that is not UTF-8 in a comment: it is replaced.
    package static func text(_ path: String) throws -> String {
        String(decoding: try contents(path), as: UTF8.self)
    }

    /// The file as JSON.
    package static func json<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: contents(path))
        } catch let error as DecodingError {
            throw VectorFileError("\(path): \(error)")
        }
    }
}

/// The entries of a `name = value` file, in order: NIST's `.rsp`, the traces' `.vec`.
package struct KeyValueFile {
    package enum Line: Equatable, Sendable {
        /// `[L = 32]` or `[P-256,SHA-256]` without the brackets.
        case section(String)
        /// `Msg = 00ff`: both sides trimmed; the value may be empty.
        case field(name: String, value: String)
        case blank
    }
    package let lines: [Line]

    package init(_ path: String) throws {
        self.init(text: try VectorFile.text(path))
    }

    package init(text: String) {
        var lines: [Line] = []
        // CRLF is one character, so a plain newline would not part the lines of NIST.
        for raw in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let line = raw.trimmingCharacters(in: .whitespacesAndNewlines)
            if line.isEmpty {
                lines.append(.blank)
            } else if line.hasPrefix("["), line.hasSuffix("]") {
                lines.append(.section(String(line.dropFirst().dropLast())))
            } else if !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") {
                let name = line[..<equals].trimmingCharacters(in: .whitespaces)
                let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
                lines.append(.field(name: name, value: value))
            }
        }
        self.lines = lines
    }

    /// One dictionary per run of fields between blank lines, joined with the sections in force.
    ///
    /// - Parameter sticky: names whose value holds for the blocks after it too (`n` and `e` of an RSA file).
    package func blocks(sticky: Set<String> = []) -> [Block] {
        var blocks: [Block] = []
        var sections: [String] = []
        var kept: [String: String] = [:]
        var fields: [String: String] = [:]
        var justSawSection = false
        func close() {
            if fields.keys.contains(where: { !sticky.contains($0) }) {
                blocks.append(Block(sections: sections, fields: kept.merging(fields) { $1 }))
            }
            for (name, value) in fields where sticky.contains(name) { kept[name] = value }
            fields = [:]
        }
        for line in lines {
            switch line {
            case .blank:
                close()
            case .section(let name):
                close()
                if !justSawSection { sections = [] }
                sections.append(name)
            case .field(let name, let value):
                fields[name] = value
            }
            if case .section = line { justSawSection = true } else if case .field = line { justSawSection = false }
        }
        close()
        return blocks
    }

    /// One dictionary per case, for files that put blank lines inside a case: each begins with the field `first`.
    package func records(startingWith first: String) -> [Block] {
        var blocks: [Block] = []
        var sections: [String] = []
        var fields: [String: String] = [:]
        var justSawSection = false
        func close() {
            if fields[first] != nil { blocks.append(Block(sections: sections, fields: fields)) }
            fields = [:]
        }
        for line in lines {
            switch line {
            case .blank: continue
            case .section(let name):
                close()
                sections = justSawSection ? sections + [name] : [name]
                justSawSection = true
            case .field(let name, let value):
                if name == first { close() }
                fields[name] = value
                justSawSection = false
            }
        }
        close()
        return blocks
    }

    /// One case of the file.
    package struct Block: Sendable {
        /// The headings in force: those of the last run of `[…]` lines.
        package let sections: [String]
        package let fields: [String: String]

        package subscript(_ name: String) -> String? { fields[name] }

        /// A hex value.
        package func bytes(_ name: String) throws -> [UInt8] {
            guard let text = fields[name], let bytes = Hex.decode(text) else {
                throw VectorFileError("no hex value \(name) in \(fields.keys.sorted())")
            }
            return bytes
        }

        /// A decimal value.
        package func number(_ name: String) throws -> Int {
            guard let text = fields[name], let number = Int(text) else { throw VectorFileError("no number \(name)") }
            return number
        }
    }
}
