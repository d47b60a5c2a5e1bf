import Deck
import Testing

@Suite struct FlowTests {
    @Test func includeAndJump() throws {
        let host = RecordingHost()
        host.files = ["a": "run 1\njump b here\nrun 2", "b": "run 3\nlabel here\nrun 4"]
        let deck = try runDeck("include a\nrun 5", host: host)
        #expect(deck.error == nil)
        #expect(host.commands == ["run 1", "run 4", "run 5"])
    }

    @Test func includesAreBounded() throws {
        let host = RecordingHost()
        host.files["self"] = "include self"
        #expect(
            try runDeck("include self", host: host).description == """
                self:1:9: include: files include files more than 16 deep
                include self
                        ^^^^
                """)
    }

    @Test func endlessLoopsCanBeBounded() throws {
        #expect(try runDeck("label a\njump SELF a", maxCommands: 1000).message == "more than 1000 commands")
        #expect(
            try runDeck("variable c index 'if 1 then \"${c}\"'\nif 1 then \"${c}\"").message
                == "commands inside commands, more than 32 deep")
    }

    @Test func missingLabel() throws {
        #expect(
            try runDeck("label again\nlabel end\njump SELF agian").description == """
                in.test:3:11: unknown label 'agian'; did you mean 'again'? (known: again, end)
                jump SELF agian
                          ^^^^^
                """)
    }

    @Test func skippedLinesAreNotRead() throws {
        let deck = try runDeck("jump SELF b\nprint ${nope} \"open\nlabel b\nrun 1")
        #expect(deck.error == nil)
        #expect(deck.host.commands == ["run 1"])
    }

    @Test func quitStops() throws {
        let host = RecordingHost()
        host.files["a"] = "quit 3\nrun 1"
        let deck = try runDeck("if 1 then 'include a' 'run 2'\nrun 3", host: host)
        #expect(deck.error == nil)
        #expect(deck.interpreter.quitStatus == 3)
        #expect(host.events == ["quit 3"])
        #expect(host.commands.isEmpty)
    }

    @Test(arguments: [
        ("if", "if: expected a condition, found the end of the command"),
        ("if 1", "if: expected 'then', found the end of the command"),
        ("if 1 print", "if: expected 'then', not 'print'"),
        ("if 1 then", "if: expected a command in quotes, found the end of the command"),
        ("if 1 then else 'run 1'", "if: expected a command in quotes, found 'else'"),
        ("if 1 then 'run 1' elif", "if: expected a condition, found the end of the command"),
        ("if 0 then 'run 1' else 'run 2' elif 1 'run 3'", "if: unexpected word 'elif'"),
        ("if 'a < b' then 'run 1'", "strings can only be compared with == and !="),
        ("if 'a == 1' then 'run 1'", "a number and a string cannot be compared"),
        ("if 'a' then 'run 1'", "the string 'a' alone is no condition"),
        ("if '' then 'run 1'", "empty condition"), ("if '(1' then 'run 1'", "nothing closes this parenthesis"),
        ("if '1)' then 'run 1'", "this parenthesis closes nothing"),
        ("if '1 <' then 'run 1'", "condition ends where a value is expected"),
        ("if '1 + 1' then 'run 1'", "expected one of == != < <= > >= && || |^, found '+'"),
        ("if '!a' then 'run 1'", "'!' needs a number"), ("if '1x == 1' then 'run 1'", "malformed number"),
        ("if '/a == /a' then 'run 1'", "expected a number or a string of letters, digits and _, found '/'"),
        ("next", "next: expected the name of a variable, found the end of the command"),
        ("next q", "unknown variable 'q'"),
        ("variable e equal 1\nnext e", "next: variable 'e' is equal-style and has no next value"),
        (
            "variable a loop 2\nvariable b index 1\nnext a b",
            "next: all variables must be of one style; 'a' is loop-style and 'b' index-style"
        ),
        ("label", "label: expected a label, found the end of the command"), ("label a b", "label: unexpected word 'b'"),
        ("jump", "jump: expected a file name or SELF, found the end of the command"),
        ("jump nope", "cannot read 'nope'"),
        ("include", "include: expected a file name, found the end of the command"),
        ("include nope", "cannot read 'nope'"),
        ("quit x", "quit: the exit status must be a whole number, not 'x'"), ("quit 1 2", "quit: unexpected word '2'"),
        ("quit 256", "quit: the exit status must be from 0 to 255, not 256"),
        ("print", "print: expected the text, in quotes if it has spaces, found the end of the command"),
        ("print a b", "print: unknown keyword 'b' (known: append, file, screen, universe)"),
        ("print a screen", "print: expected screen, found the end of the command"),
        ("print a screen perhaps", "print: screen must be yes or no, not 'perhaps'"),
        ("echo loud", "echo: unknown keyword 'loud' (known: both, log, none, screen)"),
        ("log", "log: expected a file name or none, found the end of the command"),
        ("log a b", "log: unexpected word 'b'"),
        ("clear all", "clear: unexpected word 'all'"),
        ("shell", "shell: expected an action, found the end of the command"),
        (
            "shell ls",
            "shell: 'ls' would run a program, which decks may not do here (possible: cd, mkdir, mv, rm, rmdir, putenv)"
        ),
        ("shell mkdir", "shell mkdir: expected an argument, found the end of the command"),
        ("shell mkdir x", "shell mkdir is refused: decks may not change files here"),
    ])
    func refused(_ deck: String, _ message: String) throws {
        #expect(try runDeck(deck).message == message)
    }

    @Test func outputCommands() throws {
        let deck = try runDeck(
            """
            log a.log append
            log none
            echo both
            echo none
            clear
            print "x" file f.txt screen no
            print "y" append g.txt
            print "z" screen no universe yes
            """)
        #expect(deck.error == nil)
        #expect(
            deck.host.events == ["log a.log true", "log none false", "echo true true", "echo false false", "clear"])
        #expect(
            deck.host.targets == [
                PrintTarget(toScreen: false, file: "f.txt"), PrintTarget(file: "g.txt", appends: true), PrintTarget(),
            ])
    }
}
