// BogoConnection+Exchange.swift — what is said after the handshake: each octet comes back with its bits turned over.
// Next: BogoConnection+Checks.swift.

import TLS

extension BogoConnection {
    /// Sends what the test asks for, then echoes until the peer ends.
    mutating func exchange() throws(BogoFailure) {
        if flags.aborts { throw abort(BogoConnection.decompressionFailure) }
        if flags.exportedOctets > 0 { try send(try exportedMaterial()) }
        if flags.exportsSecrets { try send(try exportedSecrets()) }
        if flags.writesManySizes {
            for size in [0, 1, 255, 256, 257, 16_383, 16_384, 16_385, 32_767, 32_768, 32_769] {
                try send([UInt8](repeating: 0x42, count: size))
            }
            return
        }
        if flags.leavesWriteUnfinished, !hasWrittenEarly {
            try seal(BogoConnection.firstWrite)
            try write(1)
            isHolding = true
        } else if flags.writesFirst {
            let count = hasWrittenEarly ? earlyData.count : 0
            try send(Array(BogoConnection.firstWrite.dropFirst(count)))
        }
        if !flags.shutsDown { try echo() }
    }

    /// The alert of another time that the runner wants to see (RFC 5246 §7.2.2).
    private static let decompressionFailure = AlertDescription(rawValue: 30)

    /// Early data was there for the first write, and went out early or right after the handshake.
    private var hasWrittenEarly: Bool { tls.info.earlyData == .accepted || tls.info.earlyData == .sentAfterHandshake }

    private mutating func echo() throws(BogoFailure) {
        while let event = try nextEvent() {
            switch event {
            case .applicationData(let range):
                if flags.exportsBetweenReads { _ = try export(label: "", context: nil, length: 1) }
                try echo(range)
            case .peerClosed:
                isPeerClosed = true
                return
            case .handshakeComplete, .needsInput, .wants, .earlyData: break
            }
        }
    }

    /// Sends what came back, its bits turned over.
    mutating func echo(_ range: Range<Int>) throws(BogoFailure) {
        let octets = [UInt8](copying: input.bytes(in: range))
        // What was left unfinished goes out before what comes next.
        isHolding = false
        let limit = flags.readSize ?? octets.count
        for start in stride(from: 0, to: octets.count, by: limit) {
            if flags.updatesKeys { try updateKeys() }
            try send(octets[start..<min(start + limit, octets.count)].map { $0 ^ 0xff })
        }
    }

    /// Closes, and checks what only shows at the end.
    mutating func end() throws(BogoFailure) {
        isHolding = false
        try flush()
        try checkSessions()
        guard flags.checksCloseNotify else { return }
        tls.close(into: &output)
        try flush()
        while !isPeerClosed {
            guard let event = try nextEvent() else { throw .failed("the end came without close_notify") }
            switch event {
            case .peerClosed: isPeerClosed = true
            // Nobody reads here any more.
            case .applicationData: throw .failed("data came after the shim had closed")
            case .handshakeComplete, .needsInput, .wants, .earlyData: break
            }
        }
    }

    private mutating func send(_ octets: [UInt8]) throws(BogoFailure) {
        try seal(octets)
        try flush()
    }

    private mutating func seal(_ octets: [UInt8]) throws(BogoFailure) {
        do throws(TLSError) { try tls.send(octets.span, into: &output) } catch { throw fail(error) }
    }

    private mutating func updateKeys() throws(BogoFailure) {
        do throws(TLSError) { try tls.updateKeys(requestPeer: false, into: &output) } catch { throw fail(error) }
    }

    private func exportedMaterial() throws(BogoFailure) -> [UInt8] {
        try export(
            label: flags.exportLabel, context: flags.hasExportContext ? Array(flags.exportContext.utf8) : nil,
            length: flags.exportedOctets)
    }

    /// The traffic secrets of both directions, as the key log says them: what we read with, what we write with.
    private func exportedSecrets() throws(BogoFailure) -> [UInt8] {
        let labels = ["SERVER_TRAFFIC_SECRET_0", "CLIENT_TRAFFIC_SECRET_0"]
        let found = (flags.isServer ? labels.reversed() : labels).map(state.secrets.secret)
        guard let first = found[0], let second = found[1], first.count == second.count else {
            throw .failed("the key log has no traffic secrets")
        }
        return [UInt8(truncatingIfNeeded: first.count), UInt8(truncatingIfNeeded: first.count >> 8)] + first + second
    }

    private func export(label: String, context: [UInt8]?, length: Int) throws(BogoFailure) -> [UInt8] {
        do throws(TLSError) {
            let material = try tls.exportKeyingMaterial(label: label, context: context, length: length)
            return [UInt8](copying: material.bytes)
        } catch { throw .failed("exporting: \(error)") }
    }
}
