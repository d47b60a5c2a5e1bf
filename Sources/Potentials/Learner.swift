import Domain

/// A network whose parameters change, on the atoms of one frame at a time: what `Fitting` trains.
///
/// Parameters are one flat vector; energies in eV, lengths in Angstrom. The types of atoms are 1 + the indices of the learner's elements.
/// A step over a frame is `forward`, `backward`, `learn`, in this order. Where the network is stacked on base potentials, these give
/// it their forces F_k and site energies; other networks have none and do not ask.
public protocol Learner: AnyObject {
    /// Of the pairs it sees, Angstrom.
    var cutoff: Double { get }
    var parameters: [Double] { get }
    /// Sets all parameters and clears the gradient.
    func load(_ parameters: [Double])
    /// What has been added up since the last `load`.
    func gradient() -> [Double]

    /// Takes in a frame and passes it forward.
    /// - Parameters:
    ///   - force: of base k on owned atom i. - energy: site energy of base k, for a gate.
    func forward(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ halo: Halo, force: (_ k: Int, _ i: Int) -> Vector,
        energy: (_ k: Int, _ i: Int) -> Double)
    /// Energy e_i of owned atom i.
    func energy(_ i: Int) -> Double
    /// Adds -d/dx sum_i e_i at constant forces of the bases to `forces`, owned and ghost, and gives d/dF_k of the same sum for every
    /// owned atom.
    func backward(
        _ atoms: borrowing Atoms, _ halo: Halo, into forces: inout Forces, field: (_ k: Int, _ i: Int, _ v: Vector) -> Void)
    /// Adds to the gradient that of sum_i r_i . F_i + sum_i a_i e_i, after `backward`.
    /// - Parameters:
    ///   - r: owned and ghost atoms. - a: owned atoms.
    ///   - force: tangent of F_k on owned atom i along r; zero where these are held constant. - energy: the same of its site energy.
    func learn(
        field r: borrowing Column<Vector>, seeds a: borrowing Column<Double>, _ halo: Halo, force: (_ k: Int, _ i: Int) -> Vector,
        energy: (_ k: Int, _ i: Int) -> Double)
}

/// The precision of a learner's passes; parameters are kept in double precision.
public enum LearningPrecision: Sendable { case single, double }
