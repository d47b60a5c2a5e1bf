import Deck
import Domain
import Integrators

/// `compute temp`, `temp/com`, `temp/partial`: T = sum m v^2 / (dof k_B) of a group, and the tensor sum m v_a v_b (energy units) as
/// c_ID[1..6] = xx yy zz xy xz yz.
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
        "temp/partial", usage: "compute ID GROUP temp/partial 0|1 0|1 0|1",
        help: "kinetic temperature of motion along x, y, z or some of them"
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
    public var shape: ComputeShape {
        if let bins { return ComputeShape(scalar: true, arrayColumns: 2, arrayRows: bins.number) }
        return ComputeShape(scalar: true, vector: 6, isExtensive: (false, true))
    }
    /// Bins that are told one by one instead of the tensor.
    private let bins: VelocityBins?
    private var isPrepared = false

    public init(id: String, group: Group, style: String = "temp", bias: Temperature.Bias = .none, bins: VelocityBins? = nil) {
        (self.id, self.style, self.bins) = (id, style, bins)
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

    /// Number of atoms and temperature of each bin.
    public func array(_ snapshot: Snapshot) throws -> [[Double]] {
        guard let bins else { throw DeckError("compute '\(id)' (\(style)) has no array", at: nil) }
        let system = snapshot.system, thermal = temperature.thermal(system), profile = bins.profile(system, group)
        var sums = [Double](repeating: 0, count: bins.number)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let u = thermal(i)
            sums[profile.bins[i]] += (u.x * u.x + u.y * u.y + u.z * u.z) * (system.atoms.mass[Int(system.atoms.type[i])] ?? 0)
        }
        system.communicator.all(.sum, &sums)
        let dimension = Double(system.box.dimension), members = max(profile.members.reduce(0, +), 1)
        let extra = temperature.extra ?? dimension - bins.meanCount
        return sums.enumerated().map { k, sum in
            let freedom = (dimension - extra / members) * profile.members[k] - bins.meanCount
            return [profile.members[k], freedom > 0 ? sum * system.units.mvv2e / (freedom * system.units.boltzmann) : 0]
        }
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
