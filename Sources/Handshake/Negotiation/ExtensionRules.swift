// ExtensionRules.swift — which extensions a message of the server may carry.
// RFC 8446 §4.2.
// Next: SignatureNegotiation.swift.

package import WireFormat

package enum ExtensionRules {
    /// Refuses duplicates, extensions that answer nothing, and extensions in the wrong message.
    ///
    /// - Parameter offered: the types of the ClientHello; nil for a message that is a request itself
    ///   (CertificateRequest, NewSessionTicket): there an unknown extension is ignored.
    package static func check(
        _ block: ExtensionBlock, of type: HandshakeType, _ message: ExtensionPlacement.Message,
        offered: [ExtensionType]?
    ) throws(HandshakeError) {
        if let duplicate = block.firstDuplicate { throw .peerMisbehaved(.duplicateExtension(duplicate, in: type)) }
        for extensionType in block.types {
            // RFC 8446 §4.2: the cookie of a HelloRetryRequest is the one extension that answers nothing.
            let isCookie = message == .helloRetryRequest && extensionType == .cookie
            if let offered, !isCookie, !offered.contains(extensionType) {
                throw .peerMisbehaved(.unsolicitedExtension(extensionType, in: type))
            }
            if ExtensionPlacement.mayAppear(extensionType, in: message) == false {
                throw .peerMisbehaved(.misplacedExtension(extensionType, in: type))
            }
        }
    }

    /// The body of a mandatory extension.
    package static func require(
        _ extensionType: ExtensionType, in block: ExtensionBlock, of type: HandshakeType
    ) throws(HandshakeError) -> [UInt8] {
        guard let body = block.body(of: extensionType) else {
            throw .peerMisbehaved(.missingExtension(extensionType, in: type))
        }
        return body
    }
}
