import Deck
import Domain
import Integrators
import Potentials

/// What `fix stability` looks at: one way in which a trajectory can stop making sense.
protocol StabilityRule: AnyObject {
    /// As reports name it.
    var name: String { get }
    var wants: Wanted { get }
    /// Before a run. Throws what the user must mend.
    func prepare(_ snapshot: Snapshot) throws
    /// At the fix's first set-up only: the place to take references. Collective.
    func begin(_ snapshot: Snapshot) throws
    /// How the present step breaks the rule; nil when it does not. Equal on every rank. Collective.
    func look(_ snapshot: Snapshot) throws -> Violation?
    func save(_ state: inout StateWriter)
    func restore(_ state: inout StateReader) throws
}

extension StabilityRule {
    var wants: Wanted { [] }
    func prepare(_ snapshot: Snapshot) throws {}
    func begin(_ snapshot: Snapshot) throws {}
    func save(_ state: inout StateWriter) {}
    func restore(_ state: inout StateReader) throws {}
}

/// A rule that is broken: what was found, and what was allowed.
struct Violation: Sendable {
    var value: Double
    var threshold: Double
    /// Ids of the atoms that break it; none where it is about all.
    var atoms: [Int64] = []

    /// How far beyond; what is not a number is beyond everything.
    private var excess: Double { value.isNaN ? .infinity : (value - threshold).magnitude }

    /// The worst of all ranks; of equal ones the lowest rank's. Collective.
    static func worst(_ own: Violation?, _ communicator: any Communicator) -> Violation? {
        guard communicator.size > 1 else { return own }
        let mine = own?.excess ?? -.infinity, most = communicator.max(mine)
        guard most > -.infinity else { return nil }
        let owner = communicator.all(.min, own != nil && mine == most ? communicator.rank : communicator.size)
        var state = StateWriter()
        if communicator.rank == owner, let own {
            state.put([own.value, own.threshold])
            state.put(own.atoms.map { Double($0) })
        }
        var reader = StateReader(communicator.broadcast(state.bytes, from: owner))
        guard let numbers = try? reader.doubles(), let atoms = try? reader.doubles() else { return own }
        return Violation(value: numbers[0], threshold: numbers[1], atoms: atoms.map { Int64($0) })
    }
}

/// A number that must stay between two bounds.
final class BoundRule: StabilityRule {
    enum Quantity {
        /// Of the table: the temperature of `thermo_temp`.
        case temperature
        case input(GlobalInput)
    }
    let name: String
    let wants: Wanted
    private let quantity: Quantity
    private let bounds: ClosedRange<Double>

    init(name: String, _ quantity: Quantity, _ bounds: ClosedRange<Double>, wants: Wanted = []) {
        (self.name, self.quantity, self.bounds, self.wants) = (name, quantity, bounds, wants)
    }

    func look(_ snapshot: Snapshot) throws -> Violation? {
        let value =
            switch quantity {
            case .temperature: try snapshot.scalar(Observation.temperatureID)
            case .input(let input): try input.number(snapshot)
            }
        if value < bounds.lowerBound { return Violation(value: value, threshold: bounds.lowerBound) }
        return value <= bounds.upperBound ? nil : Violation(value: value, threshold: bounds.upperBound)
    }
}

/// An energy per atom that must not depart from its first value by more than so much: the potential energy, or the conserved quantity
/// (total energy and what thermostats and barostats have taken in), energy units an atom.
final class EnergyRule: StabilityRule {
    let name: String
    let wants: Wanted = .energy
    private let isConserved: Bool
    private let most: Double
    private var reference: Double?

    init(isConserved: Bool, most: Double) { (name, self.isConserved, self.most) = (isConserved ? "drift" : "pe", isConserved, most) }

    private func energy(_ snapshot: Snapshot) throws -> Double {
        var energy = try snapshot.potentialEnergy(for: "fix stability") + snapshot.addedEnergy()
        if isConserved {
            let system = snapshot.system
            var kinetic = 0.0
            for i in 0..<system.atoms.owned {
                let v = system.atoms.velocity[i]
                kinetic += 0.5 * (system.atoms.mass[Int(system.atoms.type[i])] ?? 0) * (v.x * v.x + v.y * v.y + v.z * v.z)
            }
            energy += system.communicator.sum(kinetic) * system.units.mvv2e
            for fix in snapshot.fixes { energy += fix.conservedEnergy + fix.conservedEnergyCorrection }
        }
        return energy / Double(max(1, snapshot.system.atoms.total))
    }

    func begin(_ snapshot: Snapshot) throws { reference = try energy(snapshot) }

    func look(_ snapshot: Snapshot) throws -> Violation? {
        guard let reference else { return nil }
        let change = try energy(snapshot) - reference
        return change.magnitude <= most ? nil : Violation(value: change, threshold: change < 0 ? -most : most)
    }

    func save(_ state: inout StateWriter) { state.put(reference.map { [$0] } ?? []) }
    func restore(_ state: inout StateReader) throws { reference = try state.doubles().first }
}

/// A value of each atom of the group that must not exceed so much: any per-atom quantity of the deck (extrapolation grades of `fix pair`,
/// say), or how far an ensemble's members disagree on the atom's force.
final class AtomRule: StabilityRule {
    let name: String
    let wants: Wanted
    private let group: Group
    private let most: Double
    private let values: (Snapshot) throws -> [Double]

    init(name: String, group: Group, most: Double, wants: Wanted, _ values: @escaping (Snapshot) throws -> [Double]) {
        (self.name, self.group, self.most, self.wants, self.values) = (name, group, most, wants, values)
    }

    func look(_ snapshot: Snapshot) throws -> Violation? {
        let system = snapshot.system, found = try values(snapshot)
        var worst: Violation?
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 && !(found[i] <= worst?.value ?? most) {
            worst = Violation(value: found[i], threshold: most, atoms: [system.atoms.id[i]])
            if found[i].isNaN { break }
        }
        return .worst(worst, system.communicator)
    }
}
