import Deck
import Testing

@Suite struct FormulaTests {
    /// What the formula is worth, printed with 15 digits; the message if it fails.
    func value(_ formula: String, host: RecordingHost = RecordingHost()) throws -> String {
        let deck = try runDeck("variable it equal \"\(formula)\"\nprint \"${it}\"", host: host)
        return deck.error.map(\.message) ?? deck.printed[deck.printed.count - 1]
    }

    @Test(arguments: [
        ("-2^2", "4"), ("2^3^2", "64"), ("-2^-2", "0.25"), ("10-3-2", "5"), ("7%4*2", "6"), ("1||0&&0", "1"),
        ("1==1==0", "0"), ("!2+1", "1"), ("!(1<2)||0", "0"), ("2*-3", "-6"), ("1+2*3^2-4/2", "17"), ("3>2>1", "0"),
        ("1|^1", "0"), ("1 |^ 0", "1"), (" ( 1 + 2 ) * 3 ", "9"), ("1.5e+2", "150"), ("PI", "3.14159265358979"),
        ("version>20200101", "1"), ("on+yes+true+off+no+false", "3"), ("sign(-0.5)", "-1"),
        ("atan2(1,1)*4", "3.14159265358979"),
        ("ternary(0,1/0,7)", "7"), ("ternary(1,ternary(0,1/0,3),1/0)", "3"),
        ("ternary(2>1,5,6)+ternary(1>2,50,60)", "65"),
        ("5.5%2", "1.5"), ("round(-2.5)", "-2"), ("is_os(Linux)", "1"), ("is_defined(group,all)", "1"),
        ("is_defined(variable,it)", "1"), ("is_defined(variable,other)", "0"), ("count(all)/2", "16"),
        ("xcm(all,x)", "1.5"),
        ("xcm( all , x )", "1.5"),
    ])
    func values(_ formula: String, _ expected: String) throws {
        #expect(try value(formula) == expected)
    }

    @Test(arguments: [
        ("", "empty formula"), ("1+", "formula ends where a value is expected"),
        ("1 2", "expected an operator, found '2'"),
        ("(1", "nothing closes this parenthesis"), ("1)", "this parenthesis closes nothing"),
        ("sqrt(1", "nothing closes the parenthesis of this function"),
        ("count(all", "nothing closes the parenthesis of this function"),
        ("sin(1,2)", "sin() takes 1 argument, not 2"), ("atan2(1)", "atan2() takes 2 arguments, not 1"),
        ("1,2", "a comma outside the parentheses of a function"),
        ("(1,2)", "a comma outside the parentheses of a function"),
        ("+1", "expected a value, found '+'"), ("1=2", "expected an operator, found '='"),
        ("1&2", "expected an operator, found '&'"), ("1.2.3", "malformed number"),
        ("1e400", "this number is too large"), ("3abc", "malformed number"),
        ("1/0", "division by zero"), ("1%0", "remainder of a division by zero"),
        ("ln(0)", "logarithm of 0.0, which is not positive"), ("sqrt(-4)", "square root of the negative number -4.0"),
        ("asin(2)", "asin of 2.0, which is not in -1 to 1"),
        ("(-8)^(1/3)", "-8.0 to the power of 0.3333333333333333 is not a real number"),
        ("0^-1", "0.0 to the power of -1.0 is not a real number"), ("v_", "a name must follow 'v_'"),
        ("c_x[1.5]", "an index must be a whole number or v_name, not '1.5'"), ("c_x[1", "nothing closes this bracket"),
        ("c_x[1][2][3]", "more than two indices"), ("squirt(4)", "unknown function 'squirt'; did you mean 'sqrt'?"),
        ("nope", "unknown name 'nope' in an equal-style formula"),
        ("it", "unknown name 'it' in an equal-style formula; a variable is written v_it"),
        ("x", "the atom property 'x' in an equal-style formula; use x[id]"), ("1é", "expected an operator, found 'é'"),
        ("[1,2]", "a vector in an equal-style formula"), ("()", "expected a value, found ')'"),
        ("ternary(1,2)", "ternary() takes 3 arguments, not 2"),
        ("ternary(1,2,3,4)", "ternary() takes 3 arguments, not 4"),
        ("normal(0,-1,5)", "normal() needs a width that is not negative"),
        ("random(0,1,0)", "the seed must be a whole number from 1 to 900000000"),
        ("next(it)", "next() takes a file-style variable, and 'it' is equal-style"),
        ("sum(3)", "sum() takes c_ID, c_ID[N], f_ID, f_ID[N] or v_name, not '3'"),
        ("swiggle(1,2,0)", "swiggle() needs a positive period"),
        ("stagger(1,2)", "stagger() needs x > y > 0"),
        ("stride(0,1e300,1)", "stride() needs whole numbers, not 1e+300"),
        ("is_os(a.b)", "is_os() takes a name, with ^ before it or not"),
    ])
    func errors(_ formula: String, _ message: String) throws {
        #expect(try value(formula) == message)
    }

    @Test func deepAndLongFormulasNeverCrash() throws {
        let deep = String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000)
        #expect(try value(deep) == "parentheses are nested more than 1000 deep")
        #expect(try runDeck("run $(\(deep))").message == "parentheses are nested more than 1000 deep")
        #expect(try runDeck("if \"\(deep)\" then \"run 1\"").message == "parentheses are nested more than 1000 deep")
        let functions = String(repeating: "abs(", count: 100_000) + "1"
        #expect(try value(functions) == "parentheses are nested more than 1000 deep")
        let fine = String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000)
        #expect(try value(fine) == "1")
        #expect(try value("1" + String(repeating: "+1", count: 100_000)) == "100001")
        #expect(try value(String(repeating: "-", count: 100_000) + "1") == "1")
        #expect(try value(String(repeating: "!", count: 100_001) + "1") == "0")
        #expect(try value("1" + String(repeating: "^(1", count: 900) + String(repeating: ")", count: 900)) == "1")
        #expect(try value(String(repeating: "(", count: 100_000)) == "parentheses are nested more than 1000 deep")
    }

    @Test func circlesAndDepth() throws {
        #expect(try runDeck("variable a equal v_a\nprint $a").message == "variable 'a' depends on itself")
        #expect(
            try runDeck("variable a equal v_b\nvariable b equal 1+v_c\nvariable c equal v_a\nprint \"x $a\"")
                .description
                    == """
                    in.test:3:18: variable 'a' depends on itself
                    variable c equal v_a
                                     ^^^
                    """)
        #expect(
            try runDeck("variable a atom v_a\nvariable b atom v_a\nprint $a").message.contains("has no single value"))
        let chain = (1...100_000).reversed().map { "variable a\($0) equal v_a\($0 - 1)+1" }.joined(separator: "\n")
        let deck = try runDeck(
            chain + "\nvariable a0 equal 0\nprint \"${a150}\"\nprint \"${a100000}\"", maxCommands: nil)
        #expect(deck.printed == ["150"])
        #expect(deck.message == "variables refer to each other more than 200 deep")
        let doubling = (1...60).map { "variable b\($0) equal v_b\($0 - 1)+v_b\($0 - 1)" }.joined(separator: "\n")
        #expect(
            try runDeck("variable b0 equal 1\n\(doubling)\nprint ${b60}").message
                == "this formula leads to more than 1000000 references")
    }

    @Test func thermoKeywordsAndReferences() throws {
        let host = RecordingHost()
        host.keywords = ["temp": 300, "vol": 1000]
        host.vectors = ["c_p": [2.5], "f_a[2]": [7], "c_t[3][1]": [8], "C_e[5]": [9], "x": [10, 20]]
        #expect(try value("temp/vol+c_p", host: host) == "2.8")
        #expect(try value("f_a[2]*c_t[3][1]", host: host) == "56")
        #expect(try value("C_e[5]", host: host) == "9")
        #expect(try value("x[2]", host: host) == "20")
        #expect(try value("C_e", host: host) == "'C_e' needs the id of an atom")
        let deck = try runDeck("variable i index 2\nprint \"$(f_a[v_i]) $(x[v_i])\"", host: host)
        #expect(deck.printed.last == "7 20")
    }

    @Test func vectors() throws {
        let host = RecordingHost()
        host.vectors = ["c_g": [1, 2, 3, 4], "c_h[2]": [5, 6]]
        let deck = try runDeck(
            """
            variable v vector c_g*2
            variable n vector [3,1,2]
            variable s vector sort(v_n)
            print "${v} $(sum(c_g)) $(max(c_h[2])) $(ave(v_v)) ${s} $(v_s[3]) $(slope(c_g)) $(trap(c_g))"
            variable bad vector c_g+v_n
            print "${bad}"
            """, host: host)
        #expect(deck.printed == ["[2,4,6,8] 10 6 5 [1,2,3] 3 1 7.5"])
        #expect(deck.message == "vectors of different lengths, 4 and 3")
    }

    @Test func atomStyle() throws {
        let host = RecordingHost()
        host.vectors = ["x": [1, -4, 9], "c_pe": [0.5, 0.5, 1], "gmask": [1, 0, 1]]
        host.keywords = ["vol": 2]
        let deck = try runDeck(
            """
            variable scale equal 10
            variable a atom x*v_scale/vol+c_pe
            variable b atom ternary(x<0,0,sqrt(abs(x)))*gmask(all)
            variable c atom 7
            variable d atom v_b+1
            variable e atom random(0,1,5)
            variable f atom x*0+random(0,1,5)+10*v_e
            """, host: host)
        let variables = deck.interpreter.variables
        #expect(try variables.atomValues(of: "a", count: 3, at: nil) == [5.5, -19.5, 46])
        #expect(try variables.atomValues(of: "b", count: 3, at: nil) == [1, 0, 3])
        #expect(try variables.atomValues(of: "c", count: 3, at: nil) == [7, 7, 7])
        #expect(try variables.atomValues(of: "d", count: 3, at: nil) == [2, 1, 4])
        #expect(try variables.atomValues(of: "scale", count: 2, at: nil) == [10, 10])
        // Atom by atom, in the order of the places; the second atom is none that is drawn for.
        host.places = ([1, -1, 0], 2)
        var stream = MarsagliaStream(seed: 5)
        let draws = (0..<6).map { _ in stream.uniform() }
        #expect(try variables.atomValues(of: "e", count: 3, at: nil) == [draws[1], 0, draws[0]])
        #expect(try variables.atomValues(of: "f", count: 3, at: nil) == [draws[4] + 10 * draws[5], 0, draws[2] + 10 * draws[3]])
        #expect(throws: DeckError.self) { try variables.atomValues(of: "a", count: 4, at: nil) }
        #expect(throws: DeckError("the atom-style variable 'a' has no single value; use v_a[i]")) {
            try variables.value(of: "a", at: nil)
        }
    }

    @Test func runsMoveTheClock() throws {
        let host = RecordingHost()
        host.clock = RunClock(step: 150, firstStep: 100, lastStep: 300, timestep: 0.002, isRunning: true)
        #expect(try value("ramp(10,20)", host: host) == "12.5")
        #expect(try value("vdisplace(1,5)", host: host) == "1.5")
        #expect(try value("swiggle(1,2,0.4)", host: host) == "3")
        #expect(try value("cwiggle(1,2,0.2)", host: host) == "5")
    }
}
