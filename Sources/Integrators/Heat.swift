import Deck
import Domain
import Potentials

/// `fix heat` and `fix ehex`: every N steps the thermal motion of a group's atoms (those in a region, where one is given) gets the energy
/// FLUX N dt: velocities relative to that of their centre of mass are multiplied by
///
///     s = sqrt(1 + FLUX N dt / K),   K = sum m (v - v_c)^2 / 2
///
/// so that momentum stays (Ikeshoji and Hafskjold, Mol. Phys. 81, 251 (1994)). `ehex` also corrects positions to the next order in dt
/// (Wirnsberger, Frenkel and Dellago, J. Chem. Phys. 143, 124104 (2015), eq. 20), unless told `hex`. With an atom-style variable each
/// atom has a flux of its own. f_ID: the last s, a mean where atoms have their own.
public final class HeatExchange: Fix {
    public let id: String
    public let style: String
    public var group: Group
    private let every: Int
    private let flux: FixValue
    private let region: (any Region)?
    private let correctsPositions: Bool
    private var scale = 1.0

    init(_ setup: FixSetup, style: String, every: Int, flux: FixValue, region: (any Region)?, correctsPositions: Bool) {
        (id, group, self.style, self.every, self.flux) = (setup.id, setup.group, style, every, flux)
        (self.region, self.correctsPositions) = (region, correctsPositions)
    }

    public func wants(at step: Int) -> Wanted { step % every == 0 ? flux.wants() : [] }

    public func prepare(_ system: System) throws {
        guard system.count(group) > 0 else { throw SimulationError("fix \(id) \(style): its group \(group.name) has no atoms") }
    }

    /// What atoms that are heated have in common: mass, velocity of their centre, thermal energy (mass velocity^2 / 2), force, power.
    private struct Motion {
        let mass: Double
        let drift: Vector
        let thermal: Double
        let force: Vector
        let power: Double
    }

    private func motion(_ system: System, _ chosen: [Int]) throws -> Motion {
        var s = [Double](repeating: 0, count: 9)
        for i in chosen {
            let m = system.atoms.mass(of: i), v = system.atoms.velocity[i], f = system.forces.force[i]
            s[0] += m
            s[1] += m / 2 * (v.x * v.x + v.y * v.y + v.z * v.z)
            for d in 0..<3 {
                s[2 + d] += m * v[d]
                s[5 + d] += f[d]
            }
            s[8] += f.x * v.x + f.y * v.y + f.z * v.z
        }
        system.communicator.all(.sum, &s)
        guard s[0] > 0 else { throw SimulationError("step \(system.step): fix \(id) \(style): no atoms to heat") }
        let drift = Vector(s[2] / s[0], s[3] / s[0], s[4] / s[0], 0)
        let square = drift.x * drift.x + drift.y * drift.y + drift.z * drift.z
        let force = Vector(s[5], s[6], s[7], 0)
        return Motion(mass: s[0], drift: drift, thermal: s[1] - 0.5 * square * s[0], force: force, power: s[8] - drift.dot(force))
    }

    public func endOfStep(_ system: System) throws {
        guard system.step % every == 0 else { return }
        let flux = try self.flux.evaluate()
        let chosen = (0..<system.atoms.owned).filter { system.atoms.mask[$0] & group.bit != 0 && isInside(system, $0) }
        let motion = try motion(system, chosen)
        let perStep = Double(every) * system.timestep * system.units.ftm2v
        guard !self.flux.isPerAtom else { return try heatEach(system, chosen, motion) { flux($0) * perStep } }
        let energy = (chosen.first.map(flux) ?? flux(0)) * perStep
        let square = (motion.thermal + energy) / motion.thermal
        guard square >= 0 else {
            throw SimulationError("step \(system.step): fix \(id) \(style) takes more than the kinetic energy there is")
        }
        scale = square.squareRoot()
        if correctsPositions { correct(system, chosen, motion, energy / system.timestep) }
        let kept = motion.drift * (scale - 1)
        for i in chosen { system.atoms.velocity[i] = system.atoms.velocity[i].xyz * scale - kept }
    }

    private func isInside(_ system: System, _ i: Int) -> Bool {
        guard let region else { return true }
        guard correctsPositions else { return region.contains(system.atoms.position[i].xyz) }
        var x = system.atoms.position[i].xyz, image = SIMD4<Int32>.zero
        system.box.wrap(&x, &image)
        return region.contains(x)
    }

    /// x -= dt^3 eps of eq. 20, with the flux F in units of mass velocity^2 / time.
    private func correct(_ system: System, _ chosen: [Int], _ motion: Motion, _ flux: Double) {
        let dt = system.timestep, ftm2v = system.units.ftm2v, k = motion.thermal
        for i in chosen {
            let m = system.atoms.mass(of: i)
            for d in 0..<3 {
                let eta = m * flux / (2 * k) * (system.atoms.velocity[i][d] - motion.drift[d])
                let force = system.forces.force[i][d] / m - motion.force[d] / motion.mass
                let epsilon = eta / (m * k) * (flux / 48 + motion.power / 6 * ftm2v) - flux / (12 * k) * force * ftm2v
                system.atoms.position[i][d] -= dt * dt * dt * epsilon
            }
        }
    }

    private func heatEach(_ system: System, _ chosen: [Int], _ motion: Motion, _ energy: (Int) -> Double) throws {
        let squares = chosen.map { (motion.thermal + energy($0)) / motion.thermal }
        guard !system.communicator.any(squares.contains { $0 < 0 }) else {
            throw SimulationError("step \(system.step): fix \(id) \(style) takes more than the kinetic energy there is")
        }
        let factors = squares.map { $0.squareRoot() }
        var sums = [0.0, 0, 0, factors.reduce(0, +), Double(chosen.count)]
        for (i, s) in zip(chosen, factors) {
            for d in 0..<3 { sums[d] += (s - 1) * system.atoms.velocity[i][d] * system.atoms.mass(of: i) }
        }
        system.communicator.all(.sum, &sums)
        let kept = Vector(sums[0], sums[1], sums[2], 0) * (1 / motion.mass)
        for (i, s) in zip(chosen, factors) { system.atoms.velocity[i] = system.atoms.velocity[i].xyz * s - kept }
        scale = sums[4] > 0 ? sums[3] / sums[4] : 0
    }

    public var scalar: Double? { scale }
    public func save(_ state: inout StateWriter) { state.put(scale) }
    public func restore(_ state: inout StateReader) throws { scale = try state.double() }
}

extension FixStyle {
    static let heat = FixStyle("heat", usage: "fix ID GROUP heat N FLUX|v_NAME [region ID]") { words, setup in
        let every = try words.positiveInt("the number of steps between additions")
        let flux = try setup.atomValue(words.word("the energy per time: a number or v_NAME"))
        return HeatExchange(
            setup, style: "heat", every: every, flux: flux, region: try words.regionOption(setup), correctsPositions: false)
    }

    static let ehex = FixStyle("ehex", usage: "fix ID GROUP ehex N FLUX [region ID] [hex]") { words, setup in
        let every = try words.positiveInt("the number of steps between additions")
        let flux = FixValue(.constant(try words.double("the energy per time")))
        var region: (any Region)?
        var corrects = true
        while let word = words.peek {
            switch try words.choice("a keyword of fix ehex", [("region", 0), ("hex", 1), ("constrain", 2), ("com", 2)]) {
            case 0: region = try setup.region(words.word("a region"))
            case 1: corrects = false
            default: throw words.error("'\(word.text)' is for constrained molecules, which are not there", at: word)
            }
        }
        return HeatExchange(setup, style: "ehex", every: every, flux: flux, region: region, correctsPositions: corrects)
    }
}
