import Deck
import Domain
import Integrators

/// `compute temp`: T = sum m v^2 / (dof k_B) of a group, and the tensor sum m v_a v_b (energy units) as c_ID[1..6] = xx yy zz xy xz yz.
public final class TemperatureCompute: Compute {
    public static let entry = ComputeStyle("temp", usage: "compute ID GROUP temp", help: "kinetic temperature") { id, group, words, _ in
        try words.finish()
        return TemperatureCompute(id: id, group: group)
    }

    public let id: String
    public let style = "temp"
    public var group: Group { temperature.group }
    /// Shared with fixes that couple to this compute.
    public let temperature: Temperature
    public let shape = ComputeShape(scalar: true, vector: 6, isExtensive: (false, true))
    private var isPrepared = false

    public init(id: String, group: Group) {
        self.id = id
        temperature = Temperature(group: group)
    }

    public func prepare(_ snapshot: Snapshot) throws {
        let removed = snapshot.fixes.reduce(0) { $0 + $1.removedDegreesOfFreedom(snapshot.system) }
        temperature.prepare(snapshot.system, removed: removed)
        isPrepared = true
    }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        if !isPrepared || temperature.isDynamic { try prepare(snapshot) }
        return temperature.evaluate(snapshot.system)
    }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        temperature.kineticTensor(snapshot.system).voigt
    }

    public func modify(_ modification: ComputeModification) -> Bool {
        switch modification {
        case .extraDegrees(let number): temperature.extra = number
        case .dynamicDegrees(let flag): temperature.isDynamic = flag
        }
        isPrepared = false
        return true
    }
}
