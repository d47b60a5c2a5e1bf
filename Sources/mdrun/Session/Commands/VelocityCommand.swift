import Deck
import Domain
import Integrators
import Observers

/// `velocity`: makes, sets, scales velocities; takes away drift or rotation.
struct VelocityCommand: DeckCommand {
    static let name = "velocity"
    static let usage = """
        velocity GROUP create TEMPERATURE SEED [dist uniform|gaussian] [loop all|local|geom] [mom yes|no] [rot yes|no] [sum yes|no] [temp COMPUTE]
                        [bias yes|no]
        velocity GROUP set VX|NULL VY|NULL VZ|NULL [sum yes|no] [units lattice|box]
        velocity GROUP scale TEMPERATURE [temp COMPUTE] [bias yes|no]
        velocity GROUP ramp vx|vy|vz VLO VHI x|y|z LO HI [sum yes|no] [units lattice|box]
        velocity GROUP zero linear|angular
        Defaults: dist uniform, loop all, mom yes, rot no, sum no, units lattice.
        """

    private enum Action {
        case create(temperature: Double, seed: Int)
        case set([Double?])
        case scale(Double)
        case ramp(component: Int, velocities: [Double], axis: Int, bounds: [Double])
        case zero(isAngular: Bool)
    }
    private enum Style { case create, set, scale, ramp, zero }

    private let group: Group
    private let action: Action
    private var distribution = Velocities.Distribution.uniform
    private var loop = Velocities.Loop.all
    private var removesMomentum = true
    private var removesRotation = false
    private var adds = false
    private var unit = LengthUnit.lattice
    /// What measures the temperature; nil: the group's own.
    private var measured: Temperature?
    /// Whether what `measured` leaves out of velocities stays as it is.
    private var keepsBias = false
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem("velocity", at: location)
        group = try session.requireGroup(try words.word("a group"))
        let style = try words.choice(
            "velocity style",
            [("create", Style.create), ("set", .set), ("scale", .scale), ("ramp", .ramp), ("zero", .zero)])
        words.context = "velocity \(style)"
        switch style {
        case .create:
            action = .create(temperature: try words.nonNegativeDouble("the temperature"), seed: try words.seed())
        case .set:
            if session.dimension == 2 { try Self.checkPlane(words) }
            action = .set(try ["vx", "vy", "vz"].map { words.optional("NULL") ? nil : try words.double($0) })
        case .scale: action = .scale(try words.nonNegativeDouble("the temperature"))
        case .ramp:
            let component = try words.choice("velocity component", [("vx", 0), ("vy", 1), ("vz", 2)])
            if session.dimension == 2 && component == 2 { throw words.error("vz must be 0 in two dimensions") }
            let velocities = [try words.double("the lower velocity"), try words.double("the upper velocity")]
            let axis = try words.choice("axis", [("x", 0), ("y", 1), ("z", 2)])
            let bounds = [try words.double("the lower coordinate"), try words.double("the upper coordinate")]
            guard bounds[0] != bounds[1] else { throw words.error("the coordinates must differ") }
            action = .ramp(component: component, velocities: velocities, axis: axis, bounds: bounds)
        case .zero: action = .zero(isAngular: try words.choice("momentum", [("linear", false), ("angular", true)]))
        }
        while let word = words.peek {
            _ = try words.word("a keyword")
            switch word.text {
            case "dist": distribution = try words.choice("distribution", [("uniform", .uniform), ("gaussian", .gaussian)])
            case "loop": loop = try words.choice("loop", [("all", .all), ("local", .local), ("geom", .geometry)])
            case "mom": removesMomentum = try words.flag("mom")
            case "rot": removesRotation = try words.flag("rot")
            case "sum": adds = try words.flag("sum")
            case "units": unit = try words.choice("unit of length", LengthUnit.choices)
            case "temp":
                let id = try words.word("the id of a temperature compute")
                guard let compute = try session.observation.requireCompute(id) as? TemperatureCompute else {
                    throw words.error("compute '\(id.text)' is no temperature", at: id)
                }
                measured = compute.temperature
            case "bias": keepsBias = try words.flag("bias")
            case "rigid": throw words.error("'\(word.text)' is not supported", at: word)
            default:
                throw DeckError.unknown(
                    "velocity keyword", word, known: ["bias", "dist", "loop", "mom", "rot", "sum", "temp", "units"])
            }
        }
        if keepsBias, case .components? = measured?.bias {
            throw words.error("bias yes is not supported with compute temp/partial: use velocity ... set or scale without it")
        }
        if keepsBias && measured?.isBiased != true { throw words.error("bias needs: temp ID of a compute that leaves out some motion") }
    }

    /// In two dimensions vz must be 0 or NULL.
    private static func checkPlane(_ words: Words) throws {
        var words = words
        for _ in 0..<2 { _ = try words.word("vx or vy") }
        guard let vz = words.peek, vz.text != "NULL", Double(vz.text) != 0 else { return }
        throw words.error("vz must be 0 or NULL in two dimensions")
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("velocity", at: location)
        guard session.communicator.sum(system.atoms.owned) > 0 else { throw DeckError("velocity: there are no atoms", at: location) }
        try session.requireMasses(at: location)
        let velocities = Velocities(system, group)
        let members = (0..<system.atoms.owned).filter { system.atoms.mask[$0] & group.bit != 0 }
        do {
            switch action {
            case .create(let temperature, let seed): try create(temperature, seed, velocities, session, members)
            case .set(let values): set(values, session.scale(unit), system, members)
            case .scale(let temperature):
                try velocities.scale(to: temperature, removed: removed(session), measured: measured, keepsBias: keepsBias)
            case .ramp(let component, let v, let axis, let bounds):
                let scale = session.scale(unit)
                let low = scale[axis] * bounds[0], high = scale[axis] * bounds[1]
                let vlow = scale[component] * v[0], vhigh = scale[component] * v[1]
                for i in members {
                    var fraction = (system.atoms.position[i][axis] - low) / (high - low)
                    fraction = min(max(fraction, 0.0), 1.0)
                    let u = vlow + fraction * (vhigh - vlow)
                    system.atoms.velocity[i][component] = adds ? system.atoms.velocity[i][component] + u : u
                }
            case .zero(let isAngular): try isAngular ? velocities.zeroRotation() : velocities.zeroMomentum()
            }
        } catch let problem as Velocities.Problem {
            throw DeckError("velocity: \(problem.message)", at: location)
        }
    }

    private func create(
        _ temperature: Double, _ seed: Int, _ velocities: Velocities, _ session: Session, _ members: [Int]
    ) throws {
        let system = session.system!
        let old = adds ? members.map { system.atoms.velocity[$0] } : []
        let kept = keepsBias ? bias(system, members) : []
        try velocities.draw(loop, distribution, seed: seed)
        if removesMomentum { try velocities.zeroMomentum() }
        if removesRotation { try velocities.zeroRotation() }
        try velocities.scale(to: temperature, removed: removed(session), measured: keepsBias ? nil : measured)
        for (i, b) in zip(members, kept) { system.atoms.velocity[i] += b }
        for (i, v) in zip(members, old) { system.atoms.velocity[i] += v }
    }

    /// What the temperature leaves out of each member's velocity. Collective.
    private func bias(_ system: System, _ members: [Int]) -> [Vector] {
        guard let measured else { return members.map { _ in .zero } }
        let thermal = measured.thermal(system)
        return members.map { i in
            system.atoms.mask[i] & measured.group.bit != 0 ? (system.atoms.velocity[i] - thermal(i)).xyz : .zero
        }
    }

    private func set(_ values: [Double?], _ scale: Vector, _ system: System, _ members: [Int]) {
        for d in 0..<3 {
            guard var value = values[d] else { continue }
            value *= scale[d]
            for i in members { system.atoms.velocity[i][d] = adds ? system.atoms.velocity[i][d] + value : value }
        }
    }

    /// Degrees of freedom that fixes take.
    private func removed(_ session: Session) -> Double {
        session.fixes.reduce(0) { $0 + $1.removedDegreesOfFreedom(session.system!) }
    }
}
