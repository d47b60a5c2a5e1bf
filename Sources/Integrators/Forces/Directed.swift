import Deck
import Domain
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix lineforce` and `fix planeforce`: only the part of the force along a direction n is left, or only the part across it:
///
///     F <- (F . n) n        F <- F - (F . n) n
public final class DirectedForce: Fix {
    public let id: String
    public let style: String
    public var group: Group
    public let actsInMinimization = true
    private let direction: Vector
    private let isLine: Bool

    init(_ setup: FixSetup, _ direction: Vector, isLine: Bool) {
        (id, group, style) = (setup.id, setup.group, isLine ? "lineforce" : "planeforce")
        (self.direction, self.isLine) = (direction, isLine)
    }

    public func setup(_ system: System) { postForce(system) }

    public func postForce(_ system: System) {
        let f = system.forces.force.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let along = f[i].dot(direction)
            f[i] = isLine ? direction * along : f[i].xyz - direction * along
        }
    }
}

/// `fix gravity`: F += m g n for a group's atoms, with g and the direction n given (`vector`, `chute`, `spherical`). f_ID = -sum m g n . x,
/// unwrapped.
/// `fix_modify ID energy yes` adds it to the potential energy.
public final class Gravity: Fix {
    enum Direction {
        case vector([FixValue])
        /// Degrees.
        case chute(FixValue)
        case spherical(FixValue, FixValue)

        var values: [FixValue] {
            switch self {
            case .vector(let values): values
            case .chute(let angle): [angle]
            case .spherical(let phi, let theta): [phi, theta]
            }
        }
    }
    public let id: String
    public let style = "gravity"
    public var group: Group
    public let actsInMinimization = true
    public let isExtensive = true
    private let magnitude: FixValue
    private let direction: Direction
    private var parts = AddedParts(energy: true, virial: false)
    private var sums = StepSums(count: 1)

    init(_ setup: FixSetup, _ magnitude: FixValue, _ direction: Direction) {
        (id, group, self.magnitude, self.direction) = (setup.id, setup.group, magnitude, direction)
    }

    public func wants(at step: Int) -> Wanted { direction.values.reduce(magnitude.wants()) { $0.union($1.wants()) } }
    public func modify(_ keyword: String, _ value: FixModification) -> Bool { parts.modify(keyword, value) }
    public func setup(_ system: System) throws { try postForce(system) }

    public func postForce(_ system: System) throws {
        let g = try unit(system) * magnitude.evaluate()(0)
        var energy = 0.0
        let f = system.forces.force.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let m = system.atoms.mass(of: i), x = system.unwrapped(i)
            f[i] = f[i].xyz + g * m
            energy -= m * (g.x * x.x + g.y * x.y + g.z * x.z)
        }
        sums.set([energy], system.communicator)
    }

    private func unit(_ system: System) throws -> Vector {
        let v = try direction.values.map { try $0.evaluate()(0) }
        let degree = 2 * Double.pi / 360
        switch direction {
        case .vector:
            let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).squareRoot()
            guard length > 0 else { throw SimulationError("step \(system.step): fix \(id) gravity: the direction has no length") }
            return Vector(v[0] / length, v[1] / length, system.box.dimension == 2 ? 0 : v[2] / length, 0)
        case .chute:
            let theta = degree * (180.0 - v[0])
            return system.box.dimension == 2 ? Vector(sin(theta), cos(theta), 0, 0) : Vector(sin(theta), 0, cos(theta), 0)
        case .spherical:
            let (phi, theta) = (degree * v[0], degree * v[1])
            guard system.box.dimension == 3 else { return Vector(sin(theta), cos(theta), 0, 0) }
            return Vector(sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta), 0)
        }
    }

    public var scalar: Double? { sums.totals[0] }
    public var potentialEnergy: Double { parts.addsEnergy ? sums.totals[0] : 0 }
}

/// `fix drag`: pulls each atom of a group that is farther than DELTA from a point towards it with a constant force; a NULL coordinate does
/// not count. f_ID[1..3]: the total force (extensive).
public final class Drag: Fix {
    public let id: String
    public let style = "drag"
    public var group: Group
    public let isVectorExtensive = true
    private let point: [Double?]
    private let force: Double
    private let distance: Double
    private var sums = StepSums(count: 3)

    init(_ setup: FixSetup, _ point: [Double?], force: Double, distance: Double) {
        (id, group, self.point, self.force, self.distance) = (setup.id, setup.group, point, force, distance)
    }

    public func setup(_ system: System) { postForce(system) }

    public func postForce(_ system: System) {
        var totals = [0.0, 0, 0]
        let f = system.forces.force.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            var d = Vector.zero
            for k in 0..<3 { if let p = point[k] { d[k] = system.atoms.position[i][k] - p } }
            d = system.box.minimumImage(d)
            let r = (d.x * d.x + d.y * d.y + d.z * d.z).squareRoot()
            guard r > distance else { continue }
            let pull = d * (force / r)
            f[i] = f[i].xyz - pull
            for k in 0..<3 { totals[k] -= pull[k] }
        }
        sums.set(totals, system.communicator)
    }

    public var vector: [Double] { sums.totals }
}

/// `fix oneway`: every N steps the velocities of a group's atoms in a region are turned to point along x, -x, y ...
public final class OneWay: Fix {
    public let id: String
    public let style = "oneway"
    public var group: Group
    private let every: Int
    private let region: any Region
    private let axis: Int
    private let isNegative: Bool

    init(_ setup: FixSetup, every: Int, _ region: any Region, axis: Int, isNegative: Bool) {
        (id, group, self.every, self.region, self.axis, self.isNegative) = (setup.id, setup.group, every, region, axis, isNegative)
    }

    public func endOfStep(_ system: System) {
        guard system.step % every == 0 else { return }
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 && region.contains(system.atoms.position[i].xyz) {
            let v = system.atoms.velocity[i][axis]
            if isNegative ? v > 0 : v < 0 { system.atoms.velocity[i][axis] = -v }
        }
    }
}

extension FixStyle {
    static let lineforce = FixStyle("lineforce", usage: "fix ID GROUP lineforce X Y Z") { words, setup in
        try directed(&words, setup, isLine: true)
    }
    static let planeforce = FixStyle("planeforce", usage: "fix ID GROUP planeforce X Y Z") { words, setup in
        try directed(&words, setup, isLine: false)
    }

    private static func directed(_ words: inout Words, _ setup: FixSetup, isLine: Bool) throws -> DirectedForce {
        var n = Vector.zero
        for d in 0..<3 { n[d] = try words.double("the direction along \(["x", "y", "z"][d])") }
        let length = (n.x * n.x + n.y * n.y + n.z * n.z).squareRoot()
        guard length > 0 else { throw words.error("the direction has no length") }
        return DirectedForce(setup, Vector(n.x / length, n.y / length, n.z / length, 0), isLine: isLine)
    }

    static let gravity = FixStyle(
        "gravity", usage: "fix ID GROUP gravity G vector X Y Z | chute DEGREES | spherical PHI THETA   (numbers or v_NAME)"
    ) { words, setup in
        let magnitude = try setup.number(&words, "the acceleration")
        let direction: Gravity.Direction
        switch try words.choice("vector, chute or spherical", [("vector", 0), ("chute", 1), ("spherical", 2)]) {
        case 0: direction = .vector(try ["x", "y", "z"].map { try setup.number(&words, "the direction along \($0)") })
        case 1: direction = .chute(try setup.number(&words, "the angle to z, degrees"))
        default:
            let phi = try setup.number(&words, "phi, degrees")
            direction = .spherical(phi, try setup.number(&words, "theta, degrees"))
        }
        return Gravity(setup, magnitude, direction)
    }

    static let drag = FixStyle("drag", usage: "fix ID GROUP drag X|NULL Y|NULL Z|NULL FORCE DELTA") { words, setup in
        let point: [Double?] = try ["x", "y", "z"].map { words.optional("NULL") ? nil : try words.double("the point along \($0)") }
        let force = try words.double("the force")
        return Drag(setup, point, force: force, distance: try words.nonNegativeDouble("the distance within which nothing is done"))
    }

    static let oneway = FixStyle("oneway", usage: "fix ID GROUP oneway N REGION x|y|z|-x|-y|-z") { words, setup in
        let every = try words.positiveInt("the number of steps between looks")
        let region = try setup.region(words.word("a region"))
        let names = ["x", "y", "z", "-x", "-y", "-z"]
        let way = try words.choice("a direction", names.enumerated().map { ($1, $0) })
        return OneWay(setup, every: every, region, axis: way % 3, isNegative: way > 2)
    }
}
