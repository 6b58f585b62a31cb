// ServeCommand+Options.swift — the command line of `serve` as options of the provider.
// RFC 6066 §3 (names).
// Next: Service.swift.

import Foundation
import SocketProvider
import TLS

extension ServeCommand {
    func options(of provider: Provider, keyLog: KeyLogFile?) throws(SocketError) -> ServerOptions {
        var options = provider.defaultServerOptions
        options.credentials = try credentials()
        options.versions = legacy.versions(minVersion.version...maxVersion.version)
        options.acceptedTLS12Weaknesses = Set(acceptWeakness.map(\.weakness))
        if cipherSuite.isEmpty {
            let possible = provider.descriptors.first?.cipherSuites ?? []
            options.cipherSuites += possible.filter {
                !$0.weaknesses.isEmpty && $0.weaknesses.isSubset(of: options.acceptedTLS12Weaknesses)
            }
        } else if !legacy.legacyOnly {
            options.cipherSuites = cipherSuite
        }
        if !group.isEmpty { options.groups = group }
        options.alpnProtocols = alpn.isEmpty && http != nil ? ["http/1.1"] : alpn
        if let clientAuthorities {
            let trust = ServerOptions.ClientTrust(trust: .file(clientAuthorities))
            options.clientAuthentication =
                switch clientAuthentication {
                case .optional: .optional(trust)
                case .required: .required(trust)
                }
        }
        options.keyLog = keyLog
        if let sessionTimeout { options.sessionCacheTimeout = sessionTimeout }
        if noTickets { options.tickets = .off }
        if noResume { options.reuse = .off }
        options.maxEarlyDataSize = earlyData
        if let maxHandshakes { options.limits.handshakes = maxHandshakes }
        if let handshakeTimeout { options.timeouts.handshake = .seconds(handshakeTimeout) }
        options.timeouts.read = .seconds(timeout)
        options.timeouts.write = .seconds(timeout)
        return options
    }

    /// All certificates with their keys; when there are several, by the names that are in them. Who asks for another name, or
    /// for none, gets the first.
    private func credentials() throws(SocketError) -> ServerOptions.Credentials {
        var all: [Credential] = []
        for (certificate, key) in zip(certificate, key) {
            var credential = try CredentialFiles.read(certificate, key)
            if all.isEmpty, let ocspResponse { credential.ocspResponse = try SystemFile.read(ocspResponse) }
            all.append(credential)
        }
        guard all.count > 1, let first = all.first else { return .fixed(all) }
        let ofFirst = Self.names(of: first)
        let fallback = all.filter { !Self.names(of: $0).isDisjoint(with: ofFirst) }
        var named = NamedCredentials(default: fallback.isEmpty ? [first] : fallback)
        for name in all.reduce(into: Set<String>(), { $0.formUnion(Self.names(of: $1)) }) {
            do throws(HandshakeError) {
                try named.set(all.filter { Self.names(of: $0).contains(name) }, for: name)
            } catch {
                throw .fileContents(path: certificate.joined(separator: ", "), reason: "\(error)")
            }
        }
        return .names(named)
    }

    private static func names(of credential: Credential) -> Set<String> {
        let names = credential.certificates.first?.subjectAlternativeName ?? []
        return Set(names.compactMap { if case .dns(let name) = $0 { name.lowercased() } else { nil } })
    }
}

/// A certificate and its key, from files in PEM or DER.
enum CredentialFiles {
    static func read(_ certificate: String, _ key: String) throws(SocketError) -> Credential {
        let chain = try SystemFile.read(certificate)
        let secret = try SystemFile.readSecret(key)
        var path = certificate
        do {
            let certificates =
                isDER(chain) ? [try Certificate(derEncoded: chain)] : try Certificate.parse(pem: chain)
            path = key
            return try Credential(certificates: certificates, key: try PrivateKeyFile.parse(file: secret))
        } catch {
            throw .fileContents(path: path, reason: "\(error)")
        }
    }

    /// Certificates are SEQUENCEs; a PEM file that happens to begin with a zero has a BEGIN line.
    private static func isDER(_ file: [UInt8]) -> Bool {
        file.first == 0x30 && !file.contains(Array("-----BEGIN ".utf8))
    }
}

extension ListeningSocket {
    /// Binds to what the command line says; `*` is every address of both families, of IPv4 alone where there is no IPv6.
    func bind(to listen: ListenAddress) throws(SocketError) {
        switch listen {
        case .address(let address): try bind(to: address)
        case .any(let port):
            do throws(SocketError) {
                try bind(to: .any(.ipv6, port: port))
            } catch {
                guard case .addressUnavailable = error else { throw error }
                try bind(to: .any(.ipv4, port: port))
            }
        }
    }
}
