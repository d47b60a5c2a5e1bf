import Deck
import Testing

@Suite struct VariableTests {
    @Test func commandLineWins() throws {
        let deck = try runDeck(
            "variable T index 300\nvariable T loop 5\nprint \"$T $s\"\nnext s\nprint \"$s\"\nvariable T delete\nvariable T index 9\nprint $T",
            arguments: [("T", ["450"]), ("s", ["a", "b"])])
        #expect(deck.printed == ["450 a", "b", "9"])
        #expect(
            try runDeck("variable T equal 300", arguments: [("T", ["450"])]).message
                == "variable 'T' is already an index-style variable; delete it first")
        #expect(throws: DeckError.self) {
            try Interpreter(host: RecordingHost(), commandLineVariables: [("a-b", ["1"])])
        }
        #expect(throws: DeckError.self) { try Interpreter(host: RecordingHost(), commandLineVariables: [("a", [])]) }
    }

    @Test func redefinition() throws {
        let deck = try runDeck(
            "variable a index 1 2\nvariable a index 3 4\nprint $a\nvariable e equal 1\nvariable e equal 2\nprint $e\nvariable a equal 3"
        )
        #expect(deck.printed == ["1", "2"])
        #expect(
            deck.description == """
                in.test:7:12: variable 'a' is already an index-style variable; delete it first
                variable a equal 3
                           ^^^^^
                """)
    }

    @Test(arguments: [
        ("variable", "variable: expected a name, found the end of the command"),
        ("variable a", "variable a: expected variable style, found the end of the command"),
        ("variable a-b equal 1", "variable: a name must have only letters, digits and underscores, not 'a-b'"),
        ("variable a eqal 1", "variable a: unknown variable style 'eqal'; did you mean 'equal'?"),
        ("variable a world 1 2", "variable a: style world needs several partitions, and there is one; use index"),
        ("variable a universe 1 2", "variable a: style universe needs several partitions, and there is one; use index"),
        ("variable a uloop 3", "variable a: style uloop needs several partitions, and there is one; use loop"),
        ("variable a python f", "variable a: style python is not supported: decks do not run Python"),
        ("variable a atomfile f", "variable a: style atomfile is not supported"),
        ("variable a index", "variable a index: expected a value, found the end of the command"),
        ("variable a loop 0", "variable a loop: the last value of the loop must be positive, not 0"),
        ("variable a loop 5 2", "variable a loop: the loop ends at 2, before it starts at 5"),
        ("variable a loop -5 -2", "variable a loop: the last value of the loop must not be negative"),
        ("variable a loop 2 pad 3", "variable a loop: unexpected word '3'"),
        ("variable a string x y", "variable a string: unexpected word 'y'"),
        ("variable a internal x", "variable a internal: the value must be a number, not 'x'"),
        ("variable a delete x", "variable a: unexpected word 'x'"),
        ("variable a format b %g", "unknown variable 'b'"),
        (
            "variable b index 1\nvariable a format b %g",
            "variable a format: variable 'b' is index-style, not equal-style"
        ),
        ("variable b equal 1\nvariable a format b %n", "format '%n' has %n, which is none of d i f e g s"),
        (
            "variable b equal 1\nvariable a format b x%g",
            "format 'x%g' must be one conversion of a number, such as %.6g, and nothing else"
        ),
        ("variable a file nope", "cannot read 'nope'"),
        ("variable a file empty", "variable a file: file 'empty' has no values"),
        ("variable a equal '$x'", "'$' inside a formula that is already being evaluated; write v_name"),
        ("variable a timer 1", "variable a timer: unexpected word '1'"),
        ("print \"${a\"", "nothing closes this brace"),
        ("print \"${a$b}\"", "'$' inside ${}: names are not put together from variables"),
        ("print \"costs 5$\"", "'$' must be followed by a letter, {name} or (formula)"),
        ("print \"$(1:%n)\"", "format '%n' has %n, which is none of d i f e g s"),
        ("print \"$(1:%s)\"", "format '%s' must be one conversion of a number, such as %.6g, and nothing else"),
    ])
    func refused(_ deck: String, _ message: String) throws {
        let host = RecordingHost()
        host.files["empty"] = "# nothing\n\n"
        #expect(try runDeck(deck, host: host).message == message)
    }

    @Test func formats() throws {
        let deck = try runDeck(
            """
            variable a equal 1/3
            variable f format a %-10.3e
            print "${f}| $(v_a:%g) $(v_a*30:%d) $(2:%+.1f) $(v_a)"
            variable a equal 2
            print "${f}|"
            """)
        #expect(deck.printed == ["3.333e-01 | 0.333333 10 +2.0 0.33333333333333298176", "2.000e+00 |"])
    }

    @Test func hostAccess() throws {
        let deck = try runDeck(
            "variable a internal 1\nvariable b equal v_a+1\nvariable t timer\nvariable g getenv DECK_TEST\nprint '$g'")
        let variables = deck.interpreter.variables
        #expect(deck.printed == ["from outside"])
        try variables.setInternal("a", 5)
        #expect(try variables.value(of: "b", at: nil) == 6)
        #expect(throws: DeckError.self) { try variables.setInternal("b", 5) }
        #expect(variables.names == ["a", "b", "g", "t"])
        #expect(variables.style(of: "b") == .equal)
        #expect(variables.style(of: "b")?.isNumeric == true)
        #expect(variables.style(of: "zz") == nil)
        #expect(throws: DeckError("unknown variable 'bb'; did you mean 'b'? (known: a, b, g, t)")) {
            try variables.text(of: "bb", at: nil)
        }
    }

    @Test func filesWithWindowsLineEnds() throws {
        let host = RecordingHost()
        host.files["v"] = "# c\r\n1 2 # d\r\n\r\n3\r\n"
        let deck = try runDeck(
            "variable f file v\nprint \"$f\"\nnext f\nprint \"$(next(f)+1) $(is_defined(variable,f))\"", host: host)
        #expect(deck.printed == ["1 2", "4 0"])
    }
}
