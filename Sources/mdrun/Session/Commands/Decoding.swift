import Deck
import Domain
import Integrators

/// Whether lengths of a command are in lattice spacings (the default of most commands, as in LAMMPS) or in length units.
enum LengthUnit: Sendable {
    case lattice, box

    static let choices: [(String, LengthUnit)] = [("lattice", .lattice), ("box", .box)]
}

extension Session {
    /// What lengths along x, y, z are multiplied with: the lattice spacing (1 without a lattice) or 1.
    func scale(_ unit: LengthUnit) -> Vector {
        unit == .box ? Vector(1, 1, 1, 0) : lattice?.spacing ?? Vector(1, 1, 1, 0)
    }

    /// A box in as many dimensions as the deck has said.
    /// - Throws: `DeckError` for two dimensions in a box that is not flat: z must be periodic, have z = 0 inside, and not be tilted.
    func inDimensions(_ box: Box, at location: SourceLocation?) throws -> Box {
        guard dimension == 2 else { return box }
        guard box.isPeriodic(2) else { throw DeckError("dimension 2 needs a periodic z: use boundary ... p", at: location) }
        guard box.xz == 0, box.yz == 0 else { throw DeckError("dimension 2 does not allow a tilt xz or yz", at: location) }
        guard box.lo.z <= 0, box.hi.z >= 0 else { throw DeckError("dimension 2 needs a box with z = 0 inside", at: location) }
        var box = box
        box.dimension = 2
        return box
    }

    /// Types that a word names: a number, a range such as `2*4`, or a label.
    func requireTypes(_ words: inout Words, _ expected: String) throws -> ClosedRange<Int> {
        let system = try requireSystem(words.context, at: words.location)
        if let word = words.peek, let type = system.atoms.labels.firstIndex(of: word.text) {
            _ = try words.word(expected)
            return type...type
        }
        return try words.typeRange(expected, count: system.atoms.typeCount)
    }

    func requireRegion(_ word: Word) throws -> any Region {
        guard let region = regions[word.text] else {
            throw DeckError.unknown("region", word, known: Array(regions.keys))
        }
        return region
    }

    /// Who owns which part of the present box.
    func decomposition(at location: SourceLocation?) throws -> Decomposition {
        let system = try requireSystem("this command", at: location)
        guard
            let d = system.decomposition(processors)
        else {
            let wanted = processors.map { $0.map(String.init) ?? "*" }.joined(separator: " ")
            throw DeckError("processors \(wanted) does not multiply to \(communicator.size) ranks", at: location)
        }
        return d
    }

    /// Atoms were made, removed or moved: ghosts are stale and the total may have changed. Collective.
    func atomsChanged() {
        guard let system else { return }
        system.atoms.removeGhosts()
        system.atoms.total = communicator.sum(system.atoms.owned)
    }

    /// Every type must have a mass.
    /// - Throws: `DeckError` naming the first type without one.
    func requireMasses(at location: SourceLocation?) throws {
        let system = try requireSystem("this command", at: location)
        if let type = (1...system.atoms.typeCount).first(where: { system.atoms.mass[$0] == nil }) {
            let name = system.atoms.labels[type].map { "\(type) (\($0))" } ?? "\(type)"
            throw DeckError("type \(name) has no mass yet: use the command mass, or Masses in the data file", at: location)
        }
    }

    /// `orthogonal box = (0 0 0) to (1 1 1)`, as LAMMPS prints it.
    func boxDescription(_ box: Box) -> String {
        func point(_ x: Vector) -> String { "(\(short(x.x)) \(short(x.y)) \(short(x.z)))" }
        let corners = "\(point(box.lo)) to \(point(box.hi))"
        guard box.isTriclinic else { return "orthogonal box = \(corners)" }
        return "triclinic box = \(corners) with tilt \(point(Vector(box.xy, box.xz, box.yz, 0)))"
    }

    /// Eight significant digits.
    func short(_ value: Double) -> String { Self.eightDigits.string(value) }
    private static let eightDigits = try! NumberFormat("%.8g")

    /// The line on how ranks share the box, and a warning about a box that is tilted much.
    func announceGrid(at location: SourceLocation?) throws {
        let system = try requireSystem("this command", at: location)
        let d = try decomposition(at: location)
        if system.box.isStronglyTilted { output.warn("Triclinic box skew is large. The simulation will run inefficiently.") }
        output.line("  \(d.grid[0]) by \(d.grid[1]) by \(d.grid[2]) MPI processor grid")
    }
}

extension Words {
    /// Three numbers.
    mutating func vector(_ expected: String) throws(DeckError) -> Vector {
        let x = try double("\(expected) along x")
        let y = try double("\(expected) along y")
        return Vector(x, y, try double("\(expected) along z"), 0)
    }

    /// A random seed, from 1 to 2^31 - 1.
    mutating func seed() throws(DeckError) -> Int { try int("the random seed", in: 1...Int(Int32.max)) }
}
