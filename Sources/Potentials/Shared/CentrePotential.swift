import Domain

/// Lanes of the kernels of centre-atom potentials.
typealias CentreLanes = SIMD4<Double>

/// A potential whose energy is a sum over centre atoms, each a function of its neighbours within a cutoff: NEP, SNAP, ACE. One model for
/// all types. No communication.
///
/// What is left to the potential: its files (`coefficients`), its tables, and a `CentreKernel` that is run on both kinds of lanes.
protocol CentrePotential: DualKernelPotential, SpeciesMapping {
    /// Atoms and neighbours by the model's species.
    var groups: SpeciesGroups { get }

    /// Runs the kernel. Concrete lanes here, so that it is compiled for them.
    func run(_ pass: CentrePass<CentreLanes>, _ energy: inout Double, _ virial: inout Tensor)
    func run(_ pass: CentrePass<Dual<CentreLanes>>, _ energy: inout Double, _ virial: inout Tensor)
}

extension CentrePotential {
    public var requirements: Requirements { Requirements(cutoff: groups.cutoff, list: .full) }

    func evaluate(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?,
        field: UnsafePointer<Vector>?, into forces: inout Forces
    ) {
        guard groups.count > 0 else { return }
        if field == nil {
            let pass: CentrePass<CentreLanes> = pass(atoms, list, context, seeds, nil, forces.wanted, &forces)
            run(pass, &forces.energy, &forces.virial)
        } else {
            // A pullback gives no energy; what it gives to sites the context says.
            var energy = 0.0
            let pass: CentrePass<Dual<CentreLanes>> = pass(atoms, list, context, seeds, field, context.wanted, &forces)
            run(pass, &energy, &forces.virial)
        }
    }

    private func pass<L: EdgeLane>(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, _ seeds: UnsafePointer<Double>?,
        _ field: UnsafePointer<Vector>?, _ sites: Wanted, _ forces: inout Forces
    ) -> CentrePass<L> {
        CentrePass(
            owned: atoms.owned, position: atoms.position.pointer, groups: groups.view(list, atoms), seeds: seeds, field: field,
            force: forces.force.pointer, wantsVirial: forces.wanted.contains(.virial),
            atomEnergy: sites.contains(.atomEnergy) ? forces.atomEnergy.pointer : nil,
            atomVirial: forces.wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil,
            wantsQuantities: seeds == nil && context.wanted.contains(.atomQuantities))
    }
}
