// CommandServeHTTPTests.swift — `securesocket serve --http`: what is served, and what never is.
// RFC 9112 §2, §3, §9.3; RFC 3986 §2.1, §5.2.4.
// Next: ../../docs.

import Foundation
import TestSupport
import Testing

@Suite("securesocket serve --http", .timeLimit(.minutes(10)))
struct CommandServeHTTPTests {
    private let folder: ScratchFolder
    private let server: ServeProcess

    init() throws {
        folder = try ServeProcess.certificates()
        let site = folder.url.appendingPathComponent("site")
        try FileManager.default.createDirectory(
            at: site.appendingPathComponent("sub"), withIntermediateDirectories: true)
        try Data("<h1>hello</h1>\n".utf8).write(to: site.appendingPathComponent("index.html"))
        try Data("a b\n".utf8).write(to: site.appendingPathComponent("sub/with space.txt"))
        try Data("hidden\n".utf8).write(to: site.appendingPathComponent(".secret"))
        try Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }).write(
            to: site.appendingPathComponent("big.bin"))
        try FileManager.default.createSymbolicLink(
            atPath: site.appendingPathComponent("out").path, withDestinationPath: folder.path("key.pem"))
        try FileManager.default.createSymbolicLink(
            atPath: site.appendingPathComponent("up").path, withDestinationPath: folder.url.path)
        server = try ServeProcess(folder, ["--http", site.path])
    }

    private func get(
        _ target: String, _ headers: String = "Connection: close\r\n", method: String = "GET"
    ) throws -> String {
        try server.http(folder, "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n")
    }

    @Test("a file, the index of a directory, an encoded name; the type and the length are right")
    func files() throws {
        let index = try get("/")
        #expect(index.hasPrefix("HTTP/1.1 200 OK\r\n") && index.hasSuffix("\r\n\r\n<h1>hello</h1>\n"))
        #expect(
            index.contains("Content-Type: text/html; charset=utf-8\r\n") && index.contains("Content-Length: 15\r\n"))
        #expect(try get("/sub/with%20space.txt?x=1").hasSuffix("\r\n\r\na b\n"))
        #expect(try get("https://localhost/sub/with%20space.txt").hasSuffix("\r\n\r\na b\n"))
        let head = try get("/", method: "HEAD")
        #expect(head.contains("Content-Length: 15\r\n") && head.hasSuffix("\r\n\r\n"))
        #expect(try get("/nothing").hasPrefix("HTTP/1.1 404 "))
        #expect(try get("/sub").hasPrefix("HTTP/1.1 404 "))
    }

    @Test("several requests on one connection, one after another and all at once")
    func keepAlive() throws {
        let one = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        let text = try server.http(folder, one + one + "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(text.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
        #expect(text.contains("HTTP/1.1 404 Not Found") && text.contains("Connection: keep-alive"))
        try server.waitForOutput("3 requests, the last GET /nothing 404")
        // RFC 9112 §9.3: HTTP/1.0 closes unless it is asked not to.
        let old = try server.http(folder, "GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n")
        #expect(old.components(separatedBy: "HTTP/1.1 200 OK").count == 2)
    }

    @Test(
        "no path leads out of the directory, and no hidden file comes out of it",
        arguments: [
            "/../key.pem", "/%2e%2e/key.pem", "/sub/../../key.pem", "/sub/%2e%2e%2f%2e%2e%2fkey.pem", "/..%5ckey.pem",
            "/.secret", "/%2esecret", "/out", "/up/key.pem", "/up/", "/sub/%00", "//../key.pem", "/./index.html",
        ])
    func traversal(_ target: String) throws {
        let answer = try get(target)
        #expect(answer.hasPrefix("HTTP/1.1 404 "), "\(target): \(answer)")
        #expect(!answer.contains("PRIVATE KEY") && !answer.contains("hidden"))
    }

    @Test("what is no request is refused with the status that says why, and the connection ends")
    func refusals() throws {
        let long = String(repeating: "x", count: 20_000)
        for (request, status) in [
            ("nonsense\r\n\r\n", "400"), ("GET /\r\n\r\n", "400"), ("GET / HTTP/1.1\r\n\r\n", "400"),
            ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505"), ("GET x HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
            ("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400"), ("GET /%+a HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "405"),
            ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde", "400"),
            ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400"), ("GET /\(long) HTTP/1.1\r\nHost: x\r\n\r\n", "431"),
            ("GET / HTTP/1.1\r\nHost: x\r\nX: \(long)\r\n\r\n", "431"), ("GET / HT", "400"),
        ] {
            let answer = try server.http(folder, request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request.prefix(60)): \(answer.prefix(100))")
            #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
        }
    }

    @Test("curl downloads a file over both versions, unchanged", .enabled(if: Self.hasCurl, "skipped: curl is needed"))
    func curl() throws {
        for version in ["--tlsv1.3", "--tls-max 1.2"] {
            let target = folder.path("downloaded-\(version.hasSuffix("3"))")
            let child = try ChildProcess(
                ["curl", "--silent", "--show-error", "--fail", "--cacert", folder.path("ca.pem")]
                    + version.split(separator: " ").map(String.init)
                    + ["--output", target, "https://localhost:\(server.port)/big.bin"])
            #expect(try child.waitForEnd(within: .seconds(30)) == 0, "\(child.output)")
            let found = try Data(contentsOf: URL(fileURLWithPath: target))
            #expect(found.count == 300_000 && found[1234] == UInt8(truncatingIfNeeded: 1234 * 13))
        }
    }

    static let hasCurl = ["/usr/bin/curl", "/usr/local/bin/curl"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
    }
}
