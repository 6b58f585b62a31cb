// SessionExpiryTests.swift — when a session may be offered no more.
// RFC 8446 §4.6.1.
// Next: MemorySessionStoreTests.swift.

import Certificates
import Handshake
import Testing
import WireFormat

@Suite("Session: expiry")
struct SessionExpiryTests {
    private func isUsable(
        _ seconds: Int64, timeout: UInt32 = 600, _ change: (inout Session.Facts) throws -> Void = { _ in }
    ) throws -> Bool {
        try SessionSamples.session(.tls13, change).isUsable(at: SessionSamples.after(seconds), timeout: timeout)
    }

    @Test("T-33: with a timeout of 600 s a session is usable after 599 s and not after 601 s")
    func timeout() throws {
        #expect(try isUsable(0))
        #expect(try isUsable(599))
        #expect(try !isUsable(601))
        #expect(try !isUsable(0, timeout: 0))
    }

    @Test("T-33: RFC 8446 §4.6.1: the server's lifetime ends it before the timeout")
    func lifetime() throws {
        #expect(try isUsable(99, timeout: 600) { $0.lifetime = 100 })
        #expect(try !isUsable(101, timeout: 600) { $0.lifetime = 100 })
        #expect(try isUsable(599, timeout: 600) { $0.lifetime = nil })
        #expect(try !isUsable(601, timeout: 600) { $0.lifetime = nil })
    }

    @Test("T-33: RFC 8446 §4.6.1: seven days end it, whatever timeout and lifetime say")
    func sevenDays() throws {
        #expect(try isUsable(604_799, timeout: .max) { $0.lifetime = nil })
        #expect(try !isUsable(604_801, timeout: .max) { $0.lifetime = nil })
        #expect(try !isUsable(604_801, timeout: .max) { $0.lifetime = .max })
    }

    @Test("T-33: resuming does not make the authentication younger: seven days after the full handshake it ends")
    func authentication() throws {
        let earlier = SessionSamples.after(-604_800 + 50)
        #expect(try isUsable(49) { $0.authenticatedAt = earlier })
        #expect(try !isUsable(51) { $0.authenticatedAt = earlier })
    }

    @Test("T-33: it ends with the first certificate of the path, or of the peer when there is no path")
    func notAfter() throws {
        let certificate = try SessionSamples.certificate(until: "2099")
        let end = certificate.notAfter
        let start = UnixTime(seconds: end.seconds - 100)
        for hasPath in [true, false] {
            let session = try SessionSamples.session(.tls13, receivedAt: start) { facts in
                if hasPath {
                    facts.validatedPath.append(certificate)
                } else {
                    facts.peerCertificates.append(certificate)
                    facts.validatedPath = []
                }
            }
            // RFC 5280 §4.1.2.5: notAfter is the last second of the validity.
            #expect(session.isUsable(at: end, timeout: 600))
            #expect(!session.isUsable(at: UnixTime(seconds: end.seconds + 1), timeout: 600))
            #expect(session.expiry(timeout: 600) == end)
        }
        // Without that certificate it would have gone on.
        let other = try SessionSamples.session(.tls13, receivedAt: start)
        #expect(other.isUsable(at: UnixTime(seconds: end.seconds + 1), timeout: 600))
    }

    @Test("T-33: a clock that went back past its beginning makes it unusable, for good once it is asked for")
    func clockBackwards() throws {
        #expect(try !isUsable(-1))
        let store = MemorySessionStore()
        let binding = SessionSamples.binding()
        store.store(try SessionSamples.session(), for: binding)
        #expect(store.take(for: binding, at: SessionSamples.after(-1), timeout: 600) == nil)
        #expect(store.take(for: binding, at: SessionSamples.after(1), timeout: 600) == nil)
        #expect(store.count == 0)
    }
}
