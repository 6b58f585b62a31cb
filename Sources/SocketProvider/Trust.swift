// Trust.swift — where trust anchors come from; the machine's own store is read once per process.
// RFC 5280 §6.1.1(d) for what an anchor is; SSL_CERT_FILE and SSL_CERT_DIR as OpenSSL reads them.
// Next: SecurityPackage.swift.

import Synchronization
public import TLS

/// Where trust comes from.
public enum TrustSource: Sendable {
    /// This machine's store: the file of SSL_CERT_FILE and the directories of SSL_CERT_DIR when one of them is set, else the
    /// first of the usual places. Read once per process.
    case system
    /// Certificates in PEM.
    case pem([UInt8])
    /// A file of certificates in PEM.
    case file(String)
    /// Certificates.
    case certificates([Certificate])
    /// Anchors that were loaded before; what many configurations share. With `anchors.pinning(pins)` the peers with these
    /// keys are trusted besides.
    case anchors(TrustAnchors)
    /// The peers with these keys, whoever issued their certificates, and nobody else.
    case pins([PublicKeyPin])
}

extension TrustSource {
    /// The anchors.
    ///
    /// - Throws: ``SocketError/file(path:errno:)`` and ``SocketError/fileContents(path:reason:)`` for files,
    ///   ``SocketError/invalidOption(name:reason:)`` for what was given in memory.
    public func load() throws(SocketError) -> TrustAnchors {
        switch self {
        case .system:
            return try SystemTrust.shared()
        case .file(let path):
            let pem = try SystemFile.read(path)
            do throws(CertificateError) {
                return try TrustAnchors(pem: pem)
            } catch {
                throw .fileContents(path: path, reason: "\(error)")
            }
        case .pem(let pem):
            do throws(CertificateError) {
                return try TrustAnchors(pem: pem)
            } catch {
                throw .invalidOption(name: "trust", reason: "\(error)")
            }
        case .certificates(let certificates):
            guard !certificates.isEmpty else {
                throw .invalidOption(name: "trust", reason: "without an anchor no certificate can be trusted")
            }
            return TrustAnchors(certificates)
        case .anchors(let anchors):
            return anchors
        case .pins(let pins):
            guard !pins.isEmpty else {
                throw .invalidOption(name: "trust", reason: "without a pin nobody can be trusted")
            }
            return TrustAnchors([]).pinning(pins)
        }
    }
}

/// This machine's trust store.
package enum SystemTrust {
    /// Where distributions keep one file with all anchors: Debian and Alpine, Fedora and RHEL (two), SUSE, others.
    static let usualFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ]
    /// Where they keep one file for each.
    static let usualDirectories = ["/etc/ssl/certs", "/etc/pki/tls/certs"]

    /// More files than any store has.
    private static let mostFiles = 4096

    private static let loaded = Mutex<TrustAnchors?>(nil)

    /// The store, read at the first use. A failure is not kept: the next use tries again.
    static func shared() throws(SocketError) -> TrustAnchors {
        try loaded.withLock { loaded throws(SocketError) in
            if let anchors = loaded { return anchors }
            let anchors = try load(
                file: SystemEnvironment.value("SSL_CERT_FILE"), directories: SystemEnvironment.value("SSL_CERT_DIR"))
            loaded = anchors
            return anchors
        }
    }

    /// Reads the file and the colon-separated directories, or the usual places when neither is given.
    package static func load(file: String?, directories: String?) throws(SocketError) -> TrustAnchors {
        var bundle: [UInt8] = []
        var seen: Set<FileIdentity> = []
        if file != nil || directories != nil {
            if let file { bundle += try SystemFile.read(file) }
            for directory in (directories ?? "").split(separator: ":") {
                bundle += try contents(of: String(directory), seen: &seen)
            }
            return try parse(bundle, from: [file, directories].compactMap { $0 }.joined(separator: ", "))
        }
        for path in usualFiles {
            if let contents = try? SystemFile.read(path), !contents.isEmpty {
                return try parse(contents, from: path)
            }
        }
        for directory in usualDirectories {
            bundle += (try? contents(of: directory, seen: &seen)) ?? []
        }
        return try parse(bundle, from: usualDirectories.joined(separator: ", "))
    }

    private static func parse(_ bundle: [UInt8], from place: String) throws(SocketError) -> TrustAnchors {
        do throws(CertificateError) {
            return try TrustAnchors(pem: bundle)
        } catch {
            throw .fileContents(path: place, reason: "\(error)")
        }
    }

    /// All PEM files of a directory, one after another. Names that are links to one file, as OpenSSL's hashed names are,
    /// count once.
    private static func contents(
        of directory: String, seen: inout Set<FileIdentity>
    ) throws(SocketError) -> [UInt8] {
        let names: [String]
        do throws(Errno) {
            names = try SystemDirectory.names(in: directory, limit: mostFiles)
        } catch {
            throw .file(path: directory, errno: error.code)
        }
        var bundle: [UInt8] = []
        for name in names where isCertificateFile(name) && bundle.count <= SystemFile.largest {
            // A file that cannot be read, like a link to nowhere, takes no anchor from the others.
            guard let descriptor = try? Descriptor.open(reading: "\(directory)/\(name)"),
                let identity = try? descriptor.fileIdentity(), identity.isRegular, seen.insert(identity).inserted,
                let contents = try? descriptor.readAll(limit: SystemFile.largest)
            else { continue }
            bundle += contents
            bundle.append(0x0a)
        }
        return bundle
    }

    /// `*.pem`, `*.crt`, `*.cer`, and OpenSSL's `XXXXXXXX.N`.
    private static func isCertificateFile(_ name: String) -> Bool {
        if [".pem", ".crt", ".cer"].contains(where: name.hasSuffix) { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].count == 8 && parts[0].allSatisfy(\.isHexDigit)
            && !parts[1].isEmpty && parts[1].allSatisfy(\.isNumber)
    }
}
