// BogoShim.swift — the program that BoringSSL's TLS test-suite drives: one run is one test.
// The protocol is BoGo's: docs/bogo.md.
// Next: BogoFlags.swift.

import Foundation
import TLS

@main
struct BogoShim {
    static func main() {
        do throws(BogoFailure) {
            let commandLine = try BogoCommandLine(Array(CommandLine.arguments.dropFirst()))
            guard !commandLine.asksForHandshaker else {
                print("No")
                return
            }
            try run(commandLine)
        } catch {
            switch error {
            case .failed(let text): end(1, text)
            case .unimplemented(let text): end(89, "unimplemented: " + text)
            }
        }
    }

    /// Makes the connections of the test, one after the other; sessions and the clock outlive them.
    private static func run(_ commandLine: BogoCommandLine) throws(BogoFailure) {
        let state = try BogoState(commandLine.initial)
        for index in 0...commandLine.initial.resumeCount {
            let isResumption = index > 0
            let flags = isResumption ? commandLine.resumption : commandLine.initial
            do throws(BogoFailure) {
                var connection = try BogoConnection(
                    flags, retry: commandLine.retry, isResumption: isResumption, state: state)
                try connection.run()
            } catch {
                guard case .failed(let text) = error else { throw error }
                throw .failed("connection \(index + 1): \(text)")
            }
            state.clock.advance(by: flags.resumptionDelay)
            // A ticket is renewed in the second half of its life.
            if flags.renewsTickets {
                try state.addTicketKey()
                state.clock.advance(by: 400)
            }
        }
    }

    private static func end(_ status: Int32, _ text: String) -> Never {
        FileHandle.standardError.write(Data((text + "\n").utf8))
        exit(status)
    }
}
