import Deck
import Domain
import Integrators

/// Temperatures of motion relative to a flow.
extension TemperatureCompute {
    /// `compute temp/ramp`: relative to a velocity component that grows along an axis.
    static let ofRamp = ComputeStyle(
        "temp/ramp", usage: "compute ID GROUP temp/ramp vx|vy|vz VLO VHI x|y|z LO HI [units lattice|box]",
        help: "kinetic temperature without a velocity that grows along an axis"
    ) { id, group, words, observation in
        let component = try words.choice("vx, vy or vz", [("vx", 0), ("vy", 1), ("vz", 2)])
        var velocities = (low: try words.double("the lower velocity"), high: try words.double("the upper velocity"))
        let axis = try words.choice("x, y or z", [("x", 0), ("y", 1), ("z", 2)])
        var bounds = (low: try words.double("the lower coordinate"), high: try words.double("the upper coordinate"))
        guard bounds.low != bounds.high else { throw words.error("the coordinates must differ") }
        var isScaled = true
        if !words.isAtEnd {
            _ = try words.choice("a keyword", [("units", ())])
            isScaled = try words.choice("lattice or box", [("lattice", true), ("box", false)])
        }
        try words.finish()
        if isScaled, let spacing = try observation.requireHost().latticeSpacing {
            let scale = [spacing.x, spacing.y, spacing.z]
            velocities = (velocities.low * scale[component], velocities.high * scale[component])
            bounds = (bounds.low * scale[axis], bounds.high * scale[axis])
        }
        let ramp = VelocityRamp(component: component, velocities: velocities, axis: axis, bounds: bounds)
        return TemperatureCompute(id: id, group: group, style: "temp/ramp", bias: .ramp(ramp))
    }

    /// `compute temp/deform`: relative to the flow of a box that fix deform changes.
    static let ofDeformation = ComputeStyle(
        "temp/deform", usage: "compute ID GROUP temp/deform", help: "kinetic temperature without the flow of a box that is being deformed"
    ) { id, group, words, _ in
        try words.finish()
        return TemperatureCompute(id: id, group: group, style: "temp/deform", bias: .streaming)
    }

    /// `compute temp/profile`: relative to the mean velocity of the atoms in each bin of the box.
    static let ofProfile = ComputeStyle(
        "temp/profile", usage: "compute ID GROUP temp/profile 0|1 0|1 0|1 x|y|z|xy|yz|xz|xyz N ... [out tensor|bin]",
        help: "kinetic temperature without the mean velocity of each bin; with `out bin` number of atoms and temperature of each bin"
    ) { id, group, words, observation in
        let system = try observation.requireSystem()
        let components = try ["x", "y", "z"].map { try words.int("0 or 1 for v\($0)", in: 0...1) == 1 }
        if components[2] && system.box.dimension == 2 { throw words.error("vz is always 0 in two dimensions") }
        let axes = try words.choice(
            "axes: x, y, z, xy, yz, xz or xyz",
            [("x", [0]), ("y", [1]), ("z", [2]), ("xy", [0, 1]), ("yz", [1, 2]), ("xz", [0, 2]), ("xyz", [0, 1, 2])])
        if axes.contains(2) && system.box.dimension == 2 { throw words.error("no bins along z in two dimensions") }
        var counts = [1, 1, 1]
        for d in axes { counts[d] = try words.positiveInt("the number of bins along \(["x", "y", "z"][d])") }
        var tellsBins = false
        if !words.isAtEnd {
            _ = try words.choice("a keyword", [("out", ())])
            tellsBins = try words.choice("tensor or bin", [("tensor", false), ("bin", true)])
        }
        try words.finish()
        let bins = VelocityBins(components: components, counts: counts)
        return TemperatureCompute(id: id, group: group, style: "temp/profile", bias: .binned(bins), bins: tellsBins ? bins : nil)
    }
}
