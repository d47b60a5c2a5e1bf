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

    public static let table: [AtomQuantity] =
        [
            AtomQuantity("id", "number of the atom, from 1", isInteger: true) { s in each(s) { Double(s.atoms.id[$0]) } },
            AtomQuantity("type", "type, from 1", isInteger: true) { s in each(s) { Double(s.atoms.type[$0]) } },
            AtomQuantity("mass", "mass", { s in each(s) { s.atoms.mass[Int(s.atoms.type[$0])] ?? 0 } }),
            AtomQuantity("mol", "number of the molecule", isInteger: true) { try carried($0, $0.atoms.molecule, "molecules") },
            AtomQuantity("q", "charge") { try carried($0, $0.atoms.charge, "charges") },
            AtomQuantity("proc", "rank that owns the atom", isInteger: true) { s in each(s) { _ in Double(s.communicator.rank) } },
            AtomQuantity("procp1", "rank that owns the atom, from 1", isInteger: true) { s in
                each(s) { _ in Double(s.communicator.rank + 1) }
            },
        ] + axes("", "position", { s, d in each(s) { s.atoms.position[$0][d] } })
        + axes("s", "position as a fraction of the box", scaled)
        + axes(
            "u", "position as if never wrapped",
            { s, d in
                each(s) { s.box.unwrapped(s.atoms.position[$0], s.atoms.image[$0])[d] }
            })
        + axes(
            "su", "unwrapped position as a fraction of the box",
            { s, d in
                let fraction = scaled(s, d)
                return each(s) { fraction[$0] + Double(s.atoms.image[$0][d]) }
            })
        + axes(before: "i", "box image", isInteger: true, { s, d in each(s) { Double(s.atoms.image[$0][d]) } })
        + axes(before: "v", "velocity", { s, d in each(s) { s.atoms.velocity[$0][d] } })
        + axes(
            before: "f", "force",
            { s, d in
                guard s.forces.force.count >= s.atoms.owned else {
                    throw DeckError("forces have not been computed yet; use run 0 before", at: nil)
                }
                return each(s) { s.forces.force[$0][d] }
            })

    /// LAMMPS' attributes of richer atom styles, and why there are none here.
    static let refused: [String: String] = {
        var table: [String: String] = [:]
        for name in ["mux", "muy", "muz", "mu"] { table[name] = "atom_style atomic has no dipoles" }
        for name in [
            "radius", "diameter", "omegax", "omegay", "omegaz", "angmomx", "angmomy", "angmomz", "tqx", "tqy", "tqz", "heatflow",
            "temperature",
        ] {
            table[name] = "atoms are points"
        }
        return table
    }()

    public static let byName = Dictionary(uniqueKeysWithValues: table.map { ($0.name, $0) })

    /// Quantities that depend on the frame: the three that turn together, whether they are a place, and which of them each is.
    static let generalTurns: [String: (columns: [String], isPlace: Bool, axis: Int)] = {
        var turns: [String: (columns: [String], isPlace: Bool, axis: Int)] = [:]
        for (names, isPlace) in [
            (["x", "y", "z"], true), (["xu", "yu", "zu"], true), (["vx", "vy", "vz"], false), (["fx", "fy", "fz"], false),
        ] {
            for (axis, name) in names.enumerated() { turns[name] = (names, isPlace, axis) }
        }
        return turns
    }()

    private static func carried(_ s: System, _ property: AtomProperty?, _ what: String) throws -> [Double] {
        guard let property else { throw DeckError("atom_style \(s.atoms.style.rawValue) has no \(what)", at: nil) }
        return each(s) { property.values[$0] }
    }

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
            if let atoms = observation.host?.watchedSystem?.atoms.style,
                word.text == "q" && !atoms.hasCharge || word.text == "mol" && !atoms.hasMolecule
            {
                let what = word.text == "q" ? "charges" : "molecules"
                throw DeckError("'\(word.text)' is not there: atom_style \(atoms.rawValue) has no \(what)", at: word.location)
            }
        } else if word.text.hasPrefix("v_") {
            source = .variable(String(word.text.dropFirst(2)))
            try observation.checkVariable(String(word.text.dropFirst(2)), at: word.location)
        } else if let reference = try Reference(parsing: word) {
            source = .reference(reference)
            let whose = "\(reference.kind) '\(reference.id)'", plain = word.text.prefix { $0 != "[" }
            let columns = try observation.atomColumns(of: reference, at: word.location)
            if columns == 0 && !reference.indices.isEmpty {
                throw DeckError("\(whose) has one value per atom: use \(plain)", at: word.location)
            }
            if columns > 0 && !(reference.indices.count == 1 && (1...columns).contains(reference.indices[0])) {
                throw DeckError("\(whose) has columns \(plain)[1] to \(plain)[\(columns)]", at: word.location)
            }
        } else if let reason = AtomQuantity.refused[word.text] {
            throw DeckError("'\(word.text)' is not there: \(reason)", at: word.location)
        } else if word.text.hasPrefix("i_") || word.text.hasPrefix("d_") || word.text.hasPrefix("i2_") || word.text.hasPrefix("d2_") {
            throw DeckError("'\(word.text)' is not there: atoms have no properties of a deck's own (fix property/atom)", at: word.location)
        } else {
            throw DeckError.unknown(what, word, known: AtomQuantity.table.map(\.name))
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

    /// - Parameter group: whose values matter.
    public func values(_ snapshot: Snapshot, of group: Group = .all) throws -> [Double] {
        try placing(at: location) {
            switch source {
            case .quantity(let quantity): try quantity.values(snapshot.system)
            case .reference(let reference): try snapshot.atomColumn(reference)
            case .variable(let name): try snapshot.observation.requireHost().atomVariable(name, of: group, at: location)
            }
        }
    }

    /// The same; places, velocities and forces in the frame of a general triclinic box's edges where asked for.
    func values(_ snapshot: Snapshot, isGeneral: Bool) throws -> [Double] {
        guard isGeneral, case .quantity(let quantity) = source, let turn = AtomQuantity.generalTurns[quantity.name] else {
            return try values(snapshot)
        }
        let columns = try placing(at: location) { try turn.columns.map { try AtomQuantity.byName[$0]!.values(snapshot.system) } }
        let box = snapshot.system.box
        return (0..<snapshot.system.atoms.owned).map { i in
            let v = Vector(columns[0][i], columns[1][i], columns[2][i], 0)
            return (turn.isPlace ? box.general(v) : box.general(vector: v))[turn.axis]
        }
    }

    func wants(_ observation: Observation) -> Wanted {
        switch source {
        case .quantity: []
        case .reference(let reference): reference.kind == .compute ? observation.wants(of: reference.id) : []
        case .variable(let name): observation.wants(ofVariable: name)
        }
    }
}

extension Observation {
    /// Per-atom columns of a compute or fix: 0 where each atom has one value.
    /// - Throws: `DeckError` when it is not there, or has no values per atom.
    func atomColumns(of reference: Reference, at location: SourceLocation?) throws -> Int {
        guard reference.kind == .fix else {
            let compute = try requireCompute(reference.id, at: location)
            guard let columns = compute.shape.atomColumns else {
                throw DeckError("compute '\(compute.id)' (\(compute.style)) has no values per atom", at: location)
            }
            return columns
        }
        let fix = try requireFix(reference.id, at: location)
        guard let property = fix.atomProperty else {
            throw DeckError("fix '\(fix.id)' (\(fix.style)) has no values per atom", at: location)
        }
        return property.width == 1 ? 0 : property.width
    }

    func requireFix(_ id: String, at location: SourceLocation?) throws -> any Fix {
        let fixes = try requireHost().watchedFixes
        guard let fix = fixes.first(where: { $0.id == id }) else {
            throw DeckError.unknownID("fix", id, known: fixes.map(\.id), at: location)
        }
        return fix
    }
}
