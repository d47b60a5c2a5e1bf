import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the inner loop needs of a pair of types: force / r = r^-2 r^-6 (lj1 r^-6 - lj2), energy = r^-6 (lj3 r^-6 - lj4) - shift.
/// Built in LAMMPS' order of operations (pair_lj_cut.cpp), so that step 0 agrees to the last printed digit.
struct LennardJonesParameters: BitwiseCopyable {
    var cutoffSquared = 0.0
    var lj1 = 0.0
    var lj2 = 0.0
    var lj3 = 0.0
    var lj4 = 0.0
    var shift = 0.0

    init() {}

    init(_ c: LennardJones.Coefficient, shifted: Bool) {
        cutoffSquared = c.cutoff * c.cutoff
        lj1 = 48 * c.epsilon * pow(c.sigma, 12)
        lj2 = 24 * c.epsilon * pow(c.sigma, 6)
        lj3 = 4 * c.epsilon * pow(c.sigma, 12)
        lj4 = 4 * c.epsilon * pow(c.sigma, 6)
        if shifted && c.cutoff > 0 {
            let ratio = c.sigma / c.cutoff
            shift = 4 * c.epsilon * (pow(ratio, 12) - pow(ratio, 6))
        }
    }
}

/// The plain loop over a half list, one pair at a time: what the fast kernel is tested against, and the one that also does seeds,
/// energies and virials by atom.
func lennardJonesReference(
    _ atoms: borrowing Atoms, _ list: NeighbourList, _ parameters: borrowing Column<LennardJonesParameters>, stride: Int,
    seeds: UnsafeMutablePointer<Double>?, into forces: inout Forces
) {
    let x = atoms.position.pointer, type = atoms.type.pointer, table = parameters.pointer
    let start = list.offsets.pointer, neighbours = list.neighbours.pointer
    let f = forces.force.pointer
    let wanted = forces.wanted
    var energy = 0.0
    var virial = Tensor.zero
    for i in 0..<atoms.owned {
        let xi = x[i]
        var fi = Vector.zero
        for k in Int(start[i])..<Int(start[i + 1]) {
            let j = Int(neighbours[k])
            let p = table[Int(type[i]) * stride + Int(type[j])]
            let d = (xi - x[j]).xyz
            let r2 = d.dot(d)
            guard r2 < p.cutoffSquared else { continue }
            let inverse2 = 1 / r2
            let inverse6 = inverse2 * inverse2 * inverse2
            let seed = seeds.map { 0.5 * ($0[i] + $0[j]) } ?? 1
            let force = d * (seed * inverse6 * (p.lj1 * inverse6 - p.lj2) * inverse2)
            fi += force
            f[j] -= force
            guard !wanted.isEmpty else { continue }
            let e = inverse6 * (p.lj3 * inverse6 - p.lj4) - p.shift
            energy += seed * e
            if wanted.contains(.atomEnergy) {
                forces.atomEnergy[i] += 0.5 * (seeds?[i] ?? 1) * e
                forces.atomEnergy[j] += 0.5 * (seeds?[j] ?? 1) * e
            }
            if wanted.contains(.virial) { virial.add(d, force) }
            if wanted.contains(.atomVirial) {
                var w = Tensor.zero
                w.add(d, force * 0.5)
                forces.atomVirial[i] += w
                forces.atomVirial[j] += w
            }
        }
        f[i] += fi
    }
    forces.energy += energy
    forces.virial += virial
}
