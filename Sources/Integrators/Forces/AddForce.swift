import Deck
import Domain
import Potentials

/// `fix addforce`: F_i += (fx, fy, fz) on a group's atoms, those in a region where one is given, every N steps.
///
///     E = -sum_i F . x_i,   W_ab = sum_i x_a F_b
///
/// with unwrapped x_i; with `energy v_NAME` the energy is the sum of that atom-style variable instead. f_ID is E (extensive), f_ID[1..3]
/// the total force on these atoms before any was added. `fix_modify ID energy yes` adds E to the potential energy, `virial yes` W to
/// the pressure and to stresses per atom. As in LAMMPS, E and W of a step at which nothing was added are those of the last one.
public final class AddForce: Fix {
    public let id: String
    public let style = "addforce"
    public var group: Group
    public let actsInMinimization = true
    public let isExtensive = true
    public let isVectorExtensive = true
    private let components: [FixValue]
    private let region: (any Region)?
    private let every: Int
    private let energy: FixValue?
    private var parts = AddedParts(energy: true, virial: true)
    private var sums = StepSums(count: 4)

    init(_ setup: FixSetup, _ components: [FixValue], region: (any Region)?, every: Int, energy: FixValue?) {
        (id, group, self.components, self.region) = (setup.id, setup.group, components, region)
        (self.every, self.energy) = (every, energy)
    }

    public func wants(at step: Int) -> Wanted {
        step % every == 0 ? components.reduce(energy?.wants() ?? []) { $0.union($1.wants()) } : []
    }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool { parts.modify(keyword, value) }

    public func setup(_ system: System) throws { try postForce(system) }

    public func postForce(_ system: System) throws {
        guard system.step % every == 0 else { return }
        let values = try components.map { try $0.evaluate() }
        let energies = try energy?.evaluate()
        var parts = [0.0, 0, 0, 0]
        var virial = Tensor.zero
        let wantsVirial = self.parts.addsVirial, wantsAtoms = wantsVirial && system.forces.wanted.contains(.atomVirial)
        let f = system.forces.force.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            if let region, !region.contains(system.atoms.position[i].xyz) { continue }
            let x = system.unwrapped(i)
            let added = Vector(values[0](i), values[1](i), values[2](i), 0)
            if let energies {
                parts[0] += energies(i)
            } else {
                parts[0] -= added.x * x.x + added.y * x.y + added.z * x.z
            }
            for d in 0..<3 { parts[1 + d] += f[i][d] }
            f[i] = f[i].xyz + added
            guard wantsVirial else { continue }
            // LAMMPS takes F_a x_b for b > a on both sides of the diagonal.
            let w = Tensor(
                x: Vector(added.x * x.x, added.x * x.y, added.x * x.z, 0), y: Vector(added.x * x.y, added.y * x.y, added.y * x.z, 0),
                z: Vector(added.x * x.z, added.y * x.z, added.z * x.z, 0))
            virial += w
            if wantsAtoms { system.forces.atomVirial[i] += w }
        }
        sums.set(parts, system.communicator)
        if wantsVirial { system.forces.addVirial(virial) }
    }

    public var scalar: Double? { sums.totals[0] }
    public var vector: [Double] { Array(sums.totals[1...3]) }
    public var potentialEnergy: Double { parts.addsEnergy ? sums.totals[0] : 0 }
}

extension FixStyle {
    static let addforce = FixStyle(
        "addforce", usage: "fix ID GROUP addforce FX FY FZ [every N] [region ID] [energy v_NAME]   (FX FY FZ: each a number or v_NAME)"
    ) { words, setup in
        let components = try ["x", "y", "z"].map { try setup.atomValue(words.word("the force along \($0): a number or v_NAME")) }
        var every = 1
        var region: (any Region)?
        var energy: FixValue?
        while !words.isAtEnd {
            switch try words.choice("a keyword of fix addforce", [("every", 0), ("region", 1), ("energy", 2)]) {
            case 0: every = try words.positiveInt("the number of steps between additions")
            case 1: region = try setup.region(words.word("a region"))
            default:
                let word = try words.word("v_NAME of an atom-style variable")
                energy = try setup.atomValue(word)
                guard energy?.isPerAtom == true else { throw words.error("energy must be v_NAME of an atom-style variable", at: word) }
                guard !components.allSatisfy(\.isConstant) else {
                    throw words.error("the energy of a constant force is known: energy has a meaning with variable forces only", at: word)
                }
            }
        }
        return AddForce(setup, components, region: region, every: every, energy: energy)
    }
}
