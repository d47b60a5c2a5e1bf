/// LAMMPS' atom styles of points: which columns a data file's section Atoms has, and what atoms carry beside type and position.
///
/// Charges and molecule numbers are kept, written and shown; the Coulomb pair styles read charges.
public enum AtomStyle: String, Sendable, CaseIterable {
    case atomic, charge, bond, angle, molecular, full

    public var hasCharge: Bool { self == .charge || self == .full }
    public var hasMolecule: Bool { topologyKinds > 0 }
    /// How many kinds of connections it has: see `Topology.kinds`.
    public var topologyKinds: Int {
        switch self {
        case .atomic, .charge: 0
        case .bond: 1
        case .angle: 2
        case .molecular, .full: 4
        }
    }

    /// Columns before x, as messages name them.
    public var columns: [String] {
        var names = ["id"]
        if hasMolecule { names.append("molecule") }
        names.append("type")
        if hasCharge { names.append("q") }
        return names
    }

    /// Names of the properties that hold them.
    public static let chargeName = "charge"
    public static let moleculeName = "molecule"

    /// Gives atoms the properties of this style, all 0, where they do not have them yet.
    public func addProperties(_ atoms: inout Atoms) {
        atoms.topology.kinds = max(atoms.topology.kinds, topologyKinds)
        for (name, isThere) in [(Self.chargeName, hasCharge), (Self.moleculeName, hasMolecule)] where isThere && atoms.property(name) == nil
        {
            atoms.extras.append(AtomProperty(name: name, width: 1, count: atoms.owned))
        }
    }
}

extension Atoms {
    public borrowing func property(_ name: String) -> AtomProperty? { extras.first { $0.name == name } }
    /// Charge of each owned atom; nil where the atom style has none.
    public var charge: AtomProperty? { property(AtomStyle.chargeName) }
    /// Molecule number of each owned atom, likewise.
    public var molecule: AtomProperty? { property(AtomStyle.moleculeName) }
    /// The style that these properties make.
    public var style: AtomStyle {
        switch (charge != nil, molecule != nil) {
        case (false, false): .atomic
        case (true, false): .charge
        case (false, true): topology.kinds == 1 ? .bond : topology.kinds == 2 ? .angle : .molecular
        case (true, true): .full
        }
    }
}
