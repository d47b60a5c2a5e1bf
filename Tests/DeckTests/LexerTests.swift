import Deck
import Testing

@Suite struct LexerTests {
    @Test func wordsCommentsAndQuotes() throws {
        let deck = try runDeck(
            """
            units metal # comment "with quotes
            group   a\ttype  "1 2" '3 "4"'   # more
              # only a comment
            fix 1 all \"\"\"two words and "quotes" # no comment\"\"\"
            """)
        #expect(deck.error == nil)
        #expect(
            deck.host.commands == [
                "units metal", "group a type 1 2 3 \"4\"", "fix 1 all two words and \"quotes\" # no comment",
            ])
    }

    @Test func continuation() throws {
        let deck = try runDeck("run 1 &\n 2   &   \n3\nrun 4 & # none\nrun 5\n# comment &\nrun 6\nrun 7\n# end &")
        #expect(
            try runDeck("run 1\nrun 2 &\n").description
                == "in.test:2:7: '&' promises a line that does not come\nrun 2 &\n      ^")
        #expect(deck.host.commands == ["run 1 2 3", "run 4 &", "run 5", "run 7"])
    }

    @Test func tripleQuotesKeepLines() throws {
        let deck = try runDeck("print \"\"\"a &\nb\n  c\"\"\"\nrun 1")
        #expect(deck.printed == ["a &\nb\n  c"])
        #expect(deck.host.commands == ["run 1"])
    }

    @Test func lineEndsOfOtherSystems() throws {
        let deck = try runDeck("run 1 &\r\n 2\r\n\r\nrun 3\r\nprint \"x\"\r\n")
        #expect(deck.host.commands == ["run 1 2", "run 3"])
        #expect(deck.printed == ["x"])
    }

    @Test func byteOrderMarkAndUnicode() throws {
        let deck = try runDeck("\u{FEFF}print \"Größe é 水\"\nunits Ω x")
        #expect(deck.printed == ["Größe é 水"])
        #expect(deck.host.commands == ["units Ω x"])
        let bad = try runDeck("units 水Ω ) $(1+)")
        #expect(bad.error?.location?.column == 16)
    }

    @Test func badBytes() throws {
        let host = RecordingHost()
        let interpreter = try Interpreter(host: host)
        let invalid = #expect(throws: DeckError.self) {
            try interpreter.run(bytes: Array("run 1\nrun ".utf8) + [0xFF, 0x31], name: "in.bad")
        }
        #expect(invalid?.location?.line == 2)
        #expect(invalid?.location?.column == 5)
        #expect(invalid?.message == "byte 0xFF is not UTF-8 text")
        let zero = #expect(throws: DeckError.self) {
            try interpreter.run(bytes: Array("run 1\nrun \0 2".utf8), name: "in.bad")
        }
        #expect(zero?.location?.line == 2)
        #expect(zero?.location?.column == 5)
        #expect(host.commands.isEmpty)
        // A character that is cut off at the end.
        let cut = #expect(throws: DeckError.self) { try decodeDeck([0x61, 0xE6, 0xB0], file: "f") }
        #expect(cut?.location?.column == 2)
    }

    @Test func quotesWithoutPartner() throws {
        #expect(
            try runDeck("run 1\ngroup a \"b c").description == """
                in.test:2:9: nothing closes this double quote
                group a "b c
                        ^
                """)
        #expect(try runDeck("group it's").message == "nothing closes this single quote")
        #expect(try runDeck("group \"\"\"a\nb").message == "nothing closes this triple quote")
        #expect(try runDeck("group \"a\"b").message == "expected white space after the closing quote")
    }

    @Test func locationsAreThoseWritten() throws {
        // The word comes from a substitution on the second of two joined lines.
        let deck = try runDeck("variable n string abc\nrun 1 &\n   x${n}y\nprint $q")
        #expect(deck.host.commands == ["run 1 xabcy"])
        #expect(
            deck.description == """
                in.test:4:7: unknown variable 'q' (known: n)
                print $q
                      ^^
                """)
    }

    @Test func substitutedTextIsSplitButNotSearchedAgain() throws {
        let deck = try runDeck("variable a index 'x y $b'\nrun $a ${a}z \"$a\"")
        #expect(deck.host.commands == ["run x y $b x y $bz $a"])
    }

    @Test func substitutionIsBounded() throws {
        let text = "variable a string abcdefgh\nlabel l\nvariable a string \"${a}${a}\"\njump SELF l"
        let deck = try runDeck(text)
        #expect(deck.message.contains("longer than 1048576 bytes by substitution"))
    }

    @Test func manySubstitutionsAreCheap() throws {
        let deck = try runDeck("variable a index 1\nrun " + String(repeating: "$a", count: 200_000))
        #expect(deck.host.commands == ["run " + String(repeating: "1", count: 200_000)])
        #expect(deck.host.echoed.count == 103)
        let many = try runDeck("group a id " + String(repeating: "1 ", count: 200_000))
        #expect(many.host.commands[0].utf8.count == 400_010)
    }

    @Test func echoShowsEachSubstitution() throws {
        let deck = try runDeck("variable a index 1\nrun $a $(2+1) # c\n\nif 1 then 'run 2'")
        #expect(
            deck.host.echoed == [
                "variable a index 1", "run $a $(2+1) # c", "run 1 $(2+1) ", "run 1 3 ", "", "if 1 then 'run 2'",
                "run 2",
            ])
    }
}
