// SocketErrorTests.swift — every failure has a case, a WinSock error and an explanation.
// Windows Sockets error codes.
// Next: BlockingSocketTests.swift.

import SocketProvider
import Testing

@Suite("SocketError")
struct SocketErrorTests {
    private static let decision = Decision(
        .message, .refused, subject: "s", expected: "e", found: "f", rule: "r", section: "RFC 8446 §6.1")

    @Test(
        "each error corresponds to the WinSock error that is documented for it",
        arguments: [
            (SocketError.notConnected, "WSAENOTCONN", Int32(10057)), (.alreadyConnected, "WSAEISCONN", 10056),
            (.closed, "WSAENOTSOCK", 10038), (.closedForSending, "WSAESHUTDOWN", 10058),
            (.timedOut(.connect), "WSAETIMEDOUT", 10060), (.cancelled(.send), "WSAECANCELLED", 10103),
            (.truncated(decision), "WSAECONNABORTED", 10053), (.package("toy", decision), "WSAECONNABORTED", 10053),
            (.optionTooLate("x"), "WSAEINVAL", 10022), (.unsupported("x"), "WSAEOPNOTSUPP", 10045),
            (.noSuchProvider("x"), "WSAEPROTONOSUPPORT", 10043),
            (.operationInProgress(.receive), "WSAEINPROGRESS", 10036),
        ])
    func winsock(error: SocketError, name: String, value: Int32) {
        #expect(error.winsock.name == name)
        #expect(error.winsock.value == value)
    }

    @Test("a truncation and a package's refusal explain themselves; the transport explains by errno")
    func explanations() {
        #expect(SocketError.truncated(Self.decision).explanation == Self.decision)
        #expect(SocketError.package("toy", Self.decision).explanation == Self.decision)
        let timeout = SocketError.timedOut(.connect)
        #expect(timeout.explanation.topic == .transport && timeout.explanation.outcome == .refused)
        #expect(!timeout.explanation.advice.isEmpty)
        #expect(timeout.errno == nil)
    }
}
