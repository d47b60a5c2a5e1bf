import Domain

/// Per-atom energies that can be weighted: F += -sum_i a_i d(e_i)/dx, with its virial.
public protocol SiteEnergies: Potential {
    /// - Parameter seeds: a_i for owned *and* ghost atoms (ghosts' copied from owners). A half-list pair's seed is (a_i + a_j) / 2.
    ///   Energy, when wanted, is sum_i a_i e_i; per-atom energies are a_i e_i.
    func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds a: borrowing Column<Double>, into forces: inout Forces)
}

/// The force of a conservative ensemble on its members' inputs, in one pass of the same kernel on dual numbers:
///
///     F += -sum_i a_i d(e_i)/dx + H v,   H = d2E/dx2
///
/// With positions x - t v and seeds 1 + t a, minus the dual part of dE/dx is exactly that force (reference: DESIGN.md section 3).
/// The virial is the dual edge force times the plain edge vector, nothing else. `forces.energy` is not touched. Where the *context* wants
/// `.atomEnergy`, the atoms' energies receive the dual part of (1 + t a_i) e_i, that is a_i e_i + de_i/dt, on owned and ghost atoms.
public protocol DifferentiablePotential: SiteEnergies {
    /// - Parameters:
    ///   - a: per-atom weights, owned and ghost. - v: displacement field in length units, owned and ghost, ghosts' copied from owners
    ///     without any box shift.
    func pullback(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        weights a: borrowing Column<Double>, field v: borrowing Column<Vector>, into forces: inout Forces)
}

extension DifferentiablePotential {
    /// The default: a central difference of seeded forces, for potentials without a dual kernel.
    ///
    /// With s = 1e-4 / max|v| (max over all ranks): H v = (F(x - s v) - F(x + s v)) / (2 s). Skipped where v = 0 everywhere.
    public func pullback(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        weights a: borrowing Column<Double>, field v: borrowing Column<Vector>, into forces: inout Forces
    ) {
        pullbackByDifference(atoms, list, context, weights: a, field: v, into: &forces)
    }

    /// Also the reference that dual kernels are tested against.
    public func pullbackByDifference(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        weights a: borrowing Column<Double>, field v: borrowing Column<Vector>, into forces: inout Forces, step: Double = 1e-4
    ) {
        // Kernels do what `forces.wanted` says, so parts that must not touch energies go to forces of their own.
        let quiet = context.wanting(context.wanted.intersection([.virial, .atomEnergy]))
        let wantsSites = context.wanted.contains(.atomEnergy)
        var weighted = Forces()
        weighted.clear(count: atoms.count, wanted: quiet.wanted)
        computeSeeded(atoms, list, quiet, seeds: a, into: &weighted)
        forces.addForceAndVirial(of: weighted, weight: 1)
        if wantsSites { for i in 0..<atoms.count { forces.atomEnergy[i] += weighted.atomEnergy[i] } }
        var longest = 0.0
        for i in 0..<atoms.owned { longest = Swift.max(longest, v[i].dot(v[i])) }
        longest = context.communicator.max(longest).squareRoot()
        guard longest > 0 else { return }
        let s = step / longest
        let ones = Column<Double>(repeating: 1, count: atoms.count)
        var moved = atoms.copyForEvaluation()
        for sign in [-1.0, 1.0] {
            for i in 0..<atoms.count {
                moved.position[i] = atoms.position[i] + v[i].xyz * (sign * s)
            }
            var part = Forces()
            part.clear(count: atoms.count, wanted: quiet.wanted)
            computeSeeded(moved, list, quiet, seeds: ones, into: &part)
            // Virial of a force that is a difference at displaced edges: dual edge force (x) plain edge. The central difference gives
            // d(r (x) f)/dt = dr/dt (x) f + r (x) df/dt; the first piece, sum_i v_i (x) F_i up to sign, is taken out again.
            forces.addForceAndVirial(of: part, weight: -sign / (2 * s))
            if wantsSites { for i in 0..<atoms.count { forces.atomEnergy[i] -= sign / (2 * s) * part.atomEnergy[i] } }
        }
        if context.wanted.contains(.virial) {
            var plain = Forces()
            plain.clear(count: atoms.count, wanted: [])
            computeSeeded(atoms, list, quiet.wanting([]), seeds: ones, into: &plain)
            for i in 0..<atoms.count { forces.virial.add(v[i].xyz, plain.force[i].xyz) }
        }
    }
}

/// A pair potential that `pair_modify` can change. Hybrids hand it on to every member that can.
public protocol PairModifiable: Potential {
    var mixing: MixingRule { get set }
    /// Shifts each pair's energy to zero at its cutoff.
    var isShifted: Bool { get set }
    /// Adds to energy and pressure what the interactions beyond the cutoff give in a uniform system.
    var hasTail: Bool { get set }
}

/// A potential with a second, plain kernel, for comparison.
public protocol HasPlainKernel: Potential {
    var usesPlainKernel: Bool { get set }
}

/// A potential whose files say the masses of types, as LAMMPS' EAM styles do.
public protocol MassGiving: Potential {
    /// Masses by type of the pair_coeff line read last; nothing when asked again.
    func takeMasses() -> [Int: Double]
}

extension Potential {
    /// Those of this potential and its members.
    public func takeAllMasses() -> [Int: Double] {
        members.reduce((self as? any MassGiving)?.takeMasses() ?? [:]) { $0.merging($1.takeAllMasses()) { $1 } }
    }
}

/// How coefficients of unlike types follow from those of like ones. epsilon_ij, sigma_ij (and cutoffs, mixed as sigma):
/// geometric: sqrt(e_i e_j), sqrt(s_i s_j); arithmetic: sqrt(e_i e_j), (s_i + s_j) / 2;
/// sixthpower: 2 sqrt(e_i e_j) s_i^3 s_j^3 / (s_i^6 + s_j^6), ((s_i^6 + s_j^6) / 2)^(1/6).
public enum MixingRule: String, Sendable, CaseIterable { case geometric, arithmetic, sixthpower }
