// UnvalidatedPath.swift — what a peer sent, before anything is known about it.
// RFC 8446 §4.4.2.
// Next: PathValidator.swift.

/// The certificates of a peer: its own, and others in any order that may or may not lead to an anchor.
package struct UnvalidatedPath: Sendable {
    package let leaf: Certificate
    package let intermediates: [Certificate]

    package init(leaf: Certificate, intermediates: [Certificate]) {
        self.leaf = leaf
        self.intermediates = intermediates
    }
}
