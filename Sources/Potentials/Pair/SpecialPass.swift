import Domain

/// How a potential treats bonded neighbours whose factors lie between 0 and 1 (`special_bonds`).
public enum SpecialTreatment: Sendable {
    /// By the factors, from the list's `special`.
    case scaled
    /// As any pair: LAMMPS' many-body styles.
    case ignored
    /// Members differ.
    case mixed
}

extension Potential {
    /// Of all members, where there are any.
    public var specialTreatment: SpecialTreatment {
        if self is any SpecialScaling { return .scaled }
        guard let first = members.first?.specialTreatment else { return .ignored }
        return members.allSatisfy { $0.specialTreatment == first } ? first : .mixed
    }

    /// Whether bonded neighbours with factors of 0 must be in the list's `special` too, since something of them remains.
    public var keepsExcludedPairs: Bool { (self as? any SpecialScaling)?.keepsExcluded ?? members.contains { $0.keepsExcludedPairs } }
}

/// A potential of pairs that evaluates `NeighbourList.special`.
protocol SpecialScaling: Potential {
    var keepsExcluded: Bool { get }
}

extension SpecialScaling {
    var keepsExcluded: Bool { false }
}

extension ZeroPotential: SpecialScaling {}
extension TabulatedPair: SpecialScaling {}
extension LennardJones: SpecialScaling {}
extension PairPotential: SpecialScaling {
    var keepsExcluded: Bool { Function.keepsExcluded }
}

extension PairFunction {
    static var keepsExcluded: Bool { false }

    /// The energies, one without and one from charges, and the force of a pair with factors. All but the energy is as in `evaluate`.
    @inline(__always)
    static func scaled<L: EdgeLane, R: ParameterRow>(
        _ r2: L, _ qq: L.Plain, _ p: R, lj: L.Plain, coulomb: L.Plain
    ) -> (energy: L, coulomb: L, g: L) where R.Value == L.Plain {
        let (e, g) = evaluate(r2, qq, p)
        guard usesCharges else { return (e.scaled(by: lj), L.zero, g.scaled(by: lj)) }
        let (e0, g0) = evaluate(r2, L.Plain.zero, p)
        guard keepsExcluded else {
            return (e0.scaled(by: lj), (e - e0).scaled(by: coulomb), g0.scaled(by: lj) + (g - g0).scaled(by: coulomb))
        }
        // Damped forms: the factor takes from the whole Coulomb energy C q_i q_j / r, within the Coulomb cutoff, as in LAMMPS.
        let inverse = r2.reciprocal(), whole = inverse.squareRoot().scaled(by: qq * (L.Plain(1) - coulomb))
        let lacking = L.select(isCharged(r2, p), whole, .zero)
        return (e0.scaled(by: lj), e - e0 - lacking, g0.scaled(by: lj) + (g - g0) - lacking * inverse)
    }
}

/// The pairs that are in no list but interact with factors: one at a time, everything wanted. On duals as in the kernel over the list.
func specialPass<F: PairFunction, L: EdgeLane>(
    _: F.Type, _: L.Type, _ pass: PairPass, _ special: SpecialPairs, _ sums: inout PairPass.Sums
) where L.Plain == Double {
    let size = F.size + PairPass.head
    for at in special.pairs.indices {
        let pair = special.pairs[at], i = Int(pair.i), j = Int(pair.j)
        let row = pass.table + (Int(pass.type[i]) * (pass.types + 1) + Int(pass.type[j])) * size
        let d = (pass.position[i] - pass.position[j]).xyz, r2 = d.dot(d)
        guard r2 < row[0] else { continue }
        var qq = 0.0
        if F.usesCharges, let q = pass.charge { qq = pass.coulomb * q[i] * q[j] }
        var t = Vector.zero
        if L.hasTangent, let field = pass.field { t = (field[j] - field[i]).xyz }
        var (e, c, g) = F.scaled(
            L(r2, tangent: 2 * d.dot(t)), qq, UniformRow<Double>(row + PairPass.head), lj: pair.lj, coulomb: pair.coulomb)
        e = e - L(plain: pair.lj * row[1]) + c
        let ai = pass.seeds?[i] ?? (L.hasTangent ? 0 : 1), aj = pass.seeds?[j] ?? (L.hasTangent ? 0 : 1), mean = 0.5 * (ai + aj)
        func seed(_ a: Double) -> L { L.hasTangent ? L(1, tangent: a) : L(plain: a) }
        if let atomEnergy = pass.atomEnergy {
            atomEnergy[i] += 0.5 * (seed(ai) * e).outcome
            atomEnergy[j] += 0.5 * (seed(aj) * e).outcome
        }
        sums.energy += (seed(mean) * e).value
        sums.coulomb += (seed(mean) * c).value
        g = seed(mean) * g
        let force = Vector(
            xyz: (g * L(d.x, tangent: t.x)).outcome, (g * L(d.y, tangent: t.y)).outcome, (g * L(d.z, tangent: t.z)).outcome)
        pass.force[i] += force
        pass.force[j] -= force
        if pass.wantsVirial { sums.virial.add(d, force) }
        if let atomVirial = pass.atomVirial {
            var w = Tensor.zero
            w.add(d, force * 0.5)
            atomVirial[i] += w
            atomVirial[j] += w
        }
    }
}

/// The same of `lj/cut`, whose kernels are its own.
///
/// - Parameters:
///   - seeds: of `computeSeeded`, or with `field` of `pullback`: see `LennardJones+Pullback.swift` for the formula.
func lennardJonesSpecial(
    _ atoms: borrowing Atoms, _ special: SpecialPairs, _ parameters: borrowing Column<LennardJonesParameters>, stride: Int,
    seeds: UnsafePointer<Double>?, field: UnsafePointer<Vector>?, wanted: Wanted, into forces: inout Forces
) {
    let x = atoms.position.pointer, type = atoms.type.pointer, f = forces.force.pointer
    for at in special.pairs.indices {
        let pair = special.pairs[at], i = Int(pair.i), j = Int(pair.j)
        let p = parameters[Int(type[i]) * stride + Int(type[j])]
        let d = (x[i] - x[j]).xyz, r2 = d.dot(d)
        guard r2 < p.cutoffSquared else { continue }
        let q = 1 / r2, q3 = q * q * q
        let g = pair.lj * q3 * (p.lj1 * q3 - p.lj2) * q, e = pair.lj * (q3 * (p.lj3 * q3 - p.lj4) - p.shift)
        let ai = seeds?[i] ?? 1, aj = seeds?[j] ?? 1, s = 0.5 * (ai + aj)
        var force = d * (s * g), along = 0.0
        if let field {
            let u = (field[i] - field[j]).xyz, slope = pair.lj * q3 * q * q * (14 * p.lj1 * q3 - 8 * p.lj2)
            force += d * (slope * d.dot(u)) - u * g
            along = 0.5 * g * d.dot(u)
        }
        f[i] += force
        f[j] -= force
        if field == nil { forces.energy += s * e }
        if wanted.contains(.atomEnergy) {
            forces.atomEnergy[i] += 0.5 * ai * e + along
            forces.atomEnergy[j] += 0.5 * aj * e + along
        }
        if wanted.contains(.virial) { forces.virial.add(d, force) }
        if forces.wanted.contains(.atomVirial) {
            var w = Tensor.zero
            w.add(d, force * 0.5)
            forces.atomVirial[i] += w
            forces.atomVirial[j] += w
        }
    }
}

/// As LAMMPS has it: the force of bonded neighbours has the factor, their energy has not.
extension LennardJonesSmoothLinear {
    @inline(__always)
    static func scaled<L: EdgeLane, R: ParameterRow>(
        _ r2: L, _ qq: L.Plain, _ p: R, lj: L.Plain, coulomb: L.Plain
    ) -> (energy: L, coulomb: L, g: L) where R.Value == L.Plain {
        let (e, g) = evaluate(r2, qq, p)
        return (e, L.zero, g.scaled(by: lj))
    }
}

/// As LAMMPS has it: bonded neighbours are in full or, with a factor of 0, not at all.
extension ScreenedNuclear {
    @inline(__always)
    static func scaled<L: EdgeLane, R: ParameterRow>(
        _ r2: L, _ qq: L.Plain, _ p: R, lj: L.Plain, coulomb: L.Plain
    ) -> (energy: L, coulomb: L, g: L) where R.Value == L.Plain {
        let (e, g) = evaluate(r2, qq, p)
        return (e, L.zero, g)
    }
}
