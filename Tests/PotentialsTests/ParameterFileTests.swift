import Potentials
import Testing

@Suite("ParameterFile")
struct ParameterFileTests {
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test("lines, words and numbers with their places") func reading() throws {
        var file = ParameterFile("m.txt", Array("# head\n\n a  bb\t3.5 # rest\r\n 7\n-1e3 x".utf8), comment: "#")
        let words = try file.line("a header")
        #expect(words.map(\.text) == ["a", "bb", "3.5"])
        #expect(words.map(\.line) == [3, 3, 3] && words.map(\.column) == [2, 5, 8])
        #expect(try file.double(words[2], "a number") == 3.5)
        #expect(try file.int(file.token("a count"), "a count") == 7)
        #expect(try file.double("a weight") == -1000)
        #expect(message { try file.end() } == "m.txt:5:6: expected the end of the file, found 'x'")
        #expect(message { _ = try file.token("another word") } == "m.txt:5: the file ends where another word was expected")
        try file.end()
    }

    @Test("what is not a finite number is refused") func numbers() throws {
        for text in ["nan", "inf", "-infinity", "1e400", "abc", "1.0.0", "0x", "1,5"] {
            var file = ParameterFile("m.txt", Array("1\n  \(text)\n".utf8))
            #expect(try file.double("a weight") == 1)
            let error = message { _ = try file.double("a weight") }
            #expect(error.hasPrefix("m.txt:2:3: expected a weight, found '\(text)'"), "\(error)")
        }
    }

    @Test("bytes that are no text") func bytes() throws {
        var file = ParameterFile("m.txt", [0, 1, 255, 10, 0])
        var count = 0
        while (try? file.token("a word")) != nil { count += 1 }
        #expect(count > 0 && count <= 5)
    }
}
