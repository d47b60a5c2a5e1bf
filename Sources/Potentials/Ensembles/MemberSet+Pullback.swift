import Domain

extension MemberSet {
    /// forces += H_k v for one member, in the pass on duals that follows its plain pass at the same positions.
    /// - Precondition: the member has a pullback; `lackingPullback` tells.
    public func pullback(
        _ k: Int, _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, field v: borrowing Column<Vector>,
        into forces: inout Forces
    ) {
        guard let member = members[k].potential as? any DifferentiablePotential else {
            preconditionFailure("\(names[k]) has no pullback: lackingPullback was not asked")
        }
        let own = trimmed(list, context, atoms)[k], zero = Column<Double>(repeating: 0, count: atoms.count)
        member.pullback(atoms, own, context, weights: zero, field: v, into: &forces)
    }
}
