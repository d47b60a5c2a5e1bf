import Deck
import Domain

/// `fix langevin`: friction and noise on a group's forces; pair it with `fix nve`.
///
///     F += -m v / (damp ftm2v) + sqrt(24 k T m / (damp dt mvv2e)) / ftm2v (u - 1/2),    u uniform in (0, 1)
///
/// (Schneider and Stoll, Phys. Rev. B 17, 1302 (1978); uniform noise: Duenweg and Paul, Int. J. Mod. Phys. C 2, 817 (1991).)
/// The noise of an atom depends on seed, id and step alone, so a trajectory is the same on any number of ranks and after a restart;
/// LAMMPS' own streams, one a rank, are not reproduced.
public final class Langevin: Fix {
    public struct Settings {
        public var target: TargetTemperature
        public var damp: Double
        public var seed: Int
        /// Removes the noise's net force, so that the centre of mass does not wander.
        public var zero = false
        /// Keeps the energy given to the bath: f_ID and `econserve`.
        public var tally = false
        /// By type, index 0 unused: multiplies the damping time.
        public var scale: [Double]
    }

    public let id: String
    public let style = "langevin"
    public var group: Group
    private let settings: Settings
    private let random: KeyedRandom
    private var applied = Column<Vector>()
    private var energy = 0.0
    private var energyOfStep = 0.0
    private var count = 0
    private var timestep = 0.0
    /// Whose thermal part of velocities is damped, where it is not all of them (`fix_modify temp`).
    private var temperature: Temperature?

    public init(id: String, group: Group, settings: Settings) {
        (self.id, self.group, self.settings) = (id, group, settings)
        random = KeyedRandom(seed: settings.seed, stream: 1)
    }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool {
        guard keyword == "temp", case .temperature(let other) = value else { return false }
        temperature = other.isBiased ? other : nil
        return true
    }

    public func prepare(_ system: System) throws { count = system.count(group) }

    public func setup(_ system: System) throws {
        try postForce(system)
        guard settings.tally else { return }
        // The first transfer of a run: half a step's worth, from which `scalar` takes the same half.
        energyOfStep = power(system)
        energy = 0.5 * energyOfStep * system.timestep
        timestep = system.timestep
    }

    public func wants(at step: Int) -> Wanted { settings.target.wants }

    public func postForce(_ system: System) throws {
        let target = try settings.target.value(system)
        let units = system.units
        let friction = system.atoms.mass.enumerated().map { type, m in -(m ?? 0) / (settings.damp * settings.scale[type]) / units.ftm2v }
        let noise = system.atoms.mass.enumerated().map { type, m in
            ((m ?? 0) * 24 * units.boltzmann * target / (settings.damp * settings.scale[type]) / system.timestep / units.mvv2e)
                .squareRoot() / units.ftm2v
        }
        applied.resize(to: system.atoms.owned, filling: .zero)
        var net = Vector.zero
        let thermal = temperature?.thermal(system)
        for i in 0..<system.atoms.owned {
            guard system.atoms.mask[i] & group.bit != 0 else {
                applied[i] = .zero
                continue
            }
            let type = Int(system.atoms.type[i])
            var kicked = (random.uniform(id: system.atoms.id[i], step: system.step) - Vector(0.5, 0.5, 0.5, 0)) * noise[type]
            var velocity = system.atoms.velocity[i].xyz
            if let thermal {
                velocity = thermal(i).xyz
                // What is no thermal motion at all (outside a region, say) is not kicked either.
                kicked.replace(with: 0, where: velocity .== .zero)
            }
            net += kicked
            applied[i] = velocity * friction[type] + kicked
        }
        if settings.zero && count > 0 {
            var sum = [net.x, net.y, net.z]
            system.communicator.all(.sum, &sum)
            let mean = Vector(sum[0], sum[1], sum[2], 0) * (1 / Double(count))
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 { applied[i] -= mean }
        }
        for i in 0..<system.atoms.owned { system.forces.force[i] += applied[i] }
    }

    /// dE = sum f_applied . v dt, taken with the velocity of the end of the step, as LAMMPS does.
    public func endOfStep(_ system: System) {
        guard settings.tally else { return }
        energyOfStep = power(system)
        timestep = system.timestep
        energy += energyOfStep * timestep
    }

    private func power(_ system: System) -> Double {
        var power = 0.0
        for i in 0..<system.atoms.owned { power += applied[i].dot(system.atoms.velocity[i].xyz) }
        return system.communicator.sum(power)
    }

    /// Energy taken from the system by the bath so far, up to the middle of the present step.
    public var scalar: Double? { settings.tally ? -(energy - 0.5 * energyOfStep * timestep) : nil }
    public var isExtensive: Bool { true }
    public var conservedEnergy: Double { scalar ?? 0 }

    public func save(_ state: inout StateWriter) { for value in [energy, energyOfStep, timestep] { state.put(value) } }

    public func restore(_ state: inout StateReader) throws {
        (energy, energyOfStep, timestep) = (try state.double(), try state.double(), try state.double())
    }
}

extension FixStyle {
    static let langevin = FixStyle(
        "langevin", usage: "fix ID GROUP langevin TSTART|v_NAME TSTOP DAMP SEED [zero yes|no] [tally yes|no] [scale TYPE RATIO]..."
    ) { words, setup in
        let target = try TargetTemperature(&words, setup)
        let damp = try words.positiveDouble("the damping time")
        var settings = Langevin.Settings(
            target: target, damp: damp, seed: try words.positiveInt("a seed"),
            scale: Array(repeating: 1, count: setup.system.atoms.typeCount + 1))
        let keywords = [("zero", 0), ("tally", 1), ("scale", 2), ("angmom", 3), ("omega", 3), ("gjf", 4)]
        while let word = words.peek {
            switch try words.choice("a keyword of fix langevin", keywords) {
            case 0: settings.zero = try words.flag("yes or no")
            case 1: settings.tally = try words.flag("yes or no")
            case 2:
                let types = try words.typeRange("a type", count: setup.system.atoms.typeCount)
                let ratio = try words.positiveDouble("the ratio of damping times")
                for type in types { settings.scale[type] = ratio }
            case 3: if word.text == "omega" ? try words.flag("yes or no") : !words.optional("no") {
                throw words.error("'\(word.text)' is for particles that rotate; atoms here are points", at: word)
            }
            default: if !words.optional("no") { throw words.error("gjf is not supported; use zero, tally or scale", at: word) }
            }
        }
        return Langevin(id: setup.id, group: setup.group, settings: settings)
    }
}
