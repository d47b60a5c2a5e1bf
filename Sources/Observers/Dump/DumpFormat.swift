import Deck
import Domain
import Integrators

/// One file format of `dump`: what stands before the atoms of a frame, and one row an atom.
protocol DumpFormat: AnyObject {
    /// What the potential must compute.
    func wants(_ observation: Observation) -> Wanted
    /// Settings that only this format has. Returns false for one that it does not have.
    func modify(_ modification: DumpModification) throws -> Bool
    /// Before each run, and before a single frame: check lengths and look things up.
    func prepare(_ system: System, _ settings: DumpSettings) throws
    /// Lines before the rows. `count` is the number of rows of all ranks. Collective; rank 0's are used.
    /// - Parameter isFirst: whether this is the file's first frame.
    func header(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> String
    /// What appends the row of owned atom i, line end included. Collective.
    func rows(_ snapshot: Snapshot, _ settings: DumpSettings) throws -> (_ i: Int, _ text: inout [UInt8]) -> Void
    /// The values of column `number` (from 1), to sort by. Collective.
    func sortKeys(_ number: Int, _ snapshot: Snapshot) throws -> [Double]
}

extension DumpFormat {
    func wants(_ observation: Observation) -> Wanted { [] }
    func prepare(_ system: System, _ settings: DumpSettings) throws {}
    func sortKeys(_ number: Int, _ snapshot: Snapshot) throws -> [Double] {
        throw DeckError("only dump custom can be sorted by a column", at: nil)
    }
}

/// How rows are ordered.
public enum DumpOrder: Sendable, Equatable {
    /// As the ranks hold the atoms.
    case off
    case id
    /// By the values of a column from 1; downwards when `descending`.
    case column(Int, descending: Bool)
}

/// A condition on an atom: `dump_modify thresh NAME OP VALUE`.
public struct DumpThreshold: Sendable {
    let input: AtomInput
    let operation: Comparison
    let value: Double
}

/// Settings that every format has.
struct DumpSettings: Sendable {
    var appends = false
    var writesFirst = false
    var order = DumpOrder.off
    /// Digits of the step that `*` in the file name becomes.
    var padding = 0
    var writesTime = false
    var writesUnits = false
    var writesHeader = true
    var thresholds: [DumpThreshold] = []
    /// No frames before this step.
    var delay = 0
    /// A frame is left out while this variable is not 0.
    var skip: (name: String, location: SourceLocation)?
    /// Elements by type, from 1 at index 0; nil when the deck gave none.
    var elements: [String]?
}

/// One setting of `dump_modify`.
public enum DumpModification: Sendable {
    case append(Bool)
    case first(Bool)
    case schedule(Schedule)
    case order(DumpOrder)
    case padding(Int)
    case time(Bool)
    case units(Bool)
    case header(Bool)
    case delay(Int)
    case skip(Word)
    case noThresholds
    case threshold(DumpThreshold)
    case elements([String])
    case noFormats
    case lineFormat([NumberFormat])
    case integerFormat(NumberFormat)
    case realFormat(NumberFormat)
    case columnFormat(Word, NumberFormat)
    case columnName(Word, String)
    case scale(Bool)
    case image(Bool)
    case unwrap(Bool)
    case velocities(Bool)
    case forces(Bool)

    private static let names = [
        "append", "first", "every", "sort", "pad", "time", "units", "header", "delay", "skip", "thresh", "element", "types", "format", "colname",
        "scale", "image", "unwrap", "vel", "forces", "flush", "buffer", "precision",
    ]

    /// Reads the words of `dump_modify`.
    /// - Parameter typeCount: how many elements `element` takes.
    public static func parse(_ words: inout Words, typeCount: Int, labels: [String?], _ observation: Observation) throws -> [DumpModification] {
        var result: [DumpModification] = []
        repeat {
            let keyword = try words.word("a keyword")
            guard names.contains(keyword.text) else { throw DeckError.unknown("dump_modify keyword", keyword, known: names) }
            switch keyword.text {
            case "append": result.append(.append(try words.flag("append")))
            case "first": result.append(.first(try words.flag("first")))
            case "every": result.append(.schedule(try Schedule(words.word("the interval"), what: "the interval")))
            case "sort": result.append(.order(try order(words.word("off, id or a column"))))
            case "pad": result.append(.padding(try words.nonNegativeInt("the number of digits")))
            case "time": result.append(.time(try words.flag("time")))
            case "units": result.append(.units(try words.flag("units")))
            case "header": result.append(.header(try words.flag("header")))
            case "delay": result.append(.delay(try words.nonNegativeInt("the first step")))
            case "skip":
                let word = try words.word("v_name")
                guard word.text.hasPrefix("v_") else { throw words.error("skip takes v_name, not '\(word.text)'") }
                try observation.checkVariable(String(word.text.dropFirst(2)), at: word.location)
                result.append(.skip(word))
            case "thresh": result.append(try threshold(&words, observation))
            case "element": result.append(.elements(try (0..<typeCount).map { try words.string("an element for type \($0 + 1) of \(typeCount)") }))
            case "types":
                if try words.choice("types", [("labels", true), ("numeric", false)]) {
                    let all = labels.dropFirst().compactMap { $0 }
                    guard all.count == typeCount else { throw words.error("not every type has a label (labelmap)") }
                    result.append(.elements(all))
                }
            case "format": result.append(try format(&words))
            case "precision":
                let digits = try words.positiveInt("the number of digits")
                result.append(.realFormat(try NumberFormat("%.\(min(digits, 17))g")))
            case "colname": result.append(.columnName(try words.word("a column"), try words.string("the column's name")))
            case "scale": result.append(.scale(try words.flag("scale")))
            case "image": result.append(.image(try words.flag("image")))
            case "unwrap": result.append(.unwrap(try words.flag("unwrap")))
            case "vel": result.append(.velocities(try words.flag("vel")))
            case "forces": result.append(.forces(try words.flag("forces")))
            // Frames are always built in memory and written at once.
            default: _ = try words.flag(keyword.text)
            }
        } while !words.isAtEnd
        return result
    }

    private static func order(_ word: Word) throws -> DumpOrder {
        switch word.text {
        case "off": return .off
        case "id": return .id
        default:
            guard let column = Int(word.text), column != 0 else {
                throw DeckError("sort takes off, id, or a column's number (negative: downwards), not '\(word.text)'", at: word.location)
            }
            return .column(column.magnitudeInt, descending: column < 0)
        }
    }

    private static func threshold(_ words: inout Words, _ observation: Observation) throws -> DumpModification {
        if words.optional("none") { return .noThresholds }
        let input = try AtomInput(words.word("a value of atoms"), observation, what: "threshold quantity")
        let operation = try words.choice("an operator", Comparison.allCases.map { ($0.rawValue, $0) })
        return .threshold(DumpThreshold(input: input, operation: operation, value: try words.double("the threshold")))
    }

    private static func format(_ words: inout Words) throws -> DumpModification {
        if words.optional("none") { return .noFormats }
        let what = try words.word("line, int, float, a column or none")
        let text = try words.word("a format")
        return try placing(at: text.location) {
            switch what.text {
            // One format a column between blanks, as LAMMPS splits it.
            case "line": return .lineFormat(try text.text.split { $0 == " " || $0 == "\t" }.map { try NumberFormat(String($0)) })
            case "int": return .integerFormat(try NumberFormat(text.text))
            case "float": return .realFormat(try NumberFormat(text.text))
            default: return .columnFormat(what, try NumberFormat(text.text))
            }
        }
    }
}

extension Int {
    fileprivate var magnitudeInt: Int { Int(clamping: magnitude) }
}
