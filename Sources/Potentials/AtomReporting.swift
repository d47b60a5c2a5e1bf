import Domain

/// A value, or a row of values, that a potential has for every atom under a name of its own.
public struct PotentialAtomQuantity: Sendable {
    public let name: String
    /// 0: one value an atom; else the length of an atom's row.
    public let columns: Int
    /// What a step must want for it.
    public let wanted: Wanted
    public let help: String

    public init(_ name: String, columns: Int = 0, wanted: Wanted = .atomQuantities, help: String) {
        (self.name, self.columns, self.wanted, self.help) = (name, columns, wanted, help)
    }
}

/// A potential that tells more of each atom than energy and virial, such as an extrapolation grade: what `fix pair` hands on to dumps,
/// `compute reduce` and formulas. Values are of the last step at which what the quantity needs was wanted.
public protocol AtomReporting: Potential {
    var atomQuantities: [PotentialAtomQuantity] { get }
    /// Values of the owned atoms, row by row, of a quantity that is in `atomQuantities`.
    func atomQuantity(_ name: String, _ atoms: borrowing Atoms) -> [Double]
}

/// A potential of pairs whose interaction can be asked for pair by pair.
public protocol PairInteraction: PairwisePotential {
    /// Energy, and force divided by distance (along r_i - r_j, on i), of atoms of types i and j at a squared distance; nil beyond the
    /// cutoff.
    func interaction(_ i: Int, _ j: Int, distanceSquared: Double) -> (energy: Double, forceOverDistance: Double)?
}

extension Potential {
    /// The potentials of that style among this one and its members at any depth, in order; with the members that lead to each.
    public func paths(toStyle style: String) -> [[any Potential]] {
        let own: [[any Potential]] = self.style == style ? [[self]] : []
        return own + members.flatMap { member in member.paths(toStyle: style).map { [self] + $0 } }
    }
}
