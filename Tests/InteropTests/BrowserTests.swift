// BrowserTests.swift — a browser loads a page from `securesocket serve`, and shows it.
// RFC 8446; RFC 9110 and RFC 9112 for what is served.
// Next: CommandTests.swift.

import Foundation
import Testing

/// Chromium without a window.
private struct Browser: InteropPeer {
    let title: String
    let command = "chromium"
    let installation = "apt-get install chromium"

    /// nil where there is none.
    static let here: Browser? = {
        // It tells its version without a window, too.
        guard let text = try? InteropFolder.run(["chromium", "--version", "--no-sandbox"]) else { return nil }
        let version = text.split(separator: " ").first { $0.split(separator: ".").count == 4 } ?? "?"
        return Browser(title: "chromium \(version)")
    }()

    /// A home whose certificate store trusts this authority.
    static func home(trusting authority: String) throws -> String {
        let home = try InteropFolder.newFile("home") + ".d"
        let store = home + "/.pki/nssdb"
        try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
        _ = try InteropFolder.run(["certutil", "-N", "-d", "sql:" + store, "--empty-password"])
        _ = try InteropFolder.run(["certutil", "-A", "-n", "ca", "-t", "C,,", "-i", authority, "-d", "sql:" + store])
        return home
    }

    /// The document of a page once its scripts have run, and a picture of it.
    static func load(_ address: String, home: String, picture: String) throws -> String {
        // Not from the network: the name stands for this machine.
        let common = [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP localhost 127.0.0.1",
            "--user-data-dir=" + home + "/profile", "--timeout=20000", "--virtual-time-budget=5000",
        ]
        let environment = ["HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home]
        let document = try InteropFolder.run(common + ["--dump-dom", address], environment: environment)
        _ = try InteropFolder.run(
            common + ["--window-size=320,240", "--screenshot=" + picture, address], environment: environment)
        return document
    }
}

extension Interop {
    @Suite("our server: a browser")
    struct BrowserTests {
        private static let page = """
            <!doctype html>
            <title>loaded</title>
            <link rel="stylesheet" href="style.css">
            <p id="word">not yet</p>
            <img src="dot.svg" alt="">
            <script>
                fetch("word.txt").then((answer) => answer.text()).then((text) => {
                    document.getElementById("word").textContent = text.trim() + " and shown";
                });
            </script>
            """

        @Test(
            "Chromium loads a page, its style, picture and data over HTTPS, and shows them", arguments: ["1.3", "1.2"])
        func page(version: String) throws {
            guard let browser = Browser.here else {
                return InteropSummary.absent(Browser(title: "chromium"))
            }
            InteropSummary.count(browser, "a page over HTTPS", "TLS \(version)") {
                let folder = try InteropFolder.newFile("www") + ".d"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                let files = [
                    "index.html": Self.page, "style.css": "body { background: rgb(0, 128, 0) }",
                    "word.txt": "fetched\n",
                    "dot.svg": #"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>"#,
                ]
                for (name, text) in files {
                    try text.write(toFile: folder + "/" + name, atomically: false, encoding: .utf8)
                }
                let certificates = try ServeProcess.certificates()
                let server = try ServeProcess(certificates, ["--http", folder, "--max-version", version])
                let home = try Browser.home(trusting: certificates.path("ca.pem"))
                let picture = home + "/picture.png"
                let document = try Browser.load(
                    "https://localhost:\(server.port)/index.html", home: home, picture: picture)
                try holds(document.contains("fetched and shown"), "the document is \(document); \(server.output)")
                let octets = try Data(contentsOf: URL(fileURLWithPath: picture))
                try holds(octets.starts(with: [0x89, 0x50, 0x4e, 0x47]) && octets.count > 500, "there is no picture")
                try server.waitForOutput("TLS \(version)")
            }
        }
    }
}
