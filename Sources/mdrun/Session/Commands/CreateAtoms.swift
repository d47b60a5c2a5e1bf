import Deck
import Domain
import Integrators

/// `create_atoms`: atoms on the points of the lattice, at one place, or at random places.
struct CreateAtoms: DeckCommand {
    static let name = "create_atoms"
    static let usage = """
        create_atoms TYPE box [basis I TYPE]... [units lattice|box]
        create_atoms TYPE region ID [basis I TYPE]... [units lattice|box]
        create_atoms TYPE single X Y Z [units lattice|box] [remap yes|no]
        create_atoms TYPE random N SEED REGION|NULL [overlap D] [maxtry N] [units lattice|box]
        """

    private enum Style {
        case box
        case region(any Region)
        case single(Vector)
        case random(count: Int, seed: Int, region: (any Region)?)
    }

    private let type: Int
    private var style: Style
    private let lattice: Lattice?
    /// Type of the atom on each basis point.
    private var basisTypes: [Int]
    private var unit = LengthUnit.lattice
    private var remaps = false
    private var overlap: Double?
    private var attempts = 1000
    private let location: SourceLocation

    private enum StyleName { case box, region, single, random }

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem("create_atoms", at: location)
        type = try session.requireType(try words.word("the atom type"))
        lattice = session.lattice
        basisTypes = Array(repeating: type, count: session.lattice?.basis.count ?? 0)
        let place = words.location
        let name = try words.choice(
            "create_atoms style", [("box", StyleName.box), ("region", .region), ("single", .single), ("random", .random)])
        switch name {
        case .box: style = .box
        case .region: style = .region(try session.requireRegion(try words.word("a region")))
        case .single: style = .single(try words.vector("the position"))
        case .random:
            let count = try words.nonNegativeInt("the number of atoms")
            let seed = try words.seed()
            let isFree = words.optional("NULL")
            style = .random(
                count: count, seed: seed, region: isFree ? nil : try session.requireRegion(try words.word("a region or NULL")))
        }
        while let word = words.peek {
            _ = try words.word("a keyword")
            switch (word.text, name) {
            case ("basis", .box), ("basis", .region):
                let index = try words.int("the basis point", in: 1...max(1, basisTypes.count))
                let other = try session.requireType(try words.word("the atom type"))
                if index <= basisTypes.count { basisTypes[index - 1] = other }
            case ("units", _): unit = try words.choice("unit of length", LengthUnit.choices)
            case ("remap", .single): remaps = try words.flag("remap")
            case ("overlap", .random): overlap = try words.positiveDouble("the least distance")
            case ("maxtry", .random): attempts = try words.positiveInt("the number of attempts")
            case ("mol", _), ("var", _), ("set", _), ("rotate", _), ("ratio", _), ("subset", _):
                throw words.error("'\(word.text)' is not supported", at: word)
            default:
                throw DeckError.unknown(
                    "create_atoms keyword", word, known: ["basis", "units", "remap", "overlap", "maxtry"])
            }
        }
        if name == .box || name == .region, let lattice, lattice.isGeneral != (session.system?.box.rotation != nil) {
            throw DeckError(
                lattice.isGeneral
                    ? "create_atoms: a lattice triclinic/general fills only a general triclinic box (create_box TYPES NULL ...)"
                    : "create_atoms: a general triclinic box is filled from a lattice custom ... triclinic/general only", at: place)
        }
        if name == .box || name == .region, basisTypes.isEmpty {
            throw DeckError("create_atoms: there is no lattice with points; use the command lattice before it", at: place)
        }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("create_atoms", at: location)
        let decomposition = try session.decomposition(at: location)
        let before = session.communicator.sum(system.atoms.owned)
        system.atoms.removeGhosts()
        var maker = AtomMaker(system, decomposition)
        switch style {
        case .box: try fill(system, nil, &maker)
        case .region(let region): try fill(system, region, &maker)
        case .single(let x): addSingle(x * scale(session), system, session, &maker)
        case .random(let count, let seed, let region):
            try addRandom(count, seed, region, overlap.map { $0 * scale(session).x }, system, session, &maker)
        }
        maker.finish()
        session.atomsChanged()
        session.output.line("Created \(system.atoms.total - before) atoms")
        session.output.line("  using \(unit) units in \(session.boxDescription(system.box))")
    }

    private func scale(_ session: Session) -> Vector { session.scale(unit) }

    private func fill(_ system: System, _ region: (any Region)?, _ maker: inout AtomMaker) throws {
        do {
            try lattice!.forEachSite(in: system.box, region) { basis, x in maker.add(basisTypes[basis], x) }
        } catch {
            throw DeckError("create_atoms: \(error.message)", at: location)
        }
    }

    private func addSingle(_ place: Vector, _ system: System, _ session: Session, _ maker: inout AtomMaker) {
        var x = place.xyz
        let map = FractionalMap(system.box)
        if remaps {
            var image = SIMD4<Int32>.zero
            map.wrap(&x, &image)
        }
        var s = system.box.isTriclinic ? map.fractional(x) : x
        let lo = system.box.isTriclinic ? Vector.zero : system.box.lo, hi = system.box.isTriclinic ? Vector(1, 1, 1, 0) : system.box.hi
        if remaps && system.box.isTriclinic {
            for d in 0..<3 where system.box.isPeriodic(d) && !(s[d] >= 0 && s[d] < 1) { s[d] = 0 }
        }
        if (0..<3).allSatisfy({ s[$0] >= lo[$0] && s[$0] < hi[$0] }) {
            maker.add(type, x)
        } else {
            session.output.warn("create_atoms single: (\(x.x), \(x.y), \(x.z)) is outside the box, so no atom was made")
        }
    }

    private func addRandom(
        _ count: Int, _ seed: Int, _ region: (any Region)?, _ overlap: Double?, _ system: System, _ session: Session,
        _ maker: inout AtomMaker
    ) throws {
        var stream = ParkMillerStream(seed: seed)
        for _ in 0..<30 { _ = stream.uniform() }
        var (lo, hi) = system.box.bounds
        if let bounds = region?.bounds {
            lo = pointwiseMax(lo, bounds.lo)
            hi = pointwiseMin(hi, bounds.hi)
        }
        guard (0..<3).allSatisfy({ lo[$0] <= hi[$0] }) else {
            throw DeckError("create_atoms random: the region is outside the box", at: location)
        }
        let map = FractionalMap(system.box)
        let limit = overlap.map { $0 * $0 }
        var made = 0
        for _ in 0..<count {
            for _ in 0..<attempts {
                var x = Vector.zero
                for d in 0..<3 { x[d] = lo[d] + stream.uniform() * (hi[d] - lo[d]) }
                if system.box.dimension == 2 { x.z = lo.z + 0.5 * (hi.z - lo.z) }
                if let region, !region.contains(x) { continue }
                if system.box.isTriclinic {
                    let s = map.fractional(x)
                    guard (0..<3).allSatisfy({ s[$0] >= 0 && s[$0] < 1 }) else { continue }
                }
                if let limit, session.communicator.any(isCrowded(x, limit, system)) { continue }
                maker.add(type, x)
                made += 1
                break
            }
        }
        if made < count { session.output.warn("Only inserted \(made) particles out of \(count)") }
    }

    /// Whether one of this rank's atoms is nearer than the root of `limit`.
    private func isCrowded(_ x: Vector, _ limit: Double, _ system: System) -> Bool {
        (0..<system.atoms.owned).contains { i in
            let d = system.box.minimumImage((x - system.atoms.position[i]).xyz)
            return d.dot(d) < limit
        }
    }
}

/// Numbers new atoms as one rank would, and keeps those in this rank's part of the box. All ranks add the same atoms.
struct AtomMaker {
    private let system: System
    private let decomposition: Decomposition
    private let first: (id: Int, key: Int)
    private var keys: [Int]
    private(set) var count = 0

    init(_ system: System, _ decomposition: Decomposition) {
        (self.system, self.decomposition) = (system, decomposition)
        keys = system.atoms.creationKeys()
        first = system.atoms.nextIdentity(system.communicator)
    }

    mutating func add(_ type: Int, _ x: Vector) {
        if decomposition.size == 1 || decomposition.owner(of: system.box.fractional(x)) == decomposition.rank {
            system.atoms.append(id: Int64(first.id + count), type: Int32(type), position: x)
            keys.append(first.key + count)
        }
        count += 1
    }

    func finish() { system.atoms.setCreationKeys(keys, system.communicator) }
}
