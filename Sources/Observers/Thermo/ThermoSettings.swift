import Deck

/// How the table looks: one line a row, LAMMPS' block of `key = value`, or YAML.
public enum ThermoLayout: String, Sendable, CaseIterable {
    case one, multi, yaml

    fileprivate var real: NumberFormat {
        switch self {
        case .one: .table("% -14.8g")
        case .multi: .table("%14.4f")
        case .yaml: .table("%.15g")
        }
    }
    fileprivate var integer: NumberFormat {
        switch self {
        case .one: .table("%10d ")
        case .multi: .table("%14d")
        case .yaml: .table("%d")
        }
    }
}

public enum LostAtoms: String, Sendable, CaseIterable { case error, warn, ignore }

/// One setting of `thermo_modify`.
public enum ThermoModification: Sendable {
    case norm(Bool)
    case lost(LostAtoms)
    case layout(ThermoLayout)
    case temperature(Word)
    case pressure(Word)
    case noFormats
    case lineFormat([NumberFormat])
    case integerFormat(NumberFormat)
    case realFormat(NumberFormat)
    case columnFormat(ClosedRange<Int>, NumberFormat)
    case columnName(Int, String)
    case defaultColumnNames
    case warnings(WarningLimit)
    case general(Bool)

    /// Reads the words of `thermo_modify`.
    public static func parse(_ words: inout Words, _ thermo: Thermo) throws -> [ThermoModification] {
        var result: [ThermoModification] = []
        let names = ["temp", "press", "lost", "norm", "flush", "line", "format", "colname", "warn", "lost/bond", "triclinic/general"]
        repeat {
            switch try words.choice("keyword", names.map { ($0, $0) }) {
            case "norm": result.append(.norm(try words.flag("norm")))
            // Rows are always written at once, so there is nothing to flush.
            case "flush": _ = try words.flag("flush")
            case "lost": result.append(.lost(try words.choice("lost", LostAtoms.allCases.map { ($0.rawValue, $0) })))
            // There are no bonds that could be lost.
            case "lost/bond": _ = try words.choice("lost/bond", LostAtoms.allCases.map { ($0.rawValue, $0) })
            case "warn": result.append(.warnings(try warnings(&words)))
            case "line": result.append(.layout(try words.choice("line", ThermoLayout.allCases.map { ($0.rawValue, $0) })))
            case "triclinic/general":
                let flag = try words.flag("triclinic/general")
                guard !flag || thermo.knowsGeneralBox else {
                    throw words.error("triclinic/general yes needs a box that was made as a general triclinic one")
                }
                result.append(.general(flag))
            case "temp": result.append(.temperature(try words.word("the id of a temperature compute")))
            case "press": result.append(.pressure(try words.word("the id of a pressure compute")))
            case "colname":
                if words.optional("default") {
                    result.append(.defaultColumnNames)
                } else {
                    let column = try thermo.column(words.word("a column"))
                    result.append(.columnName(column, try words.string("the column's name")))
                }
            default: result.append(try format(&words, thermo))
            }
        } while !words.isAtEnd
        return result
    }

    private static func warnings(_ words: inout Words) throws -> WarningLimit {
        if let word = words.peek, let number = Int(word.text) {
            guard number > 0 else { throw words.error("the number of warnings must be positive; warn ignore prints none", at: word) }
            _ = try words.word("a number")
            return .most(number)
        }
        return try words.choice("warn", [("ignore", .none), ("always", .all), ("reset", .reset), ("default", .usual)])
    }

    private static func format(_ words: inout Words, _ thermo: Thermo) throws -> ThermoModification {
        if words.optional("none") { return .noFormats }
        let what = try words.word("line, int, float, a column or none")
        let text = try words.word("a format")
        return try placing(at: text.location) {
            switch what.text {
            case "line": return .lineFormat(try text.text.split(separator: " ").map { try NumberFormat(String($0)) })
            case "int":
                let format = try NumberFormat(text.text)
                guard format.conversion == .integer else {
                    throw DeckError("the format for integers must have %d, not '\(text.text)'", at: nil)
                }
                return .integerFormat(format)
            case "float":
                let format = try NumberFormat(text.text)
                guard format.conversion == .real else {
                    throw DeckError("the format for reals must have %g, %f or %e, not '\(text.text)'", at: nil)
                }
                return .realFormat(format)
            default:
                if what.text.contains("*") {
                    var range = Words([what], of: "thermo_modify format", end: what.location)
                    let columns = try range.typeRange("a column", count: thermo.columns.count)
                    return .columnFormat(columns.lowerBound - 1...columns.upperBound - 1, try NumberFormat(text.text))
                }
                let column = try thermo.column(what)
                return .columnFormat(column...column, try NumberFormat(text.text))
            }
        }
    }
}

/// The formats that `thermo_modify format` has set.
struct ThermoFormats: Sendable {
    var line: [NumberFormat] = []
    var integer: NumberFormat?
    var real: NumberFormat?
    var columns: [Int: NumberFormat] = [:]

    func format(_ column: Int, isInteger: Bool, _ layout: ThermoLayout) -> NumberFormat {
        if let format = columns[column] { return format }
        if let format = isInteger ? integer : real { return format }
        if line.indices.contains(column) { return line[column] }
        return isInteger ? layout.integer : layout.real
    }
}

extension NumberFormat {
    /// A format known to be well formed.
    static func table(_ text: String) -> NumberFormat {
        do { return try NumberFormat(text) } catch { preconditionFailure("\(error)") }
    }
}
