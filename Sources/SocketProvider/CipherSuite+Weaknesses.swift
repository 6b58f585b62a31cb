// CipherSuite+Weaknesses.swift — which weaknesses have to be accepted before a suite can be offered.
// RFC 9325 §4.1, §4.2.
// Next: Trust.swift.

public import TLS

extension CipherSuite {
    /// What has to be in ``ClientOptions/acceptedTLS12Weaknesses`` for this suite to be offered; nothing for the suites of
    /// TLS 1.3 and for those of TLS 1.2 that have forward secrecy and an AEAD.
    public var weaknesses: Set<TLS12Weakness> { TLS12Suite(self)?.weaknesses ?? [] }
}
