// HTTPFiles.swift — the files below one directory over HTTP/1.1: GET, HEAD, keep-alive, nothing else.
// RFC 9110 §8, §9.3, §15; RFC 9112 §6, §9.3.
// Next: MakeCertificateCommand.swift.

import Foundation
import SocketProvider

/// A static web server's one handler.
struct HTTPFiles: ConnectionHandler {
    /// The directory, with all links resolved.
    private let root: String

    /// How long a client may take to send the head of a request.
    private static let headTime = Duration.seconds(30)
    private static let blockSize = 64 * 1024

    /// - Throws: ``SocketError`` when there is no such directory.
    init(root: String) throws(SocketError) {
        let resolved = URL(fileURLWithPath: root).resolvingSymlinksInPath().path
        guard Self.type(of: resolved) == .typeDirectory else {
            throw .fileContents(path: root, reason: "it is no directory")
        }
        self.root = resolved
    }

    func serve(_ connection: ServedConnection) async throws(SocketError) -> String {
        var pending: [UInt8] = []
        var requests = 0
        var last = ""
        while !connection.isEnding {
            let head: ArraySlice<UInt8>
            do {
                guard let received = try await receiveHead(connection, &pending) else { break }
                head = received
            } catch let refusal as HTTPRefusal {
                try await refuse(refusal, on: connection.socket)
                return Self.text(requests + 1, refusal.status)
            } catch let error as SocketError {
                throw error
            } catch {
                break
            }
            requests += 1
            let outcome = try await answer(head, on: connection.socket)
            pending.removeFirst(head.count)
            last = outcome.text
            connection.isIdle(pending.isEmpty)
            if !outcome.isPersistent { break }
        }
        return Self.text(requests, last)
    }

    private static func text(_ requests: Int, _ last: String) -> String {
        requests == 0 ? "no request" : requests == 1 ? last : "\(requests) requests, the last \(last)"
    }

    /// The next head, at the front of `pending`; nil when the client has ended.
    private func receiveHead(
        _ connection: ServedConnection, _ pending: inout [UInt8]
    ) async throws -> ArraySlice<UInt8>? {
        var searched = 0
        var deadline: ContinuousClock.Instant?
        while true {
            // RFC 9112 §2.2: empty lines before a request are skipped.
            let blank = pending.prefix { $0 == 0x0d || $0 == 0x0a }.count
            if blank > 0 { pending.removeFirst(blank) }
            if let end = HTTPRequest.endOfHead(in: pending, from: max(0, searched - 3)) {
                guard end <= HTTPRequest.longest else { throw HTTPRefusal.tooLong }
                return pending[..<end]
            }
            searched = pending.count
            guard pending.count < HTTPRequest.longest else { throw HTTPRefusal.tooLong }
            // The time runs from the first octet: before it a client may stay silent.
            if !pending.isEmpty {
                let end = deadline ?? ContinuousClock.now + Self.headTime
                guard ContinuousClock.now < end else { throw HTTPRefusal.timedOut }
                deadline = end
            }
            connection.isIdle(pending.isEmpty)
            let more: [UInt8]
            do throws(SocketError) {
                more = try await connection.socket.receive(upTo: HTTPRequest.longest)
            } catch {
                // Between requests a client may stay silent for as long as it likes; then the connection is closed.
                if error == .timedOut(.receive), pending.isEmpty { return nil }
                throw error
            }
            guard !more.isEmpty else {
                guard pending.isEmpty else { throw HTTPRefusal.badRequest }
                return nil
            }
            connection.isIdle(false)
            pending += more
        }
    }

    private func refuse(_ refusal: HTTPRefusal, on socket: AsynchronousSocket) async throws(SocketError) {
        let body = Array("\(refusal.status)\n".utf8)
        let allow = refusal == .methodNotAllowed ? "Allow: GET, HEAD\r\n" : ""
        let head = """
            HTTP/1.1 \(refusal.status)\r\nContent-Type: text/plain\r\nContent-Length: \(body.count)\r\n\
            \(allow)Connection: close\r\n\r\n
            """
        try await socket.send(Array(head.utf8) + body)
    }

    private func answer(
        _ head: ArraySlice<UInt8>, on socket: AsynchronousSocket
    ) async throws(SocketError) -> (text: String, isPersistent: Bool) {
        let request: HTTPRequest
        do throws(HTTPRefusal) {
            request = try HTTPRequest(head: head)
            guard request.method == "GET" || request.method == "HEAD" else { throw .methodNotAllowed }
        } catch {
            try await refuse(error, on: socket)
            return (error.status, false)
        }
        let path = "/" + request.segments.joined(separator: "/")
        guard let file = open(request.segments) else {
            let body = Array("404 Not Found\n".utf8)
            let answer = headText("404 Not Found", "text/plain", body.count, request)
            try await socket.send(Array(answer.utf8) + (request.method == "HEAD" ? [] : body))
            return ("\(request.method) \(path) 404", request.isPersistent)
        }
        let answer = headText("200 OK", ContentTypes.type(of: file.path), file.size, request)
        try await send(Array(answer.utf8), request.method == "HEAD" ? nil : file, on: socket)
        return ("\(request.method) \(path) 200", request.isPersistent)
    }

    private func headText(_ status: String, _ type: String, _ length: Int, _ request: HTTPRequest) -> String {
        """
        HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(length)\r\n\
        X-Content-Type-Options: nosniff\r\nConnection: \(request.isPersistent ? "keep-alive" : "close")\r\n\r\n
        """
    }

    /// Sends the head and the file; the first block goes out with the head.
    private func send(_ head: [UInt8], _ file: OpenFile?, on socket: AsynchronousSocket) async throws(SocketError) {
        var block = head
        var left = file?.size ?? 0
        while let file, left > 0 {
            guard let data = try? file.handle.read(upToCount: min(left, Self.blockSize)), !data.isEmpty else {
                // The file has become shorter: the client sees that from the length, and from the missing end.
                socket.socket.close()
                throw .fileContents(path: file.path, reason: "it became shorter while it was sent")
            }
            left -= data.count
            try await socket.send(block + data)
            block = []
        }
        if !block.isEmpty { try await socket.send(block) }
    }

    private struct OpenFile {
        let handle: FileHandle
        let path: String
        let size: Int
    }

    /// The regular file of a path, `index.html` of a directory; nil when there is none below the root, links included.
    private func open(_ segments: [String]) -> OpenFile? {
        var url = URL(fileURLWithPath: root)
        for segment in segments { url.appendPathComponent(segment) }
        if Self.type(of: url.resolvingSymlinksInPath().path) == .typeDirectory { url.appendPathComponent("index.html") }
        let path = url.resolvingSymlinksInPath().path
        guard path.hasPrefix(root == "/" ? "/" : root + "/"), Self.type(of: path) == .typeRegular,
            let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int,
            let handle = FileHandle(forReadingAtPath: path)
        else { return nil }
        return OpenFile(handle: handle, path: path, size: size)
    }

    /// What is at a path; nil when there is nothing.
    private static func type(of path: String) -> FileAttributeType? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
    }
}

/// Content types by the end of the name.
enum ContentTypes {
    static func type(of path: String) -> String {
        switch (path as NSString).pathExtension.lowercased() {
        case "html", "htm": "text/html; charset=utf-8"
        case "txt", "md", "swift": "text/plain; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "json": "application/json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "gif": "image/gif"
        case "webp": "image/webp"
        case "ico": "image/x-icon"
        case "pdf": "application/pdf"
        case "wasm": "application/wasm"
        default: "application/octet-stream"
        }
    }
}
