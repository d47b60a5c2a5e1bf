import Deck
import Domain
import Potentials

/// `fix indent`: pushes a group's atoms out of (or, `side in`, into) a sphere, a cylinder or a half space:
///
///     F = -K (r - R)^2 away from the surface, where r < R (side out) or r > R (side in);   E = K |r - R|^3 / 3
///
/// Places and radii may be equal-style variables. f_ID is E, f_ID[1..3] the force on the indenter (all extensive);
/// `fix_modify ID energy yes` adds E to the potential energy.
public final class Indent: Fix {
    enum Shape {
        case sphere(centre: [FixValue], radius: FixValue)
        /// Along an axis; the centre's component along it is not used.
        case cylinder(axis: Int, centre: [FixValue?], radius: FixValue)
        case plane(axis: Int, place: FixValue, isUpper: Bool)

        var values: [FixValue] {
            switch self {
            case .sphere(let centre, let radius): centre + [radius]
            case .cylinder(_, let centre, let radius): centre.compactMap { $0 } + [radius]
            case .plane(_, let place, _): [place]
            }
        }
    }

    public let id: String
    public let style = "indent"
    public var group: Group
    public let actsInMinimization = true
    public let isExtensive = true
    public let isVectorExtensive = true
    private let stiffness: Double
    private let shape: Shape
    private let isInside: Bool
    /// What numbers, but not variables, are multiplied with.
    private let scale: Vector
    private var parts = AddedParts(energy: true, virial: false)
    private var sums = StepSums(count: 4)

    init(_ setup: FixSetup, stiffness: Double, _ shape: Shape, isInside: Bool, scale: Vector) {
        (id, group, self.stiffness, self.shape) = (setup.id, setup.group, stiffness, shape)
        (self.isInside, self.scale) = (isInside, scale)
    }

    public func wants(at step: Int) -> Wanted { shape.values.reduce([]) { $0.union($1.wants()) } }
    public func modify(_ keyword: String, _ value: FixModification) -> Bool { parts.modify(keyword, value) }
    public func setup(_ system: System) throws { try postForce(system) }

    public func postForce(_ system: System) throws {
        var totals = [0.0, 0, 0, 0]
        switch shape {
        case .sphere(let centre, let radius):
            var c = Vector.zero
            for d in 0..<3 { c[d] = try number(centre[d], d) }
            try round(system, around: c, radius: number(radius, 0), without: nil, &totals)
        case .cylinder(let axis, let centre, let radius):
            var c = Vector.zero
            for d in 0..<3 { c[d] = try centre[d].map { try number($0, d) } ?? system.box.lo[d] }
            try round(system, around: c, radius: number(radius, 0), without: axis, &totals)
        case .plane(let axis, let place, let isUpper):
            let at = try number(place, axis), sign = isUpper ? 1.0 : -1.0
            let f = system.forces.force.pointer
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
                let depth = sign * (at - system.atoms.position[i][axis])
                guard depth < 0 else { continue }
                let force = -sign * stiffness * depth * depth
                f[i][axis] += force
                totals[0] -= stiffness / 3 * depth * depth * depth
                totals[1 + axis] -= force
            }
        }
        sums.set(totals, system.communicator)
    }

    private func number(_ value: FixValue, _ axis: Int) throws -> Double {
        try value.evaluate()(0) * (value.isConstant ? scale[axis] : 1)
    }

    private func round(_ system: System, around centre: Vector, radius: Double, without axis: Int?, _ totals: inout [Double]) throws {
        guard radius >= 0 else { throw SimulationError("step \(system.step): fix \(id) indent: the radius is \(radius)") }
        var centre = centre, image = SIMD4<Int32>.zero
        FractionalMap(system.box).wrap(&centre, &image)
        let f = system.forces.force.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            var d = system.atoms.position[i].xyz - centre
            if let axis { d[axis] = 0 }
            d = system.box.minimumImage(d)
            let r = (d.x * d.x + d.y * d.y + d.z * d.z).squareRoot()
            let depth = isInside ? radius - r : r - radius
            guard depth < 0 else { continue }
            let magnitude = (isInside ? -stiffness : stiffness) * depth * depth
            let force = Vector(d.x * magnitude / r, d.y * magnitude / r, d.z * magnitude / r, 0)
            f[i] = f[i].xyz + force
            totals[0] -= stiffness / 3 * depth * depth * depth
            for k in 0..<3 { totals[1 + k] -= force[k] }
        }
    }

    public var scalar: Double? { sums.totals[0] }
    public var vector: [Double] { Array(sums.totals[1...3]) }
    public var potentialEnergy: Double { parts.addsEnergy ? sums.totals[0] : 0 }
}

extension FixStyle {
    static let indent = FixStyle(
        "indent",
        usage: """
            fix ID GROUP indent K sphere X Y Z R [side in|out] [units lattice|box]          (X Y Z R C1 C2 P: each a number or v_NAME,
                which is in length units)
            fix ID GROUP indent K cylinder x|y|z C1 C2 R [side in|out] [units lattice|box]
            fix ID GROUP indent K plane x|y|z P lo|hi [units lattice|box]
            """
    ) { words, setup in
        enum Keyword { case sphere, cylinder, plane, cone, side, units }
        let stiffness = try words.double("the force constant")
        var shape: Indent.Shape?
        var isInside = false
        var scale = setup.latticeSpacing
        let axes = [("x", 0), ("y", 1), ("z", 2)]
        while let word = words.peek {
            let keyword = try words.choice(
                "a keyword of fix indent",
                [
                    ("sphere", Keyword.sphere), ("cylinder", .cylinder), ("plane", .plane), ("cone", .cone), ("side", .side),
                    ("units", .units),
                ])
            if shape != nil, [.sphere, .cylinder, .plane].contains(keyword) { throw words.error("one indenter a fix", at: word) }
            switch keyword {
            case .sphere:
                let centre = try axes.map { try setup.number(&words, "the centre along \($0.0)") }
                shape = .sphere(centre: centre, radius: try setup.number(&words, "the radius"))
            case .cylinder:
                let axis = try words.choice("an axis", axes)
                var centre: [FixValue?] = [nil, nil, nil]
                for d in 0..<3 where d != axis { centre[d] = try setup.number(&words, "the axis' place along \(axes[d].0)") }
                shape = .cylinder(axis: axis, centre: centre, radius: try setup.number(&words, "the radius"))
            case .plane:
                let axis = try words.choice("an axis", axes)
                let place = try setup.number(&words, "the plane's place")
                shape = .plane(axis: axis, place: place, isUpper: try words.choice("the side: lo or hi", [("lo", false), ("hi", true)]))
            case .cone: throw words.error("cones are not supported: sphere, cylinder or plane", at: word)
            case .side: isInside = try words.choice("in or out", [("in", true), ("out", false)])
            case .units: if try words.choice("lattice or box", [("lattice", false), ("box", true)]) { scale = Vector(1, 1, 1, 0) }
            }
        }
        guard let shape else { throw words.error("fix indent needs one of: sphere, cylinder, plane") }
        return Indent(setup, stiffness: stiffness, shape, isInside: isInside, scale: scale)
    }
}

extension FixSetup {
    /// A number or an equal-style variable.
    func number(_ words: inout Words, _ expected: String) throws -> FixValue {
        let word = try words.word("\(expected): a number or v_NAME")
        let value = try atomValue(word)
        guard !value.isPerAtom else { throw words.error("\(expected) is one number: use an equal-style variable", at: word) }
        return value
    }
}
