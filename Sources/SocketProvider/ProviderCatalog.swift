// ProviderCatalog.swift — enumerate and select: transports × security packages.
// The counterpart of WinSock's WSAEnumProtocols.
// Next: ProviderSelection.swift.

/// The providers of a program: every transport combined with every registered security package.
///
/// A catalogue is a value. Registering a package makes a new catalogue and changes nobody else's.
///
///     let catalogue = ProviderCatalog.standard
///     let provider = try catalogue.select(scheme: .tls)          // IPv6 and IPv4
///     let socket = try provider.configure(provider.defaultOptions).makeSocket()
///     try socket.connect(to: .name("example.org", port: 443))
public struct ProviderCatalog: Sendable {
    /// The packages, in the order of registration.
    public private(set) var packages: [any SecurityPackage]
    /// Packages that should be here and cannot be used on this machine, with the reason.
    public private(set) var unavailable: [UnavailablePackage]

    /// A package that cannot be used on this machine.
    public struct UnavailablePackage: Sendable, Equatable {
        /// The package's name.
        public let name: String
        /// Why it cannot be used.
        public let reason: String
    }

    /// A catalogue of these packages and no others.
    public init(packages: [any SecurityPackage]) {
        self.init(packages: packages, unavailable: [])
    }

    init(packages: [any SecurityPackage], unavailable: [UnavailablePackage]) {
        self.packages = packages
        self.unavailable = unavailable
    }

    /// This catalogue with one more package. A package of the same name takes the old one's place.
    public func registering(_ package: any SecurityPackage) -> ProviderCatalog {
        var catalogue = self
        if let index = packages.firstIndex(where: { $0.name == package.name }) {
            catalogue.packages[index] = package
        } else {
            catalogue.packages.append(package)
        }
        return catalogue
    }

    /// Every provider of the standard catalogue.
    public static func enumerate() -> [ProviderDescriptor] { standard.enumerate() }

    /// Every provider: each package over TCP/IPv4 and TCP/IPv6, in the order of registration.
    public func enumerate() -> [ProviderDescriptor] {
        var descriptors: [ProviderDescriptor] = []
        for package in packages {
            for family in AddressFamily.allCases {
                descriptors.append(Self.descriptor(of: package, family, id: UInt32(descriptors.count + 1)))
            }
        }
        return descriptors
    }

    private static func descriptor(
        of package: any SecurityPackage, _ family: AddressFamily, id: UInt32
    ) -> ProviderDescriptor {
        let transport = "TCP/\(family.rawValue)"
        return ProviderDescriptor(
            id: id, name: package.scheme == .none ? transport : "\(package.name) over \(transport)",
            addressFamily: family, socketType: .stream, transport: .tcp, securityScheme: package.scheme,
            packageName: package.name, versions: package.versions.sorted(), backend: package.backend,
            capabilities: package.capabilities.union([.client, .fullDuplex, .halfClose]),
            cipherSuites: package.cipherSuites, groups: package.groups)
    }
}

extension ProviderCatalog {
    /// Selects the first package with a descriptor that `accepts` likes, over every address family it likes for it.
    ///
    /// A condition that says nothing of the address family thus selects IPv6 and IPv4 together, and connecting by name
    /// tries the addresses of both.
    ///
    /// - Throws: ``SocketError/noSuchProvider(_:)``.
    public func select(where accepts: (ProviderDescriptor) -> Bool) throws(SocketError) -> Provider {
        try select("what the condition asks for", where: accepts)
    }

    /// Selects by security scheme, and by address family, package name and capabilities when they are given, as
    /// `select(scheme: .tls, capabilities: [.server])`.
    ///
    /// - Throws: ``SocketError/noSuchProvider(_:)``.
    public func select(
        scheme: SecurityScheme, family: AddressFamily? = nil, package: String? = nil,
        capabilities: Set<ProviderCapability> = []
    ) throws(SocketError) -> Provider {
        let names = capabilities.map(\.rawValue).sorted()
        let wanted = ([package, "\(scheme)", family?.rawValue].compactMap { $0 } + names).joined(separator: ", ")
        return try select("of the kind \(wanted)") { descriptor in
            descriptor.securityScheme == scheme && capabilities.isSubset(of: descriptor.capabilities)
                && (family ?? descriptor.addressFamily) == descriptor.addressFamily
                && (package ?? descriptor.packageName) == descriptor.packageName
        }
    }

    /// Selects one descriptor of this catalogue: one package over one address family.
    ///
    /// - Throws: ``SocketError/noSuchProvider(_:)`` when the catalogue does not list it.
    public func select(_ descriptor: ProviderDescriptor) throws(SocketError) -> Provider {
        try select(descriptor.name) { $0 == descriptor }
    }

    private func select(
        _ wanted: String, where accepts: (ProviderDescriptor) -> Bool
    ) throws(SocketError) -> Provider {
        let matching = enumerate().filter(accepts)
        guard let first = matching.first,
            let package = packages.first(where: { $0.name == first.packageName })
        else { throw .noSuchProvider(wanted) }
        return Provider(package: package, descriptors: matching.filter { $0.packageName == first.packageName })
    }
}
