import Deck
import Testing

@Suite struct ErrorTests {
    @Test func nearestNames() {
        let styles = ["lj/cut", "lj/cut/coul/long", "eam", "eam/alloy", "sw", "tersoff", "nep", "hybrid"]
        #expect(nearestName(to: "ljcut", in: styles) == "lj/cut")
        #expect(nearestName(to: "tresoff", in: styles) == "tersoff")
        #expect(nearestName(to: "TERSOFF", in: styles) == "tersoff")
        #expect(nearestName(to: "hibrid", in: styles) == "hybrid")
        #expect(nearestName(to: "nepp", in: styles) == "nep")
        #expect(nearestName(to: "lj", in: styles) == "lj/cut")
        #expect(nearestName(to: "zzzzzz", in: styles) == nil)
        #expect(nearestName(to: "", in: styles) == nil)
        #expect(nearestName(to: String(repeating: "x", count: 100_000), in: styles) == nil)
        // Ties go to the first in the alphabet.
        #expect(nearestName(to: "bat", in: ["hat", "cat"]) == "cat")
    }

    @Test func unknownCommand() throws {
        #expect(
            try runDeck("units metal\n\n  pair_stile  lj/cut 2.5").description == """
                in.test:3:3: unknown command 'pair_stile'; did you mean 'pair_style'?
                  pair_stile  lj/cut 2.5
                  ^^^^^^^^^^
                """)
    }

    @Test func caretsUnderTabsAndWideText() throws {
        #expect(
            try runDeck("run\tÄ\t$q").description == "in.test:1:7: unknown variable 'q'\nrun\tÄ\t$q\n   \t \t^^")
    }

    @Test func errorsInsideQuotedCommandsPointInside() throws {
        #expect(
            try runDeck("if \"1 > 0\" then &\n   \"variable x index a\" &\n   'print \"is $y\"'").description == """
                in.test:3:15: unknown variable 'y' (known: x)
                   'print "is $y"'
                              ^^
                """)
    }

    @Test func errorsInFormulasPointAtTheirPart() throws {
        #expect(
            try runDeck("variable a equal 1+foo*2\nvariable b equal v_a\nprint $b").description == """
                in.test:1:20: unknown name 'foo' in an equal-style formula
                variable a equal 1+foo*2
                                   ^^^
                """)
        #expect(
            try runDeck("run $(1 + 2*)").description == """
                in.test:1:13: formula ends where a value is expected
                run $(1 + 2*)
                            ^
                """)
        #expect(
            try runDeck("run $(3/(1-1))").description == """
                in.test:1:8: division by zero
                run $(3/(1-1))
                       ^
                """)
    }

    @Test func longLinesAreClipped() throws {
        let deck = try runDeck(
            "group " + String(repeating: "a ", count: 5000) + "$q " + String(repeating: "b ", count: 5000))
        let lines = deck.description.split(separator: "\n")
        #expect(lines[0] == "in.test:1:10007: unknown variable 'q'")
        #expect(lines[1].count == 162)
        #expect(lines[1].hasPrefix("…a a") && lines[1].hasSuffix(" b…"))
        let caret = lines[2].distance(from: lines[2].startIndex, to: lines[2].firstIndex(of: "^")!)
        #expect(lines[1].dropFirst(caret).hasPrefix("$q b"))
        #expect(lines[2].hasSuffix(" ^^"))
    }

    @Test func lookalikes() throws {
        #expect(
            try runDeck("run\u{00A0}5").description
                == "in.test:1:4: the character U+00A0 only looks like a space; replace it\nrun\u{00A0}5\n   ^")
        #expect(try runDeck("run \u{2212}5").message == "the character U+2212 only looks like -; replace it")
        #expect(try runDeck("print \"\u{2019}\u{00A0}\"").printed == ["\u{2019}\u{00A0}"])
    }

    @Test func errorsOfTheHostGetAPlace() throws {
        #expect(
            try runDeck("reset_timestep 5x").description == """
                in.test:1:16: reset_timestep: the step must be a whole number, not '5x'
                reset_timestep 5x
                               ^^
                """)
        #expect(
            try runDeck("run $(2+c_nope[3])").description.hasPrefix(
                "in.test:1:9: unknown compute or fix in 'c_nope[3]'"))
    }

    @Test func errorsInIncludedFilesNameThem() throws {
        let host = RecordingHost()
        host.files["inner"] = "run 1\nrunn 2"
        #expect(
            try runDeck("include inner", host: host).description == """
                inner:2:1: unknown command 'runn'; did you mean 'run'?
                runn 2
                ^^^^
                """)
    }

    @Test func commandsFromOutside() throws {
        let host = RecordingHost()
        let interpreter = try Interpreter(host: host)
        try interpreter.runOne("run $(1+1) # c", at: nil)
        #expect(host.commands == ["run 2"])
        let place = SourceLocation(file: "in.x", line: 7, column: 3, length: 4, text: "  text")
        let error = #expect(throws: DeckError.self) { try interpreter.runOne("print $nope", at: place) }
        #expect(error?.location == place)
        #expect(throws: DeckError.self) { try interpreter.runOne("jump SELF", at: nil) }
    }

    @Test func withoutPlace() {
        #expect(DeckError("plain", at: nil).description == "plain")
    }
}
