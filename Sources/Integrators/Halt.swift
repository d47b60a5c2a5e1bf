import Deck
import Domain
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix halt`: every N steps compares an attribute with a value and ends the run where the comparison holds, as LAMMPS does. It looks
/// at the end of a step, never before the first. Every rank decides by rank 0's value. As in LAMMPS (22 Jul 2025) the table gets a row
/// of the last step only if that is a multiple of the thermo interval; formulas after the run have its values in any case.
public final class Halt: Fix {
    enum Attribute {
        /// Wall seconds since the run's first step.
        case seconds
        /// Megabytes (2^20) that a user may still write on the file system of a path.
        case diskFree(String)
        case variable(() throws -> Double)
    }

    public let id: String
    public let style = "halt"
    public var group: Group
    private let every: Int
    private let attribute: Attribute
    private let comparison: Comparison
    private let limit: Double
    private let action: StopAction
    private let isTold: Bool
    private let formulaWants: () -> Wanted
    private var start = 0.0

    init(
        _ setup: FixSetup, every: Int, attribute: Attribute, comparison: Comparison, limit: Double, action: StopAction, isTold: Bool
    ) {
        (id, group, formulaWants) = (setup.id, setup.group, setup.formulaWants)
        (self.every, self.attribute, self.comparison, self.limit) = (every, attribute, comparison, limit)
        (self.action, self.isTold) = (action, isTold)
    }

    /// A formula may use any compute, so all are computed at the steps at which it is evaluated.
    public func wants(at step: Int) -> Wanted {
        if case .variable = attribute, step % every == 0 { return formulaWants() }
        return []
    }

    public func prepare(_ system: System) { start = Timings.now() }
    public func setup(_ system: System) { start = Timings.now() }

    public func endOfStep(_ system: System) throws {
        guard system.step % every == 0 else { return }
        let value = system.communicator.firstRank(try self.value())
        guard comparison.holds(value, limit) else { return }
        try action.end(system, style: style, id: id, value: NumberFormat("%g").string(value), isTold: isTold)
    }

    private func value() throws -> Double {
        switch attribute {
        case .seconds: Timings.now() - start
        case .diskFree(let path): Self.diskFree(path) ?? 0
        case .variable(let value): try value()
        }
    }

    /// nil when the path cannot be asked.
    static func diskFree(_ path: String) -> Double? {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { return nil }
        return Double(information.f_bavail) * Double(information.f_frsize) / 1_048_576
    }
}

extension Communicator {
    /// Rank 0's number, bit for bit, on every rank.
    func firstRank(_ value: Double) -> Double {
        var value = value
        withUnsafeMutableBytes(of: &value) { broadcast($0, from: 0) }
        return value
    }
}

extension FixStyle {
    static let halt = FixStyle(
        "halt",
        usage: """
            fix ID GROUP halt N tlimit|diskfree|v_NAME <|<=|>|>=|==|!=||^ VALUE [error hard|soft|continue] [message yes|no] [path PATH]
            """
    ) { words, setup in
        let every = try words.positiveInt("the number of steps between checks")
        let word = try words.word("tlimit, diskfree or v_NAME")
        let comparison = try words.choice("an operator", Comparison.allCases.map { ($0.rawValue, $0) })
        let limit = try words.double("the value to compare with")
        var action = StopAction.soft, isTold = true, path = "."
        while !words.isAtEnd {
            switch try words.choice("a keyword of fix halt", [("error", 0), ("message", 1), ("path", 2)]) {
            case 0: action = try words.choice("hard, soft or continue", StopAction.allCases.map { ($0.rawValue, $0) })
            case 1: isTold = try words.flag("yes or no")
            default:
                path = try words.string("a path on the file system to be checked")
                guard word.text == "diskfree" else { throw words.error("path has a meaning with diskfree only") }
                guard Halt.diskFree(path) != nil else { throw words.error("there is no '\(path)' whose file system could be checked") }
            }
        }
        let attribute: Halt.Attribute
        switch word.text {
        case "tlimit": attribute = .seconds
        case "diskfree": attribute = .diskFree(path)
        case "bondmax": throw words.error("there are no bonds whose length bondmax could check; use tlimit, diskfree or v_NAME", at: word)
        default:
            guard word.text.hasPrefix("v_") else {
                throw DeckError.unknown("attribute of fix halt", word, known: ["tlimit", "diskfree", "v_NAME"])
            }
            attribute = .variable(try setup.value(word))
        }
        return Halt(setup, every: every, attribute: attribute, comparison: comparison, limit: limit, action: action, isTold: isTold)
    }
}
