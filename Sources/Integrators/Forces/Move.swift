import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix move`: carries a group's atoms along, whatever their forces; t is the time since the fix was made, x0 the unwrapped position then.
///
///     linear  x = x0 + v t                    wiggle  x = x0 + A sin(2 pi t / P)       (NULL: that direction is integrated as by fix nve)
///     rotate  about the line through `point` along `axis`, once every P
public final class Move: Fix {
    enum Motion {
        case linear([Double?])
        case wiggle([Double?], period: Double)
        case rotate(point: Vector, axis: Vector, period: Double)
    }

    public let id: String
    public let style = "move"
    public var group: Group
    public let integrates = true
    private let motion: Motion
    private let origin: AtomProperty
    private var firstStep: Int

    init(_ setup: FixSetup, _ motion: Motion) {
        (id, group, self.motion) = (setup.id, setup.group, motion)
        origin = setup.system.claimPositions("f_\(setup.id)", of: setup.group)
        firstStep = setup.system.step
    }

    public func save(_ state: inout StateWriter) { state.put(firstStep) }
    public func restore(_ state: inout StateReader) throws { firstStep = try state.int() }

    private var freeDirections: [Int] {
        switch motion {
        case .linear(let v): (0..<3).filter { v[$0] == nil }
        case .wiggle(let a, _): (0..<3).filter { a[$0] == nil }
        case .rotate: []
        }
    }

    public func initialIntegrate(_ system: System) {
        let t = Double(system.step - firstStep) * system.timestep
        let free = freeDirections
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            kick(system, i, free)
            let old = system.atoms.position[i].xyz
            let x0 = Vector(origin.values[3 * i], origin.values[3 * i + 1], origin.values[3 * i + 2], 0)
            var x = old, v = system.atoms.velocity[i]
            for d in free { x[d] += system.timestep * v[d] }
            place(x0, t, &x, &v)
            system.atoms.velocity[i] = v
            x = old + system.box.minimumImage(x - old)
            x.w = system.atoms.position[i].w
            system.atoms.position[i] = x
        }
    }

    public func finalIntegrate(_ system: System) {
        let free = freeDirections
        guard !free.isEmpty else { return }
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 { kick(system, i, free) }
    }

    private func kick(_ system: System, _ i: Int, _ directions: [Int]) {
        let factor = 0.5 * system.timestep * system.units.ftm2v / system.atoms.mass(of: i)
        for d in directions { system.atoms.velocity[i][d] += factor * system.forces.force[i][d] }
    }

    private func place(_ x0: Vector, _ t: Double, _ x: inout Vector, _ v: inout Vector) {
        switch motion {
        case .linear(let velocity):
            for d in 0..<3 {
                guard let u = velocity[d] else { continue }
                (x[d], v[d]) = (x0[d] + u * t, u)
            }
        case .wiggle(let amplitude, let period):
            let omega = 2 * Double.pi / period
            let (sine, cosine) = (sin(omega * t), cos(omega * t))
            for d in 0..<3 {
                guard let a = amplitude[d] else { continue }
                (x[d], v[d]) = (x0[d] + a * sine, a * omega * cosine)
            }
        case .rotate(let point, let axis, let period):
            let omega = 2 * Double.pi / period
            let (sine, cosine) = (sin(omega * t), cos(omega * t))
            let r = x0 - point
            let along = axis * r.dot(axis), across = r - along
            let turned = across * cosine + axis.cross(across) * sine
            x = point + along + turned
            v = axis.cross(turned) * omega
        }
    }
}

extension FixStyle {
    static let move = FixStyle(
        "move",
        usage: """
            fix ID GROUP move linear VX VY VZ [units lattice|box]          (VX ...: each a number or NULL)
            fix ID GROUP move wiggle AX AY AZ PERIOD [units lattice|box]
            fix ID GROUP move rotate PX PY PZ RX RY RZ PERIOD [units lattice|box]
            """
    ) { words, setup in
        enum Kind { case linear, wiggle, rotate, unsupported }
        let kind = try words.choice(
            "linear, wiggle or rotate",
            [("linear", Kind.linear), ("wiggle", .wiggle), ("rotate", .rotate), ("transrot", .unsupported), ("variable", .unsupported)])
        guard kind != .unsupported else { throw words.error("this motion is not supported; these are: linear, wiggle, rotate") }
        let numbers: [Double?] = try ["x", "y", "z"].map { axis in
            if kind != .rotate, words.optional("NULL") { return nil }
            return try words.double("\(kind == .linear ? "the velocity" : kind == .wiggle ? "the amplitude" : "the point") along \(axis)")
        }
        var axis = Vector.zero
        if kind == .rotate { for d in 0..<3 { axis[d] = try words.double("the axis of rotation") } }
        let period = kind == .linear ? 0 : try words.positiveDouble("the period")
        var scale = setup.latticeSpacing
        if !words.isAtEnd {
            _ = try words.choice("a keyword of fix move", [("units", ())])
            if try words.choice("lattice or box", [("lattice", false), ("box", true)]) { scale = Vector(1, 1, 1, 0) }
        }
        let scaled = numbers.enumerated().map { d, x in x.map { $0 * scale[d] } }
        switch kind {
        case .wiggle: return Move(setup, .wiggle(scaled, period: period))
        case .rotate:
            let length = axis.dot(axis).squareRoot()
            guard length > 0 else { throw words.error("the axis of rotation has no length") }
            let point = Vector(scaled[0] ?? 0, scaled[1] ?? 0, scaled[2] ?? 0, 0)
            return Move(setup, .rotate(point: point, axis: axis * (1 / length), period: period))
        default: return Move(setup, .linear(scaled))
        }
    }
}
