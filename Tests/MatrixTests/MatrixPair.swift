// MatrixPair.swift — our client, our server, and the octets between them, whole or in pieces, with or without pauses.
// RFC 8446 §2; RFC 5246 §7.3.
// Next: MatrixCombination.swift.

import Certificates
import CryptoGlue
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

/// How octets reach the other side.
enum MatrixDelivery: String, CaseIterable, Sendable {
    case whole, singleOctets, randomPieces

    func pieces(_ octets: [UInt8]) -> [ArraySlice<UInt8>] {
        switch self {
        case .whole: return [octets[...]]
        case .singleOctets: return octets.indices.map { octets[$0...$0] }
        case .randomPieces:
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < octets.count {
                let end = min(octets.count, start + Int.random(in: 1...300))
                pieces.append(octets[start..<end])
                start = end
            }
            return pieces
        }
    }
}

/// What answers the questions of one side.
struct MatrixAnswers: Sendable {
    var key: SigningKey?
    var credentials: [Credential] = []

    func answer(_ operation: PendingOperation) throws -> OperationAnswer {
        switch operation {
        case .verifyPeer(let request):
            guard case .success = request.standardResult else { return .peerRejected(reason: "no valid path") }
            return .peerAccepted
        case .chooseCredentials, .answerCertificateRequest: return .credentials(credentials)
        case .sign(let request):
            let key = try #require(key)
            let algorithm = try #require(SignatureNegotiation.tls12Algorithm(request.scheme, key: key.publicKey))
            return .signature(try key.sign(request.message.span, using: algorithm))
        case .decrypt:
            Issue.record("every key that decrypts is in the process")
            return .decrypted(nil)
        }
    }
}

/// A client and a server of ours.
struct MatrixPair: ~Copyable {
    var client: TestClient
    var server: TestClient
    let clientAnswers: MatrixAnswers
    let serverAnswers: MatrixAnswers
    let delivery: MatrixDelivery
    /// Questions that were answered, of both sides.
    var pauses = 0

    init(
        _ client: ClientConfiguration, _ server: ServerConfiguration, _ delivery: MatrixDelivery,
        answers: (client: MatrixAnswers, server: MatrixAnswers), earlyData: [UInt8] = []
    ) throws {
        let connecting = try TestClient(client, identity: try ReferenceIdentity("localhost"), earlyData: earlyData)
        let connection = try TLSConnection(server: server)
        self.client = connecting
        self.server = TestClient(connection: connection, toSend: SendBuffer())
        clientAnswers = answers.client
        serverAnswers = answers.server
        self.delivery = delivery
    }

    /// Moves octets both ways until neither side has anything to say.
    mutating func run() throws {
        // More flights than any handshake has would be an endless loop.
        for _ in 0..<16 {
            let toServer = client.takeOutput()
            try MatrixPair.deliver(toServer, to: &server, delivery, serverAnswers, &pauses)
            let toClient = server.takeOutput()
            try MatrixPair.deliver(toClient, to: &client, delivery, clientAnswers, &pauses)
            if toServer.isEmpty, toClient.isEmpty { return }
        }
        Issue.record("the two sides never stop talking")
    }

    private static func deliver(
        _ octets: [UInt8], to side: inout TestClient, _ delivery: MatrixDelivery, _ answers: MatrixAnswers,
        _ pauses: inout Int
    ) throws {
        for piece in delivery.pieces(octets) {
            try side.receive(Array(piece))
            for _ in 0..<8 {
                guard let last = side.events.last, last.isQuestion, case .wants(let operation) = try side.event() else {
                    break
                }
                pauses += 1
                try side.resume(try answers.answer(operation))
            }
        }
    }

    /// Data both ways.
    mutating func exchange(_ text: String) throws {
        let octets = Array(text.utf8)
        try client.send(octets)
        try server.send(octets)
        try run()
    }
}

extension TestEvent {
    var isQuestion: Bool { [.wantsVerification, .wantsSignature, .wantsCredentials].contains(self) }
}
