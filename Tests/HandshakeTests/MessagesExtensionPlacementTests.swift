// MessagesExtensionPlacementTests.swift — the table of RFC 8446 §4.2, row by row.
// RFC 8446 §4.2; IANA "TLS ExtensionType Values".
// Next: MessagesServerNameTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: ExtensionPlacement")
struct MessagesExtensionPlacementTests {
    /// The RFC's abbreviations, and SH12 for a ServerHello that selects TLS 1.2.
    private static let abbreviations: [(String, ExtensionPlacement.Message)] = [
        ("CH", .clientHello), ("SH", .serverHello), ("HRR", .helloRetryRequest), ("EE", .encryptedExtensions),
        ("CT", .certificate), ("CR", .certificateRequest), ("NST", .newSessionTicket), ("SH12", .serverHello12),
    ]

    @Test(
        "RFC 8446 §4.2: an extension may appear in the messages of its row, and in no other",
        arguments: [
            (.serverName, "CH, EE, SH12"), (.maxFragmentLength, "CH, EE, SH12"), (.statusRequest, "CH, CR, CT, SH12"),
            (.supportedGroups, "CH, EE, SH12"), (.signatureAlgorithms, "CH, CR"), (.useSRTP, "CH, EE, SH12"),
            (.heartbeat, "CH, EE, SH12"), (.applicationLayerProtocolNegotiation, "CH, EE, SH12"),
            (.signedCertificateTimestamp, "CH, CR, CT, SH12"), (.clientCertificateType, "CH, EE, SH12"),
            (.serverCertificateType, "CH, EE, SH12"), (.padding, "CH"), (.keyShare, "CH, SH, HRR"),
            (.preSharedKey, "CH, SH"), (.pskKeyExchangeModes, "CH"), (.earlyData, "CH, EE, NST"),
            (.cookie, "CH, HRR"), (.supportedVersions, "CH, SH, HRR"), (.certificateAuthorities, "CH, CR"),
            (.oidFilters, "CR"), (.postHandshakeAuth, "CH"), (.signatureAlgorithmsCert, "CH, CR"),
        ] as [(ExtensionType, String)])
    func table(_ type: ExtensionType, _ row: String) {
        let allowed = row.split(separator: ", ").map(String.init)
        for (abbreviation, message) in Self.abbreviations {
            #expect(
                ExtensionPlacement.mayAppear(type, in: message) == allowed.contains(abbreviation),
                "\(type) in \(abbreviation)")
        }
    }

    @Test(
        "IANA: extensions that came later, and those of older versions, have their places too",
        arguments: [
            (.recordSizeLimit, "CH, EE, SH12"), (.compressCertificate, "CH, CR"), (.ecPointFormats, "CH, SH12"),
            (.encryptThenMAC, "CH, SH12"), (.extendedMasterSecret, "CH, SH12"), (.sessionTicket, "CH, SH12"),
            (.renegotiationInfo, "CH, SH12"),
        ] as [(ExtensionType, String)])
    func others(_ type: ExtensionType, _ row: String) { table(type, row) }

    @Test("The table has each message once")
    func messages() {
        #expect(Self.abbreviations.map(\.1) == ExtensionPlacement.Message.allCases)
    }

    @Test("An unknown extension is told apart from a misplaced one", arguments: ExtensionPlacement.Message.allCases)
    func unknown(_ message: ExtensionPlacement.Message) {
        for value: UInt16 in [0x0a0a, 0xfafa, 0x3374, 0xfe0d] {
            #expect(ExtensionPlacement.mayAppear(ExtensionType(rawValue: value), in: message) == nil)
        }
    }
}
