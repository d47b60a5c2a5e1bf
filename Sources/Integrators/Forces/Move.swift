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
///     rotate  about the line through `point` along `axis`, once every P;     transrot  the same, with v t added
///     variable  x = x0 + d, v as variables say; where only v is given, x += v dt      (NULL: as above)
public final class Move: Fix {
    enum Motion {
        case linear([Double?])
        case wiggle([Double?], period: Double)
        case rotate(point: Vector, axis: Vector, period: Double, velocity: Vector)
        case variable(displacements: [FixValue?], velocities: [FixValue?])
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
        case .variable(let displacements, let velocities): (0..<3).filter { displacements[$0] == nil && velocities[$0] == nil }
        }
    }

    public func wants(at step: Int) -> Wanted {
        guard case .variable(let displacements, let velocities) = motion else { return [] }
        return (displacements + velocities).reduce([]) { $0.union($1?.wants() ?? []) }
    }

    public func initialIntegrate(_ system: System) throws {
        if case .variable(let displacements, let velocities) = motion {
            return try follow(system, displacements.map { try $0?.evaluate() }, velocities.map { try $0?.evaluate() })
        }
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
            put(system, i, x, old)
        }
    }

    /// Moves atom i to that image of x which is nearest to where it was.
    private func put(_ system: System, _ i: Int, _ x: Vector, _ old: Vector) {
        var x = old + system.box.minimumImage(x - old)
        x.w = system.atoms.position[i].w
        system.atoms.position[i] = x
    }

    private func follow(_ system: System, _ displacements: [((Int) -> Double)?], _ velocities: [((Int) -> Double)?]) {
        let free = freeDirections
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            kick(system, i, free)
            let old = system.atoms.position[i].xyz
            var x = old, v = system.atoms.velocity[i]
            for d in 0..<3 {
                if let velocity = velocities[d] { v[d] = velocity(i) }
                if let displacement = displacements[d] {
                    x[d] = origin.values[3 * i + d] + displacement(i)
                } else {
                    x[d] += system.timestep * v[d]
                }
            }
            system.atoms.velocity[i] = v
            put(system, i, x, old)
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
        case .variable: break
        case .rotate(let point, let axis, let period, let velocity):
            let omega = 2 * Double.pi / period
            let (sine, cosine) = (sin(omega * t), cos(omega * t))
            let r = x0 - point
            let along = axis * r.dot(axis), across = r - along
            let turned = across * cosine + axis.cross(across) * sine
            x = point + along + turned + velocity * t
            v = axis.cross(turned) * omega + velocity
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
            fix ID GROUP move transrot VX VY VZ PX PY PZ RX RY RZ PERIOD [units lattice|box]
            fix ID GROUP move variable DX DY DZ VX VY VZ   (each v_NAME or NULL)
            """
    ) { words, setup in
        enum Kind { case linear, wiggle, rotate, transrot, variable }
        let kind = try words.choice(
            "a motion",
            [("linear", Kind.linear), ("wiggle", .wiggle), ("rotate", .rotate), ("transrot", .transrot), ("variable", .variable)])
        let axes = ["x", "y", "z"]
        func vector(_ words: inout Words, _ what: String) throws -> Vector {
            var v = Vector.zero
            for d in 0..<3 { v[d] = try words.double("\(what) along \(axes[d])") }
            return v
        }
        var numbers: [Double?] = []
        var variables: [FixValue?] = []
        var velocity = Vector.zero, point = Vector.zero, axis = Vector.zero
        switch kind {
        case .linear, .wiggle:
            let what = kind == .linear ? "the velocity" : "the amplitude"
            numbers = try axes.map { words.optional("NULL") ? nil : try words.double("\(what) along \($0)") }
        case .rotate, .transrot:
            if kind == .transrot { velocity = try vector(&words, "the velocity") }
            point = try vector(&words, "the point")
            axis = try vector(&words, "the axis of rotation")
            let length = axis.dot(axis).squareRoot()
            guard length > 0 else { throw words.error("the axis of rotation has no length") }
            axis *= 1 / length
        case .variable:
            variables = try (axes.map { "the displacement along \($0)" } + axes.map { "the velocity along \($0)" }).map { what in
                if words.optional("NULL") { return nil }
                let word = try words.word("\(what): v_NAME or NULL")
                guard word.text.hasPrefix("v_") else { throw words.error("\(what) must be v_NAME or NULL, not '\(word.text)'", at: word) }
                return try setup.atomValue(word)
            }
        }
        let period = [.linear, .variable].contains(kind) ? 0 : try words.positiveDouble("the period")
        var scale = setup.latticeSpacing
        if !words.isAtEnd {
            // LAMMPS takes it for `variable` too, and does nothing with it.
            _ = try words.choice("a keyword of fix move", [("units", ())])
            if try words.choice("lattice or box", [("lattice", false), ("box", true)]) { scale = Vector(1, 1, 1, 0) }
        }
        let scaled = numbers.enumerated().map { d, x in x.map { $0 * scale[d] } }
        switch kind {
        case .linear: return Move(setup, .linear(scaled))
        case .wiggle: return Move(setup, .wiggle(scaled, period: period))
        case .variable: return Move(setup, .variable(displacements: Array(variables[..<3]), velocities: Array(variables[3...])))
        case .rotate, .transrot: return Move(setup, .rotate(point: point * scale, axis: axis, period: period, velocity: velocity * scale))
        }
    }
}
