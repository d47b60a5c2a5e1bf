import Deck
import Domain
import Potentials

/// A thermostat's target: a ramp over the run, or an equal-style variable.
public struct TargetTemperature {
    let start: Double
    let stop: Double
    /// Takes the place of the ramp.
    let formula: (() throws -> Double)?
    private let formulaWants: () -> Wanted

    /// Reads `TSTART TSTOP`; TSTART may be `v_NAME`, and TSTOP then says nothing.
    init(_ words: inout Words, _ setup: FixSetup) throws {
        if let word = words.peek, word.text.hasPrefix("v_") {
            formula = try setup.value(try words.word("a variable"))
            (start, stop) = (0, try words.double("the temperature at the end", in: 0.0...))
        } else {
            formula = nil
            start = try words.double("the temperature at the start", in: 0.0...)
            stop = try words.double("the temperature at the end", in: 0.0...)
        }
        formulaWants = setup.formulaWants
    }

    var wants: Wanted { formula == nil ? [] : formulaWants() }

    /// - Throws: `SimulationError` when a variable is negative or not a number.
    func value(_ system: System) throws -> Double {
        guard let formula else { return start + system.run.fraction(system.step) * (stop - start) }
        let value = system.communicator.firstRank(try formula())
        guard value >= 0, value.isFinite else {
            throw SimulationError("step \(system.step): a thermostat's variable gave the temperature \(value)")
        }
        return value
    }
}
