// SessionCodecError.swift — why octets are no session that can be used.
// Next: Configuration/ClientConfiguration.swift.

package import Certificates
package import CryptoGlue
package import WireFormat

/// What is wrong with a stored session. Holds none of its octets.
package enum SessionCodecError: Error, Equatable, Sendable {
    /// No session at all: it does not begin like one.
    case foreign
    /// A session in another version of the form, or of something else.
    case unknownVersion(UInt8)
    /// Cut short, or changed: the checksum is another.
    case damaged
    /// A session that is bound to something else.
    case otherBinding
    /// Whole, and yet not what is ever written.
    case malformed(DecodeError)
    /// A certificate or a name in it cannot be read.
    case certificate(CertificateError)
    /// The backend failed.
    case crypto(CryptoError)
}

extension SessionCodecError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .foreign: "it is no stored session"
        case .unknownVersion(let version): "it is a stored session of the unknown version \(version)"
        case .damaged: "it is cut short or damaged"
        case .otherBinding: "it belongs to another configuration or peer"
        case .malformed(let error): "\(error)"
        case .certificate(let error): "\(error)"
        case .crypto(let error): "\(error)"
        }
    }
}
