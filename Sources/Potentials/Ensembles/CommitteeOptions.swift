import Deck

/// The words between `pair_style ensemble/committee` and its members.
struct CommitteeOptions {
    static let usage = """
        pair_style ensemble/committee [weights W1 W2 ... | weights uniform] [unnormalised] [drive mean | drive STYLE [k]]
            [out_freq N] [out_file FILE] [atomic] [relative LEVEL] [relative_v LEVEL] [ddof 0|1] [members I J ...]
            STYLE ARGS STYLE ARGS ...
        pair_coeff * * STYLE [k] ARGS          k: which one, if the style occurs more than once
        """

    var statistics = MemberStatistics()
    var output: DeviationOutput?
    private var weights: [(value: Double, at: SourceLocation)]?
    private var isNormalised = true
    private var driver: [Word] = []
    private var chosen: [(value: Int, at: SourceLocation)] = []
    private var ddofPlace: SourceLocation?

    private static let keywords = [
        "weights", "unnormalised", "drive", "out_freq", "out_file", "atomic", "relative", "relative_v", "ddof", "members",
    ]

    /// Reads options up to the first word that is not one: the first member's style.
    /// - Throws: `DeckError` at the word that is wrong.
    init(_ words: inout Words) throws {
        var path: String?, period: Int?, isAtomic = false
        while let keyword = words.peek, Self.keywords.contains(keyword.text), !keyword.isQuoted {
            _ = try words.word("an option")
            switch keyword.text {
            case "weights": try readWeights(&words)
            case "unnormalised": isNormalised = false
            case "drive": try readDriver(&words)
            case "out_freq": period = try words.nonNegativeInt("the number of steps between rows of deviations (0: none)")
            case "out_file": path = try words.string("the file of deviations")
            case "atomic": isAtomic = true
            case "relative": statistics.relativeLevel = try words.nonNegativeDouble("the level of force that is added to |F|")
            case "relative_v":
                statistics.relativeVirialLevel = try words.nonNegativeDouble("the level of virial that is added to |W|")
            case "ddof":
                ddofPlace = words.location
                statistics.ddof = try words.choice("the degrees of freedom of the deviation", [("0", 0), ("1", 1)])
            default: try readMembers(&words)
            }
        }
        if period != 0, path != nil || period != nil || isAtomic {
            output = DeviationOutput(path: path ?? "model_devi.out", period: period ?? 100, isAtomic: isAtomic)
        }
    }

    private mutating func readWeights(_ words: inout Words) throws {
        if words.optional("uniform") {
            weights = nil
            return
        }
        var values: [(Double, SourceLocation)] = []
        repeat {
            let place = words.location
            values.append((try words.double("a weight, or uniform"), place))
        } while words.peek.map { Double($0.text) != nil } ?? false
        weights = values
    }

    private mutating func readDriver(_ words: inout Words) throws {
        let name = try words.word("mean, or the member that drives the dynamics")
        driver = name.text == "mean" ? [] : [name]
        if let number = words.peek, !driver.isEmpty, Int(number.text) != nil {
            driver.append(number)
            _ = try words.word("which one")
        }
    }

    private mutating func readMembers(_ words: inout Words) throws {
        repeat {
            let place = words.location
            chosen.append((try words.positiveInt("the number of a member, from 1"), place))
        } while words.peek.map { Int($0.text) != nil } ?? false
    }

    /// c_k of every member.
    /// - Throws: `DeckError` for another number of weights than members, weights that do not add up to 1 (to 1e-6) without
    ///   `unnormalised`, or a driver that is not a member.
    func weights(for set: MemberSet) throws -> [Double] {
        if let name = driver.first {
            if let weights { throw DeckError("weights have no meaning with drive \(name.text)", at: weights[0].at) }
            let last = driver.last!.location
            var words = Words(Array(driver.dropFirst()), of: "pair_style ensemble/committee drive", end: last)
            let k = try set.member(&words, style: name)
            try words.finish()
            return set.members.indices.map { $0 == k ? 1 : 0 }
        }
        guard let weights else { return Array(repeating: 1 / Double(set.count), count: set.count) }
        guard weights.count == set.count else {
            throw DeckError("\(weights.count) weights for \(set.count) members", at: weights[0].at)
        }
        let sum = weights.reduce(0) { $0 + $1.value }
        guard !isNormalised || (sum - 1).magnitude <= 1e-6 else {
            throw DeckError(
                "the weights add up to \(sum), not 1, so energies would be scaled; say unnormalised if that is meant",
                at: weights[0].at)
        }
        guard weights.contains(where: { $0.value != 0 }) else {
            throw DeckError("every weight is 0, so nothing drives the dynamics", at: weights[0].at)
        }
        return weights.map(\.value)
    }

    /// Indices of the members whose spread is reported.
    func chosen(of set: MemberSet) throws -> [Int] {
        for (value, place) in chosen where value > set.count {
            throw DeckError("there is no member \(value): the committee has \(set.count)", at: place)
        }
        let result = chosen.isEmpty ? Array(set.members.indices) : Array(Swift.Set(chosen.map { $0.value - 1 })).sorted()
        if statistics.ddof == 1 && result.count < 2 {
            throw DeckError("ddof 1 needs at least two members", at: ddofPlace)
        }
        return result
    }
}
