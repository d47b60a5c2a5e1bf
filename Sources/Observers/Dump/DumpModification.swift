import Deck
import Domain
import Integrators

/// One setting of `dump_modify`.
public enum DumpModification: Sendable {
    case append(Bool)
    case first(Bool)
    case schedule(Schedule)
    case order(DumpOrder)
    case padding(Int)
    case mostFiles(Int?)
    case time(Bool)
    case units(Bool)
    case header(Bool)
    case delay(Int)
    case skip(Word)
    case region(Word?)
    case refresh(Word)
    case noThresholds
    case threshold(DumpThreshold)
    case elements([String]?)
    case noFormats
    case lineFormat([NumberFormat])
    case integerFormat(NumberFormat)
    case realFormat(NumberFormat)
    case columnFormat(Word, NumberFormat)
    case columnName(Word, String)
    case defaultColumnNames
    case scale(Bool)
    case image(Bool)
    case unwrap(Bool)
    case velocities(Bool)
    case forces(Bool)
    case deviation(Bool)
    case thermo(Bool)
    case doublePrecision(Bool)
    case general(Bool)

    private static let names = [
        "append", "first", "every", "every/time", "sort", "pad", "maxfiles", "time", "units", "header", "delay", "skip", "thresh", "region",
        "refresh", "element", "types", "format", "precision", "colname", "scale", "image", "unwrap", "vel", "forces", "deviation", "thermo",
        "double", "triclinic/general", "flush", "buffer",
    ]

    /// Words of LAMMPS that this engine does not have, and why.
    private static let refused = [
        "nfile": "one file holds all atoms, whatever the number of ranks",
        "fileper": "one file holds all atoms, whatever the number of ranks",
        "balance": "rows are never moved between ranks but to sort them", "pbc": "positions are written as the run has them",
        "at": "frames go behind the last one (append yes)",
        "sfactor": "there is no dump style whose units it would change", "tfactor": "there is no dump style whose units it would change",
        "compression_level": "compressed files have the library's usual level", "checksum": "zstd files always have checksums",
    ]

    /// Reads the words of `dump_modify`.
    /// - Parameter typeCount: how many elements `element` takes.
    public static func parse(_ words: inout Words, typeCount: Int, labels: [String?], _ observation: Observation) throws
        -> [DumpModification]
    {
        var result: [DumpModification] = []
        repeat {
            let keyword = try words.word("a keyword")
            if let reason = refused[keyword.text] { throw words.error("'\(keyword.text)' is not supported: \(reason)", at: keyword) }
            guard names.contains(keyword.text) else { throw DeckError.unknown("dump_modify keyword", keyword, known: names) }
            switch keyword.text {
            case "append": result.append(.append(try words.flag("append")))
            case "first": result.append(.first(try words.flag("first")))
            case "every": result.append(.schedule(try Schedule(words.word("the interval"), what: "the interval")))
            case "every/time": result.append(.schedule(try Schedule(time: words.word("the time between frames"))))
            case "sort": result.append(.order(try order(words.word("off, id or a column"))))
            case "pad": result.append(.padding(try words.nonNegativeInt("the number of digits")))
            case "maxfiles":
                let number = try words.int("the number of files, or -1")
                guard number == -1 || number > 0 else { throw words.error("the number of files must be positive, or -1 for all") }
                result.append(.mostFiles(number < 0 ? nil : number))
            case "time": result.append(.time(try words.flag("time")))
            case "units": result.append(.units(try words.flag("units")))
            case "header": result.append(.header(try words.flag("header")))
            case "delay": result.append(.delay(try words.int("the first step")))
            case "skip":
                let word = try words.word("v_name")
                guard word.text.hasPrefix("v_") else { throw words.error("skip takes v_name, not '\(word.text)'") }
                try observation.checkVariable(String(word.text.dropFirst(2)), at: word.location)
                result.append(.skip(word))
            case "thresh": result.append(try threshold(&words, observation))
            case "region": result.append(try region(&words, observation))
            case "refresh":
                let word = try words.word("c_ID")
                guard word.text.hasPrefix("c_"), !word.text.contains("[") else {
                    throw words.error("refresh takes c_ID, not '\(word.text)'")
                }
                let compute = try observation.requireCompute(String(word.text.dropFirst(2)), at: word.location)
                guard compute.canRefresh else {
                    throw words.error("compute '\(compute.id)' (\(compute.style)) has nothing to refresh")
                }
                result.append(.refresh(word))
            case "element":
                result.append(.elements(try (0..<typeCount).map { try words.string("an element for type \($0 + 1) of \(typeCount)") }))
            case "types":
                if try words.choice("types", [("labels", true), ("numeric", false)]) {
                    let all = labels.dropFirst().compactMap { $0 }
                    guard all.count == typeCount else { throw words.error("not every type has a label (labelmap)") }
                    result.append(.elements(all))
                } else {
                    result.append(.elements((0..<typeCount).map { String($0 + 1) }))
                }
            case "format": result.append(try format(&words))
            case "precision":
                let digits = try words.positiveInt("the number of digits")
                result.append(.realFormat(try NumberFormat("%.\(min(digits, 17))g")))
            case "colname":
                if words.optional("default") {
                    result.append(.defaultColumnNames)
                } else {
                    result.append(.columnName(try words.word("a column, or default"), try words.string("the column's name")))
                }
            case "scale": result.append(.scale(try words.flag("scale")))
            case "image": result.append(.image(try words.flag("image")))
            case "unwrap": result.append(.unwrap(try words.flag("unwrap")))
            case "vel": result.append(.velocities(try words.flag("vel")))
            case "forces": result.append(.forces(try words.flag("forces")))
            case "deviation": result.append(.deviation(try words.flag("deviation")))
            case "thermo": result.append(.thermo(try words.flag("thermo")))
            case "triclinic/general":
                let flag = try words.flag("triclinic/general")
                guard !flag || observation.host?.watchedSystem?.box.rotation != nil else {
                    throw words.error("triclinic/general yes needs a box that was made as a general triclinic one", at: keyword)
                }
                result.append(.general(flag))
            case "double": result.append(.doublePrecision(try words.flag("double")))
            // flush, buffer: frames are always built in memory and written at once.
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
            return .column(Int(clamping: column.magnitude), descending: column < 0)
        }
    }

    private static func threshold(_ words: inout Words, _ observation: Observation) throws -> DumpModification {
        if words.optional("none") { return .noThresholds }
        let input = try AtomInput(words.word("a value of atoms"), observation, what: "threshold quantity")
        let operation = try words.choice("an operator", Comparison.allCases.map { ($0.rawValue, $0) })
        let value = try words.optional("LAST") ? nil : words.double("the threshold, a number or LAST")
        return .threshold(DumpThreshold(input: input, operation: operation, value: value))
    }

    private static func region(_ words: inout Words, _ observation: Observation) throws -> DumpModification {
        if words.optional("none") { return .region(nil) }
        let word = try words.word("a region, or none")
        guard try observation.requireHost().watchedRegion(word.text) != nil else {
            throw DeckError("there is no region '\(word.text)'", at: word.location)
        }
        return .region(word)
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
