import Deck
import Domain
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix wall/reflect/stochastic`: as `fix wall/reflect`, but an atom comes back from a wall of its own temperature with a velocity drawn anew:
///
///     diffusive   from the wall's Maxwell distribution: Gaussian along the wall (which may move along itself), Rayleigh away from it
///     maxwell     so with the probability ACCOM, else mirrored
///     ccl         Cercignani, Lampis and Lord: along the wall Gaussian about (1 - a) v with the variance a (2 - a) k T / m; away from it
///                 v' = sqrt(r^2 + (1 - a) v^2 + 2 r v sqrt(1 - a) cos(phi)), r^2 = -2 a k T / m ln(u), phi uniform
///
/// The time since it met the wall it flies with the new velocity. Numbers are keyed by seed, wall, atom id and step: the same on any ranks, others than
/// LAMMPS' own stream. R. G. Lord, Phys. Fluids A 3, 706 (1991).
public final class WallReflectStochastic: Fix {
    enum Model { case diffusive, maxwell, ccl }
    struct Wall {
        let axis: Int
        let isUpper: Bool
        let place: Double
        let temperature: Double
        let velocity: Vector
        /// Of each direction.
        let accommodation: Vector
    }

    public let id: String
    public let style = "wall/reflect/stochastic"
    public var group: Group
    private let model: Model
    private let walls: [Wall]
    private let draws: [[KeyedRandom]]

    init(_ setup: FixSetup, _ model: Model, seed: Int, _ walls: [Wall]) {
        (id, group, self.model, self.walls) = (setup.id, setup.group, model, walls)
        // Three numbers a draw: two for directions along the wall or an angle, two for the way off, one for the choice.
        draws = walls.indices.map { wall in (0..<3).map { KeyedRandom(seed: seed, stream: UInt32(64 + 3 * wall + $0)) } }
    }

    public func postIntegrate(_ system: System) {
        for (k, wall) in walls.enumerated() {
            let d = wall.axis
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
                let x = system.atoms.position[i][d]
                guard wall.isUpper ? x > wall.place : x < wall.place else { continue }
                let v = system.atoms.velocity[i], time = (x - wall.place) / v[d]
                let new = velocity(v, wall, draws[k], system, i)
                for axis in 0..<3 {
                    let met = axis == d ? wall.place : system.atoms.position[i][axis] - v[axis] * time
                    system.atoms.position[i][axis] = met + new[axis] * time
                    system.atoms.velocity[i][axis] = new[axis]
                }
            }
        }
    }

    private func velocity(_ v: Vector, _ wall: Wall, _ draws: [KeyedRandom], _ system: System, _ i: Int) -> Vector {
        let d = wall.axis, sign = wall.isUpper ? -1.0 : 1.0, units = system.units
        let mass = system.atoms.mass[Int(system.atoms.type[i])] ?? 1
        let spread = (units.boltzmann * wall.temperature / (mass * units.mvv2e)).squareRoot()
        let id = system.atoms.id[i], step = system.step
        let first = draws[0].uniform(id: id, step: step), second = draws[1].uniform(id: id, step: step), third = draws[2].uniform(id: id, step: step)
        if model == .maxwell, third.x >= wall.accommodation[d] {
            var mirrored = v
            mirrored[d] = -v[d]
            return mirrored
        }
        var new = Vector.zero
        // Box and Muller's pair for the directions along the wall.
        let r = (-2 * log(first.x)).squareRoot(), normal = [r * cos(2 * .pi * first.y), r * sin(2 * .pi * first.y)]
        for (k, axis) in (0..<3).filter({ $0 != d }).enumerated() {
            if model == .ccl {
                let a = wall.accommodation[axis]
                new[axis] = wall.velocity[axis] + (1 - a) * (v[axis] - wall.velocity[axis]) + (a * (2 - a)).squareRoot() * spread * normal[k]
            } else {
                new[axis] = wall.velocity[axis] + spread * normal[k]
            }
        }
        if model == .ccl {
            let a = wall.accommodation[d], r2 = -2 * a * log(second.x) * spread * spread, rest = 1 - a
            let cosine = cos(2 * .pi * second.y), speed = v[d].magnitude
            new[d] = sign * max(0, r2 + rest * speed * speed + 2 * (r2 * rest).squareRoot() * speed * cosine).squareRoot()
        } else {
            new[d] = sign * spread * (-2 * log(second.x)).squareRoot()
        }
        return new
    }
}

extension FixStyle {
    static let wallReflectStochastic = FixStyle(
        "wall/reflect/stochastic",
        usage: """
            fix ID GROUP wall/reflect/stochastic diffusive SEED FACE PLACE TEMP VX VY VZ ... [units lattice|box]
            fix ID GROUP wall/reflect/stochastic maxwell SEED FACE PLACE TEMP VX VY VZ ACCOM ... [units lattice|box]
            fix ID GROUP wall/reflect/stochastic ccl SEED FACE PLACE TEMP VX VY VZ ACCOMX ACCOMY ACCOMZ ... [units lattice|box]
            FACE: xlo|xhi|ylo|yhi|zlo|zhi; PLACE: EDGE or a coordinate
            """
    ) { words, setup in
        let model = try words.choice(
            "a model of reflection", [("diffusive", WallReflectStochastic.Model.diffusive), ("maxwell", .maxwell), ("ccl", .ccl)])
        let seed = try words.positiveInt("a seed")
        let faces = ["xlo", "xhi", "ylo", "yhi", "zlo", "zhi"], box = setup.system.box
        var read: [(face: Int, place: Double?, temperature: Double, velocity: Vector, accommodation: Vector)] = []
        var usesLattice = true
        while let name = words.peek {
            let face = try words.choice("a face or units", faces.enumerated().map { ($1, $0) } + [("units", -1)])
            if face < 0 {
                usesLattice = try words.choice("lattice or box", [("lattice", true), ("box", false)])
                continue
            }
            guard !read.contains(where: { $0.face == face }) else { throw words.error("the wall '\(name.text)' is there already", at: name) }
            guard !box.isPeriodic(face / 2) else {
                throw words.error("a wall cannot stand across the periodic direction \(["x", "y", "z"][face / 2])", at: name)
            }
            let place = words.optional("EDGE") ? nil : try words.double("where the wall is: EDGE or a coordinate")
            let temperature = try words.nonNegativeDouble("the wall's temperature")
            let at = words.location
            let velocity = Vector(try words.double("the wall's velocity along x"), try words.double("y"), try words.double("z"), 0)
            guard velocity[face / 2] == 0 else { throw DeckError("the wall's velocity must be along the wall", at: at) }
            func share() throws -> Double { try words.double("an accommodation coefficient", in: 0...1) }
            let accommodation: Vector
            switch model {
            case .diffusive: accommodation = Vector(1, 1, 1, 0)
            case .maxwell:
                let one = try share()
                accommodation = Vector(one, one, one, 0)
            case .ccl: accommodation = Vector(try share(), try share(), try share(), 0)
            }
            read.append((face, place, temperature, velocity, accommodation))
        }
        guard !read.isEmpty else { throw words.error("fix wall/reflect/stochastic needs at least one wall") }
        let walls = read.map { one -> WallReflectStochastic.Wall in
            let axis = one.face / 2, isUpper = one.face % 2 == 1
            let edge = isUpper ? box.hi[axis] : box.lo[axis]
            return .init(
                axis: axis, isUpper: isUpper, place: one.place.map { $0 * (usesLattice ? setup.latticeSpacing[axis] : 1) } ?? edge,
                temperature: one.temperature, velocity: one.velocity, accommodation: one.accommodation)
        }
        return WallReflectStochastic(setup, model, seed: seed, walls)
    }
}
