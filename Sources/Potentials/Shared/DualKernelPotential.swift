import Domain

/// A potential whose kernel runs on plain lanes for forces and on duals for their derivatives, with a plain kernel beside it.
///
/// Its three entry points, `compute`, `computeSeeded` and `pullback`, are one function of seeds and a field.
protocol DualKernelPotential: DifferentiablePotential, HasPlainKernel {
    /// Without a field: forces of sum_i a_i e_i, and what `forces.wanted` has beside them. With one: what `pullback` promises.
    /// - Parameters:
    ///   - seeds: a_i of owned and ghost atoms; nil: 1.
    ///   - field: v_i of owned and ghost atoms, in length units; comes with seeds.
    func evaluate(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?,
        field: UnsafePointer<Vector>?, into forces: inout Forces)

    /// The same without a field, by the plain kernel.
    func evaluatePlainly(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?, into forces: inout Forces
    )
}

extension DualKernelPotential {
    public var capabilities: Capabilities { .all }

    func evaluate(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        if usesPlainKernel {
            evaluatePlainly(atoms, list, context, seeds: seeds, into: &forces)
        } else {
            evaluate(atoms, list, context, seeds: seeds, field: nil, into: &forces)
        }
    }

    public func compute(_ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces) {
        evaluate(atoms, list, context, seeds: nil, into: &forces)
    }

    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds a: borrowing Column<Double>,
        into forces: inout Forces
    ) {
        evaluate(atoms, list, context, seeds: a.pointer, into: &forces)
    }

    public func pullback(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, weights a: borrowing Column<Double>,
        field v: borrowing Column<Vector>, into forces: inout Forces
    ) {
        if usesPlainKernel {
            pullbackByDifference(atoms, list, context, weights: a, field: v, into: &forces)
        } else {
            evaluate(atoms, list, context, seeds: a.pointer, field: v.pointer, into: &forces)
        }
    }
}
