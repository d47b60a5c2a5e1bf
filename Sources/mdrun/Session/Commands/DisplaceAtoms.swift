import Deck
import Domain
import Integrators

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `displace_atoms`: moves the atoms of a group.
struct DisplaceAtoms: DeckCommand {
    static let name = "displace_atoms"
    static let usage = """
        displace_atoms GROUP move DX DY DZ [units lattice|box]      (each a number or v_NAME)
        displace_atoms GROUP ramp x|y|z DLO DHI x|y|z LO HI [units lattice|box]
        displace_atoms GROUP random DX DY DZ SEED [units lattice|box]
        displace_atoms GROUP rotate PX PY PZ RX RY RZ DEGREES [units lattice|box]
        """

    private enum Action {
        case move([AtomValue])
        case ramp(axis: Int, shifts: [Double], along: Int, bounds: [Double])
        case random(Vector, seed: Int)
        case rotate(point: Vector, axis: Vector, degrees: Double)
    }
    private enum Style { case move, ramp, random, rotate }

    private let group: Group
    private let action: Action
    private var unit = LengthUnit.lattice
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem("displace_atoms", at: location)
        group = try session.requireGroup(try words.word("a group"))
        let axes = [("x", 0), ("y", 1), ("z", 2)]
        let style = try words.choice(
            "displace_atoms style", [("move", Style.move), ("ramp", .ramp), ("random", .random), ("rotate", .rotate)])
        switch style {
        case .move: action = .move(try axes.map { try AtomValue(&words, "the displacement along \($0.0)", session) })
        case .ramp:
            let axis = try words.choice("axis", axes)
            let shifts = [try words.double("the lower displacement"), try words.double("the upper displacement")]
            let along = try words.choice("axis", axes)
            let bounds = [try words.double("the lower coordinate"), try words.double("the upper coordinate")]
            guard bounds[0] != bounds[1] else { throw words.error("the coordinates must differ") }
            action = .ramp(axis: axis, shifts: shifts, along: along, bounds: bounds)
        case .random: action = .random(try words.vector("the largest displacement"), seed: try words.seed())
        case .rotate:
            let point = try words.vector("the point")
            let axis = try words.vector("the axis")
            guard axis.dot(axis) > 0 else { throw words.error("the axis of rotation has length zero") }
            action = .rotate(point: point, axis: axis, degrees: try words.double("the angle"))
        }
        while let word = words.peek {
            _ = try words.word("a keyword")
            guard word.text == "units" else { throw DeckError.unknown("displace_atoms keyword", word, known: ["units"]) }
            unit = try words.choice("unit of length", LengthUnit.choices)
        }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("displace_atoms", at: location)
        session.output.line("Displacing atoms ...")
        session.atomsChanged()
        let scale = session.scale(unit)
        let members = (0..<system.atoms.owned).filter { system.atoms.mask[$0] & group.bit != 0 }
        switch action {
        case .move(let values):
            for d in 0..<3 {
                let value = try values[d].evaluate(session, of: group)
                for i in members { system.atoms.position[i][d] += scale[d] * value(i) }
            }
        case .ramp(let axis, let shifts, let along, let bounds):
            let low = scale[axis] * shifts[0], high = scale[axis] * shifts[1]
            let from = scale[along] * bounds[0], to = scale[along] * bounds[1]
            for i in members {
                let fraction = min(max((system.atoms.position[i][along] - from) / (to - from), 0.0), 1.0)
                system.atoms.position[i][axis] += low + fraction * (high - low)
            }
        case .random(let size, let seed):
            let d = scale * size
            for i in members {
                var stream = ParkMillerStream(seed: seed, at: system.atoms.position[i])
                for k in 0..<3 { system.atoms.position[i][k] += d[k] * 2.0 * (stream.uniform() - 0.5) }
            }
        case .rotate(let point, let axis, let degrees): rotate(system, members, about: scale * point, axis, degrees)
        }
        guard session.communicator.all(.min, members.allSatisfy { isFinite(system.atoms.position[$0]) } ? 1 : 0) == 1 else {
            throw DeckError("displace_atoms: a position is not finite afterwards", at: location)
        }
        system.wrapAtoms()
        // Triclinic positions go through fractional coordinates once more, as LAMMPS' do when it sends them to their ranks.
        if system.box.isTriclinic { system.wrapAtoms() }
    }

    private func isFinite(_ x: Vector) -> Bool { x.x.isFinite && x.y.isFinite && x.z.isFinite }

    /// Right-handed rotation of unwrapped positions: x = p + c + a cos + (r x a) sin, with c the part of x - p along the axis r and a the
    /// part across it.
    private func rotate(_ system: System, _ members: [Int], about p: Vector, _ axis: Vector, _ degrees: Double) {
        let length = (axis.x * axis.x + axis.y * axis.y + axis.z * axis.z).squareRoot()
        let r = Vector(axis.x / length, axis.y / length, axis.z / length, 0)
        let angle = Double.pi / 180.0 * degrees
        let cosine = cos(angle), sine = sin(angle)
        let map = FractionalMap(system.box)
        for i in members {
            let x = system.atoms.position[i]
            let d = (x + map.shift(system.atoms.image[i]) - p).xyz
            system.atoms.image[i] = .zero
            let along = d.x * r.x + d.y * r.y + d.z * r.z
            let c = along * r
            let a = d - c
            let b = Vector(r.y * a.z - r.z * a.y, r.z * a.x - r.x * a.z, r.x * a.y - r.y * a.x, 0)
            var moved = p + c + (a * cosine + b * sine)
            moved.w = x.w
            system.atoms.position[i] = moved
        }
    }
}

extension System {
    /// Wraps owned atoms into the box by LAMMPS' formulas; they go to other ranks when the next run is set up.
    func wrapAtoms() {
        let map = FractionalMap(box)
        for i in 0..<atoms.owned {
            var x = atoms.position[i]
            map.wrap(&x, &atoms.image[i])
            atoms.position[i] = x
        }
    }
}
