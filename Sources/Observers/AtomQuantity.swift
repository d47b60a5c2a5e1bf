import Deck
import Domain
import Integrators

/// A property of atoms that dumps, `compute property/atom`, `compute reduce` and formulas can name.
public struct AtomQuantity: Sendable {
    public let name: String
    public let isInteger: Bool
    public let help: String
    /// Values of this rank's owned atoms.
    let values: @Sendable (System) throws -> [Double]

    private init(_ name: String, _ help: String, isInteger: Bool = false, _ values: @escaping @Sendable (System) throws -> [Double]) {
        (self.name, self.isInteger, self.help, self.values) = (name, isInteger, help, values)
    }

    public static let table: [AtomQuantity] = [
        AtomQuantity("id", "number of the atom, from 1", isInteger: true) { s in each(s) { Double(s.atoms.id[$0]) } },
        AtomQuantity("type", "type, from 1", isInteger: true) { s in each(s) { Double(s.atoms.type[$0]) } },
        AtomQuantity("mass", "mass", { s in each(s) { s.atoms.mass[Int(s.atoms.type[$0])] ?? 0 } }),
        AtomQuantity("proc", "rank that owns the atom", isInteger: true) { s in each(s) { _ in Double(s.communicator.rank) } },
        AtomQuantity("procp1", "rank that owns the atom, from 1", isInteger: true) { s in each(s) { _ in Double(s.communicator.rank + 1) } },
    ] + axes("", "position", { s, d in each(s) { s.atoms.position[$0][d] } })
        + axes("s", "position as a fraction of the box", scaled)
        + axes("u", "position as if never wrapped", { s, d in
            each(s) { s.box.unwrapped(s.atoms.position[$0], s.atoms.image[$0])[d] }
        })
        + axes("su", "unwrapped position as a fraction of the box", { s, d in
            let fraction = scaled(s, d)
            return each(s) { fraction[$0] + Double(s.atoms.image[$0][d]) }
        })
        + axes(before: "i", "box image", isInteger: true, { s, d in each(s) { Double(s.atoms.image[$0][d]) } })
        + axes(before: "v", "velocity", { s, d in each(s) { s.atoms.velocity[$0][d] } })
        + axes(before: "f", "force", { s, d in
            guard s.forces.force.count >= s.atoms.owned else {
                throw DeckError("forces have not been computed yet; use run 0 before", at: nil)
            }
            return each(s) { s.forces.force[$0][d] }
        })

    /// LAMMPS' attributes of richer atom styles, and why there are none here.
    static let refused: [String: String] = {
        var table = ["mol": "atom_style atomic has no molecules", "q": "atom_style atomic has no charges"]
        for name in ["mux", "muy", "muz", "mu"] { table[name] = "atom_style atomic has no dipoles" }
        for name in ["radius", "diameter", "omegax", "omegay", "omegaz", "angmomx", "angmomy", "angmomz", "tqx", "tqy", "tqz", "heatflow", "temperature"] {
            table[name] = "atoms are points"
        }
        return table
    }()

    public static let byName = Dictionary(uniqueKeysWithValues: table.map { ($0.name, $0) })

    private static func each(_ s: System, _ value: (Int) -> Double) -> [Double] { (0..<s.atoms.owned).map(value) }

    private static func scaled(_ s: System, _ d: Int) -> [Double] {
        if s.box.isTriclinic { return each(s) { s.box.fractional(s.atoms.position[$0])[d] } }
        // LAMMPS multiplies by the inverse.
        let inverse = 1 / s.box.lengths[d], lo = s.box.lo[d]
        return each(s) { (s.atoms.position[$0][d] - lo) * inverse }
    }

    private static func axes(
        before: String = "", _ after: String = "", _ help: String, isInteger: Bool = false,
        _ values: @escaping @Sendable (System, Int) throws -> [Double]
    ) -> [AtomQuantity] {
        ["x", "y", "z"].enumerated().map { d, axis in
            AtomQuantity(before + axis + after, "\(axis) of the \(help)", isInteger: isInteger) { try values($0, d) }
        }
    }

    private static func axes(
        before: String, _ help: String, isInteger: Bool = false, _ values: @escaping @Sendable (System, Int) throws -> [Double]
    ) -> [AtomQuantity] {
        axes(before: before, "", help, isInteger: isInteger, values)
    }
}

/// A per-atom input of a dump or compute: a property, c_ID, c_ID[i] or v_name.
public struct AtomInput: Sendable {
    public enum Source: Sendable {
        case quantity(AtomQuantity)
        case reference(Reference)
        case variable(String)
    }
    /// As typed: `c_pa[1]`.
    public let name: String
    public let source: Source
    public let location: SourceLocation?

    public var isInteger: Bool { if case .quantity(let q) = source { q.isInteger } else { false } }

    /// - Throws: `DeckError` at the word when it names nothing, or something without per-atom values.
    public init(_ word: Word, _ observation: Observation, what: String) throws {
        name = word.text
        location = word.location
        if let quantity = AtomQuantity.byName[word.text] {
            source = .quantity(quantity)
        } else if word.text.hasPrefix("v_") {
            source = .variable(String(word.text.dropFirst(2)))
            try observation.checkVariable(String(word.text.dropFirst(2)), at: word.location)
        } else if let reference = try Reference(parsing: word) {
            source = .reference(reference)
            if reference.kind == .fix {
                try Self.checkFix(reference, observation, word)
                return
            }
            let compute = try observation.requireCompute(reference.id, at: word.location)
            guard let columns = compute.shape.atomColumns else {
                throw DeckError("compute '\(compute.id)' (\(compute.style)) has no values per atom", at: word.location)
            }
            if columns == 0 && !reference.indices.isEmpty {
                throw DeckError("compute '\(compute.id)' has one value per atom: use c_\(compute.id)", at: word.location)
            }
            if columns > 0 && !(reference.indices.count == 1 && (1...columns).contains(reference.indices[0])) {
                throw DeckError("compute '\(compute.id)' has columns c_\(compute.id)[1] to c_\(compute.id)[\(columns)]", at: word.location)
            }
        } else if let reason = AtomQuantity.refused[word.text] {
            throw DeckError("'\(word.text)' is not there: \(reason)", at: word.location)
        } else if word.text.hasPrefix("i_") || word.text.hasPrefix("d_") || word.text.hasPrefix("i2_") || word.text.hasPrefix("d2_") {
            throw DeckError("'\(word.text)' is not there: atoms have no properties of a deck's own (fix property/atom)", at: word.location)
        } else {
            throw DeckError.unknown(what, word, known: AtomQuantity.table.map(\.name))
        }
    }

    /// A fix may make its per-atom values only when a run begins; what is known already is checked already.
    private static func checkFix(_ reference: Reference, _ observation: Observation, _ word: Word) throws {
        let fixes = observation.host?.watchedFixes ?? []
        guard let fix = fixes.first(where: { $0.id == reference.id }) else {
            throw DeckError.unknownID("fix", reference.id, known: fixes.map(\.id), at: word.location)
        }
        guard let width = fix.atomProperty?.width else { return }
        if width == 1, !reference.indices.isEmpty {
            throw DeckError("fix '\(fix.id)' has one value per atom: use f_\(fix.id)", at: word.location)
        }
        if width > 1, !(reference.indices.count == 1 && reference.indices[0] <= width) {
            throw DeckError("fix '\(fix.id)' has columns f_\(fix.id)[1] to f_\(fix.id)[\(width)]", at: word.location)
        }
    }

    /// A property by its name; nil when there is none of that name.
    public init?(named name: String) {
        guard let quantity = AtomQuantity.byName[name] else { return nil }
        (self.name, location, source) = (name, nil, .quantity(quantity))
    }

    /// A property that is known to exist.
    init(_ quantity: String) {
        (name, location, source) = (quantity, nil, .quantity(AtomQuantity.byName[quantity]!))
    }

    public func values(_ snapshot: Snapshot) throws -> [Double] {
        try placing(at: location) {
            switch source {
            case .quantity(let quantity): try quantity.values(snapshot.system)
            case .reference(let reference): try snapshot.atomColumn(reference)
            case .variable(let name): try snapshot.observation.requireHost().atomVariable(name, at: location)
            }
        }
    }

    func wants(_ observation: Observation) -> Wanted {
        switch source {
        case .quantity: []
        case .reference(let reference): reference.kind == .compute ? observation.wants(of: reference.id) : []
        case .variable: observation.wantsOfAll
        }
    }
}
