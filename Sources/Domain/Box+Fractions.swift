/// Fractional ("lamda") coordinates by LAMMPS' formulas: multiplication with the inverse cell matrix, computed once.
///
/// `Box.fractional` divides instead and can differ in the last digit; set-up commands use this one, so that positions that went
/// through fractional coordinates carry LAMMPS' digits.
public struct FractionalMap: Sendable {
    public let box: Box
    private let h: (x: Double, y: Double, z: Double, yz: Double, xz: Double, xy: Double)
    private let inverse: (x: Double, y: Double, z: Double, yz: Double, xz: Double, xy: Double)

    public init(_ box: Box) {
        self.box = box
        let l = box.hi - box.lo
        h = (l.x, l.y, l.z, box.yz, box.xz, box.xy)
        inverse = (
            1.0 / l.x, 1.0 / l.y, 1.0 / l.z, -box.yz / (l.y * l.z), (box.yz * box.xy - l.y * box.xz) / (l.x * l.y * l.z),
            -box.xy / (l.x * l.y)
        )
    }

    @inline(__always) public func fractional(_ x: Vector) -> Vector {
        let d = x - box.lo
        return Vector(
            inverse.x * d.x + inverse.xy * d.y + inverse.xz * d.z, inverse.y * d.y + inverse.yz * d.z, inverse.z * d.z, 0)
    }

    /// The inverse's row d: fractional coordinate d is its product with x - lo.
    func row(_ d: Int) -> Vector {
        [Vector(inverse.x, inverse.xy, inverse.xz, 0), Vector(0, inverse.y, inverse.yz, 0), Vector(0, 0, inverse.z, 0)][d]
    }

    @inline(__always) public func cartesian(_ s: Vector) -> Vector {
        Vector(
            h.x * s.x + h.xy * s.y + h.xz * s.z + box.lo.x, h.y * s.y + h.yz * s.z + box.lo.y, h.z * s.z + box.lo.z, 0)
    }

    /// The position that an atom would have had it never been wrapped.
    public func unwrapped(_ x: Vector, _ image: SIMD4<Int32>) -> Vector {
        let (i, j, k) = (Double(image.x), Double(image.y), Double(image.z))
        if !box.isTriclinic { return Vector(x.x + i * h.x, x.y + j * h.y, x.z + k * h.z, 0) }
        return Vector(x.x + h.x * i + h.xy * j + h.xz * k, x.y + h.y * j + h.yz * k, x.z + h.z * k, 0)
    }

    /// image.x a + image.y b + image.z c
    public func shift(_ image: SIMD4<Int32>) -> Vector {
        let (i, j, k) = (Double(image.x), Double(image.y), Double(image.z))
        if !box.isTriclinic { return Vector(i * h.x, j * h.y, k * h.z, 0) }
        return Vector(h.x * i + h.xy * j + h.xz * k, h.y * j + h.yz * k, h.z * k, 0)
    }

    /// Moves a finite `x` into the box along periodic directions, as LAMMPS does when it reads atoms: by adding or subtracting edge
    /// lengths until it is inside; in a triclinic box through fractional coordinates, also when it is inside already.
    public func wrap(_ x: inout Vector, _ image: inout SIMD4<Int32>) {
        var s = box.isTriclinic ? fractional(x) : x
        for d in 0..<3 where box.isPeriodic(d) {
            let lo = box.isTriclinic ? 0 : box.lo[d], hi = box.isTriclinic ? 1 : box.hi[d]
            let period = box.isTriclinic ? 1 : box.hi[d] - box.lo[d]
            // From very far away one jump, which LAMMPS would take a very long time for.
            let boxes = ((s[d] - lo) / period).rounded(.down)
            if boxes.magnitude > 1000 {
                let whole = max(min(boxes, 1e9), -1e9)
                s[d] -= whole * period
                image[d] &+= Int32(whole)
            }
            var steps = 0
            while s[d] < lo && steps < 2000 {
                s[d] += period
                image[d] &-= 1
                steps += 1
            }
            while s[d] >= hi && steps < 4000 {
                s[d] -= period
                image[d] &+= 1
                steps += 1
            }
            s[d] = max(s[d], lo)
        }
        let w = x.w
        x = box.isTriclinic ? cartesian(s) : s
        x.w = w
    }

    /// Smallest axis-parallel box around the cell.
    public var bounds: (lo: Vector, hi: Vector) {
        guard box.isTriclinic else { return (box.lo, box.hi) }
        var lo = Vector(repeating: .infinity), hi = Vector(repeating: -.infinity)
        for corner in 0..<8 {
            let x = cartesian(Vector(Double(corner & 1), Double(corner >> 1 & 1), Double(corner >> 2 & 1), 0))
            lo = pointwiseMin(lo, x)
            hi = pointwiseMax(hi, x)
        }
        return (lo, hi)
    }
}

extension Box {
    /// Smallest axis-parallel box around the cell, by LAMMPS' formula.
    public var bounds: (lo: Vector, hi: Vector) {
        guard isTriclinic else { return (lo, hi) }
        var low = lo, high = hi
        low.x = Swift.min(lo.x, lo.x + xy)
        low.x = Swift.min(low.x, low.x + xz)
        low.y = Swift.min(lo.y, lo.y + yz)
        high.x = Swift.max(hi.x, hi.x + xy)
        high.x = Swift.max(high.x, high.x + xz)
        high.y = Swift.max(hi.y, hi.y + yz)
        return (low, high)
    }

    /// The part of its length by which a shrink-wrapped face keeps away from the atoms.
    static let shrinkMargin = 1e-4

    /// What LAMMPS does with a new box: `s` faces move outward by 1e-4 of the length, `m` faces remember where they are.
    public mutating func prepareFaces() {
        let margin = lengths * Self.shrinkMargin
        faceMargin = margin
        minimumLo = lo
        minimumHi = hi
        for d in 0..<3 {
            let (low, high) = boundary[d]
            if low == .shrink { lo[d] -= margin[d] }
            if high == .shrink { hi[d] += margin[d] }
        }
    }

    /// True when a tilt is more than half of its edge, where other cells describe the same crystal with fewer ghosts.
    public var isStronglyTilted: Bool {
        isTriclinic
            && ((xy / lengths.y).magnitude > 0.5 && isPeriodic(1)
                || (xz.magnitude + yz.magnitude) / lengths.z > 0.5 && isPeriodic(2))
    }
}
