import Deck
import Testing

@Suite struct WordsTests {
    @Test func readsNumbers() throws {
        var w = try words("command 1 -2.5e-3 .5 5. +3 1E2 0 -7 12")
        #expect(try w.double("x") == 1)
        #expect(try w.double("x") == -0.0025)
        #expect(try w.double("x") == 0.5)
        #expect(try w.double("x") == 5)
        #expect(try w.double("x") == 3)
        #expect(try w.positiveDouble("x") == 100)
        #expect(try w.nonNegativeDouble("x") == 0)
        #expect(try w.int("n") == -7)
        #expect(try w.positiveInt("n") == 12)
        #expect(w.isAtEnd)
        try w.finish()
    }

    @Test(arguments: [
        "nan", "inf", "-inf", "1x", "0x10", "1e", "1e+", "", "--1", "1.2.3", "1_0", "e5", ".", "1d3", "1e999",
    ])
    func rejectsNoNumber(_ text: String) throws {
        var w = try words("command \"\(text)\"")
        #expect(throws: DeckError.self) { try w.double("x") }
    }

    @Test(arguments: ["1.0", "1e3", "x", "", "99999999999999999999", "-", "1 "])
    func rejectsNoInteger(_ text: String) throws {
        var w = try words("command \"\(text)\"")
        #expect(throws: DeckError.self) { try w.int("n") }
    }

    @Test func messagesPointAtTheWord() throws {
        var w = try words("command  1.5x 3")
        let wrong = #expect(throws: DeckError.self) { try w.double("the cutoff") }
        #expect(
            wrong?.description == """
                in.test:1:10: command: the cutoff must be a number, not '1.5x'
                command  1.5x 3
                         ^^^^
                """)
        _ = try w.int("n")
        let missing = #expect(throws: DeckError.self) { try w.word("a file name") }
        #expect(
            missing?.description == """
                in.test:1:16: command: expected a file name, found the end of the command
                command  1.5x 3
                               ^
                """)
        #expect(w.error("is wrong").description.hasPrefix("in.test:1:15: command: is wrong"))
    }

    @Test func ranges() throws {
        var w = try words("command 5 5 5 5 5 -1 0 300")
        #expect(try w.double("x", in: 0...5) == 5)
        #expect(throws: DeckError("command: x must be at least 0.0 and less than 5.0, not 5")) {
            try w.double("x", in: 0..<5)
        }
        #expect(throws: DeckError("command: x must be at least 6.0, not 5")) { try w.double("x", in: 6.0...) }
        #expect(throws: DeckError("command: x must be at most 4.0, not 5")) { try w.double("x", in: ...4.0) }
        #expect(throws: DeckError("command: x must be less than 5.0, not 5")) { try w.double("x", in: ..<5.0) }
        #expect(throws: DeckError("command: x must be positive, not -1")) { try w.positiveDouble("x") }
        #expect(throws: DeckError("command: n must be positive, not 0")) { try w.positiveInt("n") }
        #expect(throws: DeckError("command: n must be from 0 to 255, not 300")) { try w.int("n", in: 0...255) }
    }

    @Test func flagsAndChoices() throws {
        var w = try words("command yes off true no on false maybe lj/cut ljcut xx")
        for expected in [true, false, true, false, true, false] { #expect(try w.flag("shift") == expected) }
        #expect(throws: DeckError("command: shift must be yes or no, not 'maybe'")) { try w.flag("shift") }
        let styles = [("lj/cut", 1), ("eam", 2)]
        #expect(try w.choice("pair_style", styles) == 1)
        #expect(
            throws: DeckError("command: unknown pair_style 'ljcut'; did you mean 'lj/cut'? (known: eam, lj/cut)")
        ) { try w.choice("pair_style", styles) }
        #expect(throws: DeckError("command: unknown pair_style 'xx' (known: eam, lj/cut)")) {
            try w.choice("pair_style", styles)
        }
    }

    @Test(arguments: [("3", 3...3), ("*", 1...5), ("2*", 2...5), ("*3", 1...3), ("1*2", 1...2), ("5*5", 5...5)])
    func typeRanges(_ text: String, _ expected: ClosedRange<Int>) throws {
        var w = try words("command \(text)")
        #expect(try w.typeRange("the types", count: 5) == expected)
    }

    @Test(arguments: ["0", "6", "3*2", "*6", "0*2", "a", "1**2", "-1", "\"\"", "1.5", "99999999999999999999", "+1"])
    func typeRangesRejected(_ text: String) throws {
        var w = try words("command \(text)")
        #expect(throws: DeckError.self) { try w.typeRange("the types", count: 5) }
        var none = try words("command *")
        #expect(throws: DeckError.self) { try none.typeRange("the types", count: 0) }
    }

    @Test func keywordsAndRest() throws {
        var w = try words("command loop all 1 2 3")
        w.context = "velocity"
        #expect(w.count == 5)
        let isThere = w.optional("loop")
        #expect(isThere)
        let isThereAgain = w.optional("loop")
        #expect(!isThereAgain)
        #expect(w.peek?.text == "all")
        #expect(throws: DeckError("velocity: unexpected word 'all'")) { try w.finish() }
        let rest = w.remaining().map(\.text)
        #expect(rest == ["all", "1", "2", "3"])
        try w.finish()
        let nothing = w.remaining()
        #expect(nothing.isEmpty)
    }

    @Test func dataSources() throws {
        var w = try words("command c_a c_a[2] F_b[3][1] v_n v_n[7] temp")
        let read = try (0..<5).map { _ in try w.dataSource("the value") }
        #expect(
            read == [
                .reference(Reference(.compute, "a")), .reference(Reference(.compute, "a", [2])),
                .reference(Reference(.fix, "b", [3, 1], isPerAtom: true)), .variable("n", index: nil),
                .variable("n", index: 7),
            ])
        #expect(throws: DeckError("command: the value must be c_ID, f_ID or v_name, with [i] or not, not 'temp'")) {
            try w.dataSource("the value")
        }
        for text in [
            "c_", "c_a[", "c_a[]", "c_a[0]", "c_a[-1]", "c_a[1]x", "c_a[1][2][3]", "v_n[1][2]", "x_a", "c_a b", "",
        ] {
            #expect(DataSource(text) == nil, "\(text)")
        }
        #expect(Reference("c_a[2][3]")?.description == "c_a[2][3]")
    }

    @Test func wordsWithoutCommand() throws {
        let place = SourceLocation(file: "f", line: 3, column: 2, length: 1, text: " abc")
        var empty = Words([], of: "box", end: place)
        #expect(empty.location == place)
        #expect(empty.error("x").location == place)
        #expect(throws: DeckError.self) { try empty.word("a thing") }
        var one = Words([Word(text: "7", location: place)], of: "box", end: place)
        #expect(try one.int("n") == 7)
    }
}

extension DeckError: Equatable {
    /// For tests: the message alone.
    init(_ message: String) { self.init(message, at: nil) }
    public static func == (a: DeckError, b: DeckError) -> Bool { a.message == b.message }
}
