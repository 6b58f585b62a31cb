// TLSFeatures.swift — which TLS extensions a certificate's holder promises to answer: must-staple.
// RFC 7633 §4; RFC 6066 §8.
// Next: Path/CertificatePurpose.swift.

import SwiftASN1

/// The TLS feature extension, a SEQUENCE OF INTEGER: numbers of TLS extensions that a server with this certificate
/// answers when they are offered.
struct TLSFeatures {
    /// status_request, 5.
    private(set) var requiresStapledStatus = false
    /// Another feature, which is not enforced here. status_request_v2 is never offered, so never owed.
    private(set) var hasUnknown = false

    init(_ node: ASN1Node) throws(Fault) {
        var features = try FieldReader(node, "the TLS feature extension")
        guard !features.isAtEnd else { throw Fault(.structure, expected: "a TLS feature", found: "none") }
        while !features.isAtEnd {
            if try features.read("a feature").unsignedInteger("a feature") == [5] {
                requiresStapledStatus = true
            } else {
                hasUnknown = true
            }
        }
    }
}
