// TLS13ServerDeliveryTests.swift — T-25: the same octets in any pieces give the same handshake at the TLS 1.3 server.
// RFC 8446 §5.1, §6.1.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.3 server: delivery in pieces")
struct TLS13ServerDeliveryTests {
    @Test("T-25: octets in pieces of any size lead to the same handshake", arguments: [1, 2, 3, 7, 100, 1000])
    func pieces(_ piece: Int) throws {
        let own = try TestIdentity.clientEd25519()
        let lab = try TLS13ServerLab { $0.clientAuthentication = .required(try TLS13ServerTests.policy()) }
        func run(_ piece: Int) throws -> ([UInt8], [UInt8]) {
            var ends = try BothEnds(
                try TLS13ServerTests.client {
                    $0.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
                    $0.keyShareGroups = []
                }, try Self.fresh(lab.configuration))
            try ends.run(piece: piece)
            #expect(ends.server.connection.isHandshakeComplete == true)
            return (ends.clientOctets, ends.serverOctets)
        }
        let (whole, pieces) = (try run(.max), try run(piece))
        #expect(whole.0 == pieces.0)
        // Tickets are sealed with nonces of their own.
        #expect(whole.1.count == pieces.1.count)
    }

    private static func fresh(_ configuration: ServerConfiguration) throws -> ServerConfiguration {
        var next = configuration
        next.provider = try .gcrypt(random: FixedRandom(seed: 2))
        return next
    }

    @Test("T-25: a client's flight split at every octet, its messages in fragments of any size")
    func everySplit() throws {
        let identity = try TestIdentity.clientEd25519()
        func flights(_ fragment: Int) throws -> ([UInt8], [UInt8]) {
            let pair = try TLS13ServerPair(try TLS13ServerRefusalTests.asking(isRequired: true))
            try pair.client.clientHello()
            let hello = try pair.client.takeOutput()
            try pair.server.receive(hello)
            _ = try pair.client.receive(pair.server.takeOutput())
            try pair.client.certificate(identity)
            try pair.client.certificateVerify(identity)
            try pair.client.finished(installsKey: false)
            try pair.client.flush(fragment: fragment)
            return (hello, try pair.client.takeOutput())
        }
        let (hello, flight) = try flights(1 << 14)
        for split in 1..<hello.count {
            let server = try TestClient(server: try TLS13ServerRefusalTests.asking(isRequired: true))
            try server.receive(Array(hello[..<split]))
            #expect(server.takeOutput().isEmpty)
            try server.receive(Array(hello[split...]))
            #expect(server.connection.stateName == "WAIT_CERT")
        }
        for split in stride(from: 1, to: flight.count, by: 11) {
            let server = try TestClient(server: try TLS13ServerRefusalTests.asking(isRequired: true))
            try server.receive(hello)
            try server.receive(Array(flight[..<split]))
            #expect(server.connection.isHandshakeComplete == false)
            try server.receive(Array(flight[split...]))
            #expect(server.connection.isHandshakeComplete == true)
        }
        for fragment in [1, 2, 5, 64, 300] {
            let (hello, flight) = try flights(fragment)
            let server = try TestClient(server: try TLS13ServerRefusalTests.asking(isRequired: true))
            try server.receive(hello)
            try server.receive(flight)
            #expect(server.connection.isHandshakeComplete == true)
        }
    }

    @Test("T-26: an end anywhere in the handshake is a truncation, and close_notify an early end")
    func ends() throws {
        var pair = try TLS13ServerPair()
        try pair.hello()
        let error = #expect(throws: TLSError.self) { try pair.server.receiveEndOfFile() }
        #expect(error?.isTruncation == true)
        var closed = try TLS13ServerPair()
        try closed.hello()
        try closed.client.sendRecord(.alert, [1, 0])
        let flight = try closed.client.takeOutput()
        let early = #expect(throws: TLSError.self) { try closed.server.receive(flight) }
        #expect(early?.reason == .closedDuringHandshake)
    }
}
