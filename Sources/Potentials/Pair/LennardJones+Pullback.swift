import Domain

/// The conservative-ensemble force of a pair potential in closed form. With d = x_i - x_j, u = v_i - v_j, s = (a_i + a_j) / 2 and the
/// pair force on i written g(r^2) d,
///
///     f_i = s g d - g u - 2 g' (d . u) d,     g' = dg / d(r^2)
///
/// the last two terms being the dual part of g(r^2) d at d - t u. The virial is d (x) f, which u makes asymmetric.
extension LennardJones {
    public func pullback(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        weights a: borrowing Column<Double>, field v: borrowing Column<Vector>, into forces: inout Forces
    ) {
        // v with the weight in its free fourth place: one load brings both.
        var va = Column<Vector>(capacity: atoms.count)
        for i in 0..<atoms.count {
            var row = v[i]
            row.w = a[i]
            va.append(row)
        }
        if context.wanted.contains(.atomEnergy) { addSiteTangents(atoms, list, va, into: &forces) }
        if !list.special.isEmpty {
            let wanted = context.wanted.intersection(.atomEnergy).union(forces.wanted.intersection(.virial))
            lennardJonesSpecial(
                atoms, list.special, parameters, stride: typeCount + 1, seeds: a.pointer, field: v.pointer, wanted: wanted, into: &forces)
        }
        let tally = !context.wanted.isDisjoint(with: [.virial, .atomVirial])
        switch (typeCount == 1, tally) {
        case (true, false): kernel(atoms, list, va, parameters, typeCount + 1, isSingle: true, tally: false, into: &forces)
        case (true, true): kernel(atoms, list, va, parameters, typeCount + 1, isSingle: true, tally: true, into: &forces)
        case (false, false): kernel(atoms, list, va, parameters, typeCount + 1, isSingle: false, tally: false, into: &forces)
        case (false, true): kernel(atoms, list, va, parameters, typeCount + 1, isSingle: false, tally: true, into: &forces)
        }
    }

    /// e_i += a_i E_ij / 2 + g (d . u) / 2 for both atoms of a pair: a plain loop, since only training asks for it.
    private func addSiteTangents(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ va: borrowing Column<Vector>, into forces: inout Forces
    ) {
        for i in 0..<atoms.owned {
            for k in Int(list.offsets[i])..<Int(list.offsets[i + 1]) {
                let j = Int(list.neighbours[k])
                let d = (atoms.position[i] - atoms.position[j]).xyz, r2 = d.dot(d)
                let p = parameters[Int(atoms.type[i]) * (typeCount + 1) + Int(atoms.type[j])]
                guard r2 < p.cutoffSquared else { continue }
                let q = 1 / r2, q3 = q * q * q
                let along = 0.5 * q3 * (p.lj1 * q3 - p.lj2) * q * d.dot((va[i] - va[j]).xyz)
                let half = 0.5 * (q3 * (p.lj3 * q3 - p.lj4) - p.shift)
                forces.atomEnergy[i] += along + va[i].w * half
                forces.atomEnergy[j] += along + va[j].w * half
            }
        }
    }
}

@inline(__always)
private func kernel(
    _ atoms: borrowing Atoms, _ list: NeighbourList, _ va: borrowing Column<Vector>,
    _ parameters: borrowing Column<LennardJonesParameters>, _ stride: Int, isSingle: Bool, tally: Bool, into forces: inout Forces
) {
    let x = atoms.position.pointer, v = va.pointer, table = UnsafePointer(parameters.pointer)
    let start = list.offsets.pointer, neighbours = list.neighbours.pointer
    let f = forces.force.pointer
    let single = FourParameters(table[stride + 1])
    let wantsAtoms = tally && forces.wanted.contains(.atomVirial)
    // Lane sums of d_a f_b, row by row.
    var xx = Vector.zero, xy = Vector.zero, xz = Vector.zero
    var yx = Vector.zero, yy = Vector.zero, yz = Vector.zero
    var zx = Vector.zero, zy = Vector.zero, zz = Vector.zero
    for i in 0..<atoms.owned {
        let xi = x[i], vi = v[i]
        let px = Vector(repeating: xi.x), py = Vector(repeating: xi.y), pz = Vector(repeating: xi.z)
        let vx = Vector(repeating: vi.x), vy = Vector(repeating: vi.y), vz = Vector(repeating: vi.z), ai = Vector(repeating: vi.w)
        let row = table + Int(xi.w) * stride
        var fx = Vector.zero, fy = Vector.zero, fz = Vector.zero
        var k = Int(start[i])
        let end = Int(start[i + 1])
        while k < end {
            let left = end - k
            let four = FourNeighbours(neighbours + k, left, or: i)
            k += 4
            let (jx, jy, jz, jw) = transpose(x[four.a], x[four.b], x[four.c], x[four.d])
            let (wx, wy, wz, wa) = transpose(v[four.a], v[four.b], v[four.c], v[four.d])
            let dx = px - jx, dy = py - jy, dz = pz - jz
            let ux = vx - wx, uy = vy - wy, uz = vz - wz
            let s = 0.5 * (ai + wa)
            let r2 = dx * dx + dy * dy + dz * dz
            let p = isSingle ? single : FourParameters(row, jw)
            let isNear = four.mask(r2 .< p.cutoffSquared, left)
            let q = 1 / r2
            let q3 = q * q * q
            var g = q3 * (p.lj1 * q3 - p.lj2) * q
            // -2 g', since d(q^n)/d(r^2) = -n q^(n + 1)
            let steep: Vector = 14 * p.lj1 * q3 - 8 * p.lj2
            let slope: Vector = q3 * q * q * steep
            let du = dx * ux + dy * uy + dz * uz
            var radial = s * g + slope * du
            g.replace(with: 0, where: .!isNear)
            radial.replace(with: 0, where: .!isNear)
            let gx = radial * dx - g * ux
            let gy = radial * dy - g * uy
            let gz = radial * dz - g * uz
            fx += gx
            fy += gy
            fz += gz
            let (f0, f1, f2, f3) = transpose(gx, gy, gz, .zero)
            f[four.a] -= f0
            f[four.b] -= f1
            f[four.c] -= f2
            f[four.d] -= f3
            if tally {
                xx += dx * gx
                xy += dx * gy
                xz += dx * gz
                yx += dy * gx
                yy += dy * gy
                yz += dy * gz
                zx += dz * gx
                zy += dz * gy
                zz += dz * gz
            }
            if wantsAtoms {
                for (lane, j) in [four.a, four.b, four.c, four.d].enumerated() where isNear[lane] {
                    let d = Vector(xyz: dx[lane], dy[lane], dz[lane])
                    let force = Vector(xyz: gx[lane], gy[lane], gz[lane])
                    var w = Tensor.zero
                    w.add(d, force * 0.5)
                    forces.atomVirial[i] += w
                    forces.atomVirial[j] += w
                }
            }
        }
        f[i] += Vector(xyz: fx.sum(), fy.sum(), fz.sum())
    }
    if tally, forces.wanted.contains(.virial) {
        forces.virial += Tensor(
            x: Vector(xyz: xx.sum(), xy.sum(), xz.sum()),
            y: Vector(xyz: yx.sum(), yy.sum(), yz.sum()),
            z: Vector(xyz: zx.sum(), zy.sum(), zz.sum()))
    }
}
