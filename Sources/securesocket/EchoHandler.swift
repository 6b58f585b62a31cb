// EchoHandler.swift — sends back whatever comes.
// RFC 862.
// Next: HTTPFiles.swift.

import SocketProvider

struct EchoHandler: ConnectionHandler {
    func serve(_ connection: ServedConnection) async throws(SocketError) -> String {
        let socket = connection.socket
        while true {
            let bytes = try await socket.receive(upTo: 64 * 1024)
            if bytes.isEmpty { return "" }
            connection.isIdle(false)
            try await socket.send(bytes)
            connection.isIdle(true)
            if connection.isEnding { return "" }
        }
    }
}
