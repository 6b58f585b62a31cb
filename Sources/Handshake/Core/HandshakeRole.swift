// HandshakeRole.swift — which side of a connection we are.
// RFC 8446 §1.1.
// Next: HandshakeMachine.swift.

/// Client or server: what both sides share asks it where they differ.
package enum HandshakeRole: String, Sendable {
    case client, server
}
