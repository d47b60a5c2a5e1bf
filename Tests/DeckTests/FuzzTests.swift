import Deck
import Testing

/// Whatever the text, the interpreter ends, with or without an error.
@Suite struct FuzzTests {
    static let tokens = [
        "variable", "a", "b", "i", "f", "index", "loop", "equal", "atom", "vector", "string", "format", "file",
        "internal",
        "timer", "delete", "next", "jump", "SELF", "label", "x", "if", "then", "elif", "else", "include", "print",
        "quit",
        "log", "echo", "clear", "shell", "run", "\"", "'", "\"\"\"", "&", "#", "\n", "\n", "\n", " ", " ", " ", "$",
        "${",
        "}", "$(", "$a", "${b}", "(", ")", "[", "]", "v_a", "v_b", "c_x", "1", "-2.5e3", "0", "3", "==", "&&", "||",
        "|^",
        "!", "<", "+", "-", "*", "/", "^", "%", ":%g", ":%d", "%n", ",", "sqrt(", "ternary(", "random(0,1,5)",
        "sum(v_b)",
        "stride(0,9,2)", "pad", "\r\n", "\t", "é", "水", "\0", "inner",
    ]

    func run(_ text: String) throws {
        let host = RecordingHost()
        host.files = ["inner": "print \"$a\"\nnext a\njump SELF x", "f": "1\n2\n"]
        host.keywords = ["a": 1]
        _ = try runDeck(text, host: host, maxCommands: 200)
    }

    @Test func tokenSequences() throws {
        var generator = SplitMix(state: 1)
        for _ in 0..<4000 {
            var text = "variable a index 1 2 \"x y\"\nvariable b vector [1,2,3]\n"
            for _ in 0..<Int(generator.next() % 60) {
                text += Self.tokens.randomElement(using: &generator) ?? ""
                if generator.next() % 3 > 0 { text += " " }
            }
            try run(text)
        }
    }

    @Test func validDecksWithDamage() throws {
        let deck = Array(try ReferenceTests.lines("in.language").joined(separator: "\n").utf8)
        var generator = SplitMix(state: 2)
        for _ in 0..<1500 {
            var bytes = deck
            for _ in 0..<Int(generator.next() % 8 + 1) {
                let position = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 3 {
                case 0: bytes[position] = UInt8(truncatingIfNeeded: generator.next() % 128)
                case 1: bytes.remove(at: position)
                default: bytes.insert(UInt8(truncatingIfNeeded: generator.next() % 128), at: position)
                }
            }
            try run(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func bytes() throws {
        var generator = SplitMix(state: 3)
        for _ in 0..<3000 {
            let bytes = (0..<Int(generator.next() % 200)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            let interpreter = try Interpreter(host: RecordingHost())
            interpreter.maxCommands = 100
            do { try interpreter.run(bytes: bytes, name: "bytes") } catch is DeckError {}
            try run(String(decoding: bytes.map { $0 & 0x7F }, as: UTF8.self))
        }
    }

    @Test func formulasAndFormats() throws {
        var generator = SplitMix(state: 4)
        let parts = Array("0123456789.eE+-*/^%()<>=!&|,[]vcf_ ax\"'$:#lLdgfsn".unicodeScalars).map(String.init)
        for _ in 0..<20_000 {
            let text = (0..<Int(generator.next() % 25)).map { _ in parts.randomElement(using: &generator) ?? "" }
                .joined()
            _ = try? NumberFormat("%" + text).string(1.5)
            _ = try? NumberFormat.list(text)
            let interpreter = try Interpreter(host: RecordingHost())
            do { try interpreter.runOne("variable q equal \(text)\nprint $q", at: nil) } catch is DeckError {}
            do { try interpreter.runOne("print \"$(\(text))\"", at: nil) } catch is DeckError {}
            do { try interpreter.runOne("if \"\(text)\" then \"print x\"", at: nil) } catch is DeckError {}
        }
    }
}
