#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A periodic arrangement of basis points that create_atoms fills a box with, and the unit of length of `region` and others.
///
/// A point with lattice coordinates s (in units of the primitive vectors) is at x = R scale P s + origin * spacing, where P has the
/// primitive vectors as columns and R the normalised `orient` vectors as rows. Operations are in LAMMPS' order, so that the same
/// digits come out.
public struct Lattice: Sendable {
    /// Extent of the rotated, scaled unit cell along x, y, z: what "lattice units" multiply.
    public private(set) var spacing: Vector
    /// Places of the basis points, in units of the primitive vectors; none for `lattice none`.
    public let basis: [Vector]
    /// Whether the primitive vectors are those of a general triclinic box, whose frame places are in.
    public let isGeneral: Bool
    private var scale = 1.0
    private var origin = Vector.zero
    private var primitive = Tensor()
    private var inverse = Tensor()
    private var rotation = Tensor()

    /// `lattice none`: a unit of length without points.
    public init(spacing: Double) {
        self.spacing = Vector(spacing, spacing, spacing, 0)
        basis = []
        isGeneral = false
    }

    /// What is wrong with a lattice.
    public struct Problem: Error { public let message: String }

    /// The cell that a lattice is made of.
    public struct Cell: Sendable {
        public var a1 = Vector(1, 0, 0, 0)
        public var a2 = Vector(0, 1, 0, 0)
        public var a3 = Vector(0, 0, 1, 0)
        public var basis: [Vector]
        public init(basis: [Vector]) { self.basis = basis }
    }

    /// How the cell is placed.
    public struct Placement: Sendable {
        public var origin = Vector.zero
        public var orient: [[Int]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        /// Given spacing in units of the scale; nil: the extent of the cell.
        public var spacing: Vector?
        /// For a general triclinic box; origin and orientation are then the default ones.
        public var isGeneral = false
        public init() {}
    }

    /// - Parameters:
    ///   - scale: length of the cell's unit; with `isReducedDensity` (units lj) the number density instead, from which the length
    ///     is (points / cell volume / density)^(1/3), in two dimensions with the root.
    /// - Throws: `Problem` for vectors that do not span space or are not orthogonal and right-handed.
    public init(_ cell: Cell, scale: Double, isReducedDensity: Bool, _ placement: Placement, dimension: Int = 3) throws(Problem) {
        basis = cell.basis
        origin = placement.origin
        isGeneral = placement.isGeneral
        spacing = .zero
        guard !basis.isEmpty else { throw Problem(message: "no basis points") }
        try Self.check(placement.orient)
        for (a, b) in [(cell.a1, cell.a2), (cell.a2, cell.a3), (cell.a1, cell.a3)] {
            let n = Self.cross(a, b)
            guard n.dot(n) != 0 else { throw Problem(message: "two primitive vectors are parallel") }
        }
        self.scale = scale
        if isReducedDensity {
            let volume = cell.a1.dot(Self.cross(cell.a2, cell.a3))
            guard volume > 0 else { throw Problem(message: "the primitive vectors are not right-handed") }
            self.scale = pow(Double(basis.count) / volume / scale, 1.0 / Double(dimension))
        }
        try setTransform(cell, placement.orient)
        if let given = placement.spacing {
            spacing = given * self.scale
        } else {
            if isGeneral {
                // Of the cell as it will stand in the box.
                let edges: [Vector]
                do { edges = try Box.restriction(cell.a1, cell.a2, cell.a3).edges } catch {
                    throw Problem(message: "a1, a2, a3 of triclinic/general must be right-handed")
                }
                var turned = cell
                (turned.a1, turned.a2, turned.a3) = (edges[0], edges[1], edges[2])
                try setTransform(turned, placement.orient)
            }
            var lo = Vector(repeating: 1e30), hi = Vector(repeating: -1e30)
            for corner in 0..<8 {
                let s = Vector(Double(corner & 1), Double(corner >> 1 & 1), Double(corner >> 2 & 1), 0)
                let x = position(s)
                lo = pointwiseMin(lo, x)
                hi = pointwiseMax(hi, x)
            }
            spacing = (hi - lo).xyz
        }
        if isGeneral { try setTransform(cell, placement.orient) }
    }

    private static func check(_ orient: [[Int]]) throws(Problem) {
        func dot(_ a: [Int], _ b: [Int]) -> Int { a[0] * b[0] + a[1] * b[1] + a[2] * b[2] }
        let (x, y, z) = (orient[0], orient[1], orient[2])
        for v in orient where dot(v, v) == 0 { throw Problem(message: "an orient vector has length zero") }
        guard dot(x, y) == 0, dot(y, z) == 0, dot(x, z) == 0 else { throw Problem(message: "the orient vectors are not orthogonal") }
        let cross = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]
        guard dot(cross, z) > 0 else { throw Problem(message: "the orient vectors are not right-handed") }
    }

    private static func cross(_ a: Vector, _ b: Vector) -> Vector {
        Vector(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x, 0)
    }

    private mutating func setTransform(_ cell: Cell, _ orient: [[Int]]) throws(Problem) {
        let (a, b, c) = (cell.a1, cell.a2, cell.a3)
        primitive = Tensor(x: Vector(a.x, b.x, c.x, 0), y: Vector(a.y, b.y, c.y, 0), z: Vector(a.z, b.z, c.z, 0))
        let p = primitive
        let positive = p[0, 0] * p[1, 1] * p[2, 2] + p[0, 1] * p[1, 2] * p[2, 0] + p[0, 2] * p[1, 0] * p[2, 1]
        let determinant = positive - p[0, 0] * p[1, 2] * p[2, 1] - p[0, 1] * p[1, 0] * p[2, 2] - p[0, 2] * p[1, 1] * p[2, 0]
        guard determinant != 0 else { throw Problem(message: "the primitive vectors do not span space") }
        for i in 0..<3 {
            for j in 0..<3 {
                let (r, s, t, u) = ((j + 1) % 3, (j + 2) % 3, (i + 1) % 3, (i + 2) % 3)
                inverse[i, j] = (p[r, t] * p[s, u] - p[r, u] * p[s, t]) / determinant
            }
        }
        for d in 0..<3 {
            let v = orient[d]
            let length = Double(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).squareRoot()
            for k in 0..<3 { rotation[d, k] = Double(v[k]) / length }
        }
    }

    /// Lattice coordinates to a place in the box.
    @inline(__always) public func position(_ s: Vector) -> Vector {
        let p = Self.product(primitive, s) * scale
        return Self.product(rotation, p) + spacing * origin
    }

    /// A place in the box to lattice coordinates.
    public func coordinates(_ x: Vector) -> Vector {
        let d = x - spacing * origin
        let r = rotation
        let transposed = Tensor(
            x: Vector(r.x.x, r.y.x, r.z.x, 0), y: Vector(r.x.y, r.y.y, r.z.y, 0), z: Vector(r.x.z, r.y.z, r.z.z, 0))
        return Self.product(inverse, Self.product(transposed, d) / scale)
    }

    @inline(__always) private static func product(_ t: Tensor, _ v: Vector) -> Vector {
        Vector(
            t.x.x * v.x + t.x.y * v.y + t.x.z * v.z, t.y.x * v.x + t.y.y * v.y + t.y.z * v.z,
            t.z.x * v.x + t.z.y * v.y + t.z.z * v.z, 0)
    }
}

extension Lattice.Cell {
    public static let simpleCubic = Lattice.Cell(basis: [.zero])
    public static let bodyCentred = Lattice.Cell(basis: [.zero, Vector(0.5, 0.5, 0.5, 0)])
    public static let faceCentred = Lattice.Cell(
        basis: [.zero, Vector(0.5, 0.5, 0, 0), Vector(0.5, 0, 0.5, 0), Vector(0, 0.5, 0.5, 0)])
    public static let diamond = Lattice.Cell(
        basis: [
            .zero, Vector(0, 0.5, 0.5, 0), Vector(0.5, 0, 0.5, 0), Vector(0.5, 0.5, 0, 0), Vector(0.25, 0.25, 0.25, 0),
            Vector(0.25, 0.75, 0.75, 0), Vector(0.75, 0.25, 0.75, 0), Vector(0.75, 0.75, 0.25, 0),
        ])
    /// The lattices of two dimensions: square, square with a point in the middle, hexagonal (an orthogonal cell 1 : sqrt(3)).
    public static let square = Lattice.Cell(basis: [.zero])
    public static let centredSquare = Lattice.Cell(basis: [.zero, Vector(0.5, 0.5, 0, 0)])
    public static let hexagonalPlane: Lattice.Cell = {
        var cell = Lattice.Cell(basis: [.zero, Vector(0.5, 0.5, 0, 0)])
        cell.a2.y = 3.0.squareRoot()
        return cell
    }()
    /// The orthogonal cell of hexagonal close packing, 1 : sqrt(3) : sqrt(8/3).
    public static let hexagonal: Lattice.Cell = {
        var cell = Lattice.Cell(
            basis: [.zero, Vector(0.5, 0.5, 0, 0), Vector(0.5, 5.0 / 6.0, 0.5, 0), Vector(0, 1.0 / 3.0, 0.5, 0)])
        cell.a2.y = 3.0.squareRoot()
        cell.a3.z = (8.0 / 3.0).squareRoot()
        return cell
    }()
}
