/// What potentials read: this rank's owned atoms, then its ghosts, a column per quantity.
///
/// Indices 0..<owned are atoms that this rank integrates; owned..<count are ghosts, copies of atoms that other ranks (or this one,
/// across a periodic face) own, placed where they are seen from here. Types run from 1 to `typeCount`, ids from 1.
public struct Atoms: ~Copyable {
    public internal(set) var owned: Int = 0
    public internal(set) var ghosts: Int = 0
    @inlinable public var count: Int { owned + ghosts }

    /// x, y, z in length units; w = the type as a number, so that one load brings both.
    public var position = Column<Vector>()
    /// Owned atoms only.
    public var velocity = Column<Vector>()
    /// 1-based atom type, owned and ghost.
    public var type = Column<Int32>()
    /// 1-based global id, owned and ghost.
    public var id = Column<Int64>()
    /// Which periodic image of the box the owned atom is in: unwrapped position = position + h image. Owned atoms only.
    public var image = Column<SIMD4<Int32>>()
    /// Bit g is set when the owned atom is in group g; bit 0 is `all`. Owned atoms only.
    public var mask = Column<UInt32>()
    /// For a ghost (index counted from 0 at the first ghost): how many boxes along a, b, c its owner's position was moved.
    public var ghostShift = Column<SIMD4<Int32>>()

    public var typeCount: Int
    /// Mass of each type, index 0 unused; nil when not yet set.
    public var mass: [Double?]
    /// Type labels, index 0 unused.
    public var labels: [String?]
    /// Number of atoms on all ranks.
    public var total: Int = 0
    /// Kinds, types and numbers of bonds, angles ...; the connections themselves are properties of the atoms that keep them.
    public var topology = Topology()
    /// Extra values that owned atoms carry when they change rank (state of fixes and computes).
    public var extras: [AtomProperty] = []

    public init(typeCount: Int) {
        self.typeCount = typeCount
        mass = Array(repeating: nil, count: typeCount + 1)
        labels = Array(repeating: nil, count: typeCount + 1)
    }

    /// Adds an owned atom; ghosts must have been removed.
    public mutating func append(
        id: Int64, type: Int32, position: Vector, velocity: Vector = .zero, image: SIMD4<Int32> = .zero, mask: UInt32 = 1
    ) {
        precondition(ghosts == 0, "atoms are added before ghosts are made")
        self.position.append(Vector(position.x, position.y, position.z, Double(type)))
        self.velocity.append(velocity.xyz)
        self.type.append(type)
        self.id.append(id)
        self.image.append(image)
        self.mask.append(mask)
        for extra in extras { extra.append(zeros: 1) }
        owned += 1
    }

    public mutating func removeGhosts() {
        position.resize(to: owned, filling: .zero)
        type.resize(to: owned, filling: 0)
        id.resize(to: owned, filling: 0)
        ghostShift.removeAll()
        ghosts = 0
    }

    /// Mass of owned or ghost atom i; all masses must be set.
    @inlinable public func mass(of i: Int) -> Double { mass[Int(type[i])]! }
}

extension Atoms {
    /// A copy of what a potential reads (positions, types, ids, ghosts), for evaluating it at displaced positions.
    public borrowing func copyForEvaluation() -> Atoms {
        var other = Atoms(typeCount: typeCount)
        other.owned = owned
        other.ghosts = ghosts
        other.position = position.copy()
        other.type = type.copy()
        other.id = id.copy()
        other.ghostShift = ghostShift.copy()
        other.mass = mass
        other.labels = labels
        other.total = total
        other.topology = topology
        // Shared: charges, which potentials read.
        other.extras = extras
        return other
    }
}
