import Deck

/// The words between `pair_style ensemble/committee` and its members.
struct CommitteeOptions {
    static let usage = """
        pair_style ensemble/committee [weights W1 W2 ... | weights uniform] [unnormalised] [drive mean | drive STYLE [k]]
            \(DeviationOptions.usage)
            STYLE ARGS STYLE ARGS ...
        pair_coeff * * STYLE [k] ARGS          k: which one, if the style occurs more than once
        """

    var deviations = DeviationOptions()
    private var weights: [(value: Double, at: SourceLocation)]?
    private var isNormalised = true
    private var driver: [Word] = []

    static let keywords = ["weights", "unnormalised", "drive"]

    /// Reads options up to the first word that is not one: the first member's style.
    /// - Throws: `DeckError` at the word that is wrong.
    init(_ words: inout Words) throws {
        while try deviations.read(&words) || readOwn(&words) {}
    }

    private mutating func readOwn(_ words: inout Words) throws -> Bool {
        guard let keyword = words.peek, Self.keywords.contains(keyword.text), !keyword.isQuoted else { return false }
        _ = try words.word("an option")
        switch keyword.text {
        case "weights": try readWeights(&words)
        case "unnormalised": isNormalised = false
        default: try readDriver(&words)
        }
        return true
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
        try Self.check(weights.map(\.value), isNormalised: isNormalised, at: weights[0].at)
        return weights.map(\.value)
    }

    /// - Throws: `DeckError` when weights do not add up to 1 (to 1e-6) though they should, or all are 0.
    static func check(_ weights: [Double], of whose: String = "", isNormalised: Bool, at place: SourceLocation?) throws {
        let sum = weights.reduce(0, +)
        guard !isNormalised || (sum - 1).magnitude <= 1e-6 else {
            throw DeckError(
                "the weights\(whose) add up to \(sum), not 1, so energies would be scaled; say unnormalised if that is meant", at: place)
        }
        guard weights.contains(where: { $0 != 0 }) else {
            throw DeckError("every weight\(whose) is 0, so nothing drives the dynamics", at: place)
        }
    }
}
