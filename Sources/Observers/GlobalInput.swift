import Deck
import Domain
import Integrators
import Potentials

/// A global input of a fix that samples: c_ID, c_ID[i], f_ID, f_ID[i], v_name or v_name[i], each one number; or, where columns are sampled,
/// a global vector, or a column of a global array.
struct GlobalInput {
    enum Source {
        case reference(Reference)
        case variable(String, index: Int?)
    }
    /// As typed.
    let name: String
    let source: Source
    let location: SourceLocation?
    let isColumn: Bool

    /// - Throws: `DeckError` at the word when it names nothing, or something that has no such values.
    init(_ word: Word, isColumn: Bool, _ observation: Observation) throws {
        (name, location, self.isColumn) = (word.text, word.location, isColumn)
        guard let source = DataSource(word.text) else {
            throw DeckError("'\(word.text)' must be c_ID, f_ID or v_name, with [i] or not", at: word.location)
        }
        switch source {
        case .variable(let name, let index):
            try observation.checkVariable(name, at: word.location)
            let isVector = try observation.requireHost().variableStyle(name) == .vector
            if isColumn && index != nil {
                throw DeckError("a vector-style variable is a column as a whole: use v_\(name)", at: word.location)
            }
            guard isVector == (isColumn || index != nil) else {
                throw DeckError("variable '\(name)' must be \(isVector ? "equal" : "vector")-style here", at: word.location)
            }
            self.source = .variable(name, index: index)
        case .reference(let reference):
            guard reference.indices.count <= 1, !reference.isPerAtom else {
                throw DeckError("'\(word.text)' must have one index at most", at: word.location)
            }
            self.source = .reference(reference)
            try check(reference, observation)
        }
    }

    private func check(_ reference: Reference, _ observation: Observation) throws {
        let index = reference.indices.first
        guard reference.kind == .compute else {
            let fix = try observation.requireFix(reference.id, at: location)
            // Vectors and arrays may still be empty.
            if !isColumn && index == nil && fix.scalar == nil {
                throw DeckError("fix '\(fix.id)' (\(fix.style)) has no single value", at: location)
            }
            return
        }
        let compute = try observation.requireCompute(reference.id, at: location), shape = compute.shape
        let length = isColumn ? (index == nil ? nil : shape.arrayColumns) : (index == nil ? nil : shape.vectorLength)
        let isThere =
            isColumn
            ? (index == nil ? shape.vectorLength != nil : shape.arrayColumns != nil)
            : (index == nil ? shape.hasScalar : shape.vectorLength != nil)
        guard isThere else {
            let what = isColumn ? (index == nil ? "vector" : "array") : (index == nil ? "single value" : "vector")
            throw DeckError("compute '\(compute.id)' (\(compute.style)) has no \(what)", at: location)
        }
        if let index, let length, index > length, isColumn || !shape.hasVariableRows {
            throw DeckError("compute '\(compute.id)': the index must be from 1 to \(length)", at: location)
        }
    }

    /// One number. Collective.
    func number(_ snapshot: Snapshot) throws -> Double {
        try placing(at: location) {
            switch source {
            case .reference(let reference): return try snapshot.value(reference)
            case .variable(let name, let index):
                let host = try snapshot.observation.requireHost()
                return try index.map { try host.variableElement(name, $0, at: location) } ?? host.variableValue(name, at: location)
            }
        }
    }

    /// A column. Collective.
    func column(_ snapshot: Snapshot) throws -> [Double] {
        try placing(at: location) {
            switch source {
            case .reference(let reference): try snapshot.globalVector(reference)
            case .variable(let name, _): try snapshot.observation.requireHost().variableVector(name, at: location)
            }
        }
    }

    /// Rows of the column, where they are known before it is evaluated; 0 otherwise.
    func rows(_ observation: Observation) -> Int {
        guard case .reference(let reference) = source else { return 0 }
        if reference.kind == .compute, let shape = observation.compute(reference.id)?.shape {
            return (reference.indices.isEmpty ? shape.vectorLength : shape.arrayRows) ?? 0
        }
        let fix = observation.host?.watchedFixes.first { $0.id == reference.id }
        return (reference.indices.isEmpty ? fix?.vector.count : fix?.array.count) ?? 0
    }

    func wants(_ observation: Observation) -> Wanted {
        switch source {
        case .reference(let reference): reference.kind == .compute ? observation.wants(of: reference.id) : []
        case .variable(let name, _): observation.wants(ofVariable: name)
        }
    }

    /// Whether it grows with the number of atoms.
    func isExtensive(_ observation: Observation) -> Bool {
        guard case .reference(let reference) = source else { return false }
        let isVector = isColumn || !reference.indices.isEmpty
        if reference.kind == .compute {
            guard let flags = observation.compute(reference.id)?.shape.isExtensive else { return false }
            return isVector ? flags.vector && !(isColumn && !reference.indices.isEmpty) : flags.scalar
        }
        guard let fix = observation.host?.watchedFixes.first(where: { $0.id == reference.id }) else { return false }
        return isVector ? fix.isVectorExtensive : fix.isExtensive
    }
}

extension Words {
    /// The words up to the first one that `isInput` does not hold for.
    mutating func inputs(while isInput: (String) -> Bool) throws -> [Word] {
        var words: [Word] = []
        while let word = peek, isInput(word.text) { words.append(try self.word("an input")) }
        return words
    }

    static func isReference(_ text: String) -> Bool { ["c_", "f_", "v_"].contains { text.hasPrefix($0) } }
}
