import Deck

extension Reference {
    /// `c_ID`, `c_ID[i]`, `c_ID[i][j]`, `f_ID...`; nil when the word does not begin like one.
    /// - Throws: `DeckError` at the word when the brackets are malformed.
    public init?(parsing word: Word) throws(DeckError) {
        let kind: Kind
        if word.text.hasPrefix("c_") { kind = .compute } else if word.text.hasPrefix("f_") { kind = .fix } else { return nil }
        var rest = word.text.dropFirst(2)
        let id = String(rest.prefix { $0 != "[" })
        rest = rest.dropFirst(id.count)
        var indices: [Int] = []
        while let open = rest.first {
            guard open == "[", let close = rest.firstIndex(of: "]"), let index = Int(rest[rest.index(after: rest.startIndex)..<close]), index > 0,
                indices.count < 2
            else { throw DeckError("'\(word.text)' must be like c_ID, c_ID[1] or c_ID[1][2]", at: word.location) }
            indices.append(index)
            rest = rest[rest.index(after: close)...]
        }
        guard !id.isEmpty else { throw DeckError("'\(word.text)' names no id", at: word.location) }
        self.init(kind, id, indices)
    }
}

/// `c_ID[*]`, `c_ID[2*]`, `c_ID[*3]` and `c_ID[1*3]` made into one word a column, as in LAMMPS.
/// - Parameter perAtom: whether columns are of per-atom data, else elements of the global vector.
func expandWildcards(_ words: [Word], perAtom: Bool, _ observation: Observation) throws -> [Word] {
    try words.flatMap { word -> [Word] in
        let text = word.text
        guard text.hasPrefix("c_") || text.hasPrefix("f_"), let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]"),
            text[open..<close].contains("*")
        else { return [word] }
        let id = String(text.dropFirst(2).prefix { $0 != "[" })
        let count: Int
        if text.hasPrefix("c_") {
            let shape = try observation.requireCompute(id, at: word.location).shape
            guard let length = perAtom ? shape.atomColumns : shape.vectorLength else {
                throw DeckError("compute '\(id)' has no \(perAtom ? "per-atom columns" : "vector")", at: word.location)
            }
            count = length
        } else {
            guard let fix = observation.host?.watchedFixes.first(where: { $0.id == id }) else {
                throw DeckError.unknownID("fix", id, known: observation.host?.watchedFixes.map(\.id) ?? [], at: word.location)
            }
            guard let length = perAtom ? fix.atomProperty?.width : fix.vector.count else {
                throw DeckError("fix '\(id)' (\(fix.style)) has no per-atom columns yet: name them one by one", at: word.location)
            }
            count = length
        }
        let parts = text[text.index(after: open)..<close].split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count == 2, let low = parts[0].isEmpty ? 1 : Int(parts[0]), let high = parts[1].isEmpty ? count : Int(parts[1]),
            low >= 1, high <= count, low <= high
        else { throw DeckError("'\(text)' must be within 1 to \(count)", at: word.location) }
        return (low...high).map { index in
            var one = word
            one.text = text[..<open] + "[\(index)]" + text[text.index(after: close)...]
            return one
        }
    }
}
