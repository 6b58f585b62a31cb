// Exports.swift — the modules whose types the public interface mentions; `import TLS` is enough to use them.
// Next: TLSConnection.swift.

@_exported public import Certificates
@_exported public import CryptoGlue
@_exported public import Handshake
@_exported public import RecordLayer
@_exported public import WireFormat
