// Fuzzer.swift — gives libFuzzer's octets to the entry for building (scripts/fuzz).
// docs/fuzzing.md.

import FuzzEntries
import Glibc

/// libFuzzer's own main calls this too; the package manager wants the program to have a main of its own.
@_silgen_name("LLVMFuzzerRunDriver")
private func run(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ entry: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
enum Fuzzer {
    static func main() {
        var (count, arguments) = unsafe (CommandLine.argc, CommandLine.unsafeArgv)
        let status = unsafe run(&count, &arguments) { start, count in
            let broken = unsafe FuzzEntry.building(Array(UnsafeBufferPointer(start: start, count: count)))
            // libFuzzer sees a trap, and keeps the octets.
            precondition(broken.isEmpty, broken.joined(separator: "; "))
            return 0
        }
        exit(status)
    }
}
