import Deck
import Domain
import Integrators

/// `compute temp`, `temp/com`, `temp/partial`: T = sum m v^2 / (dof k_B) of a group, and the tensor sum m v_a v_b (energy units) as c_ID[1..6] = xx yy zz xy xz yz.
public final class TemperatureCompute: Compute {
    public static let entry = ComputeStyle("temp", usage: "compute ID GROUP temp", help: "kinetic temperature") { id, group, words, _ in
        try words.finish()
        return TemperatureCompute(id: id, group: group)
    }
    /// `compute temp/com`: velocities relative to that of the group's centre of mass.
    static let ofThermalMotion = ComputeStyle(
        "temp/com", usage: "compute ID GROUP temp/com", help: "kinetic temperature without the motion of the centre of mass"
    ) { id, group, words, _ in
        try words.finish()
        return TemperatureCompute(id: id, group: group, style: "temp/com", bias: .centreOfMass)
    }
    /// `compute temp/partial`: chosen components of velocities; degrees of freedom in proportion.
    static let ofComponents = ComputeStyle(
        "temp/partial", usage: "compute ID GROUP temp/partial 0|1 0|1 0|1", help: "kinetic temperature of motion along x, y, z or some of them"
    ) { id, group, words, _ in
        var chosen = Vector.zero
        for d in 0..<3 { chosen[d] = Double(try words.int("0 or 1 for \(["x", "y", "z"][d])", in: 0...1)) }
        try words.finish()
        return TemperatureCompute(id: id, group: group, style: "temp/partial", bias: .components(chosen))
    }

    /// `compute temp/region`: of atoms that are in a region at that moment; their number, and 3 N - 3 with it, is counted each time.
    static let inRegion = ComputeStyle(
        "temp/region", usage: "compute ID GROUP temp/region REGION", help: "kinetic temperature of atoms in a region"
    ) { id, group, words, observation in
        let region = try observation.requireHost().region(words.word("a region"))
        try words.finish()
        let compute = TemperatureCompute(id: id, group: group, style: "temp/region", bias: .outside(region))
        compute.temperature.isDynamic = true
        return compute
    }

    public let id: String
    public let style: String
    public var group: Group { temperature.group }
    /// Shared with fixes that couple to this compute.
    public let temperature: Temperature
    public let shape = ComputeShape(scalar: true, vector: 6, isExtensive: (false, true))
    private var isPrepared = false

    public init(id: String, group: Group, style: String = "temp", bias: Temperature.Bias = .none) {
        (self.id, self.style) = (id, style)
        temperature = Temperature(group: group, bias: bias)
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
