/// What happens at one face of the box.
public enum Boundary: Character, Sendable { case periodic = "p", fixed = "f", shrink = "s", shrinkWithMinimum = "m" }

/// The simulation cell in LAMMPS' convention: origin `lo`, edge vectors a = (lx, 0, 0), b = (xy, ly, 0), c = (xz, yz, lz).
///
/// Fractional ("lamda") coordinates s satisfy x = lo + h s with the upper triangular h = [a b c].
public struct Box: Sendable, Equatable {
    public var lo: Vector
    public var hi: Vector
    public var xy: Double = 0
    public var xz: Double = 0
    public var yz: Double = 0
    /// True when made as a prism, also with zero tilt, as in LAMMPS.
    public var isTriclinic = false
    /// Of a box made from general edge vectors: turns their frame, that of data files and dumps, into the one that is computed in.
    public var rotation: Tensor?
    /// 2: atoms stay in the plane z = 0, have no images along z, and the box has an area instead of a volume (`dimension 2`).
    public var dimension = 3
    /// boundary[d] = (lower face, upper face).
    public var boundary: [(Boundary, Boundary)] {
        get { faces.map { ($0[0], $0[1]) } }
        set { faces = newValue.map { [$0.0, $0.1] } }
    }
    private(set) var faces: [[Boundary]] = Array(repeating: [.periodic, .periodic], count: 3)
    /// Where the deck put the faces of `m` boundaries: they never shrink below these.
    public var minimumLo: Vector = .zero
    public var minimumHi: Vector = .zero
    /// How far `s` and `m` faces keep away from the outermost atoms: 1e-4 of the edge lengths that the box was made with, as in LAMMPS.
    public var faceMargin: Vector = .zero

    public init(lo: Vector, hi: Vector, xy: Double = 0, xz: Double = 0, yz: Double = 0, isTriclinic: Bool = false) {
        self.lo = lo.xyz
        self.hi = hi.xyz
        (self.xy, self.xz, self.yz) = (xy, xz, yz)
        self.isTriclinic = isTriclinic || xy != 0 || xz != 0 || yz != 0
        minimumLo = self.lo
        minimumHi = self.hi
        faceMargin = (self.hi - self.lo) * 1e-4
    }

    public var lengths: Vector { hi - lo }
    public func isPeriodic(_ d: Int) -> Bool { faces[d][0] == .periodic }
    public var isFullyPeriodic: Bool { (0..<3).allSatisfy(isPeriodic) }
    public var hasShrinkWrap: Bool { faces.joined().contains { $0 == .shrink || $0 == .shrinkWithMinimum } }

    public var a: Vector { Vector(lengths.x, 0, 0, 0) }
    public var b: Vector { Vector(xy, lengths.y, 0, 0) }
    public var c: Vector { Vector(xz, yz, lengths.z, 0) }
    public func edge(_ d: Int) -> Vector { d == 0 ? a : d == 1 ? b : c }

    /// Volume; in two dimensions the area.
    public var volume: Double { dimension == 2 ? lengths.x * lengths.y : lengths.x * lengths.y * lengths.z }

    /// Distance between the two faces that edge d crosses: V / |the other two edges' cross product|.
    public func height(_ d: Int) -> Double {
        guard isTriclinic else { return lengths[d] }
        let n = edge((d + 1) % 3).cross(edge((d + 2) % 3))
        return lengths.x * lengths.y * lengths.z / n.dot(n).squareRoot()
    }

    @inlinable public func fractional(_ x: Vector) -> Vector {
        let d = x - lo
        let l = hi - lo
        let z = d.z / l.z
        let y = (d.y - yz * z) / l.y
        return Vector((d.x - xy * y - xz * z) / l.x, y, z, 0)
    }

    @inlinable public func cartesian(_ s: Vector) -> Vector {
        let l = hi - lo
        return Vector(l.x * s.x + xy * s.y + xz * s.z + lo.x, l.y * s.y + yz * s.z + lo.y, l.z * s.z + lo.z, 0)
    }

    /// n.x a + n.y b + n.z c
    @inlinable public func shift(_ n: SIMD4<Int32>) -> Vector {
        let l = hi - lo
        let (i, j, k) = (Double(n.x), Double(n.y), Double(n.z))
        return Vector(l.x * i + xy * j + xz * k, l.y * j + yz * k, l.z * k, 0)
    }

    /// The position that an atom would have had it never been wrapped.
    @inlinable public func unwrapped(_ x: Vector, _ image: SIMD4<Int32>) -> Vector { x + shift(image) }

    /// Moves `x` into the box along the periodic directions, counting the moves in `image`. w is untouched. An orthogonal box adds
    /// and subtracts edge lengths as LAMMPS does, so the same bits come out.
    public func wrap(_ x: inout Vector, _ image: inout SIMD4<Int32>) {
        if !isTriclinic {
            for d in 0..<3 where isPeriodic(d) {
                let length = hi[d] - lo[d]
                // A position very many boxes away comes back in one jump; the loops then do at most a step or two.
                if x[d] < lo[d] - 64 * length || x[d] >= hi[d] + 64 * length {
                    let boxes = ((x[d] - lo[d]) / length).rounded(.down)
                    guard boxes.magnitude < 1e9 else { continue }
                    x[d] -= boxes * length
                    image[d] += Int32(boxes)
                }
                while x[d] < lo[d] {
                    x[d] += length
                    image[d] -= 1
                }
                while x[d] >= hi[d] {
                    x[d] -= length
                    image[d] += 1
                }
                x[d] = max(x[d], lo[d])
            }
            return
        }
        // A second pass catches what rounding left just outside: -1e-17 of a box plus a box is exactly a box.
        for _ in 0..<2 {
            let s = fractional(x)
            var moved = SIMD4<Int32>.zero
            for d in 0..<3 where isPeriodic(d) {
                let boxes = s[d].rounded(.down)
                if boxes.magnitude < 1e9 { moved[d] = Int32(boxes) }
            }
            guard moved != .zero else { return }
            let w = x.w
            x -= shift(moved)
            x.w = w
            image &+= moved
        }
    }

    /// The shortest periodic image of the difference vector `d` (for boxes wider than twice its length).
    public func minimumImage(_ d: Vector) -> Vector {
        var d = d
        if isPeriodic(2) { d -= c * (d.z / lengths.z).rounded() }
        if isPeriodic(1) { d -= b * (d.y / lengths.y).rounded() }
        if isPeriodic(0) { d -= a * (d.x / lengths.x).rounded() }
        return d
    }
}

extension Box {
    /// Moves `s` and `m` faces to the outermost atoms, a hair beyond; `m` faces stay outside where the deck put them. Collective.
    public mutating func shrinkWrap(_ atoms: borrowing Atoms, _ communicator: any Communicator) {
        var extent = [Double](repeating: .infinity, count: 6)  // min, and -max
        for i in 0..<atoms.owned {
            for d in 0..<3 {
                extent[d] = Swift.min(extent[d], atoms.position[i][d])
                extent[3 + d] = Swift.min(extent[3 + d], -atoms.position[i][d])
            }
        }
        communicator.all(.min, &extent)
        guard extent[0].isFinite else { return }
        let margin = faceMargin
        for d in 0..<3 where !isPeriodic(d) {
            let (low, high) = boundary[d]
            if low == .shrink { lo[d] = extent[d] - margin[d] }
            if low == .shrinkWithMinimum { lo[d] = Swift.min(extent[d] - margin[d], minimumLo[d]) }
            if high == .shrink { hi[d] = -extent[3 + d] + margin[d] }
            if high == .shrinkWithMinimum { hi[d] = Swift.max(-extent[3 + d] + margin[d], minimumHi[d]) }
        }
    }
}
