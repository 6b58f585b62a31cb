// ListingTests.swift — the listing that this interface is for: compiled as it is, linked, and run against openssl and
// against a server of this interface.
// Its text is not part of the project: it is taken from the shared folder, and the tests are skipped without it.
// Next: HeaderTests.swift.

import CSecureWinSock
import Foundation
import TestSupport
import Testing

@Suite("The listing", .timeLimit(.minutes(5)))
struct ListingTests {
    private static let source = SharedFolder.file("seed/000_1cc6f040216cc716.txt")

    /// The library, which is built with the tests and lies beside them.
    private static let libraryFolder: String? = {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let folder = program.deletingLastPathComponent().path
        return FileManager.default.fileExists(atPath: folder + "/libsecurewinsock.so") ? folder : nil
    }()

    /// The two pieces of code of the text: what finds a provider, and what makes a socket.
    private static func code(_ text: String) throws -> (find: String, make: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        func isComment(_ line: Substring) -> Bool { line.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") }
        guard let first = lines.firstIndex(where: isComment),
            let between = lines[first...].firstIndex(where: { $0.hasPrefix("Once we have") }),
            let second = lines[between...].firstIndex(where: isComment),
            let end = lines[second...].firstIndex(where: { $0.hasPrefix("Note:") })
        else { throw StepFailure("the listing is not as expected") }
        return (lines[first..<between].joined(separator: "\n"), lines[second..<end].joined(separator: "\n"))
    }

    /// The listing in two functions with the declarations that it needs, and a program that goes on from there.
    private static func program(_ text: String) throws -> String {
        let (find, make) = try code(text)
        return """
            #include <arpa/inet.h>
            #include <securewinsock.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>

            static BOOL FindProvider(LPWSAPROTOCOL_INFO pProtocolInfo)
            {
                WSADATA WsaData;
                LPWSAPROTOCOL_INFO pProtocolBuffer;
                DWORD cbProtocolBuffer;
                int err, i, cProtocols;
                BOOL fFound;
            \(find)
                return TRUE;
            }

            static BOOL MakeSocket(LPWSAPROTOCOL_INFO pProtocolInfo, SOCKET *pSocket)
            {
                SOCKET Socket;
                int err;
            \(make)
                return TRUE;
            }

            \(use)
            """
    }

    /// Connects as often as there are arguments after the port: each is the seconds to wait before, and a lifetime of
    /// sessions that takes the place of the listing's, or 0 for none.
    private static let use = """
        static int Connect(const char *port, long timeout)
        {
            WSAPROTOCOL_INFO info;
            SOCKET s;
            SSLCLIENTOPTS options;
            SSLSESSIONINFO session;
            struct sockaddr_in address = {0};
            const char *request = "GET / HTTP/1.0\\r\\n\\r\\n";
            char reply[4096];
            int count;

            memset(&info, 0, sizeof info);
            if (FindProvider(&info) != TRUE || MakeSocket(&info, &s) != TRUE) return 10;
            if (WSAIoctl(s, SO_SSL_GET_CLIENT_OPTS, NULL, 0, &options, sizeof options, NULL, NULL, NULL) != 0)
                return 11;
            if (options.CacheTimeout != 600) return 12;
            if (timeout != 0) options.CacheTimeout = timeout;
            if (WSAIoctl(s, SO_SSL_SET_CLIENT_OPTS, &options, sizeof options, NULL, 0, NULL, NULL, NULL) != 0)
                return 13;
            address.sin_family = AF_INET;
            address.sin_port = htons((uint16_t)atoi(port));
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            if (WSAConnect(s, (struct sockaddr *)&address, sizeof address, NULL, NULL, NULL, NULL) != 0) {
                WSAIoctl(s, SO_SSL_GET_ERROR_TEXT, NULL, 0, reply, sizeof reply, NULL, NULL, NULL);
                printf("WSAConnect: %d: %s\\n", WSAGetLastError(), reply);
                return 14;
            }
            if (send(s, request, (int)strlen(request), 0) != (int)strlen(request)) return 15;
            while ((count = recv(s, reply, sizeof reply, 0)) > 0) fwrite(reply, 1, (size_t)count, stdout);
            if (count != 0) return 16;
            if (WSAIoctl(s, SO_SSL_GET_SESSION_INFO, NULL, 0, &session, sizeof session, NULL, NULL, NULL) != 0)
                return 17;
            printf("\\nSESSION %s\\n", session.dwFlags & SSL_SESSION_RESUMED ? "resumed" : "new");
            return closesocket(s) == 0 ? 0 : 18;
        }

        int main(int argc, char **argv)
        {
            int i, result = 0;
            for (i = 2; i + 1 < argc && result == 0; i += 2) {
                sleep((unsigned)atoi(argv[i]));
                result = Connect(argv[1], atol(argv[i + 1]));
            }
            fflush(stdout);
            return result;
        }
        """

    @Test(
        "the listing compiles, connects, asks and is answered; its session resumes as long as it says",
        arguments: ["gcc", "clang"])
    func listing(compiler: String) async throws {
        guard let source = Self.source else { return print("skipped: the listing is not beside the checkout") }
        let libraries = try #require(Self.libraryFolder, "libsecurewinsock.so is not built beside the tests")
        guard Run.isInstalled(compiler), Run.isInstalled("openssl") else {
            return print("skipped: \(compiler) or openssl is not installed")
        }
        let text = try String(contentsOfFile: source, encoding: .utf8)
        try await onThread {
            let folder = FileManager.default.temporaryDirectory.path + "/listing-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try Self.program(text).write(toFile: folder + "/listing.c", atomically: true, encoding: .utf8)
            // The four returns without a value, in a function with one, are the listing's.
            let allowing = compiler == "clang" ? ["-Wno-return-mismatch"] : []
            let include = SharedFolder.checkout + "/Sources/CSecureWinSock/include"
            let compiled = try Run.program(
                [compiler] + allowing + [
                    "-I", include, "-o", folder + "/listing", folder + "/listing.c", "-L", libraries,
                ]
                    + ["-lsecurewinsock", "-Wl,-rpath,\(libraries)"], folder)
            try #require(compiled.status == 0, "\(compiled.output)")

            let port = try PlainListener.freePort()
            let server = try Run(
                ["openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", TestFile.certificate, "-key"]
                    + [TestFile.key, "-www", "-quiet"], outputPath: folder + "/server")
            defer { server.end() }
            try waitUntil("s_server") { (try? PlainPeer(to: port)) != nil }

            func connect(
                _ arguments: [String], to port: UInt16 = port, trust: String = TestFile.root
            ) throws -> (status: Int32, output: String) {
                try Run.program(
                    [folder + "/listing", "\(port)"] + arguments, folder, environment: ["SSL_CERT_FILE": trust])
            }
            // Twice within the ten minutes of the listing.
            let twice = try connect(["0", "0", "0", "0"])
            #expect(twice.status == 0, "\(twice.output)")
            let replies = twice.output.components(separatedBy: "HTTP/1.0 200 ok").dropFirst()
            #expect(replies.count == 2)
            #expect(replies.first?.contains("SESSION new") == true && replies.first?.contains("New, TLSv1.3") == true)
            #expect(replies.last?.contains("SESSION resumed") == true)
            #expect(replies.last?.contains("Reused, TLSv1.3") == true)
            // A lifetime of one second, and two seconds in between.
            let late = try connect(["0", "1", "2", "1"])
            #expect(late.status == 0)
            #expect(late.output.components(separatedBy: "SESSION new").count == 3, "\(late.output)")
            #expect(!late.output.contains("Reused"))
            // A server that the machine does not trust is not talked to.
            let stranger = try connect(["0", "0"], trust: TestFile.folder + "server-rsa2048.pem")
            #expect(stranger.status == 14)
            #expect(stranger.output.contains("WSAConnect: 10053: "))

            // A server of this interface.
            let listener = try SecureListener()
            let service = Background {
                for _ in 0..<4 {
                    let socket = try listener.accept()
                    #expect(try socket.receive(exactly: 18) == Array("GET / HTTP/1.0\r\n\r\n".utf8))
                    try socket.sendAll(Array("HTTP/1.0 200 ok\r\n\r\n".utf8))
                    socket.close()
                }
            }
            let own = try connect(["0", "0", "0", "0"], to: listener.port)
            #expect(own.status == 0, "\(own.output)")
            let answers = own.output.components(separatedBy: "HTTP/1.0 200 ok").dropFirst()
            #expect(answers.map { $0.contains("SESSION resumed") } == [false, true])
            let lateAgain = try connect(["0", "1", "2", "1"], to: listener.port)
            #expect(lateAgain.status == 0)
            #expect(lateAgain.output.components(separatedBy: "SESSION new").count == 3, "\(lateAgain.output)")
            try service.value()
        }
    }
}

/// A program that a test runs; ended with the test, and by itself after two minutes.
final class Run: @unchecked Sendable {
    private let process = Process()

    init(_ command: [String], outputPath: String, environment: [String: String] = [:]) throws {
        guard FileManager.default.createFile(atPath: outputPath, contents: nil) else { throw StepFailure(outputPath) }
        let output = try #require(FileHandle(forWritingAtPath: outputPath))
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "--signal=KILL", "--foreground", "120"] + command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.runAlone()
    }

    /// Ends it by its process id, and what it started before it.
    func end() {
        guard process.isRunning else { return }
        let id = process.processIdentifier
        let list = (try? String(contentsOfFile: "/proc/\(id)/task/\(id)/children", encoding: .utf8)) ?? ""
        for child in list.split(separator: " ").compactMap({ pid_t($0) }) { kill(child, SIGKILL) }
        kill(id, SIGKILL)
        process.waitUntilExit()
    }

    /// Runs to the end.
    static func program(
        _ command: [String], _ folder: String, environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String) {
        let path = folder + "/output"
        let run = try Run(command, outputPath: path, environment: environment)
        run.process.waitUntilExit()
        let output = FileManager.default.contents(atPath: path) ?? Data()
        return (run.process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    static func isInstalled(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }
}
