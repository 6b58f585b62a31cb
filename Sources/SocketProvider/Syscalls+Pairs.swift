// Syscalls+Pairs.swift — the two ends of a socket pair: one a program's, the other a pump's.
// POSIX.1-2017 (socketpair); Linux unix(7), socket(7).
// Next: DescriptorPump.swift.

import Glibc

/// A program's end of a socket pair: a number that the program may close at any time.
struct ProgramEnd: Sendable {
    let number: Int32
    /// What tells it from another file that has its number later.
    let identity: FileIdentity
    /// The process that made the pair: a child of it has the descriptors, and no threads that look after them.
    private let process = getpid()

    /// A new pair. The pump's end never blocks; neither is inherited over exec.
    static func makePair() throws(Errno) -> (program: ProgramEnd, pump: SocketHandle) {
        var numbers: (Int32, Int32) = (-1, -1)
        let result = unsafe withUnsafeMutablePointer(to: &numbers) { pointer in
            unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) { pair in
                unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, pair)
            }
        }
        let program = try Descriptor(result < 0 ? result : numbers.0)
        let pump = try Descriptor(numbers.1)
        guard fcntl(pump.number, F_SETFL, O_NONBLOCK) == 0 else { throw Errno.current }
        let identity = try program.fileIdentity()
        return (ProgramEnd(number: program.release(), identity: identity), SocketHandle(pump))
    }

    /// Whether the number still belongs to this end.
    var isCurrent: Bool { (try? FileIdentity(number)) == identity }

    /// Whether this process made the pair, and is no child of the one that did.
    var isOwn: Bool { process == getpid() }

    /// A number of its own for this end, as the program may have closed its number; nil when it has.
    private func copy() -> Descriptor? { try? Descriptor.copy(of: number, identity) }

    /// Octets that the program has not read; nil when that cannot be found out.
    var waitingOctets: Int? { copy()?.waitingOctets }

    /// How much the program can write before the pump reads, in octets, about.
    func setCapacity(_ octets: Int32) { try? copy()?.setOption(SOL_SOCKET, SO_SNDBUF, octets) }

    /// Gives the number back. In the process that made it this ends both directions, whoever else has a copy; what was
    /// written can still be read at the other end.
    func close() {
        if isOwn { _ = shutdown(number, Int32(SHUT_RDWR)) }
        _ = Glibc.close(number)
    }

    /// Writes until nothing more fits, and answers how many octets did: the end is not writable until they are read.
    func fill() -> Int {
        let filling = [UInt8](repeating: 0, count: 512)
        var filled = 0
        while true {
            let count = unsafe filling.withUnsafeBytes { octets in
                unsafe send(number, octets.baseAddress, octets.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return filled }
            filled += count
        }
    }

    /// Leaves an octet with the pump that it does not read: when the pump's end is closed, whoever reads from this end gets
    /// ECONNRESET after the last data, and not an end of data.
    func spoil() {
        guard let copy = copy() else { return }
        var octet: UInt8 = 0
        unsafe send(copy.number, &octet, 1, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
}

extension Descriptor {
    /// Gives the number away: whoever has it now closes it.
    consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// How many octets can be read at once.
    var waitingOctets: Int {
        var count: Int32 = 0
        return unsafe ioctl(number, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    /// Reads octets and throws them away until no more than `rest` are left.
    func discard(leaving rest: Int) {
        // Each round takes something or returns.
        while case let waiting = waitingOctets, waiting > rest {
            var room = [UInt8](repeating: 0, count: min(waiting - rest, 4096))
            var span = room.mutableSpan
            guard case .count? = try? receive(into: &span) else { return }
        }
    }

    /// Has the other end's sends fail. What was sent before can still be read.
    func shutdownReceiving() { _ = shutdown(number, Int32(SHUT_RD)) }

    /// Whether a read would say something: data or the end.
    var isReadable: Bool {
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return unsafe Glibc.poll(&entry, 1, 0) > 0
    }

    /// Whether the other end of the pair was closed, not only its sending direction.
    var isHungUp: Bool {
        var entry = pollfd(fd: number, events: 0, revents: 0)
        return unsafe Glibc.poll(&entry, 1, 0) > 0 && entry.revents & Int16(POLLHUP) != 0
    }
}
