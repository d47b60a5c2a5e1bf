import Domain
import Potentials

/// The properties that `checkPotential` knows. Every potential has all of them except for a stated reason.
public enum Property: String, Sendable, CaseIterable {
    case gradient = "force = -dE/dx"
    case strain = "virial = strain derivative"
    case sums = "per-atom values sum to totals"
    case wanted = "force is the same whatever is wanted"
    case accumulation = "adds to what is there"
    case repetition = "same bits when repeated"
    case skin = "skin does not matter"
    case netForce = "net force is zero"
    case translation = "translation, re-wrapping"
    case rotation = "rotation"
    case permutation = "permutation of atoms and ids"
    case replica = "cell = explicit supercell"
    case tilt = "cell = equivalent tilted cell"
    case separation = "E(A + B) = E(A) + E(B) apart"
    case isolatedAtom = "isolated atom"
    case noAtoms = "no atoms at all"
    case seeds = "seeded energies"
    case pullback = "pullback"
    case reference = "fast kernel = plain kernel"
}

/// How strict the suite is, and what it leaves out.
///
/// Tolerances are relative to max(1, largest |F|) for forces and to max(1, sum |e_i|) for energies and virials.
public struct ConformanceOptions: Sendable {
    public enum Precision: Sendable { case double, single }
    public var precision = Precision.double
    /// Properties that this potential does not have by design (a direct ensemble: `.gradient`, `.strain`, `.netForce`, ...).
    public var exempt: Set<Property> = []
    /// Atoms whose three force components are compared with differences of the energy.
    public var atomsMoved = 3
    /// A cell is replicated as long as the supercell has no more atoms than this.
    public var largestReplica = 300
    /// Displacement for differences of energy, in length units: the five-point formula's truncation error h^4 E''''' / 30 is then far
    /// below rounding, epsilon E / h, except within h of a kink.
    public var step = 1e-4
    /// Relative tolerance of what is compared with differences.
    public var derivativeTolerance = 2e-6
    /// How far apart A and B are put when the interaction range is infinite.
    public var farApart = 50.0

    public init(precision: Precision = .double, exempt: Set<Property> = []) {
        self.precision = precision
        self.exempt = exempt
        if precision == .single {
            step = 1e-2
            derivativeTolerance = 2e-2
        }
    }

    /// For the same sum in another order (other ranks, other order of atoms).
    public var energyTolerance: Double { precision == .double ? 1e-12 : 1e-5 }
    public var forceTolerance: Double { precision == .double ? 1e-10 : 1e-4 }
    /// For the same physics at other coordinates: a shift by a box rounds coordinates in their last bit.
    public var movedEnergyTolerance: Double { precision == .double ? 1e-11 : 1e-4 }
    public var movedForceTolerance: Double { precision == .double ? 1e-9 : 1e-3 }
}

/// Checks everything a potential must be right about on each system, in this process.
///
///     let results = try checkPotential(on: TestSystem.standard(distance: 1.1)) { setup in
///         let lj = LennardJones(globalCutoff: 2.5, typeCount: setup.typeCount)
///         ...
///         try lj.prepare(setup)
///         return lj
///     }
///     #expect(results.failures.isEmpty, "\(results.table)")
///
/// - Parameters:
///   - reference: makes the same potential with its plain kernel, which must give the same numbers.
///   - make: makes the potential, prepared. Called once a system.
public func checkPotential(
    on systems: [TestSystem], options: ConformanceOptions = ConformanceOptions(),
    reference: ((PotentialSetup) throws -> any Potential)? = nil, _ make: (PotentialSetup) throws -> any Potential
) throws -> [CheckResult] {
    var results: [CheckResult] = []
    for system in systems {
        let potential = try make(system.setup())
        let suite = Conformance(system: system, potential: potential, options: options)
        suite.checkDerivatives()
        suite.checkBookkeeping()
        suite.checkSymmetries()
        suite.checkPeriodicity()
        suite.checkSeparation()
        suite.checkSeeds()
        suite.checkPullback()
        if let reference { suite.compare(with: try reference(system.setup())) }
        results += suite.results
    }
    return results
}

/// One potential on one system; the checks are in extensions.
final class Conformance {
    let system: TestSystem
    let potential: any Potential
    let options: ConformanceOptions
    /// The system as it is, with everything the potential can give.
    let plain: Evaluation
    var results: [CheckResult] = []
    /// max(1, largest |F|), max(1, sum |e_i|)
    let forceScale: Double
    let energyScale: Double

    init(system: TestSystem, potential: any Potential, options: ConformanceOptions) {
        (self.system, self.potential, self.options) = (system, potential, options)
        plain = Evaluator(system, potential).evaluate()
        forceScale = max(1, plain.largestForce)
        energyScale = max(1, plain.energyMagnitude)
    }

    var hasEnergy: Bool { potential.capabilities.contains(.energy) }
    var hasVirial: Bool { potential.capabilities.contains(.virial) }

    func evaluate(_ system: TestSystem, skin: Double = 0.3, _ wanted: Wanted? = nil) -> Evaluation {
        Evaluator(system, potential, skin: skin).evaluate(wanted)
    }

    func applies(_ property: Property) -> Bool { !options.exempt.contains(property) }

    func report(_ property: Property, _ detail: String, _ deviation: Double, _ tolerance: Double, note: String = "") {
        let name = detail.isEmpty ? property.rawValue : "\(property.rawValue): \(detail)"
        results.append(CheckResult(name, system.name, deviation: deviation, tolerance: tolerance, note: note))
    }

    func skip(_ property: Property, _ why: String) {
        results.append(CheckResult(property.rawValue, system.name, skipped: why))
    }

    /// The worst of energy, forces and virial of two evaluations of what should be the same, each over its own tolerance: at most 1.
    func deviation(_ a: Evaluation, _ b: Evaluation, energy: Double, force: Double) -> Double {
        var worst = worse(0, a.forceDistance(b) / (force * forceScale))
        if hasEnergy { worst = worse(worst, (a.energy - b.energy).magnitude / (energy * energyScale)) }
        if hasVirial {
            // A virial is a sum of r f: it is as exact as the forces are, over the interaction range.
            let scale = force * max(energyScale, forceScale, plain.virial.largest)
            worst = worse(worst, a.virial.distance(b.virial) / scale)
        }
        if a.atomEnergies.count == b.atomEnergies.count {
            for (x, y) in zip(a.atomEnergies, b.atomEnergies) { worst = worse(worst, (x - y).magnitude / (energy * energyScale)) }
        }
        return worst
    }

    /// Reports the deviation in units of the tolerance.
    func reportSame(_ property: Property, _ detail: String, _ a: Evaluation, _ b: Evaluation, moved: Bool) {
        report(
            property, detail,
            deviation(
                a, b, energy: moved ? options.movedEnergyTolerance : options.energyTolerance,
                force: moved ? options.movedForceTolerance : options.forceTolerance), 1, note: "in units of the tolerance")
    }
}
