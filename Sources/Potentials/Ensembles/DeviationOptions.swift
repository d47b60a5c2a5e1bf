import Deck

/// The words on members' disagreement that every ensemble takes, before the styles of its members:
///
///     out_freq N          a row of deviations every N steps; 0: none. Default 100 where out_file or atomic is given
///     out_file FILE       default model_devi.out where out_freq or atomic is given
///     atomic              also the deviation of every atom
///     relative LEVEL      force deviations divided by |F| + LEVEL
///     relative_v LEVEL    virial deviations divided by |W| + LEVEL
///     ddof 0|1            population's or sample's deviation
///     members I J ...     members, from 1, whose spread counts; default all
///     calibrate ALPHA     factor of every deviation (`Calibration`; `mdfit evaluate` estimates it)
struct DeviationOptions {
    static let usage =
        "[out_freq N] [out_file FILE] [atomic] [relative LEVEL] [relative_v LEVEL] [ddof 0|1] [members I J ...] [calibrate ALPHA]"
    static let keywords = ["out_freq", "out_file", "atomic", "relative", "relative_v", "ddof", "members", "calibrate"]

    private(set) var statistics = MemberStatistics()
    private var path: String?
    private var period: Int?
    private var isAtomic = false
    private var chosen: [(value: Int, at: SourceLocation)] = []
    private var ddofPlace: SourceLocation?

    /// Reads one option if the next word is one of these.
    /// - Returns: whether it was.
    /// - Throws: `DeckError` at the word that is wrong.
    mutating func read(_ words: inout Words) throws -> Bool {
        guard let keyword = words.peek, Self.keywords.contains(keyword.text), !keyword.isQuoted else { return false }
        _ = try words.word("an option")
        switch keyword.text {
        case "out_freq": period = try words.nonNegativeInt("the number of steps between rows of deviations (0: none)")
        case "out_file": path = try words.string("the file of deviations")
        case "atomic": isAtomic = true
        case "relative": statistics.relativeLevel = try words.nonNegativeDouble("the level of force that is added to |F|")
        case "relative_v": statistics.relativeVirialLevel = try words.nonNegativeDouble("the level of virial that is added to |W|")
        case "ddof":
            ddofPlace = words.location
            statistics.ddof = try words.choice("the degrees of freedom of the deviation", [("0", 0), ("1", 1)])
        case "calibrate": statistics.calibration = try words.positiveDouble("the factor of deviations")
        default:
            repeat {
                let place = words.location
                chosen.append((try words.positiveInt("the number of a member, from 1"), place))
            } while words.peek.map { Int($0.text) != nil } ?? false
        }
        return true
    }

    /// nil where nothing is to be written.
    var output: DeviationOutput? {
        guard period != 0, path != nil || period != nil || isAtomic else { return nil }
        return DeviationOutput(path: path ?? "model_devi.out", period: period ?? 100, isAtomic: isAtomic)
    }

    /// Indices of the members whose spread is reported.
    /// - Throws: `DeckError` at the number of a member that there is not, or at ddof 1 with a single one.
    func chosen(of set: MemberSet) throws -> [Int] {
        for (value, place) in chosen where value > set.count {
            throw DeckError("there is no member \(value): the ensemble has \(set.count)", at: place)
        }
        let result = chosen.isEmpty ? Array(set.members.indices) : Array(Swift.Set(chosen.map { $0.value - 1 })).sorted()
        if statistics.ddof == 1 && result.count < 2 {
            throw DeckError("ddof 1 needs at least two members", at: ddofPlace)
        }
        return result
    }
}

extension MemberJudge {
    /// - Throws: what `DeviationOptions.chosen` throws.
    convenience init(_ memberSet: MemberSet, _ options: DeviationOptions) throws {
        self.init(memberSet, chosen: try options.chosen(of: memberSet), statistics: options.statistics, output: options.output)
    }
}
