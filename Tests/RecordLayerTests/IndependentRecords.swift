// IndependentRecords.swift — protected records that another implementation made.
// RFC 8446 §5.2, §5.3, §5.4.
// Next: RecordProtectionTests.swift.

import CryptoGlue
import RecordLayer
import TestSupport
import Testing
import WireFormat

/// One TLSCiphertext with everything that went into it.
struct IndependentRecord: Sendable, CustomTestStringConvertible {
    let algorithm: AEADAlgorithm
    let key: [UInt8]
    let iv: [UInt8]
    let number: UInt64
    let type: ContentType
    let content: [UInt8]
    let zeros: Int
    let record: [UInt8]

    var testDescription: String { "\(algorithm) record \(number)" }

    var recordKey: RecordKey {
        RecordKey(algorithm: algorithm, key: SecretBytes(copying: key.span), iv: SecretBytes(copying: iv.span))
    }

    /// All of the table below; a line that cannot be read makes a record that no test accepts.
    static let all: [IndependentRecord] = KeyValueFile(text: table).blocks(sticky: ["algorithm", "key", "iv"]).map {
        block in
        func octets(_ name: String) -> [UInt8] { (try? block.bytes(name)) ?? [] }
        return IndependentRecord(
            algorithm: AEADAlgorithm(rawValue: block["algorithm"] ?? "") ?? .aes128GCM,
            key: octets("key"), iv: octets("iv"),
            number: UInt64(block["number"] ?? "") ?? .max,
            type: ContentType(rawValue: UInt8(block["type"] ?? "") ?? 0),
            content: octets("content"), zeros: Int(block["zeros"] ?? "") ?? -1, record: octets("record"))
    }

    // Made with the AEADs of Python's `cryptography` 48 (OpenSSL 4) and no TLS code at all:
    //     nonce = iv XOR number.to_bytes(12, "big"); inner = content + type + zeros
    //     header = 17 03 03 + (len(inner) + tag length).to_bytes(2, "big"); record = header + seal(nonce, inner, header)
    private static let table = """
        algorithm = aes128GCM
        key = 0104070a0d101316191c1f2225282b2e
        iv = c8cfd6dde4ebf2f900070e15
        number = 0
        type = 22
        content = 14191e23282d32373c41464b50555a5f64696e73
        zeros = 0
        record = 1703030025cb7367d5db2ceb09cef0b3f557f845995d6761591fa216979b71aee211869b1c7186352990

        number = 1
        type = 23
        content = 02
        zeros = 0
        record = 1703030012a8126400e01c01f10229ca3cf2a8241134fb

        number = 255
        type = 23
        content = 14191e23282d32373c41464b50555a5f64696e7378
        zeros = 5
        record = 170303002b9185d1ddea01299d56065217f6559c189795940eef303880bf4f1916a30d9ea77d24af4dd27d841d70aa50

        number = 256
        type = 21
        content = 0207
        zeros = 0
        record = 1703030013ebace6a6e38476c6ce53d9a4373247de0d2edd

        number = 4294967301
        type = 23
        content =
        zeros = 28
        record = 170303002d284860045ec69471e2ccfd22a711a974bed0214628bddde93f93c59440de5e04ac0127b1deab88f938157c2307

        number = 72623859790382856
        type = 23
        content = 1b20252a2f34393e43484d52575c61666b7075
        zeros = 9
        record = 170303002d058c883fd48c9c227b73de7226052126af6558f26dd2b769a2282c1a0f0589099c66c01caeac6a13d82399fc5e

        algorithm = aes256GCM
        key = 1215181b1e2124272a2d303336393c3f4245484b4e5154575a5d606366696c6f
        iv = e5ecf3fa01080f161d242b32
        number = 0
        type = 22
        content = 14191e23282d32373c41464b50555a5f64696e73
        zeros = 0
        record = 170303002537b217d8cdd63fca4fbb8f5d4819edd104ab000eef22bad5152dd08f176b267bab1b08cfeb

        number = 1
        type = 23
        content = 02
        zeros = 0
        record = 17030300120caf9d04c465a027a28899181b0e46b2d881

        number = 255
        type = 23
        content = 14191e23282d32373c41464b50555a5f64696e7378
        zeros = 5
        record = 170303002bf0adf9c6bc398fda75afd447a45c45e25b9af059e561fc3c9009b46c50ea5a047f198eb29d9a55cc91edbb

        number = 256
        type = 21
        content = 0207
        zeros = 0
        record = 17030300139dcc4e85464449b0f9a49784edbf914e15fc75

        number = 4294967301
        type = 23
        content =
        zeros = 28
        record = 170303002d1eafe2c75348ce048a3bbbe7cee0b7e71c223b165a8133b93a12c9aaec38641dab84fe2daa464fd69f56a0ebd4

        number = 72623859790382856
        type = 23
        content = 1b20252a2f34393e43484d52575c61666b7075
        zeros = 9
        record = 170303002dd4201b5be47cc32768c9899147e608894ce1d754534bc9c385afc5b7e59a15441a7099511a0abc6b07870d17ad

        algorithm = chaCha20Poly1305
        key = 2326292c2f3235383b3e4144474a4d505356595c5f6265686b6e7174777a7d80
        iv = 020910171e252c333a41484f
        number = 0
        type = 22
        content = 14191e23282d32373c41464b50555a5f64696e73
        zeros = 0
        record = 1703030025fc5251d267eb4282e9ca7b200902f30d17f3f12c0177b294e9644319ad7c9920ccd421795e

        number = 1
        type = 23
        content = 02
        zeros = 0
        record = 1703030012892fc034588230bd8c1fe998e68f79df5fd4

        number = 255
        type = 23
        content = 14191e23282d32373c41464b50555a5f64696e7378
        zeros = 5
        record = 170303002b9aa5681ab87ff950d4150a0ac7aac765cd535471f1cc626a1cc499c812bdae54b6db192c6662d751131671

        number = 256
        type = 21
        content = 0207
        zeros = 0
        record = 17030300135141def1f26042b4a98726ec70536a3c09c576

        number = 4294967301
        type = 23
        content =
        zeros = 28
        record = 170303002d8c539b188943ac80af9815528c50341042fba572c239a5a6e6941994f3a34652c0a5eda6a8affe780876fb3824

        number = 72623859790382856
        type = 23
        content = 1b20252a2f34393e43484d52575c61666b7075
        zeros = 9
        record = 170303002d2b8c056c45f59d9aac5e09c5b8cf0eb9f13384bcad5ecd6c4f16552a43b49a373548dc0bb4380ecb14ade55a3e

        algorithm = aes128CCM
        key = 34373a3d404346494c4f5255585b5e61
        iv = 1f262d343b424950575e656c
        number = 0
        type = 22
        content = 14191e23282d32373c41464b50555a5f64696e73
        zeros = 0
        record = 1703030025c59a859d9ae1caf51caf6cbbcf742e0e782102fcb29cc58054ecba664a9e0390c5d9bf254f

        number = 1
        type = 23
        content = 02
        zeros = 0
        record = 17030300123b8023c67fe78fbb7fa3bef29b800e60a959

        number = 255
        type = 23
        content = 14191e23282d32373c41464b50555a5f64696e7378
        zeros = 5
        record = 170303002b0cfec58ff49ecabfb737cc87f205f3677302c67b84a59d11a86671ef53996e9bfc1987a4e4c2ce79177eb8

        number = 256
        type = 21
        content = 0207
        zeros = 0
        record = 1703030013c2a8be97a8b10e0f96c606a5410f57b564ae63

        number = 4294967301
        type = 23
        content =
        zeros = 28
        record = 170303002de446c6f00a8237cf262922c355f81a1237a44ea81e05989735f111f2705eaaa83c2e99c97ef8e527ce3191b758

        number = 72623859790382856
        type = 23
        content = 1b20252a2f34393e43484d52575c61666b7075
        zeros = 9
        record = 170303002dfe11440ac0b75c984521fda67eb2c67ddc3b649ddf6c9cf8bcfe602bfadabb8b30cbcc5b876d0a9f3c3a365c09

        algorithm = aes128CCM8
        key = 45484b4e5154575a5d606366696c6f72
        iv = 3c434a51585f666d747b8289
        number = 0
        type = 22
        content = 14191e23282d32373c41464b50555a5f64696e73
        zeros = 0
        record = 170303001da7b1fcf90d1f7405af82811b05648619b117ab3568e29fe39d4c1ec069

        number = 1
        type = 23
        content = 02
        zeros = 0
        record = 170303000ae7f59989c96dc7f165d2

        number = 255
        type = 23
        content = 14191e23282d32373c41464b50555a5f64696e7378
        zeros = 5
        record = 17030300230a89d6ce419f2e9412a82863219016973bbf6315ab205b6a62237730f0f8652da2d233

        number = 256
        type = 21
        content = 0207
        zeros = 0
        record = 170303000bd1924484291abeddf3e8ef

        number = 4294967301
        type = 23
        content =
        zeros = 28
        record = 17030300251809d5a9005dd401ab4147a00143d92cf1ca99e1d267697f9040fba51895b2ad977726b562

        number = 72623859790382856
        type = 23
        content = 1b20252a2f34393e43484d52575c61666b7075
        zeros = 9
        record = 17030300258fd6552860261b8168d8b71a18879e54da2e7fbab8fb260f108da0a52e4f757120ae44689d
        """
}
