import Deck
import Domain

/// One column of the thermo table.
public struct ThermoColumn: Sendable {
    enum Source: Sendable {
        case keyword(ThermoKeyword)
        case reference(Reference)
        case variable(String, index: Int?)
    }
    /// As typed: `temp`, `c_pa[1]`.
    public let name: String
    let source: Source
    let location: SourceLocation?
    var header: String
    var isInteger: Bool { if case .keyword(let keyword) = source { keyword.isInteger } else { false } }

    init(_ keyword: String) {
        let known = ThermoKeyword.byName[keyword]!
        (name, source, location, header) = (keyword, .keyword(known), nil, known.header)
    }

    /// - Throws: `DeckError` at the word when it names nothing, with the nearest name that does.
    init(_ word: Word, _ observation: Observation) throws {
        (name, location) = (word.text, word.location)
        header = word.text
        if let keyword = ThermoKeyword.byName[word.text] {
            source = .keyword(keyword)
            header = keyword.header
        } else if word.text.hasPrefix("v_") {
            let rest = word.text.dropFirst(2)
            let name = String(rest.prefix { $0 != "[" })
            var index: Int?
            if name.count < rest.count {
                guard rest.hasSuffix("]"), let number = Int(rest.dropFirst(name.count + 1).dropLast()), number > 0 else {
                    throw DeckError("'\(word.text)' must be like v_name or v_name[2]", at: word.location)
                }
                index = number
            }
            source = .variable(name, index: index)
            try observation.checkVariable(name, at: word.location)
        } else if let reference = try Reference(parsing: word) {
            source = .reference(reference)
            if reference.kind == .compute {
                try Self.check(reference, observation.requireCompute(reference.id, at: word.location), word.location)
            } else if let fixes = observation.host?.watchedFixes, !fixes.contains(where: { $0.id == reference.id }) {
                throw DeckError.unknownID("fix", reference.id, known: fixes.map(\.id), at: word.location)
            }
        } else {
            throw DeckError.unknown("thermo keyword", word, known: ThermoKeyword.table.map(\.name))
        }
    }

    private static func check(_ reference: Reference, _ compute: any Compute, _ location: SourceLocation) throws(DeckError) {
        let shape = compute.shape
        switch reference.indices.count {
        case 0:
            guard shape.hasScalar else {
                let other = shape.vectorLength != nil ? "use c_\(compute.id)[i]" : "compute reduce makes one of values per atom"
                throw DeckError("compute '\(compute.id)' (\(compute.style)) has no single value; \(other)", at: location)
            }
        case 1:
            guard let length = shape.vectorLength else {
                throw DeckError("compute '\(compute.id)' (\(compute.style)) has no vector", at: location)
            }
            guard reference.indices[0] <= length || shape.hasVariableRows else {
                throw DeckError("compute '\(compute.id)' has elements 1 to \(length)", at: location)
            }
        default:
            guard let columns = shape.arrayColumns, reference.indices[1] <= columns else {
                throw DeckError("compute '\(compute.id)' (\(compute.style)) has no such element", at: location)
            }
        }
    }

    func value(_ moment: ThermoMoment) throws -> Double {
        try placing(at: location) {
            switch source {
            case .keyword(let keyword): return try keyword.value(moment)
            case .reference(let reference):
                let value = try moment.snapshot.value(reference)
                return Self.isExtensive(reference, moment) ? moment.perAtom(value) : value
            case .variable(let name, let index):
                let host = try moment.snapshot.observation.requireHost()
                if let index { return try host.variableElement(name, index, at: location) }
                return try host.variableValue(name, at: location)
            }
        }
    }

    /// Energies of computes and fixes are divided by the number of atoms with `norm yes`, like those of keywords.
    private static func isExtensive(_ reference: Reference, _ moment: ThermoMoment) -> Bool {
        switch reference.kind {
        case .compute:
            guard let shape = moment.snapshot.observation.compute(reference.id)?.shape else { return false }
            return reference.indices.isEmpty ? shape.isExtensive.scalar : reference.indices.count == 1 && shape.isExtensive.vector
        case .fix:
            guard let fix = moment.snapshot.fixes.first(where: { $0.id == reference.id }) else { return false }
            return reference.indices.isEmpty ? fix.isExtensive : reference.indices.count == 1 && fix.isVectorExtensive
        }
    }

    func wants(_ observation: Observation) -> Wanted {
        switch source {
        case .keyword(let keyword): keyword.wants
        case .reference(let reference): reference.kind == .compute ? observation.wants(of: reference.id) : []
        case .variable(let name, _): observation.wants(ofVariable: name)
        }
    }
}
