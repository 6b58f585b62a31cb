@main
struct SecureSocketCommand {
    static func main() {}
}
