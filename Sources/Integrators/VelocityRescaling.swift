import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix temp/csvr` and `fix temp/berendsen`: at the end of each step the group's velocities are multiplied by one number; pair them with
/// `fix nve`. f_ID: the energy that the bath has taken.
///
/// csvr: canonical sampling through velocity rescaling, Bussi, Donadio and Parrinello, J. Chem. Phys. 126, 014101 (2007), eq. A7:
///
///     a^2 = c + (1 - c) T_0 / (T dof) (R_1^2 + sum_{i=2}^dof R_i^2) + 2 R_1 sqrt(c (1 - c) T_0 / (T dof)),    c = exp(-dt / damp)
///
/// with normal R_i, whose sum of squares is drawn as a gamma variate. Random numbers depend on seed and step alone, so neither the number
/// of ranks nor a restart matters; LAMMPS' own stream is not reproduced.
///
/// berendsen: a^2 = 1 + dt / damp (T_0 / T - 1); Berendsen et al., J. Chem. Phys. 81, 3684 (1984). It does not sample an ensemble.
public final class VelocityRescaling: Fix {
    public enum Method: Sendable {
        case stochastic(seed: Int)
        case berendsen
    }

    public let id: String
    public let style: String
    public var group: Group
    private let method: Method
    private let target: TargetTemperature
    private let damp: Double
    private var temperature: Temperature
    private var energy = 0.0

    init(_ setup: FixSetup, style: String, method: Method, target: TargetTemperature, damp: Double) {
        (id, group, self.style, self.method, self.target, self.damp) = (setup.id, setup.group, style, method, target, damp)
        temperature = Temperature(group: setup.group)
    }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool {
        guard keyword == "temp", case .temperature(let other) = value else { return false }
        temperature = other
        return true
    }

    public func prepare(_ system: System) { temperature.prepare(system, removed: 0) }
    public func wants(at step: Int) -> Wanted { target.wants }

    public func endOfStep(_ system: System) throws {
        let wanted = try target.value(system)
        let current = temperature.evaluate(system)
        let freedom = temperature.degreesOfFreedom
        guard freedom >= 1 else { return }
        guard current > 0 else { throw SimulationError("step \(system.step): fix \(id) \(style) cannot scale a temperature of 0") }
        let square: Double
        switch method {
        case .berendsen: square = 1.0 + system.timestep / damp * (wanted / current - 1.0)
        case .stochastic(let seed):
            // Rank 0 decides, as logarithms need not be equal to the last bit everywhere.
            square = system.communicator.firstRank(
                Self.squaredFactor(seed: seed, step: system.step, c: exp(-system.timestep / damp), ratio: wanted / current, freedom))
        }
        guard square >= 0 else { throw SimulationError("step \(system.step): fix \(id) \(style): damp is too short for this time step") }
        let factor = square.squareRoot()
        temperature.scale(system, group, by: factor)
        energy += current * (1.0 - factor * factor) * (0.5 * system.units.boltzmann * freedom)
    }

    private static func squaredFactor(seed: Int, step: Int, c: Double, ratio: Double, _ freedom: Double) -> Double {
        var random = StepStream(KeyedRandom(seed: seed, stream: 2), step: step)
        let share = (1 - c) * ratio / freedom
        let first = random.gaussian()
        let rest = random.chiSquare(Int(freedom) - 1)
        return max(0, c + share * (first * first + rest) + 2 * first * (c * share).squareRoot())
    }

    public var scalar: Double? { energy }
    public var isExtensive: Bool { true }
    public var conservedEnergy: Double { energy }
    public func save(_ state: inout StateWriter) { state.put(energy) }
    public func restore(_ state: inout StateReader) throws { energy = try state.double() }
}

/// The random numbers of one step, one after the other.
struct StepStream {
    private let random: KeyedRandom
    private let step: Int
    private var drawn: Int64 = 0

    init(_ random: KeyedRandom, step: Int) { (self.random, self.step) = (random, step) }

    /// In (0, 1), 53 bits.
    mutating func uniform() -> Double {
        let w = random.words(id: drawn, step: step)
        drawn += 1
        return (Double(UInt64(w.x) << 21 | UInt64(w.y) >> 11) + 0.5) * 0x1p-53
    }

    /// Normal, by the polar method.
    mutating func gaussian() -> Double {
        while true {
            let x = 2 * uniform() - 1, y = 2 * uniform() - 1
            let square = x * x + y * y
            if square < 1 && square > 0 { return x * (-2 * log(square) / square).squareRoot() }
        }
    }

    /// The sum of `count` squared normal numbers, twice a gamma variate of shape count / 2 (Marsaglia and Tsang, ACM Trans. Math.
    /// Softw. 26, 363 (2000)).
    mutating func chiSquare(_ count: Int) -> Double {
        guard count > 1 else {
            let x = count == 1 ? gaussian() : 0
            return x * x
        }
        let d = Double(count) / 2 - 1.0 / 3, c = 1 / (9 * d).squareRoot()
        while true {
            let x = gaussian()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            if log(uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return 2 * d * v }
        }
    }
}

extension FixStyle {
    static let temperatureCSVR = FixStyle("temp/csvr", usage: "fix ID GROUP temp/csvr TSTART|v_NAME TSTOP DAMP SEED") { words, setup in
        let target = try TargetTemperature(&words, setup)
        let damp = try words.positiveDouble("the damping time")
        return VelocityRescaling(
            setup, style: "temp/csvr", method: .stochastic(seed: try words.positiveInt("a seed")), target: target, damp: damp)
    }

    static let temperatureBerendsen = FixStyle("temp/berendsen", usage: "fix ID GROUP temp/berendsen TSTART|v_NAME TSTOP DAMP") {
        words, setup in
        let target = try TargetTemperature(&words, setup)
        return VelocityRescaling(
            setup, style: "temp/berendsen", method: .berendsen, target: target, damp: try words.positiveDouble("the damping time"))
    }
}
