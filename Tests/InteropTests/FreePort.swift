// FreePort.swift — ports for servers that cannot choose one themselves.
// Next: PeerServer.swift.

import Foundation
import Glibc

/// Ports of the loopback interface for servers that cannot choose one themselves.
enum FreePort {
    /// A port that nobody listened on a moment ago.
    static func find() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw InteropFailure("socket: errno \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw InteropFailure("bind: errno \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Waits until the kernel lists a listener; connecting to find out would use up a connection of the server.
    static func waitForListener(on port: UInt16, _ child: ChildProcess) throws {
        let wanted = String(format: ":%04X", port)
        let end = ContinuousClock.now + .seconds(10)
        while child.isRunning, ContinuousClock.now < end {
            for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
                let text = String(decoding: FileManager.default.contents(atPath: table) ?? Data(), as: UTF8.self)
                for line in text.split(separator: "\n").dropFirst() {
                    let fields = line.split(separator: " ")
                    // The local address, and 0A for a listener.
                    if fields.count > 3, fields[1].hasSuffix(wanted), fields[3] == "0A" { return }
                }
            }
            usleep(3_000)
        }
        throw InteropFailure("nobody listens on port \(port)")
    }
}
