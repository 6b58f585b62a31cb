// CodePointTests.swift — code points against the numbers and names of the RFC.
// RFC 8446 App. B; IANA "TLS Parameters".

import Testing
import WireFormat

@Suite("Code points")
struct CodePointTests {
    @Test(
        "RFC 8446 App. B.4: cipher suites have the RFC's values and names",
        arguments: [
            (CipherSuite.tlsAES128GCMSHA256, 0x1301, "TLS_AES_128_GCM_SHA256"),
            (.tlsAES256GCMSHA384, 0x1302, "TLS_AES_256_GCM_SHA384"),
            (.tlsChaCha20Poly1305SHA256, 0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
            (.tlsAES128CCMSHA256, 0x1304, "TLS_AES_128_CCM_SHA256"),
            (.tlsAES128CCM8SHA256, 0x1305, "TLS_AES_128_CCM_8_SHA256"),
        ] as [(CipherSuite, Int, String)])
    func cipherSuites(_ suite: CipherSuite, _ value: Int, _ name: String) {
        #expect(Int(suite.rawValue) == value)
        #expect(suite.description == name)
        #expect(CipherSuite(name: name) == suite)
        #expect(CipherSuite(name: name.lowercased()) == suite)
        #expect(CipherSuite.named.contains(suite))
    }

    @Test(
        "RFC 8446 §4.2.7: groups have the RFC's values and names",
        arguments: [
            (.secp256r1, 0x0017, "secp256r1"), (.secp384r1, 0x0018, "secp384r1"), (.secp521r1, 0x0019, "secp521r1"),
            (.x25519, 0x001d, "x25519"), (.x448, 0x001e, "x448"), (.ffdhe2048, 0x0100, "ffdhe2048"),
            (.ffdhe3072, 0x0101, "ffdhe3072"), (.ffdhe4096, 0x0102, "ffdhe4096"),
        ] as [(NamedGroup, Int, String)])
    func groups(_ group: NamedGroup, _ value: Int, _ name: String) {
        #expect(Int(group.rawValue) == value)
        #expect(group.description == name)
        #expect(NamedGroup(name: name.uppercased()) == group)
        #expect(NamedGroup.named.contains(group))
    }

    @Test("The NIST curves answer to their short names; unknown names to nothing")
    func otherNames() {
        #expect(NamedGroup(name: "P-256") == .secp256r1)
        #expect(NamedGroup(name: "p-384") == .secp384r1)
        #expect(NamedGroup(name: "P-521") == .secp521r1)
        #expect(NamedGroup(name: "P-224") == nil)
        #expect(NamedGroup(name: "") == nil)
        #expect(CipherSuite(name: "TLS_NULL_WITH_NULL_NULL") == nil)
    }

    @Test(
        "RFC 8446 §4.2.3: signature schemes have the RFC's values and names",
        arguments: [
            (.rsaPKCS1SHA256, 0x0401, "rsa_pkcs1_sha256"), (.rsaPKCS1SHA384, 0x0501, "rsa_pkcs1_sha384"),
            (.rsaPKCS1SHA512, 0x0601, "rsa_pkcs1_sha512"), (.ecdsaSecp256r1SHA256, 0x0403, "ecdsa_secp256r1_sha256"),
            (.ecdsaSecp384r1SHA384, 0x0503, "ecdsa_secp384r1_sha384"),
            (.ecdsaSecp521r1SHA512, 0x0603, "ecdsa_secp521r1_sha512"),
            (.rsaPSSRSAESHA256, 0x0804, "rsa_pss_rsae_sha256"), (.rsaPSSRSAESHA384, 0x0805, "rsa_pss_rsae_sha384"),
            (.rsaPSSRSAESHA512, 0x0806, "rsa_pss_rsae_sha512"), (.ed25519, 0x0807, "ed25519"),
            (.ed448, 0x0808, "ed448"), (.rsaPSSPSSSHA256, 0x0809, "rsa_pss_pss_sha256"),
            (.rsaPSSPSSSHA384, 0x080a, "rsa_pss_pss_sha384"), (.rsaPSSPSSSHA512, 0x080b, "rsa_pss_pss_sha512"),
            (.rsaPKCS1SHA1, 0x0201, "rsa_pkcs1_sha1"), (.ecdsaSHA1, 0x0203, "ecdsa_sha1"),
        ] as [(SignatureScheme, Int, String)])
    func signatureSchemes(_ scheme: SignatureScheme, _ value: Int, _ name: String) {
        #expect(Int(scheme.rawValue) == value)
        #expect(scheme.description == name)
    }

    @Test(
        "RFC 8446 App. B.3: handshake messages have the RFC's values",
        arguments: [
            (.clientHello, 1, "ClientHello"), (.serverHello, 2, "ServerHello"),
            (.newSessionTicket, 4, "NewSessionTicket"), (.endOfEarlyData, 5, "EndOfEarlyData"),
            (.encryptedExtensions, 8, "EncryptedExtensions"), (.certificate, 11, "Certificate"),
            (.certificateRequest, 13, "CertificateRequest"), (.certificateVerify, 15, "CertificateVerify"),
            (.finished, 20, "Finished"), (.keyUpdate, 24, "KeyUpdate"), (.messageHash, 254, "message_hash"),
        ] as [(HandshakeType, Int, String)])
    func handshakeTypes(_ type: HandshakeType, _ value: Int, _ name: String) {
        #expect(Int(type.rawValue) == value)
        #expect(type.description == name)
        #expect(HandshakeType.named.contains(type))
    }

    @Test(
        "RFC 8446 §4.2: extensions have the RFC's values and names",
        arguments: [
            (.serverName, 0, "server_name"), (.maxFragmentLength, 1, "max_fragment_length"),
            (.statusRequest, 5, "status_request"), (.supportedGroups, 10, "supported_groups"),
            (.signatureAlgorithms, 13, "signature_algorithms"), (.useSRTP, 14, "use_srtp"),
            (.heartbeat, 15, "heartbeat"),
            (.applicationLayerProtocolNegotiation, 16, "application_layer_protocol_negotiation"),
            (.signedCertificateTimestamp, 18, "signed_certificate_timestamp"),
            (.clientCertificateType, 19, "client_certificate_type"),
            (.serverCertificateType, 20, "server_certificate_type"), (.padding, 21, "padding"),
            (.recordSizeLimit, 28, "record_size_limit"), (.preSharedKey, 41, "pre_shared_key"),
            (.earlyData, 42, "early_data"), (.supportedVersions, 43, "supported_versions"), (.cookie, 44, "cookie"),
            (.pskKeyExchangeModes, 45, "psk_key_exchange_modes"),
            (.certificateAuthorities, 47, "certificate_authorities"), (.oidFilters, 48, "oid_filters"),
            (.postHandshakeAuth, 49, "post_handshake_auth"),
            (.signatureAlgorithmsCert, 50, "signature_algorithms_cert"), (.keyShare, 51, "key_share"),
            (.renegotiationInfo, 0xff01, "renegotiation_info"),
        ] as [(ExtensionType, Int, String)])
    func extensionTypes(_ type: ExtensionType, _ value: Int, _ name: String) {
        #expect(Int(type.rawValue) == value)
        #expect(type.description == name)
    }

    @Test(
        "RFC 8446 §6: alerts have the RFC's values and names",
        arguments: [
            (.closeNotify, 0, "close_notify"), (.unexpectedMessage, 10, "unexpected_message"),
            (.badRecordMAC, 20, "bad_record_mac"), (.recordOverflow, 22, "record_overflow"),
            (.handshakeFailure, 40, "handshake_failure"), (.badCertificate, 42, "bad_certificate"),
            (.unsupportedCertificate, 43, "unsupported_certificate"),
            (.certificateRevoked, 44, "certificate_revoked"), (.certificateExpired, 45, "certificate_expired"),
            (.certificateUnknown, 46, "certificate_unknown"), (.illegalParameter, 47, "illegal_parameter"),
            (.unknownCA, 48, "unknown_ca"), (.accessDenied, 49, "access_denied"), (.decodeError, 50, "decode_error"),
            (.decryptError, 51, "decrypt_error"), (.protocolVersion, 70, "protocol_version"),
            (.insufficientSecurity, 71, "insufficient_security"), (.internalError, 80, "internal_error"),
            (.inappropriateFallback, 86, "inappropriate_fallback"), (.userCanceled, 90, "user_canceled"),
            (.missingExtension, 109, "missing_extension"), (.unsupportedExtension, 110, "unsupported_extension"),
            (.unrecognizedName, 112, "unrecognized_name"),
            (.badCertificateStatusResponse, 113, "bad_certificate_status_response"),
            (.unknownPSKIdentity, 115, "unknown_psk_identity"), (.certificateRequired, 116, "certificate_required"),
            (.noApplicationProtocol, 120, "no_application_protocol"),
        ] as [(AlertDescription, Int, String)])
    func alerts(_ alert: AlertDescription, _ value: Int, _ name: String) {
        #expect(Int(alert.rawValue) == value)
        #expect(alert.description == name)
    }

    @Test(
        "RFC 8446 §5.1: content types have the RFC's values and names",
        arguments: [
            (.changeCipherSpec, 20, "change_cipher_spec"), (.alert, 21, "alert"), (.handshake, 22, "handshake"),
            (.applicationData, 23, "application_data"),
        ] as [(ContentType, Int, String)])
    func contentTypes(_ type: ContentType, _ value: Int, _ name: String) {
        #expect(Int(type.rawValue) == value)
        #expect(type.description == name)
    }

    @Test("RFC 8446 §4.2.1: versions are ordered as their wire values are")
    func versions() {
        let versions: [ProtocolVersion] = [.ssl30, .tls10, .tls11, .tls12, .tls13]
        #expect(versions.map { Int($0.rawValue) } == [0x0300, 0x0301, 0x0302, 0x0303, 0x0304])
        #expect(versions.map(\.description) == ["SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"])
        #expect(versions.reversed().sorted() == versions)
    }

    @Test("RFC 8701 §3: a value without a name survives and says what it is")
    func unknownValues() {
        #expect(CipherSuite(rawValue: 0x0a0a).description == "cipher suite 0xa0a")
        #expect(NamedGroup(rawValue: 0x0a0a).description == "group 0xa0a")
        #expect(SignatureScheme(rawValue: 0x0a0a).description == "signature scheme 0xa0a")
        #expect(ProtocolVersion(rawValue: 0x7f1c).description == "version 0x7f1c")
        #expect(ExtensionType(rawValue: 0x0a0a).description == "extension 2570")
        #expect(HandshakeType(rawValue: 99).description == "handshake message 99")
        #expect(AlertDescription(rawValue: 99).description == "alert 99")
        #expect(ContentType(rawValue: 99).description == "content type 99")
        #expect(CipherSuite(rawValue: 0x0a0a).rawValue == 0x0a0a)
    }
}
