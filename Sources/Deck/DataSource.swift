extension Reference {
    /// Reads `c_ID`, `c_ID[i]`, `f_ID[i][j]`, `C_ID[i]` ...; nil if the text is none of these.
    public init?(_ text: String) {
        let kinds: [(String, Kind, Bool)] = [
            ("c_", .compute, false), ("f_", .fix, false), ("C_", .compute, true), ("F_", .fix, true),
        ]
        guard let (_, kind, isPerAtom) = kinds.first(where: { text.hasPrefix($0.0) }),
            let (id, indices) = splitIndices(text.dropFirst(2)), indices.count <= 2
        else { return nil }
        self.init(kind, id, indices, isPerAtom: isPerAtom)
    }
}

/// What commands such as `thermo_style custom`, `fix ave/time` and `dump custom` take values from.
public enum DataSource: Sendable, Hashable {
    /// `c_ID...` or `f_ID...`
    case reference(Reference)
    /// `v_name` or `v_name[i]`
    case variable(String, index: Int?)

    /// Reads a source; nil if the text is none, for example a thermo keyword.
    public init?(_ text: String) {
        if let reference = Reference(text) {
            self = .reference(reference)
        } else if text.hasPrefix("v_"), let (name, indices) = splitIndices(text.dropFirst(2)), indices.count <= 1 {
            self = .variable(name, index: indices.first)
        } else {
            return nil
        }
    }
}

/// A name with positive numbers in brackets after it.
private func splitIndices(_ text: Substring) -> (String, [Int])? {
    var parts = text.split(separator: "[", omittingEmptySubsequences: false)
    let name = String(parts.removeFirst())
    var indices: [Int] = []
    for part in parts {
        guard part.hasSuffix("]"), part.dropLast().utf8.allSatisfy(isDigit), let index = Int(part.dropLast()), index > 0
        else { return nil }
        indices.append(index)
    }
    return isName(name) ? (name, indices) : nil
}

extension Words {
    /// `c_ID`, `f_ID[i]`, `v_name` ...
    public mutating func dataSource(_ expected: String) throws(DeckError) -> DataSource {
        let word = try word(expected)
        guard let source = DataSource(word.text) else {
            throw error("\(expected) must be c_ID, f_ID or v_name, with [i] or not, not '\(word.text)'", at: word)
        }
        return source
    }
}
