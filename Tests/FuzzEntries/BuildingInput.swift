// BuildingInput.swift — octets as a question to path validation.
// Next: ../Fuzzing/Parsing/Fuzzer.swift.

import Certificates
import WireFormat

/// Three octets of options, four of time, and parts with their lengths in two octets in front: certificates, and if the options say
/// so, a stapled response as the last.
struct BuildingInput {
    let path: UnvalidatedPath
    let request: PathRequest
    let isLogged: Bool

    /// nil unless there are two certificates that can be parsed.
    init?(_ octets: [UInt8]) {
        guard octets.count > 7 else { return nil }
        let flags = octets[0]
        let seconds = octets[3..<7].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        var parts: [[UInt8]] = []
        var rest = octets[7...]
        while rest.count >= 2, parts.count < UnvalidatedPath.mostCertificates {
            let count = min(Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1]), rest.count - 2)
            parts.append(Array(rest.dropFirst(2).prefix(count)))
            rest = rest.dropFirst(2 + count)
        }
        let staple = flags & 32 != 0 ? parts.popLast() : nil
        let certificates = parts.compactMap { try? Certificate(derEncoded: $0) }
        guard let leaf = certificates.first, let anchor = certificates.last, certificates.count > 1 else { return nil }
        path = UnvalidatedPath(leaf: leaf, intermediates: Array(certificates.dropFirst()))
        let isPinned = flags & 1 != 0
        let pins = isPinned ? [try? PublicKeyPin(of: leaf)].compactMap { $0 } : []
        var request = PathRequest(
            anchors: TrustAnchors([anchor]).pinning(pins),
            identity: flags & 2 != 0 ? try? ReferenceIdentity("server.example.org") : nil,
            purpose: flags & 4 != 0 ? .clientAuthentication : .serverAuthentication,
            keyUsage: flags & 8 != 0 ? nil : .digitalSignature, at: UnixTime(seconds: seconds),
            allowedSignatures: BuildingInput.signatures,
            policy: PathPolicy(
                maximumDepth: Int(octets[1]),
                certificatePolicies: CertificatePolicyInputs(
                    requiresExplicitPolicy: octets[2] & 1 != 0, inhibitsPolicyMapping: octets[2] & 2 != 0,
                    inhibitsAnyPolicy: octets[2] & 4 != 0),
                revocation: RevocationPolicy(mode: octets[2] & 8 != 0 ? .require : .prefer)))
        request.nameCheck = .whenGiven
        request.stapledResponse = staple
        request.isStatusRequested = staple != nil
        self.request = request
        isLogged = flags & 16 != 0
    }

    private static let signatures: [SignatureScheme] = [
        .ed25519, .ed448, .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512, .rsaPSSRSAESHA256,
        .rsaPSSRSAESHA384, .rsaPSSRSAESHA512, .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512, .rsaPKCS1SHA256,
        .rsaPKCS1SHA384, .rsaPKCS1SHA512,
    ]
}
