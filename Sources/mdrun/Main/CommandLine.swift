/// mdrun's command line: LAMMPS' options with LAMMPS' grouping, read by hand since `-var NAME VALUE...` takes as many words as
/// follow it, up to the next option.
enum CommandLine {
    enum Action { case run, check, styles, manual, help, version }

    struct Request {
        var action = Action.run
        var deck: String?
        var variables: [(String, [String])] = []
        /// nil: none.
        var log: String? = "log.mdrun"
        var writesScreen = true
        var echo: (Bool, Bool)?

        init(_ arguments: [String]) throws {
            var words = arguments[...]
            if let first = words.first {
                switch first {
                case "check": (action, words) = (.check, words.dropFirst())
                case "styles": (action, words) = (.styles, words.dropFirst())
                case "manual": (action, words) = (.manual, words.dropFirst())
                case "run": words = words.dropFirst()
                default: break
                }
            }
            while let word = words.popFirst() {
                switch word {
                case "-h", "-help", "--help": action = .help
                case "-version", "--version": action = .version
                case "-in", "-i": deck = try value(of: word, &words)
                case "-log", "-l": log = try none(value(of: word, &words))
                case "-screen", "-sc":
                    let to = try value(of: word, &words)
                    guard to == "none" else { throw UsageError("-screen takes none here, not '\(to)'; redirect standard output instead") }
                    writesScreen = false
                case "-echo", "-e":
                    let to = try value(of: word, &words)
                    let table = ["none": (false, false), "screen": (true, false), "log": (false, true), "both": (true, true)]
                    guard let both = table[to] else { throw UsageError("-echo takes none, screen, log or both, not '\(to)'") }
                    echo = both
                case "-var", "-v":
                    let name = try value(of: word, &words)
                    var values: [String] = []
                    while let next = words.first, !isOption(next) { values.append(words.removeFirst()) }
                    guard !values.isEmpty else { throw UsageError("-var \(name) needs a value") }
                    variables.append((name, values))
                case "-nocite", "-nc", "-cite", "-c": if word.hasPrefix("-c") { _ = try value(of: word, &words) }
                case "-sf", "-suffix", "-k", "-kokkos", "-pk", "-package":
                    // Choices of LAMMPS' accelerator packages: there is one kernel here, and it is the fast one.
                    while let next = words.first, !isOption(next) { words.removeFirst() }
                default:
                    guard !word.hasPrefix("-") else { throw UsageError("unknown option '\(word)'; see mdrun --help") }
                    guard deck == nil else { throw UsageError("one deck at a time: '\(deck!)' or '\(word)'") }
                    deck = word
                }
            }
            if deck == nil && (action == .run || action == .check) {
                throw UsageError("which deck? Usage: mdrun FILE, or mdrun --help")
            }
        }
    }

    /// A word that starts with - and is not a negative number.
    private static func isOption(_ word: String) -> Bool {
        guard word.hasPrefix("-"), let second = word.dropFirst().first else { return false }
        return !(second.isNumber || second == ".")
    }

    private static func value(of option: String, _ words: inout ArraySlice<String>) throws -> String {
        guard let word = words.popFirst() else { throw UsageError("\(option) needs a value") }
        return word
    }

    private static func none(_ word: String) -> String? { word == "none" ? nil : word }

    static let help = """
        mdrun: molecular dynamics with machine-learning potentials and ensembles of them

        mdrun FILE [options]            run the deck FILE; on several ranks: mpirun.mpich -n 4 mdrun FILE
        mdrun check FILE [options]      read the deck, its models and its types; report; run no dynamics
        mdrun styles                    every command, pair, fix, compute and dump style with its usage
        mdrun manual                    the same as a document (docs/Manual.md)

        -in FILE                        the deck
        -var NAME VALUE...              defines an index variable, which a deck's own `variable NAME index` leaves alone
        -log FILE|none                  the log file (log.mdrun)
        -screen none                    nothing on the screen
        -echo none|screen|log|both      where the deck's lines are echoed (log)
        -help, -version
        """
}

struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
