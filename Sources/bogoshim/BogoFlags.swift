// BogoFlags.swift — what one connection of a test is to do and to find.
// Next: BogoFlagTable.swift.

import TLS

/// The flags of one connection. The runner gives one list for all connections of a test; prefixes say which of them a
/// flag is for (BogoCommandLine.swift).
struct BogoFlags: Sendable {
    // The runner.
    var port = 0
    var shimID: Int?
    var isServer = false
    var resumeCount = 0

    // What is offered.
    var minimumVersion: Int?
    var maximumVersion: Int?
    var excludesTLS10 = false
    var excludesTLS11 = false
    var excludesTLS12 = false
    var excludesTLS13 = false
    var cipherSuites: String?
    var groups: [Int] = []
    var signingSchemes: [Int] = []
    var verifiedSchemes: [Int] = []
    var hostName: String?
    var advertisedProtocols: String?
    var isFallback = false
    var requestsStaple = false
    var usesTickets = true
    var setsTicketKeys = false
    var renewsTickets = false
    var allowsEarlyData = false
    var recordLimit: Int?

    // Credentials and verification.
    var certificateFile: String?
    var keyFile: String?
    var verifiesPeer = false
    var requiresCertificate = false
    var refusesPeer = false
    var verifiesAgain = false
    var usesCustomVerifier = false
    var refusesStaple = false
    var failsCertificateCallback = false
    var failsEarlyCallback = false
    var failsLoadCallback = false
    var authorities: String?
    var staple: [UInt8]?
    var choosesCredentialLate = false
    var declinesStaple = false

    // A server's choices.
    var selectedProtocol: String?
    var declinesProtocol = false
    var refusesProtocol = false

    // How it behaves.
    var isAsynchronous = false
    var isHandshakeImplicit = false
    var writesFirst = false
    var leavesWriteUnfinished = false
    var shutsDown = false
    var checksCloseNotify = false
    var aborts = false
    var updatesKeys = false
    var writesManySizes = false
    var readSize: Int?
    var exportedOctets = 0
    var exportLabel = ""
    var exportContext = ""
    var hasExportContext = false
    var exportsBetweenReads = false
    var exportsSecrets = false
    var resumptionDelay = 0

    // What has to come out.
    var expectedVersion: Int?
    var expectedCipherSuite: Int?
    var expectedCipherSuiteWithAES: Int?
    var expectedGroup: Int?
    var expectedScheme: Int?
    var expectedPeerSchemes: [Int] = []
    var expectedServerName: String?
    var expectedProtocol: String?
    var expectedAdvertisedProtocols: String?
    var expectedStaple: [UInt8]?
    var expectedPeerFile: String?
    var expectsSessionMiss = false
    var expectsNoSession = false
    var expectsSessionID = false
    var expectsNoSessionID = false
    var expectsTicketRenewal = false
    var expectsTicketForEarlyData = false
    var expectsEarlyDataAccepted = false
    var expectsEarlyDataRejected = false
    var expectsNoEarlyDataOffer = false
    var expectedEarlyDataReason: String?
    var expectsRetry = false
    var expectsNoRetry = false
    var expectsExtendedMasterSecret = false
    var expectsNoHandshake = false
}

extension BogoFlags {
    /// What the peer is told that is not accepted: BoringSSL's callbacks have different defaults.
    var rejection: AlertDescription {
        if refusesStaple { return .badCertificateStatusResponse }
        return usesCustomVerifier ? .certificateUnknown : .handshakeFailure
    }

    /// What a client is told whom the application does not want to serve; nil when it does.
    var refusal: AlertDescription? {
        if failsEarlyCallback { return .handshakeFailure }
        return failsCertificateCallback || failsLoadCallback || refusesStaple ? .internalError : nil
    }
}

/// Why a test ends before it passes.
enum BogoFailure: Error {
    /// The library has no such thing, or the shim cannot say it with the library's interface: exit status 89.
    case unimplemented(String)
    /// Something else came out than the test expects, or the connection failed: exit status 1.
    case failed(String)
}
