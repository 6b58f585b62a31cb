// MessagesExtensionPlacementTests.swift — the table of RFC 8446 §4.2, row by row.
// RFC 8446 §4.2; IANA "TLS ExtensionType Values".
// Next: MessagesServerNameTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: ExtensionPlacement")
struct MessagesExtensionPlacementTests {
    /// The RFC's abbreviations.
    private static let abbreviations: [(String, ExtensionPlacement.Message)] = [
        ("CH", .clientHello), ("SH", .serverHello), ("HRR", .helloRetryRequest), ("EE", .encryptedExtensions),
        ("CT", .certificate), ("CR", .certificateRequest), ("NST", .newSessionTicket),
    ]

    @Test(
        "RFC 8446 §4.2: an extension may appear in the messages of its row, and in no other",
        arguments: [
            (.serverName, "CH, EE"), (.maxFragmentLength, "CH, EE"), (.statusRequest, "CH, CR, CT"),
            (.supportedGroups, "CH, EE"), (.signatureAlgorithms, "CH, CR"), (.useSRTP, "CH, EE"),
            (.heartbeat, "CH, EE"), (.applicationLayerProtocolNegotiation, "CH, EE"),
            (.signedCertificateTimestamp, "CH, CR, CT"), (.clientCertificateType, "CH, EE"),
            (.serverCertificateType, "CH, EE"), (.padding, "CH"), (.keyShare, "CH, SH, HRR"),
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
            (.recordSizeLimit, "CH, EE"), (.compressCertificate, "CH, CR"), (.ecPointFormats, "CH"),
            (.encryptThenMAC, "CH"), (.extendedMasterSecret, "CH"), (.sessionTicket, "CH"), (.renegotiationInfo, "CH"),
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
