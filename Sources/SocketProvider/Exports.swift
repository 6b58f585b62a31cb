// Exports.swift — the module whose types the public interface mentions; `import SocketProvider` is enough to use them.
// Next: ProviderCatalog.swift.

@_exported public import TLS
