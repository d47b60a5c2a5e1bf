import Domain

extension PairFunction {
    static func run(_ pass: PairPass, _ variant: PairPass.Variant, _ sums: inout PairPass.Sums) {
        switch (variant, pass.types == 1) {
        case (.forces, true): pairKernel(Self.self, Vector.self, UniformRow<Vector>.self, pass, tally: false, &sums)
        case (.forces, false): pairKernel(Self.self, Vector.self, FourRows.self, pass, tally: false, &sums)
        case (.everything, _): pairKernel(Self.self, Vector.self, FourRows.self, pass, tally: true, &sums)
        case (.derivatives, _): pairKernel(Self.self, Dual<Vector>.self, FourRows.self, pass, tally: true, &sums)
        case (.plain, _): pairReference(Self.self, pass, &sums)
        }
    }
}

/// The loop over a half list: for each atom select the neighbours within the cutoff, then four of them side by side. On duals, whose
/// tangents are those of x - t v, what is added up is the derivative along t.
@inline(__always)
private func pairKernel<F: PairFunction, L: EdgeLane, R: PairRows>(
    _: F.Type, _: L.Type, _: R.Type, _ pass: PairPass, tally: Bool, _ sums: inout PairPass.Sums
) where L.Plain == Vector {
    let size = F.size + PairPass.head
    let x = pass.position, f = pass.force, near = pass.near, indices = pass.near.indices, types = pass.type
    let singleLimit = pass.table[(pass.types + 2) * size]
    var energy = Vector.zero, coulomb = Vector.zero, centre = CentreSums<Vector>()
    for i in 0..<pass.owned {
        let row = pass.table + Int(types[i]) * (pass.types + 1) * size
        let first = Int(pass.starts[i]), count = Int(pass.starts[i + 1]) - first
        let found =
            R.isSingle
            ? selectNeighbours(i, x, pass.neighbours + first, count, into: near) { _ in singleLimit }
            : selectNeighbours(i, x, pass.neighbours + first, count, into: near) { row[Int(types[$0]) * size] }
        centre.beginCentre()
        var k = 0
        while k < found {
            let d = near.edges(k)
            let p = R(row, size: size, types: types, indices + k, skipping: PairPass.head)
            var qq = Vector.zero
            if F.usesCharges, let q = pass.charge {
                let others = Vector(q[Int(indices[k])], q[Int(indices[k + 1])], q[Int(indices[k + 2])], q[Int(indices[k + 3])])
                qq = others * (pass.coulomb * q[i])
            }
            var dx = L(plain: d.x), dy = L(plain: d.y), dz = L(plain: d.z), r2 = L(plain: d.w)
            if L.hasTangent, let field = pass.field {
                let v = Vector.components(field, indices + k), vi = field[i]
                let weights = laneWeights(found - k)
                let tx = (v.x - Vector(repeating: vi.x)) * weights, ty = (v.y - Vector(repeating: vi.y)) * weights
                let tz = (v.z - Vector(repeating: vi.z)) * weights
                dx = L(d.x, tangent: tx)
                dy = L(d.y, tangent: ty)
                dz = L(d.z, tangent: tz)
                r2 = L(d.w, tangent: 2 * (d.x * tx + d.y * ty + d.z * tz))
            }
            var (e, g) = F.evaluate(r2, qq, p)
            if tally {
                let rest = R(row, size: size, types: types, indices + k, skipping: 0)
                e = (e - L(plain: rest[1])).scaled(by: laneWeights(found - k))
                if L.hasTangent || pass.seeds != nil {
                    let ai = Vector(repeating: pass.seeds![i])
                    let aj = Vector(
                        pass.seeds![Int(indices[k])], pass.seeds![Int(indices[k + 1])], pass.seeds![Int(indices[k + 2])],
                        pass.seeds![Int(indices[k + 3])])
                    let mean = 0.5 * (ai + aj)
                    if let atomEnergy = pass.atomEnergy {
                        let si = L.hasTangent ? L(Vector(repeating: 1), tangent: ai) : L(plain: ai)
                        let sj = L.hasTangent ? L(Vector(repeating: 1), tangent: aj) : L(plain: aj)
                        let ei = (si * e).outcome, ej = (sj * e).outcome
                        atomEnergy[i] += 0.5 * ei.sum()
                        for lane in 0..<4 { atomEnergy[Int(indices[k + lane])] += 0.5 * ej[lane] }
                    }
                    let s = L.hasTangent ? L(Vector(repeating: 1), tangent: mean) : L(plain: mean)
                    g = s * g
                    e = s * e
                } else if let atomEnergy = pass.atomEnergy {
                    atomEnergy[i] += 0.5 * e.value.sum()
                    for lane in 0..<4 { atomEnergy[Int(indices[k + lane])] += 0.5 * e.value[lane] }
                }
                energy += e.value
                if F.usesCharges, !L.hasTangent {
                    var own = F.coulombEnergy(L(plain: d.w), qq, p).value * laneWeights(found - k)
                    if let seeds = pass.seeds {
                        let others = Vector(
                            seeds[Int(indices[k])], seeds[Int(indices[k + 1])], seeds[Int(indices[k + 2])], seeds[Int(indices[k + 3])])
                        own *= 0.5 * (others + Vector(repeating: seeds[i]))
                    }
                    coulomb += own
                }
            }
            let gx = (g * dx).outcome, gy = (g * dy).outcome, gz = (g * dz).outcome
            centre.addForce(gx, gy, gz)
            Vector.subtract(gx, gy, gz, from: f, indices + k)
            if tally {
                if pass.wantsVirial { centre.addVirial((d.x, d.y, d.z), (gx, gy, gz)) }
                if let atomVirial = pass.atomVirial {
                    for lane in 0..<min(4, found - k) {
                        var w = Tensor.zero
                        w.add(Vector(xyz: d.x[lane], d.y[lane], d.z[lane]), Vector(xyz: gx[lane], gy[lane], gz[lane]) * 0.5)
                        atomVirial[i] += w
                        atomVirial[Int(indices[k + lane])] += w
                    }
                }
            }
            k &+= 4
        }
        f[i] += centre.force
    }
    if tally {
        sums.energy += energy.sum()
        sums.coulomb += coulomb.sum()
        if pass.wantsVirial { sums.virial += centre.virial }
    }
}

/// The plain loop: what the kernel above is tested against.
private func pairReference<F: PairFunction>(_: F.Type, _ pass: PairPass, _ sums: inout PairPass.Sums) {
    let size = F.size + PairPass.head
    for i in 0..<pass.owned {
        for k in Int(pass.starts[i])..<Int(pass.starts[i + 1]) {
            let j = Int(pass.neighbours[k])
            let row = pass.table + (Int(pass.type[i]) * (pass.types + 1) + Int(pass.type[j])) * size
            let d = (pass.position[i] - pass.position[j]).xyz, r2 = d.dot(d)
            guard !(r2 >= row[0]) else { continue }
            let qq = F.usesCharges ? pass.coulomb * pass.charge![i] * pass.charge![j] : 0
            let (whole, g) = F.evaluate(r2, qq, UniformRow<Double>(row + PairPass.head))
            let e = whole - row[1], ai = pass.seeds?[i] ?? 1, aj = pass.seeds?[j] ?? 1
            let force = d * (0.5 * (ai + aj) * g)
            pass.force[i] += force
            pass.force[j] -= force
            sums.energy += 0.5 * (ai + aj) * e
            if F.usesCharges {
                sums.coulomb += 0.5 * (ai + aj) * F.coulombEnergy(r2, qq, UniformRow<Double>(row + PairPass.head))
            }
            sums.virial.add(d, force)
            if let atomEnergy = pass.atomEnergy {
                atomEnergy[i] += 0.5 * ai * e
                atomEnergy[j] += 0.5 * aj * e
            }
            if let atomVirial = pass.atomVirial {
                var w = Tensor.zero
                w.add(d, force * 0.5)
                atomVirial[i] += w
                atomVirial[j] += w
            }
        }
    }
}
