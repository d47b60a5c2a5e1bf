/// Scratch memory that potentials share: what is lent during one `compute` is lent again to the next, so that the members of an
/// ensemble work in the same few megabytes, which stay in the cache, instead of displacing each other's.
///
/// Contents do not survive a `compute`. Arrays are lent by position: the k-th array of every borrower has the same memory.
public final class Workspace {
    private var doubles: [FeatureArray<Double>] = []
    private var singles: [FeatureArray<Float>] = []
    private var pairTables: [AnyObject] = []

    public init() {}

    /// Runs `body` while `borrowers` work in the shared memory; they have their own back afterwards.
    func lend<S: FeatureScalar>(to borrowers: [FeatureArray<S>], _ body: () -> Void) {
        exchange(borrowers)
        body()
        exchange(borrowers)
    }

    /// The table of the pairs within a cutoff, the same for all who select alike: see `PairTable.build`. Gradients and factors in it do
    /// not survive a `compute`.
    func pairs<S: FeatureScalar>(_: S.Type, species: [Int32], cutoff: Double, scale: Double) -> PairTable<S> {
        for case let table as PairTable<S> in pairTables where table.selects(species: species, cutoff: cutoff, scale: scale) {
            return table
        }
        let table = PairTable<S>()
        pairTables.append(table)
        return table
    }

    private func exchange<S: FeatureScalar>(_ borrowers: [FeatureArray<S>]) {
        if let borrowers = borrowers as? [FeatureArray<Double>] {
            while doubles.count < borrowers.count { doubles.append(FeatureArray()) }
            for (own, shared) in zip(borrowers, doubles) { swap(&own.column, &shared.column) }
        } else if let borrowers = borrowers as? [FeatureArray<Float>] {
            while singles.count < borrowers.count { singles.append(FeatureArray()) }
            for (own, shared) in zip(borrowers, singles) { swap(&own.column, &shared.column) }
        }
    }
}
