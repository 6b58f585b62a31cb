// Syscalls+Addresses.swift — socket addresses to and from the system's form, and the resolver.
// POSIX.1-2017 (getaddrinfo, inet_pton); RFC 3493 §3.3, §6.1.
// Next: Syscalls+Listening.swift.

package import Glibc

extension Descriptor {
    /// The address this end is bound to.
    var localAddress: SocketAddress? {
        unsafe Self.address { unsafe getsockname(number, $0, $1) }
    }

    /// The address of the peer.
    var peerAddress: SocketAddress? {
        unsafe Self.address { unsafe getpeername(number, $0, $1) }
    }

    private static func address(
        _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            let result = unsafe call(raw.assumingMemoryBound(to: sockaddr.self), &length)
            return result == 0 ? unsafe socketAddress(raw, length) : nil
        }
    }
}

/// Lends the system's form of an address to `body`.
func withSystemAddress<Result>(
    _ address: SocketAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    var storage = sockaddr_storage()
    return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
        let raw = UnsafeMutableRawPointer(pointer)
        let length: Int
        switch address.family {
        case .ipv4:
            let system = unsafe raw.assumingMemoryBound(to: sockaddr_in.self)
            unsafe system.pointee.sin_family = sa_family_t(AF_INET)
            unsafe system.pointee.sin_port = address.port.bigEndian
            unsafe withUnsafeMutableBytes(of: &system.pointee.sin_addr) { unsafe $0.copyBytes(from: address.bytes) }
            length = MemoryLayout<sockaddr_in>.size
        case .ipv6:
            let system = unsafe raw.assumingMemoryBound(to: sockaddr_in6.self)
            unsafe system.pointee.sin6_family = sa_family_t(AF_INET6)
            unsafe system.pointee.sin6_port = address.port.bigEndian
            unsafe system.pointee.sin6_scope_id = address.scopeID
            unsafe withUnsafeMutableBytes(of: &system.pointee.sin6_addr) { unsafe $0.copyBytes(from: address.bytes) }
            length = MemoryLayout<sockaddr_in6>.size
        }
        return unsafe body(UnsafePointer(raw.assumingMemoryBound(to: sockaddr.self)), socklen_t(length))
    }
}

/// Reads the system's form of an address; nil for families other than IPv4 and IPv6.
func socketAddress(_ raw: UnsafeRawPointer, _ length: socklen_t) -> SocketAddress? {
    guard Int(length) >= MemoryLayout<sa_family_t>.size else { return nil }
    switch Int32(unsafe raw.assumingMemoryBound(to: sockaddr.self).pointee.sa_family) {
    case AF_INET where Int(length) >= MemoryLayout<sockaddr_in>.size:
        let system = unsafe raw.assumingMemoryBound(to: sockaddr_in.self).pointee
        let bytes = unsafe withUnsafeBytes(of: system.sin_addr) { unsafe Array($0) }
        return SocketAddress(bytes: bytes, port: UInt16(bigEndian: system.sin_port))
    case AF_INET6 where Int(length) >= MemoryLayout<sockaddr_in6>.size:
        let system = unsafe raw.assumingMemoryBound(to: sockaddr_in6.self).pointee
        let bytes = unsafe withUnsafeBytes(of: system.sin6_addr) { unsafe Array($0) }
        return SocketAddress(bytes: bytes, port: UInt16(bigEndian: system.sin6_port), scopeID: system.sin6_scope_id)
    default:
        return nil
    }
}

/// Addresses in text.
enum AddressText {
    /// Reads dotted decimals or the text form of IPv6; nil for anything else, shorthand like `127.1` included.
    static func parse(_ text: String, _ family: AddressFamily) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: family.addressLength)
        let result = unsafe bytes.withUnsafeMutableBytes { room in
            unsafe inet_pton(family == .ipv4 ? AF_INET : AF_INET6, text, room.baseAddress)
        }
        return result == 1 ? bytes : nil
    }

    /// Writes an address as text.
    static func format(_ bytes: [UInt8], _ family: AddressFamily) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        return unsafe text.withUnsafeMutableBufferPointer { room in
            unsafe bytes.withUnsafeBytes { source in
                let domain = family == .ipv4 ? AF_INET : AF_INET6
                let written = unsafe inet_ntop(domain, source.baseAddress, room.baseAddress, socklen_t(room.count))
                guard let written = unsafe written else { return "" }
                return unsafe String(cString: written)
            }
        }
    }

    /// The number of a network interface, for `fe80::1%eth0`; nil when there is none of that name.
    static func interface(_ name: String) -> UInt32? {
        let number = unsafe if_nametoindex(name)
        return number == 0 ? nil : number
    }
}

/// The system's resolver. It blocks for as long as it likes, so it runs on a thread of its own.
enum SystemResolver {
    /// What the resolver said: `code` is getaddrinfo's, `errno` counts when the code is EAI_SYSTEM.
    struct Failure: Error, Equatable, Sendable {
        let code: Int32
        let errno: Int32
    }

    /// Addresses of `host` for TCP, in the resolver's order of preference (RFC 6724).
    static func addresses(
        of host: String, port: UInt16, family: AddressFamily?
    ) throws(Failure) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = family.map { $0 == .ipv4 ? AF_INET : AF_INET6 } ?? AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_protocol = Int32(IPPROTO_TCP)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else { throw Failure(code: code, errno: errno) }
        defer { unsafe freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let raw = unsafe entry.pointee.ai_addr,
                let address = unsafe socketAddress(UnsafeRawPointer(raw), entry.pointee.ai_addrlen)
            {
                found.append(address.with(port: port))
            }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    /// The resolver's text for one of its codes.
    static func text(_ code: Int32) -> String {
        guard let text = unsafe gai_strerror(code) else { return "resolver error \(code)" }
        return unsafe String(cString: text)
    }

    /// Codes that say that the name, or an address for it, does not exist; the others are failures to find out.
    static func isAbsence(_ code: Int32) -> Bool {
        // EAI_NODATA (-5) and EAI_ADDRFAMILY (-9) are GNU extensions that the module map does not show.
        code == EAI_NONAME || code == -5 || code == -9
    }

    /// The name exists, but has no address of a kind that TCP can use.
    static let noAddress = Failure(code: EAI_NONAME, errno: 0)

    static func isTemporary(_ code: Int32) -> Bool { code == EAI_AGAIN }
}

// MARK: - For a C interface

extension SocketAddress {
    /// Reads the system's form; nil for families other than IPv4 and IPv6, and when it is too short.
    @unsafe
    package init?(system: UnsafePointer<sockaddr>, length: Int32) {
        guard length > 0, let address = unsafe socketAddress(UnsafeRawPointer(system), socklen_t(length)) else {
            return nil
        }
        self = address
    }

    /// Lends the octets of the system's form.
    @unsafe
    package func withSystem<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var outcome: Result<Void, Failure> = .success(())
        unsafe withSystemAddress(self) { pointer, length in
            do throws(Failure) {
                try unsafe body(UnsafeRawBufferPointer(start: pointer, count: Int(length)))
            } catch {
                outcome = .failure(error)
            }
        }
        try outcome.get()
    }
}
