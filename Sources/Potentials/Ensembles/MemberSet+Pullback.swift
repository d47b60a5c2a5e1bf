import Domain

extension MemberSet {
    /// forces += -sum_i a_i d(e_ki)/dx + H_k v for one member, in the pass on duals that follows its plain pass at the same positions.
    /// - Parameter a: weights of owned and ghost atoms; nil: 0.
    /// - Precondition: the member has a pullback; `lackingPullback` tells.
    public func pullback(
        _ k: Int, _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, weights a: [Double]? = nil,
        field v: borrowing Column<Vector>, into forces: inout Forces
    ) {
        guard let member = members[k].potential as? any DifferentiablePotential else {
            preconditionFailure("\(names[k]) has no pullback: lackingPullback was not asked")
        }
        let own = trimmed(list, context, atoms)[k], seeds = Column(a ?? [Double](repeating: 0, count: atoms.count))
        member.pullback(atoms, own, context, weights: seeds, field: v, into: &forces)
    }
}
