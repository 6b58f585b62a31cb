// HeaderTests.swift — the header as compilers see it: every standard it is for, and code that has names of libc's.
// ISO C99 to C17, C++11 to C++17.
// Next: none.

import Foundation
import TestSupport
import Testing

@Suite("The header in C and C++", .timeLimit(.minutes(5)))
struct HeaderTests {
    /// Whether a compiler takes a program, and what it said.
    private func compile(_ source: String, _ command: [String]) async throws -> (isTaken: Bool, output: String)? {
        guard Run.isInstalled(command[0]) else { return nil }
        return try await onThread {
            let folder = FileManager.default.temporaryDirectory.path + "/header-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let file = folder + "/program." + (command[0].hasSuffix("++") ? "cpp" : "c")
            try source.write(toFile: file, atomically: true, encoding: .utf8)
            let include = SharedFolder.checkout + "/Sources/CSecureWinSock/include"
            let flags = ["-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", include, file]
            let result = try Run.program(command + flags, folder)
            return (result.status == 0, result.output)
        }
    }

    private func expect(_ source: String, _ command: [String], isTaken: Bool = true) async throws {
        guard let result = try await compile(source, command) else { return print("skipped: no \(command[0])") }
        #expect(result.isTaken == isTaken, "\(command): \(result.output)")
    }

    private static let c = ["gcc", "clang"].flatMap { compiler in
        ["c99", "c11", "c17"].map { [compiler, "-std=\($0)"] }
    }
    private static let cxx = ["g++", "clang++"].flatMap { compiler in
        ["c++11", "c++17"].map { [compiler, "-std=\($0)"] }
    }

    @Test("C: libc's names are this library's, called or not, and members of these names go on", arguments: c)
    func inC(command: [String]) async throws {
        let source = """
            #include <securewinsock.h>
            #include <stdio.h>
            struct operations { int (*connect)(int); int send; };
            int use(struct operations *operations, SOCKET s);
            int use(struct operations *operations, SOCKET s)
            {
                int length = 0, socket = s;
                SOCKET (*function)(SOCKET, struct sockaddr *, int *) = accept;
                fd_set set;
                FD_ZERO(&set);
                FD_SET(s, &set);
                operations->send = operations->connect(s) + (operations->connect)(s);
                if ((&connect)(s, NULL, 0) != 0 || function(socket, NULL, &length) < 0) return 1;
                return select(0, &set, NULL, NULL, NULL) + send(s, "", length, 0) + bind(s, NULL, length);
            }
            """
        try await expect(source, command)
    }

    @Test("C with libc's names left alone, and headers of any order", arguments: c)
    func leftAlone(command: [String]) async throws {
        let source = """
            #define SECUREWINSOCK_NO_LIBC_NAMES
            #include <sys/socket.h>
            struct before { int (*connect)(int); };
            #include <securewinsock.h>
            int use(struct before *before, int s);
            int use(struct before *before, int s)
            {
                int (*own)(int, const struct sockaddr *, socklen_t) = connect;
                return before->connect(s) + own(s, NULL, 0) + securewinsock_connect(s, NULL, 0);
            }
            """
        try await expect(source, command)
    }

    @Test("C++: std::bind and methods of these names are what they were, before the header and after", arguments: cxx)
    func inCxx(command: [String]) async throws {
        let source = """
            #include <functional>
            struct Before { int connect(int); };
            #include <securewinsock.h>
            struct After { int send(int); };
            static int twice(int number) { return 2 * number; }
            int use(Before &before, After &after, SOCKET s);
            int use(Before &before, After &after, SOCKET s)
            {
                int length = 0;
                return std::bind(twice, 2)() + before.connect(s) + after.send(s) + securewinsock_accept(s, nullptr, &length);
            }
            """
        try await expect(source, command)
    }

    @Test("C++ that asks for the names has them, with the header ahead of all others", arguments: cxx)
    func mappedInCxx(command: [String]) async throws {
        let source = """
            #define SECUREWINSOCK_LIBC_NAMES
            #include <securewinsock.h>
            #include <functional>
            static int twice(int number) { return 2 * number; }
            int use(SOCKET s);
            int use(SOCKET s)
            {
                int length = 0;
                return std::bind(twice, 2)() + ::accept(s, nullptr, &length) + connect(s, nullptr, length);
            }
            """
        try await expect(source, command)
    }

    @Test("C89 is told what is needed", arguments: ["gcc", "clang"])
    func tooOld(compiler: String) async throws {
        guard let result = try await compile("#include <securewinsock.h>\n", [compiler, "-std=c89"]) else { return }
        #expect(!result.isTaken)
        #expect(result.output.contains("needs C99"))
    }
}
