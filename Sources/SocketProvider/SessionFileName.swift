// SessionFileName.swift — what the name of a session's file says, so that most files need not be opened.
// Next: SessionFileStore.swift.

import TLS

/// `BINDING-RECEIVED-EXPIRY-UNIQUE.once`, or `.many` for a session that may be used again; all in hexadecimal digits.
///
/// The name is a hint. Whether a session may be used is decided by what the file holds.
struct SessionFileName: Hashable {
    /// The binding's digest.
    let binding: String
    let receivedAt: UnixTime
    /// The last second in which it may be offered, whatever the timeout.
    let expiry: UnixTime
    /// Tells it from others of one binding.
    let unique: UInt64
    let isSingleUse: Bool

    init(_ session: Session, for binding: SessionBinding) {
        self.binding = Self.digits(of: binding)
        receivedAt = session.receivedAt
        expiry = session.expiry(timeout: .max)
        unique = .random(in: .min ... .max)
        isSingleUse = session.isSingleUse
    }

    /// nil for a name that this type never writes.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "once" || parts[1] == "many" else { return nil }
        let fields = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard fields.map(\.utf8.count) == [64, 16, 16, 16], fields[0].utf8.allSatisfy(Self.isDigit),
            let received = Self.number(fields[1]), let expiry = Self.number(fields[2]),
            let unique = Self.number(fields[3]), let receivedAt = Int64(exactly: received),
            let expiresAt = Int64(exactly: expiry)
        else { return nil }
        binding = String(fields[0])
        self.receivedAt = UnixTime(seconds: receivedAt)
        self.expiry = UnixTime(seconds: expiresAt)
        self.unique = unique
        isSingleUse = parts[1] == "once"
    }

    var text: String {
        let numbers = [UInt64(clamping: receivedAt.seconds), UInt64(clamping: expiry.seconds), unique]
        let fields = [binding] + numbers.map { Self.digits(of: $0) }
        return fields.joined(separator: "-") + (isSingleUse ? ".once" : ".many")
    }

    /// Whether the session can be offered at all, as far as the name tells.
    func isUsable(at now: UnixTime, timeout: UInt32) -> Bool {
        guard now >= receivedAt, now <= expiry else { return false }
        let (age, isTooOld) = now.seconds.subtractingReportingOverflow(receivedAt.seconds)
        return !isTooOld && age <= Int64(timeout)
    }

    static func digits(of binding: SessionBinding) -> String {
        binding.digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// 16 hexadecimal digits.
    static func digits(of number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func isDigit(_ octet: UInt8) -> Bool {
        (0x30...0x39).contains(octet) || (0x61...0x66).contains(octet)
    }

    private static func number(_ digits: Substring) -> UInt64? {
        digits.utf8.allSatisfy(isDigit) ? UInt64(digits, radix: 16) : nil
    }
}
