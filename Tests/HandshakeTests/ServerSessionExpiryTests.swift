// ServerSessionExpiryTests.swift — when a server resumes a session no more.
// RFC 8446 §4.6.1.
// Next: ServerSessionCodecTests.swift.

import Certificates
import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("ServerSession: expiry")
struct ServerSessionExpiryTests {
    private func isUsable(
        _ seconds: Int64, timeout: UInt32 = 600, _ change: (inout ServerSession.Facts) throws -> Void = { _ in }
    ) throws -> Bool {
        try ServerSessionSamples.session(.tls13, change)
            .isUsable(at: ServerSessionSamples.after(seconds), timeout: timeout)
    }

    @Test("T-33: the server's timeout and the ticket's lifetime end a session, whichever comes first")
    func timeout() throws {
        #expect(try isUsable(0))
        #expect(try isUsable(600))
        #expect(try !isUsable(601))
        #expect(try !isUsable(0, timeout: 0))
        #expect(try isUsable(100) { $0.lifetime = 100 })
        #expect(try !isUsable(101) { $0.lifetime = 100 })
    }

    @Test("T-33: RFC 8446 §4.6.1: seven days after the full handshake it ends, however often it was renewed")
    func sevenDays() throws {
        #expect(try isUsable(604_800, timeout: .max) { $0.lifetime = .max })
        #expect(try !isUsable(604_801, timeout: .max) { $0.lifetime = .max })
        let earlier = ServerSessionSamples.after(-604_800 + 50)
        #expect(try isUsable(50) { $0.authenticatedAt = earlier })
        #expect(try !isUsable(51) { $0.authenticatedAt = earlier })
    }

    @Test("T-33: a clock that went back past its beginning makes it unusable")
    func backwards() throws {
        #expect(try !isUsable(-1))
        #expect(try !isUsable(0) { $0.authenticatedAt = ServerSessionSamples.after(1) })
    }

    @Test(
        "T-33, T-34: it ends with the first certificate of the client's path, and is not there before the last begins")
    func clientCertificates() throws {
        let certificate = try SessionSamples.certificate(until: "2099")
        for hasPath in [true, false] {
            for (offset, isUsable) in [(Int64(0), true), (1, false)] {
                let session = try ServerSessionSamples.session { facts in
                    try ServerSessionSamples.authenticate(&facts)
                    facts.createdAt = UnixTime(seconds: certificate.notAfter.seconds - 100)
                    facts.authenticatedAt = facts.createdAt
                    if hasPath {
                        facts.validatedPath.append(certificate)
                    } else {
                        facts.peerCertificates.append(certificate)
                        facts.validatedPath = []
                    }
                }
                let now = UnixTime(seconds: certificate.notAfter.seconds + offset)
                #expect(session.isUsable(at: now, timeout: 600) == isUsable)
                #expect(session.expiry(timeout: 600) == certificate.notAfter)
            }
        }
        let begin = certificate.notBefore
        let early = try ServerSessionSamples.session { facts in
            facts.peerCertificates = [certificate]
            facts.createdAt = UnixTime(seconds: begin.seconds - 10)
            facts.authenticatedAt = facts.createdAt
        }
        #expect(!early.isUsable(at: UnixTime(seconds: begin.seconds - 1), timeout: 600))
        #expect(early.isUsable(at: begin, timeout: 600))
    }

    @Test("T-48: a session prints its version and suite, and nothing of its secret")
    func printing() throws {
        let session = try ServerSessionSamples.session()
        #expect("\(session)" == "a session of TLS 1.3 with TLS_AES_128_GCM_SHA256")
    }
}
