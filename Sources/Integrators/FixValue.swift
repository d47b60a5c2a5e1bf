import Domain
import Potentials

/// A number of a fix: a constant, an equal-style variable (one value a step), or an atom-style one (a value for each owned atom).
public struct FixValue {
    public enum Source {
        case constant(Double)
        case equal(() throws -> Double)
        case atom(() throws -> [Double])
    }
    public let source: Source
    /// What the formula needs computed at a step at which it is evaluated.
    public let wants: () -> Wanted

    public init(_ source: Source, wants: @escaping () -> Wanted = { [] }) { (self.source, self.wants) = (source, wants) }

    public var isConstant: Bool { if case .constant = source { true } else { false } }
    public var isPerAtom: Bool { if case .atom = source { true } else { false } }

    /// The values of this step, by index of the owned atom. Collective.
    public func evaluate() throws -> (Int) -> Double {
        switch source {
        case .constant(let value): return { _ in value }
        case .equal(let formula):
            let value = try formula()
            return { _ in value }
        case .atom(let formula):
            let values = try formula()
            return { values[$0] }
        }
    }
}

/// Numbers that each rank has summed over its atoms at a step, added up over ranks when first asked for, as LAMMPS does: most are never
/// asked for. Asking is collective.
struct StepSums {
    private var values: [Double]
    private var communicator: (any Communicator)?

    init(count: Int) { values = Array(repeating: 0, count: count) }

    mutating func set(_ parts: [Double], _ communicator: any Communicator) { (values, self.communicator) = (parts, communicator) }

    var totals: [Double] {
        mutating get {
            communicator?.all(.sum, &values)
            communicator = nil
            return values
        }
    }
}

/// What `fix_modify ID energy yes|no` and `virial yes|no` have chosen of a fix that adds forces; both are `no` by default, as in LAMMPS.
struct AddedParts {
    /// Whether the fix has an energy, and a virial, to add.
    let offersEnergy: Bool
    let offersVirial: Bool
    private(set) var addsEnergy = false
    private(set) var addsVirial = false

    init(energy: Bool, virial: Bool) { (offersEnergy, offersVirial) = (energy, virial) }

    mutating func modify(_ keyword: String, _ value: FixModification) -> Bool {
        guard case .flag(let flag) = value else { return false }
        switch keyword {
        case "energy" where offersEnergy: addsEnergy = flag
        case "virial" where offersVirial: addsVirial = flag
        default: return false
        }
        return true
    }
}

extension System {
    /// The position that owned atom i would have had it never been wrapped.
    func unwrapped(_ i: Int) -> Vector { box.unwrapped(atoms.position[i], atoms.image[i]).xyz }

    /// Mass and centre of mass of a group, from unwrapped positions. Collective.
    func centre(of group: Group) -> (mass: Double, centre: Vector) {
        var sums = [0.0, 0, 0, 0]
        for i in 0..<atoms.owned where atoms.mask[i] & group.bit != 0 {
            let m = atoms.mass(of: i), x = unwrapped(i)
            sums[0] += m
            for d in 0..<3 { sums[1 + d] += x[d] * m }
        }
        communicator.all(.sum, &sums)
        guard sums[0] > 0 else { return (0, .zero) }
        return (sums[0], Vector(sums[1] / sums[0], sums[2] / sums[0], sums[3] / sums[0], 0))
    }
}
