import Domain
import Potentials

/// Changes the system at named points of a time step (`fix ID group style ...`). Every method is collective and has an empty default.
///
/// The order within a step is that of `Simulation.run`; fixes of one point run in the order of their commands.
public protocol Fix: AnyObject {
    var id: String { get }
    var style: String { get }
    var group: Group { get set }

    /// Before the first force evaluation of a run: check and precompute. Throws what the user must mend.
    func prepare(_ system: System) throws
    /// After the first force evaluation of a run.
    func setup(_ system: System) throws
    /// Before a run's first migration, halo and list, atoms being on the ranks that own them: the place to change who owns what.
    func setupPreExchange(_ system: System) throws
    /// First half of the integration: velocities by half a step, positions by a step.
    func initialIntegrate(_ system: System) throws
    /// Positions have been advanced by all fixes: the place for walls.
    func postIntegrate(_ system: System) throws
    /// Just before atoms migrate and the list is rebuilt: the place to change the box's shape or an atom's rank.
    func preExchange(_ system: System) throws
    /// Forces have just been computed and are complete on owned atoms.
    func postForce(_ system: System) throws
    /// Second half of the integration.
    func finalIntegrate(_ system: System) throws
    func endOfStep(_ system: System) throws

    /// Whether atoms must migrate and the list be rebuilt at `step`, however far atoms have moved.
    func forcesRebuild(at step: Int) -> Bool
    /// What this fix needs computed at `step`.
    func wants(at step: Int) -> Wanted
    /// True when the fix moves atoms or the box, so that two of them on one atom deserve a warning.
    var integrates: Bool { get }
    /// Whether it sets the box or needs the virial, for potentials that have none.
    var needsVirial: Bool { get }
    /// Whether it changes the box, so that the thermo table gets a volume column.
    var changesBox: Bool { get }
    /// Which of the cell's entries x y z yz xz xy (0 to 5) it sets in dynamics.
    var boxComponents: Set<Int> { get }
    /// f_ID: its scalar (energy of a thermostat, say), if it has one.
    var scalar: Double? { get }
    /// Whether f_ID grows with the number of atoms, so that `thermo_modify norm yes` divides it by that.
    var isExtensive: Bool { get }
    /// f_ID[i]. Scalar, vector and array may be summed over ranks when they are asked for: asking is collective.
    var vector: [Double] { get }
    /// The same as `isExtensive` for f_ID[i].
    var isVectorExtensive: Bool { get }
    /// f_ID[i][j]: rows.
    var array: [[Double]] { get }
    /// Whether vector and array may have fewer elements or rows than a formula asks for, which then are 0.
    var hasVariableRows: Bool { get }
    /// Per-atom f_ID (width 1) or f_ID[j] of owned atoms.
    var atomProperty: AtomProperty? { get }
    /// Energy that it adds to the potential energy (`fix_modify ID energy yes`), energy units, of all ranks. Asking is collective.
    var potentialEnergy: Double { get }
    /// Whether its `preExchange` shares atoms out among ranks, which a minimiser then calls too.
    var balances: Bool { get }
    /// Whether its `postForce` also acts on a minimiser's force evaluations.
    var actsInMinimization: Bool { get }
    /// What it adds to the conserved quantity (`econserve`), energy units.
    var conservedEnergy: Double { get }
    /// What `conservedEnergy`, which is LAMMPS' number, lacks so that the sum is conserved exactly; counted in the run's line on drift.
    var conservedEnergyCorrection: Double { get }
    /// Degrees of freedom it takes from the group of a temperature.
    func removedDegreesOfFreedom(_ system: System) -> Double
    /// `fix_modify ID word ...`; returns false when it does not know the word.
    func modify(_ keyword: String, _ value: FixModification) -> Bool

    /// Global state for a restart, equal on every rank; nothing by default. Called between steps.
    func save(_ state: inout StateWriter)
    /// Takes back what `save` wrote, after the fix has been made by the same deck line and before `prepare`.
    func restore(_ state: inout StateReader) throws
}

public enum FixModification { case temperature(Temperature), pressure(Pressure), flag(Bool) }

extension Fix {
    public func prepare(_ system: System) throws {}
    public func setup(_ system: System) throws {}
    public func setupPreExchange(_ system: System) throws {}
    public func initialIntegrate(_ system: System) throws {}
    public func postIntegrate(_ system: System) throws {}
    public func preExchange(_ system: System) throws {}
    public func postForce(_ system: System) throws {}
    public func finalIntegrate(_ system: System) throws {}
    public func endOfStep(_ system: System) throws {}
    public func forcesRebuild(at step: Int) -> Bool { false }
    public func wants(at step: Int) -> Wanted { [] }
    public var integrates: Bool { false }
    public var needsVirial: Bool { false }
    public var changesBox: Bool { needsVirial }
    public var boxComponents: Set<Int> { [] }
    public var scalar: Double? { nil }
    public var isExtensive: Bool { false }
    public var vector: [Double] { [] }
    public var isVectorExtensive: Bool { false }
    public var array: [[Double]] { [] }
    public var hasVariableRows: Bool { false }
    public var atomProperty: AtomProperty? { nil }
    public var potentialEnergy: Double { 0 }
    public var balances: Bool { false }
    public var actsInMinimization: Bool { false }
    public var conservedEnergy: Double { 0 }
    public var conservedEnergyCorrection: Double { 0 }
    public func removedDegreesOfFreedom(_ system: System) -> Double { 0 }
    public func modify(_ keyword: String, _ value: FixModification) -> Bool { false }
    public func save(_ state: inout StateWriter) {}
    public func restore(_ state: inout StateReader) throws {}
}
