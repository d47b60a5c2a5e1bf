import Deck
import Domain
import Potentials

/// `fix temp/rescale`: every N steps, where the temperature T is farther than WINDOW from the target T_0, the group's velocities are
/// multiplied so that it becomes T - FRACTION (T - T_0). f_ID: the energy taken out so far (extensive).
public final class TemperatureRescale: Fix {
    public let id: String
    public let style = "temp/rescale"
    public var group: Group
    public let isExtensive = true
    private let every: Int
    private let target: TargetTemperature
    private let window: Double
    private let fraction: Double
    private var temperature: Temperature
    private var energy = 0.0

    init(_ setup: FixSetup, every: Int, _ target: TargetTemperature, window: Double, fraction: Double) {
        (id, group, self.every, self.target, self.window, self.fraction) = (setup.id, setup.group, every, target, window, fraction)
        temperature = Temperature(group: setup.group)
    }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool {
        guard keyword == "temp", case .temperature(let other) = value else { return false }
        temperature = other
        return true
    }

    public func prepare(_ system: System) { temperature.prepare(system, removed: 0) }
    public func wants(at step: Int) -> Wanted { step % every == 0 ? target.wants : [] }

    public func endOfStep(_ system: System) throws {
        guard system.step % every == 0 else { return }
        let current = temperature.evaluate(system)
        guard temperature.degreesOfFreedom >= 1 else { return }
        guard current > 0 else { throw SimulationError("step \(system.step): fix \(id) temp/rescale cannot scale a temperature of 0") }
        var wanted = try target.value(system)
        guard (current - wanted).magnitude > window else { return }
        wanted = current - fraction * (current - wanted)
        energy += (current - wanted) * (0.5 * system.units.boltzmann * temperature.degreesOfFreedom)
        temperature.scale(system, group, by: (wanted / current).squareRoot())
    }

    public var scalar: Double? { energy }
    public var conservedEnergy: Double { energy }
    public func save(_ state: inout StateWriter) { state.put(energy) }
    public func restore(_ state: inout StateReader) throws { energy = try state.double() }
}

extension FixStyle {
    static let temperatureRescale = FixStyle(
        "temp/rescale", usage: "fix ID GROUP temp/rescale N TSTART|v_NAME TSTOP WINDOW FRACTION"
    ) { words, setup in
        let every = try words.positiveInt("the number of steps between rescalings")
        let target = try TargetTemperature(&words, setup)
        let window = try words.nonNegativeDouble("the window: how far the temperature may be off")
        return TemperatureRescale(
            setup, every: every, target, window: window, fraction: try words.double("the fraction of the difference", in: 0.0...1.0))
    }
}
