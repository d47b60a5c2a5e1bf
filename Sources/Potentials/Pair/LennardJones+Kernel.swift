import Domain

/// The fast kernels: a half list, four neighbours at a time. Their positions are loaded as whole SIMD4 rows and transposed, lanes
/// beyond the cutoff or the end of the list are masked, and forces are transposed back.
///
/// Energy and virial are compiled in or out; what is rare (per-atom values, seeds) is left to the plain kernel.
extension LennardJones {
    func computeFast(_ atoms: borrowing Atoms, _ list: NeighbourList, into forces: inout Forces) {
        let tally = !forces.wanted.isDisjoint(with: [.energy, .virial])
        if typeCount == 1 {
            if tally {
                lennardJonesFast(atoms, list, parameters, stride: 2, isSingle: true, tally: true, into: &forces)
            } else {
                lennardJonesFast(atoms, list, parameters, stride: 2, isSingle: true, tally: false, into: &forces)
            }
        } else {
            if tally {
                lennardJonesFast(atoms, list, parameters, stride: typeCount + 1, isSingle: false, tally: true, into: &forces)
            } else {
                lennardJonesFast(atoms, list, parameters, stride: typeCount + 1, isSingle: false, tally: false, into: &forces)
            }
        }
    }
}

/// Four pairs' parameters, a lane each.
struct FourParameters {
    var cutoffSquared: Vector
    var lj1: Vector
    var lj2: Vector
    var lj3: Vector
    var lj4: Vector
    var shift: Vector

    @inline(__always) init(_ p: LennardJonesParameters) {
        cutoffSquared = Vector(repeating: p.cutoffSquared)
        lj1 = Vector(repeating: p.lj1)
        lj2 = Vector(repeating: p.lj2)
        lj3 = Vector(repeating: p.lj3)
        lj4 = Vector(repeating: p.lj4)
        shift = Vector(repeating: p.shift)
    }

    /// - Parameter row: the parameters of atom i's type with every other. - Parameter w: types of the four neighbours.
    @inline(__always) init(_ row: UnsafePointer<LennardJonesParameters>, _ w: Vector) {
        let a = row + Int(w.x), b = row + Int(w.y), c = row + Int(w.z), d = row + Int(w.w)
        cutoffSquared = Vector(
            a.pointee.cutoffSquared, b.pointee.cutoffSquared, c.pointee.cutoffSquared, d.pointee.cutoffSquared)
        lj1 = Vector(a.pointee.lj1, b.pointee.lj1, c.pointee.lj1, d.pointee.lj1)
        lj2 = Vector(a.pointee.lj2, b.pointee.lj2, c.pointee.lj2, d.pointee.lj2)
        lj3 = Vector(a.pointee.lj3, b.pointee.lj3, c.pointee.lj3, d.pointee.lj3)
        lj4 = Vector(a.pointee.lj4, b.pointee.lj4, c.pointee.lj4, d.pointee.lj4)
        shift = Vector(a.pointee.shift, b.pointee.shift, c.pointee.shift, d.pointee.shift)
    }
}

/// The next four entries of a neighbour list; those past the end are atom i itself, and masked.
struct FourNeighbours {
    let a: Int
    let b: Int
    let c: Int
    let d: Int

    @inline(__always) init(_ neighbours: UnsafePointer<Int32>, _ left: Int, or i: Int) {
        a = Int(neighbours[0])
        b = left > 1 ? Int(neighbours[1]) : i
        c = left > 2 ? Int(neighbours[2]) : i
        d = left > 3 ? Int(neighbours[3]) : i
    }

    @inline(__always) func mask(_ isNear: SIMDMask<SIMD4<Int64>>, _ left: Int) -> SIMDMask<SIMD4<Int64>> {
        left >= 4 ? isNear : isNear .& (SIMD4<Int64>(0, 1, 2, 3) .< SIMD4<Int64>(repeating: Int64(left)))
    }
}

/// Rows to columns: four atoms' (x, y, z, w) to four x, four y, four z, four w.
@inline(__always)
func transpose(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> (Vector, Vector, Vector, Vector) {
    (Vector(a.x, b.x, c.x, d.x), Vector(a.y, b.y, c.y, d.y), Vector(a.z, b.z, c.z, d.z), Vector(a.w, b.w, c.w, d.w))
}

@inline(__always)
private func lennardJonesFast(
    _ atoms: borrowing Atoms, _ list: NeighbourList, _ parameters: borrowing Column<LennardJonesParameters>, stride: Int,
    isSingle: Bool, tally: Bool, into forces: inout Forces
) {
    let x = atoms.position.pointer, table = UnsafePointer(parameters.pointer)
    let start = list.offsets.pointer, neighbours = list.neighbours.pointer
    let f = forces.force.pointer
    let single = FourParameters(table[stride + 1])
    var energy = Vector.zero
    // Sums over pairs of d_a f_b: xx, yy, zz, xy, xz, yz; a central force's virial is symmetric.
    var xx = Vector.zero, yy = Vector.zero, zz = Vector.zero, xy = Vector.zero, xz = Vector.zero, yz = Vector.zero
    for i in 0..<atoms.owned {
        let xi = x[i]
        let px = Vector(repeating: xi.x), py = Vector(repeating: xi.y), pz = Vector(repeating: xi.z)
        let row = table + Int(xi.w) * stride
        var fx = Vector.zero, fy = Vector.zero, fz = Vector.zero
        var k = Int(start[i])
        let end = Int(start[i + 1])
        while k < end {
            let left = end - k
            let four = FourNeighbours(neighbours + k, left, or: i)
            k += 4
            let (jx, jy, jz, jw) = Vector.columns(x + four.a, x + four.b, x + four.c, x + four.d)
            let dx = px - jx, dy = py - jy, dz = pz - jz
            let r2 = dx * dx + dy * dy + dz * dz
            let p = isSingle ? single : FourParameters(row, jw)
            let isNear = four.mask(r2 .< p.cutoffSquared, left)
            let q = 1 / r2
            let q3 = q * q * q
            var g = q3 * (p.lj1 * q3 - p.lj2) * q
            g.replace(with: 0, where: .!isNear)
            let gx = g * dx, gy = g * dy, gz = g * dz
            fx += gx
            fy += gy
            fz += gz
            let (f0, f1, f2, f3) = transpose(gx, gy, gz, .zero)
            f[four.a] -= f0
            f[four.b] -= f1
            f[four.c] -= f2
            f[four.d] -= f3
            if tally {
                var e = q3 * (p.lj3 * q3 - p.lj4) - p.shift
                e.replace(with: 0, where: .!isNear)
                energy += e
                xx += dx * gx
                yy += dy * gy
                zz += dz * gz
                xy += dx * gy
                xz += dx * gz
                yz += dy * gz
            }
        }
        f[i] += Vector(xyz: fx.sum(), fy.sum(), fz.sum())
    }
    if tally {
        forces.energy += energy.sum()
        let (wxy, wxz, wyz) = (xy.sum(), xz.sum(), yz.sum())
        forces.virial += Tensor(
            x: Vector(xyz: xx.sum(), wxy, wxz), y: Vector(xyz: wxy, yy.sum(), wyz), z: Vector(xyz: wxz, wyz, zz.sum()))
    }
}
