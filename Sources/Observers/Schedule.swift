import Deck
import Domain
import Integrators

/// When an observer looks: multiples of a number of steps or of a time, or the steps or times that an equal-style variable names one
/// after the other.
public struct Schedule: Sendable {
    public enum Kind: Sendable, Equatable {
        case never
        case every(Int)
        /// The variable's value is the next step.
        case variable(String)
        /// Time units between looks: the first step whose time is not before the next multiple.
        case everyTime(Double)
        /// The variable's value is the time of the next look.
        case timeVariable(String)
    }
    public let kind: Kind
    private let location: SourceLocation?
    /// Of a variable: the step that it named last.
    private var named: Int?
    /// Of times: the next one.
    private var nextTime: Double?
    /// How much too early, in time steps, still is in time (LAMMPS' value).
    private static let tolerance = 1e-6

    public init(_ kind: Kind, at location: SourceLocation? = nil) { (self.kind, self.location) = (kind, location) }

    /// A word: a number of steps (0 = never), or `v_name`.
    public init(_ word: Word, zeroIsNever: Bool = false, what: String) throws(DeckError) {
        if word.text.hasPrefix("v_") {
            self.init(.variable(String(word.text.dropFirst(2))), at: word.location)
        } else if let every = Int(word.text), every > 0 {
            self.init(.every(every), at: word.location)
        } else if zeroIsNever, word.text == "0" {
            self.init(.never, at: word.location)
        } else {
            throw DeckError(
                "\(what) must be a \(zeroIsNever ? "" : "positive ")number of steps or v_name, not '\(word.text)'", at: word.location)
        }
    }

    /// A word: a time, or `v_name`.
    public init(time word: Word) throws(DeckError) {
        if word.text.hasPrefix("v_") {
            self.init(.timeVariable(String(word.text.dropFirst(2))), at: word.location)
        } else if let time = Double(word.text), time > 0, time.isFinite {
            self.init(.everyTime(time), at: word.location)
        } else {
            throw DeckError("the time between frames must be a positive number or v_name, not '\(word.text)'", at: word.location)
        }
    }

    /// The name of the variable that it asks, if any.
    var variable: String? {
        switch kind {
        case .variable(let name), .timeVariable(let name): name
        default: nil
        }
    }

    /// - Parameter system: for times; nil where there are only steps.
    public func next(after step: Int, _ system: System? = nil) -> Int? {
        switch kind {
        case .never: return nil
        case .every(let n): return (step / n + 1) * n
        case .variable: return named.flatMap { $0 > step ? $0 : nil }
        case .everyTime, .timeVariable:
            guard let system, let nextTime else { return nil }
            return Self.step(of: nextTime, after: step, system)
        }
    }

    private static func step(of time: Double, after step: Int, _ system: System) -> Int {
        let now = system.time + Double(step - system.step) * system.timestep
        let ahead = (time - now - tolerance * system.timestep) / system.timestep
        return step + 1 + max(0, Int(min(ahead, 9e15)))
    }

    /// Whether a run that begins at `step` begins with a look.
    func contains(_ step: Int, _ system: System? = nil) -> Bool {
        switch kind {
        case .never: return false
        case .every(let n): return step % n == 0
        case .variable: return named == step
        case .everyTime(let every):
            guard let system else { return false }
            let rest = system.time.truncatingRemainder(dividingBy: every), small = Self.tolerance * system.timestep
            return rest < small || every - rest < small
        case .timeVariable: return false
        }
    }

    /// Asks the variable for what comes after `step`, where that is not known. Collective if the formula is.
    /// - Parameter isSetUp: a run begins, else a look has been taken.
    /// - Throws: `DeckError` when it names a step or time that is not later.
    mutating func advance(after step: Int, isSetUp: Bool = false, _ host: any ObservationHost) throws {
        switch kind {
        case .never, .every: return
        case .variable(let name):
            guard (named ?? step) <= step else { return }
            let value = try host.variableValue(name, at: location)
            guard value.isFinite, value > Double(step), value >= 9e18 || Int(value) > step else {
                throw DeckError("variable '\(name)' must name a step after \(step), not \(value)", at: location)
            }
            // What functions such as stride() give when no step is left.
            named = value >= 9e18 ? Int.max : Int(value)
        case .everyTime(let every):
            guard let system = host.watchedSystem else { return }
            let now = system.time
            if isSetUp || nextTime == nil {
                nextTime = (now / every).rounded(.towardZero) * every + every
            } else if let time = nextTime {
                nextTime = time + every
            }
            // Steps longer than `every` pass several multiples.
            let following = now + system.timestep
            if let time = nextTime, time < now { nextTime = time + ((following - time) / every + 1).rounded(.towardZero) * every }
        case .timeVariable(let name):
            guard let system = host.watchedSystem, isSetUp ? nextTime == nil : true else { return }
            let value = try host.variableValue(name, at: location)
            guard value > system.time else {
                throw DeckError("variable '\(name)' must name a time after \(system.time), not \(value)", at: location)
            }
            nextTime = value
        }
    }

    // MARK: - Restart

    func save(_ state: inout StateWriter) {
        state.put(named ?? -1)
        state.put(nextTime ?? -.infinity)
    }

    mutating func restore(_ state: inout StateReader) throws {
        let step = try state.int(), time = try state.double()
        (named, nextTime) = (step < 0 ? nil : step, time == -.infinity ? nil : time)
    }
}
