import Domain
import Potentials

/// A configuration to test with: every atom of it, as a value that is the same on every rank.
public struct TestSystem: Sendable {
    public var name: String
    public var box: Box
    public var positions: [Vector]
    /// 1-based type of each atom.
    public var types: [Int32]
    /// 1-based id of each atom; 1, 2, 3 ... unless a test renames them.
    public var ids: [Int64]
    public var typeCount: Int
    /// By type, index 0 unused.
    public var masses: [Double?]
    public var labels: [String?]
    public var units = Units.metal
    /// Charge of an atom of each type, index 0 unused; nil: atoms have none.
    public var charge: [Double]?
    /// Molecule of each atom; nil: there are none. All atoms of a molecule are bonded to each other.
    public var molecules: [Int]?
    /// Factors between bonded atoms.
    public var specialBonds = SpecialBonds()

    public init(_ name: String, box: Box, positions: [Vector], types: [Int32]? = nil, typeCount: Int = 1) {
        self.name = name
        self.box = box
        self.positions = positions.map(\.xyz)
        self.types = types ?? positions.indices.map { Int32($0 % typeCount) + 1 }
        self.typeCount = typeCount
        ids = positions.indices.map { Int64($0 + 1) }
        masses = Array(repeating: 1, count: typeCount + 1)
        labels = Array(repeating: nil, count: typeCount + 1)
    }

    public var count: Int { positions.count }

    /// What a potential is told before it is prepared. Files are read from the file system as they are named.
    public func setup(_ communicator: any Communicator = SerialCommunicator()) -> PotentialSetup {
        var setup = PotentialSetup(
            units: units, typeCount: typeCount, masses: masses, labels: labels, communicator: communicator,
            read: { path, _ in try readFile(path) }, warn: { _ in })
        setup.hasCharges = charge != nil
        return setup
    }

    /// The same with elements for types, in their order, and their standard masses and Angstrom units.
    public func with(elements: [String]) -> TestSystem {
        var other = self
        precondition(elements.count == typeCount)
        for (index, element) in elements.enumerated() {
            other.masses[index + 1] = Elements.mass(of: element)
            other.labels[index + 1] = element
        }
        return other
    }

    public func named(_ name: String) -> TestSystem {
        var other = self
        other.name = name
        return other
    }
}

// MARK: - Changing a system

extension TestSystem {
    /// Each atom moved by up to `width` along x, y and z.
    public func perturbed(_ width: Double, seed: UInt64 = 1) -> TestSystem {
        var other = self
        var random = SeededGenerator(seed)
        for i in positions.indices { other.positions[i] += random.vector(width) }
        return other
    }

    public func moved(_ i: Int, by d: Vector) -> TestSystem {
        var other = self
        other.positions[i] += d.xyz
        return other
    }

    /// x' = x + strain (component a, b) times x_b along a, for a <= b, which keeps the box upper triangular. Positions and box strain
    /// about the origin of coordinates.
    public func strained(_ a: Int, _ b: Int, _ amount: Double) -> TestSystem {
        precondition(a <= b, "only an upper triangular strain keeps the box in LAMMPS' form")
        func strain(_ x: Vector) -> Vector {
            var y = x
            y[a] += amount * x[b]
            return y
        }
        var other = self
        let edges = (0..<3).map { strain(box.edge($0)) }
        let lo = strain(box.lo)
        other.box = Box(
            lo: lo, hi: lo + Vector(xyz: edges[0].x, edges[1].y, edges[2].z), xy: edges[1].x, xz: edges[2].x, yz: edges[2].y,
            isTriclinic: box.isTriclinic)
        other.box.boundary = box.boundary
        other.positions = positions.map(strain)
        return other
    }

    /// All atoms moved; along directions that are not periodic the box moves with them.
    public func translated(_ t: Vector) -> TestSystem {
        var other = self
        other.positions = positions.map { $0 + t.xyz }
        for d in 0..<3 where !box.isPeriodic(d) {
            other.box.lo[d] += t[d]
            other.box.hi[d] += t[d]
        }
        return other
    }

    /// The atoms alone, in a box that is nowhere periodic and leaves `margin` around them.
    public func isolated(margin: Double = 1) -> TestSystem {
        var other = self
        var lo = Vector(repeating: .infinity), hi = Vector(repeating: -.infinity)
        for x in positions {
            lo = pointwiseMin(lo, x)
            hi = pointwiseMax(hi, x)
        }
        if positions.isEmpty { (lo, hi) = (.zero, .zero) }
        let rim = Vector(xyz: margin, margin, margin)
        other.box = Box(lo: lo - rim, hi: hi + rim)
        other.box.boundary = Array(repeating: (.fixed, .fixed), count: 3)
        return other
    }

    /// Rotated about the origin: only for a box that is nowhere periodic, which is made anew around the atoms.
    public func rotated(_ r: Tensor, margin: Double = 1) -> TestSystem {
        var other = self
        other.positions = positions.map { r.times($0) }
        return other.isolated(margin: margin)
    }

    /// The atoms at these indices, in this order, with their ids.
    public func selecting(_ indices: [Int]) -> TestSystem {
        var other = self
        other.positions = indices.map { positions[$0] }
        other.types = indices.map { types[$0] }
        other.ids = indices.map { ids[$0] }
        other.molecules = molecules.map { old in indices.map { old[$0] } }
        return other
    }

    /// n.x n.y n.z copies. Copy k of atom i has index i + k count; copies have new ids.
    public func replicated(_ nx: Int, _ ny: Int, _ nz: Int) -> TestSystem {
        var other = self
        other.positions = []
        other.types = []
        if molecules != nil { other.molecules = [] }
        for k in 0..<nz {
            for j in 0..<ny {
                for i in 0..<nx {
                    let shift = box.shift(SIMD4(Int32(i), Int32(j), Int32(k), 0))
                    other.positions += positions.map { $0 + shift }
                    other.types += types
                    if let molecules { other.molecules! += molecules.map { $0 + (k * ny * nx + j * nx + i) * (count + 1) } }
                }
            }
        }
        other.ids = other.positions.indices.map { Int64($0 + 1) }
        let l = box.lengths * Vector(xyz: Double(nx), Double(ny), Double(nz))
        other.box = Box(
            lo: box.lo, hi: box.lo + l, xy: box.xy * Double(ny), xz: box.xz * Double(nz), yz: box.yz * Double(nz),
            isTriclinic: box.isTriclinic)
        other.box.boundary = box.boundary
        return other
    }

    /// The same with the box tilted by these lengths; fractional coordinates are kept.
    public func tilted(xy: Double, xz: Double, yz: Double) -> TestSystem {
        var other = self
        other.box = Box(lo: box.lo, hi: box.hi, xy: xy, xz: xz, yz: yz, isTriclinic: true)
        other.box.boundary = box.boundary
        other.positions = positions.map { other.box.cartesian(box.fractional($0)) }
        return other
    }
}
