/// A potential whose coefficients can change during a run (`fix adapt`).
public protocol Adaptable: Potential {
    /// Names of what can change, as LAMMPS' `fix adapt` has them.
    var adaptableNames: [String] { get }
    /// The coefficient of types i <= j; nil where no pair_coeff line says it (mixed pairs follow from others).
    func parameter(_ name: String, _ i: Int, _ j: Int) -> Double?
    func setParameter(_ name: String, _ i: Int, _ j: Int, to value: Double)
    /// Makes what follows from the coefficients anew.
    /// - Throws: `DeckError` for numbers that do not go together.
    func refresh() throws
}
