import Deck
import Domain
import Integrators
import Potentials

/// `fix controller`: a PID loop: every N steps the error e of a process variable (its value less the setpoint) changes an internal-style
/// variable c, with tau = N dt:
///
///     c += -ALPHA (KP tau e + KI tau^2 sum e + KD (e - e_last))
///
/// The first time the difference is 0. f_ID[1..3]: the last proportional, integral and differential term.
public final class Controller: Fix {
    static let entry = ObservingFixStyle(
        name: "controller",
        usage:
            "fix ID GROUP controller N ALPHA KP KI KD INPUT SETPOINT VARIABLE   (INPUT: c_ID c_ID[i] f_ID f_ID[i] v_NAME; VARIABLE: internal style)"
    ) { words, setup, observation in
        let every = try words.positiveInt("the number of steps between changes")
        var factors: [Double] = []
        for name in ["alpha", "Kp", "Ki", "Kd"] { factors.append(try words.double(name)) }
        let input = try GlobalInput(words.word("the process variable"), isColumn: false, observation)
        let goal = try words.double("the setpoint")
        let control = try words.word("an internal-style variable")
        let host = try observation.requireHost()
        guard host.variableStyle(control.text) == .internal else {
            throw words.error("the control variable must be an internal-style variable, not '\(control.text)'", at: control)
        }
        return Controller(
            setup, every: every, factors, input, goal: goal, control.text, try host.variableValue(control.text, at: control.location),
            observation)
    }

    public let id: String
    public let style = "controller"
    public var group: Group
    private let every: Int
    private let factors: [Double]
    private let input: GlobalInput
    private let goal: Double
    private let variable: String
    private unowned let observation: Observation
    private var control: Double
    private var lastError: Double?
    private var sum = 0.0
    private var terms = [0.0, 0, 0]

    init(
        _ setup: FixSetup, every: Int, _ factors: [Double], _ input: GlobalInput, goal: Double, _ variable: String, _ control: Double,
        _ observation: Observation
    ) {
        (id, group, self.every, self.factors, self.input, self.goal) = (setup.id, setup.group, every, factors, input, goal)
        (self.variable, self.control, self.observation) = (variable, control, observation)
    }

    public func wants(at step: Int) -> Wanted { step % every == 0 ? input.wants(observation) : [] }

    public func endOfStep(_ system: System) throws {
        guard system.step % every == 0 else { return }
        let error = try observation.freshly { try input.number($0) } - goal
        let tau = Double(every) * system.timestep
        let difference = lastError.map { error - $0 } ?? 0
        sum += error
        lastError = error
        let (alpha, kp, ki, kd) = (factors[0], factors[1], factors[2], factors[3])
        terms = [-kp * alpha * tau * error, -ki * alpha * tau * tau * sum, -kd * alpha * difference]
        for term in terms { control += term }
        try observation.requireHost().setVariable(variable, control)
    }

    public var vector: [Double] { terms }

    public func save(_ state: inout StateWriter) {
        state.put([control, sum] + terms)
        state.put(lastError.map { [$0] } ?? [])
    }

    public func restore(_ state: inout StateReader) throws {
        let numbers = try state.doubles(), last = try state.doubles()
        guard numbers.count == 5, last.count <= 1 else { throw StateError() }
        (control, sum, terms, lastError) = (numbers[0], numbers[1], Array(numbers[2...]), last.first)
        try observation.requireHost().setVariable(variable, control)
    }
}
