import Deck
import Domain

/// How a deck writes members, after LAMMPS' `pair_style hybrid`:
///
///     pair_style hybrid/overlay STYLE ARGS STYLE ARGS ...
///     pair_coeff I J STYLE [k] ARGS          k: which one, if the style occurs more than once
///
/// A style's arguments end where the next word is the name of a pair style (quote a word to have it taken literally). A member that
/// is itself an ensemble takes all words that are left, so it comes last.
extension MemberSet {
    /// Reads `STYLE ARGS STYLE ARGS ...` to the end of the command.
    /// - Parameter options: words that may stand before the first member, for the message at one that is neither.
    /// - Throws: `DeckError` at the word that is wrong.
    public static func read(
        _ words: inout Words, _ setup: PotentialSetup, owner: String, options: [String] = [],
        registry: PotentialRegistry = PotentialRegistry()
    ) throws -> MemberSet {
        try read(&words, setup, owner: owner, options: options, prefix: nil, registry: registry).members
    }

    /// As above; with `prefix`, one more word stands before each style (what it is, for messages).
    /// - Returns: the members, and these words.
    static func read(
        _ words: inout Words, _ setup: PotentialSetup, owner: String, options: [String] = [], prefix: String?,
        registry: PotentialRegistry = PotentialRegistry()
    ) throws -> (members: MemberSet, prefixes: [Word]) {
        let known = Set(registry.styles.map(\.name))
        let all = words.remaining(), end = words.location
        let lead = prefix == nil ? 0 : 1
        guard all.count > lead else {
            throw DeckError(
                "\(owner): expected \(prefix.map { "\($0) and " } ?? "the members' pair styles")\(prefix == nil ? "" : "a pair style")",
                at: end)
        }
        guard known.contains(all[lead].text) else {
            let kind = options.isEmpty ? "pair_style" : "pair_style or option of \(owner)"
            throw DeckError.unknown(kind, all[lead], known: known.sorted() + options)
        }
        var starts = all.indices.filter { $0 >= lead && known.contains(all[$0].text) && !all[$0].isQuoted }
        if let composite = starts.first(where: { isComposite(all[$0].text) }) { starts.removeAll { $0 > composite } }
        var potentials: [(any Potential, SourceLocation?)] = [], prefixes: [Word] = []
        for (n, start) in starts.enumerated() {
            let style = all[start]
            if isHybrid(owner) && isHybrid(style.text) {
                throw DeckError("a hybrid is not a member of a hybrid: name all styles in one list", at: style.location)
            }
            if lead > 0 { prefixes.append(all[start - 1]) }
            let next = n + 1 < starts.count ? starts[n + 1] - lead : all.count
            guard next > start else {
                throw DeckError("\(owner): expected \(prefix ?? "a word") before \(all[next + lead].text)", at: all[next + lead].location)
            }
            var own = Words(
                Array(all[start..<next]), of: "pair_style \(owner)", end: next < all.count ? all[next].location : end)
            let potential = try registry.make(&own, setup)
            try own.finish()
            potentials.append((potential, style.location))
        }
        return (MemberSet(potentials), prefixes)
    }

    static func isHybrid(_ style: String) -> Bool { style == "hybrid" || style.hasPrefix("hybrid/") }

    /// Whether a style is made of members and so takes all words that are left.
    static func isComposite(_ style: String) -> Bool { isHybrid(style) || style.hasPrefix("ensemble/") }

    /// The member that `STYLE [k]` names.
    public func member(_ words: inout Words, style: Word) throws -> Int {
        let matches = members.indices.filter { members[$0].potential.style == style.text }
        if matches.isEmpty {
            guard let k = names.firstIndex(of: style.text) else {
                throw DeckError.unknown("member", style, known: names)
            }
            return k
        }
        guard matches.count > 1 else { return matches[0] }
        let number = try words.int("which \(style.text) is meant, from 1 to \(matches.count)")
        guard (1...matches.count).contains(number) else {
            throw words.error("there are \(matches.count) members \(style.text), so their numbers go from 1 to \(matches.count)")
        }
        return matches[number - 1]
    }

    /// Gives a `pair_coeff` line to its member.
    /// - Returns: the member and the line's words after its name.
    @discardableResult
    func coefficients(
        _ types: (Word, Word), _ style: Word, _ words: inout Words, _ setup: PotentialSetup
    ) throws -> (member: Int, line: [Word]) {
        let k = try member(&words, style: style)
        let line = words.remaining()
        var own = Words([types.0, types.1] + line, of: "pair_coeff \(names[k])", end: words.location)
        try members[k].potential.coefficients(&own, setup)
        try own.finish()
        note(line.map(\.text), for: k)
        return (k, line)
    }

    /// Gives a line of an ensemble, `pair_coeff I J STYLE [k] ARGS`, to its member.
    func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        let types = (try words.word("a type"), try words.word("a type"))
        let style = try words.word("the member that the line is for: \(names.joined(separator: ", "))")
        try coefficients(types, style, &words, setup)
    }

    /// - Throws: `DeckError` at the first member that no pair_coeff line was for.
    func requireCoefficients(of owner: String) throws {
        for k in members.indices where coefficientLines[k].isEmpty {
            let which = members[k].instance.map { " \($0)" } ?? ""
            throw DeckError(
                "\(owner): member \(members[k].name) has no pair_coeff line (pair_coeff * * \(members[k].potential.style)\(which) ...)",
                at: members[k].location)
        }
    }
}
