import Domain

/// `pair_modify tail yes`: what uniformly spread atoms beyond the cutoff would add,
///
///     E += sum_ij N_i N_j e_ij / V        W_aa += sum_ij N_i N_j p_ij / V
///
/// over ordered pairs of types, N_i being the atoms of a type. Belongs to no atom and gives no force (Allen and Tildesley, section 2.8).
struct TailCorrection {
    /// (typeCount + 1)^2, e_ij and p_ij.
    var coefficients: [(energy: Double, pressure: Double)] = []
    let typeCount: Int

    /// Adds it, on rank 0, where energy or virial is wanted. Collective.
    func add(_ atoms: borrowing Atoms, _ context: ComputeContext, into forces: inout Forces) {
        guard !coefficients.isEmpty, !forces.wanted.isDisjoint(with: [.energy, .virial]) else { return }
        var counts = [Double](repeating: 0, count: typeCount + 1)
        for i in 0..<atoms.owned { counts[Int(atoms.type[i])] += 1 }
        context.communicator.all(.sum, &counts)
        guard context.communicator.rank == 0 else { return }
        var energy = 0.0, pressure = 0.0
        for i in 1...typeCount {
            for j in 1...typeCount {
                energy += counts[i] * counts[j] * coefficients[i * (typeCount + 1) + j].energy
                pressure += counts[i] * counts[j] * coefficients[i * (typeCount + 1) + j].pressure
            }
        }
        let volume = context.halo.box.volume
        forces.energy += energy / volume
        forces.parts.tail += energy / volume
        forces.virial.x.x += pressure / volume
        forces.virial.y.y += pressure / volume
        forces.virial.z.z += pressure / volume
    }
}
