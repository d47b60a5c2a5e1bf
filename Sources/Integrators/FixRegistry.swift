import Deck
import Domain
import Potentials

/// What a fix's words are read with.
public struct FixSetup {
    public let id: String
    public let group: Group
    public let system: System
    /// A word that is a number, or `v_name`: an equal-style variable, evaluated whenever the value is needed.
    public let value: (Word) throws -> () throws -> Double
    /// The same, or `v_name` of an atom-style variable: a number for each atom.
    public let atomValue: (Word) throws -> FixValue
    /// The region of that name.
    public let region: (Word) throws -> any Region
    /// What must be computed at a step at which such a value is asked for.
    public let formulaWants: () -> Wanted
    public let warn: (String) -> Void
    /// Length of lattice units along x, y, z; 1 without a lattice.
    public var latticeSpacing = Vector(1, 1, 1, 0)

    public init(
        id: String, group: Group, system: System, value: @escaping (Word) throws -> () throws -> Double,
        atomValue: @escaping (Word) throws -> FixValue, region: @escaping (Word) throws -> any Region,
        formulaWants: @escaping () -> Wanted, warn: @escaping (String) -> Void
    ) {
        (self.id, self.group, self.system, self.value) = (id, group, system, value)
        (self.atomValue, self.region) = (atomValue, region)
        (self.formulaWants, self.warn) = (formulaWants, warn)
    }
}

/// One fix style: its word, how it is written, and how it is made.
public struct FixStyle: Sendable {
    public let name: String
    public let usage: String
    public let make: @Sendable (_ words: inout Words, _ setup: FixSetup) throws -> any Fix

    public init(
        _ name: String, usage: String, make: @escaping @Sendable (_ words: inout Words, _ setup: FixSetup) throws -> any Fix
    ) {
        (self.name, self.usage, self.make) = (name, usage, make)
    }
}

/// The fixes a deck can name: a literal list, one line each.
public enum FixRegistry {
    public static let builtin: [FixStyle] = [
        .nve, .nveLimit, .nveNoforce, .nvt, .nvtSllod, .npt, .nph, .langevin, .temperatureCSVR, .temperatureBerendsen, .temperatureRescale,
        .pressureBerendsen, .heat, .ehex, .viscosity, .thermalConductivity, .timestepReset,
        .boxRelax, .deform, .enforce2d, .momentum,
        .setforce, .addforce, .aveforce, .lineforce, .planeforce, .gravity, .drag, .oneway, .spring, .springSelf, .tiSpring, .rhok, .indent,
        .wallReflect, .wallReflectStochastic,
        .recenter, .move, .halt,
    ] + FixStyle.walls

    /// Styles of LAMMPS that there will not be, and why.
    static let refused: [String: String] = [
        "property/atom": "atoms have id, type, position, velocity and image only; fix store/state keeps other values of atoms",
        "rigid": "there are no rigid bodies", "rigid/small": "there are no rigid bodies", "rigid/nve": "there are no rigid bodies",
        "shake": "there are no bonds that could be kept", "rattle": "there are no bonds that could be kept",
        "deposit": "the number of atoms stays; use create_atoms between runs", "evaporate": "the number of atoms stays; use delete_atoms between runs",
        "gcmc": "the number of atoms stays", "pour": "atoms have no size", "external": "there is no other program to ask",
        "freeze": "it is of granular particles; use setforce 0 0 0 and velocity set 0 0 0",
    ]

    /// - Parameter others: styles that are made elsewhere, for the message on an unknown one.
    public static func make(_ words: inout Words, _ setup: FixSetup, others: [String] = []) throws -> any Fix {
        let name = try words.word("a fix style")
        guard let style = builtin.first(where: { $0.name == name.text }) else {
            if let reason = refused[name.text] { throw DeckError("fix \(name.text) is not supported: \(reason)", at: name.location) }
            throw DeckError.unknown("fix style", name, known: builtin.map(\.name) + others)
        }
        let fix = try style.make(&words, setup)
        try words.finish()
        return fix
    }
}

extension FixStyle {
    static let nve = FixStyle("nve", usage: "fix ID GROUP nve") { _, setup in
        VelocityVerlet(id: setup.id, group: setup.group)
    }

    static let momentum = FixStyle(
        "momentum", usage: "fix ID GROUP momentum N [linear X Y Z] [angular] [rescale]"
    ) { words, setup in
        let every = try words.positiveInt("the number of steps between removals")
        var linear: Vector?
        var angular = false, rescales = false
        while !words.isAtEnd {
            switch try words.choice("a keyword of fix momentum", [("linear", 0), ("angular", 1), ("rescale", 2)]) {
            case 0:
                let x = try words.int("0 or 1", in: 0...1), y = try words.int("0 or 1", in: 0...1)
                linear = Vector(Double(x), Double(y), Double(try words.int("0 or 1", in: 0...1)), 0)
            case 1: angular = true
            default: rescales = true
            }
        }
        guard linear != nil || angular else { throw words.error("fix momentum needs: linear X Y Z, angular, or both") }
        return MomentumRemoval(
            id: setup.id, group: setup.group, every: every, linear: linear, angular: angular, rescales: rescales)
    }
}
