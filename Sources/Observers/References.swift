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
            guard open == "[", let close = rest.firstIndex(of: "]"), let index = Int(rest[rest.index(after: rest.startIndex)..<close]),
                index > 0,
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
/// - Parameters:
///   - perAtom: whether columns are of per-atom data, else elements of the global vector.
///   - isArray: columns of the global array instead.
func expandWildcards(_ words: [Word], perAtom: Bool, isArray: Bool = false, _ observation: Observation) throws -> [Word] {
    try words.flatMap { word -> [Word] in
        let text = word.text
        guard text.hasPrefix("c_") || text.hasPrefix("f_"), let open = text.firstIndex(of: "["),
            let close = text[open...].firstIndex(of: "]"),
            text[open..<close].contains("*")
        else { return [word] }
        let id = String(text.dropFirst(2).prefix { $0 != "[" })
        let reference = Reference(text.hasPrefix("c_") ? .compute : .fix, id)
        let count =
            try perAtom
            ? observation.atomColumns(of: reference, at: word.location)
            : observation.globalLength(of: reference, isArray: isArray, at: word.location)
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

extension Observation {
    /// Elements of the global vector, or columns of the global array, of a compute or fix.
    /// - Throws: `DeckError` when it is not there, or has none.
    func globalLength(of reference: Reference, isArray: Bool, at location: SourceLocation?) throws -> Int {
        let what = isArray ? "array" : "vector"
        if reference.kind == .compute {
            let compute = try requireCompute(reference.id, at: location)
            guard let length = isArray ? compute.shape.arrayColumns : compute.shape.vectorLength else {
                throw DeckError("compute '\(compute.id)' (\(compute.style)) has no \(what)", at: location)
            }
            return length
        }
        let fix = try requireFix(reference.id, at: location)
        let length = isArray ? fix.array.first?.count ?? 0 : fix.vector.count
        guard length > 0 else { throw DeckError("fix '\(fix.id)' (\(fix.style)) has no \(what)", at: location) }
        return length
    }
}
