import Deck
import Domain
import Potentials

/// `fix nve/limit`: velocity Verlet in which no atom moves farther than a distance in one step: velocities are cut at XMAX / dt. For starts
/// from bad configurations. f_ID: how often this has happened since the run began.
public final class LimitedVerlet: Fix {
    public let id: String
    public let style = "nve/limit"
    public var group: Group
    public var integrates: Bool { true }
    private let longest: Double
    /// On this rank.
    private var cuts = 0
    private var communicator: any Communicator

    init(_ setup: FixSetup, longest: Double) {
        (id, group, self.longest) = (setup.id, setup.group, longest)
        communicator = setup.system.communicator
    }

    public func prepare(_ system: System) { cuts = 0 }

    public func initialIntegrate(_ system: System) {
        kickAndCut(system)
        drift(&system.atoms, by: system.timestep, group)
    }

    public func finalIntegrate(_ system: System) { kickAndCut(system) }

    private func kickAndCut(_ system: System) {
        kick(&system.atoms, system.forces, by: 0.5 * system.timestep * system.units.ftm2v, group)
        let fastest = (longest / system.timestep) * (longest / system.timestep)
        let v = system.atoms.velocity.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let square = v[i].x * v[i].x + v[i].y * v[i].y + v[i].z * v[i].z
            guard square > fastest else { continue }
            v[i] *= (fastest / square).squareRoot()
            cuts += 1
        }
    }

    public var scalar: Double? { Double(communicator.sum(cuts)) }
}

/// `fix nve/noforce`: x += dt v, whatever the force.
public final class UniformMotion: Fix {
    public let id: String
    public let style = "nve/noforce"
    public var group: Group
    public var integrates: Bool { true }
    init(_ setup: FixSetup) { (id, group) = (setup.id, setup.group) }
    public func initialIntegrate(_ system: System) { drift(&system.atoms, by: system.timestep, group) }
}

/// `fix dt/reset`: every N steps the time step becomes the longest in which no atom of the group moves farther than XMAX, by its velocity
/// or by its force, nor (`emax`) any force does more work than EMAX, within bounds:
///
///     dt = min(XMAX / v, sqrt(2 XMAX / a)),    shortened further where |v dt + a dt^2 / 2| > XMAX;    TMIN <= dt <= TMAX
///
/// f_ID: the step at which the time step was last changed.
public final class TimestepReset: Fix {
    public let id: String
    public let style = "dt/reset"
    public var group: Group
    private let every: Int
    private let shortest: Double?
    private let longest: Double?
    private let distance: Double
    /// Largest kinetic energy that one step's force gives; nil: any.
    private let energy: Double?
    private var lastStep: Int
    /// A restart brings back the time step that was reached, which setting up must not change.
    private unowned let system: System

    init(_ setup: FixSetup, every: Int, _ shortest: Double?, _ longest: Double?, distance: Double, energy: Double?) {
        (id, group, self.every, self.shortest, self.longest) = (setup.id, setup.group, every, shortest, longest)
        (self.distance, self.energy, lastStep, system) = (distance, energy, setup.system.step, setup.system)
    }

    public func setup(_ system: System) { reset(system) }
    public func endOfStep(_ system: System) { if system.step % every == 0 { reset(system) } }

    private func reset(_ system: System) {
        var least = Double.infinity
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let v = system.atoms.velocity[i].xyz, m = system.atoms.mass(of: i)
            let a = system.forces.force[i].xyz * (system.units.ftm2v / m)
            let speed = v.dot(v).squareRoot(), acceleration = a.dot(a).squareRoot()
            var dt = 1e20
            if speed > 0 { dt = min(dt, distance / speed) }
            if acceleration > 0 { dt = min(dt, (2 * distance / acceleration).squareRoot()) }
            if let energy, speed > 0, acceleration > 0 { dt = min(dt, energy / (speed * acceleration * m * system.units.mvv2e)) }
            // Both together.
            let way = v * dt + a * (0.5 * dt * dt), length = way.dot(way).squareRoot()
            if length > distance { dt *= distance / length }
            least = min(least, dt)
        }
        var dt = min(system.communicator.min(least), 1e20)
        if let shortest { dt = max(dt, shortest) }
        if let longest { dt = min(dt, longest) }
        guard dt != system.timestep else { return }
        lastStep = system.step
        system.timeReference = system.time
        system.timeReferenceStep = system.step
        system.timestep = dt
    }

    public var scalar: Double? { Double(lastStep) }

    public func save(_ state: inout StateWriter) {
        state.put([system.timestep, system.timeReference])
        state.put(system.timeReferenceStep)
        state.put(lastStep)
    }

    public func restore(_ state: inout StateReader) throws {
        let times = try state.doubles()
        guard times.count == 2 else { throw StateError() }
        (system.timestep, system.timeReference) = (times[0], times[1])
        (system.timeReferenceStep, lastStep) = (try state.int(), try state.int())
    }
}

extension FixStyle {
    static let nveLimit = FixStyle("nve/limit", usage: "fix ID GROUP nve/limit XMAX") { words, setup in
        LimitedVerlet(setup, longest: try words.positiveDouble("the longest way in one step"))
    }

    static let nveNoforce = FixStyle("nve/noforce", usage: "fix ID GROUP nve/noforce") { _, setup in UniformMotion(setup) }

    static let timestepReset = FixStyle(
        "dt/reset", usage: "fix ID GROUP dt/reset N TMIN|NULL TMAX|NULL XMAX [emax ENERGY] [units lattice|box]"
    ) { words, setup in
        func bound(_ words: inout Words, _ what: String) throws -> Double? {
            words.optional("NULL") ? nil : try words.nonNegativeDouble(what)
        }
        let every = try words.positiveInt("the number of steps between looks")
        let shortest = try bound(&words, "the shortest time step, or NULL"), longest = try bound(&words, "the longest time step, or NULL")
        if let shortest, let longest, longest < shortest { throw words.error("the longest time step must be at least the shortest") }
        var distance = try words.positiveDouble("the longest way in one step")
        var scale = setup.latticeSpacing.x
        var energy: Double?
        while !words.isAtEnd {
            if try words.choice("a keyword of fix dt/reset", [("emax", true), ("units", false)]) {
                energy = try words.positiveDouble("the largest energy")
            } else if try words.choice("lattice or box", [("lattice", false), ("box", true)]) {
                scale = 1
            }
        }
        distance *= scale
        return TimestepReset(setup, every: every, shortest, longest, distance: distance, energy: energy)
    }
}
