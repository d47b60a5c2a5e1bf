import Domain

/// Values of some features, and their tangents in the pass on dual numbers that follows.
final class Features<S: FeatureScalar> {
    let values = FeatureArray<S>()
    let tangents = FeatureArray<S>()

    /// Room for `count` numbers of what this pass computes, contents undefined. The dual pass wants as many values to be there.
    func sized<L: FeatureLane>(_ lane: L.Type, _ count: Int) -> FeatureRows<S> where L.Scalar == S {
        if L.isDual {
            precondition(values.column.count == count, "a dual pass follows a plain pass over the same atoms")
            tangents.sized(count)
        } else {
            values.sized(count)
        }
        return rows(lane)
    }

    func zeroed<L: FeatureLane>(_ lane: L.Type, _ count: Int) -> FeatureRows<S> where L.Scalar == S {
        let rows = sized(lane, count)
        rows.active.update(repeating: 0, count: count)
        return rows
    }

    func rows<L: FeatureLane>(_ lane: L.Type) -> FeatureRows<S> where L.Scalar == S {
        let v = values.column.pointer
        return FeatureRows(values: v, plane: L.isDual ? tangents.column.pointer - v : 0)
    }

    /// Owners' numbers to ghosts, of what this pass computes.
    func forward<L: FeatureLane>(_ lane: L.Type, _ halo: Halo, stride: Int) where L.Scalar == S {
        if L.isDual { halo.forward(&tangents.column, stride: stride) } else { halo.forward(&values.column, stride: stride) }
    }

    /// Ghosts' numbers summed onto their owners'.
    func reverse<L: FeatureLane>(_ lane: L.Type, _ halo: Halo, stride: Int) where L.Scalar == S {
        if L.isDual { halo.reverse(&tangents.column, stride: stride) } else { halo.reverse(&values.column, stride: stride) }
    }
}

/// Where features lie in a pass.
struct FeatureRows<S: FeatureScalar> {
    let values: UnsafeMutablePointer<S>
    /// From a value to its tangent; 0 in the plain pass.
    let plane: Int
    /// What the pass computes.
    var active: UnsafeMutablePointer<S> { values + plane }

    /// Tangents of these rows with values that were kept elsewhere.
    func with<L: FeatureLane>(_ lane: L.Type, kept: FeatureArray<S>) -> FeatureRows where L.Scalar == S {
        guard L.isDual else { return self }
        return FeatureRows(values: kept.column.pointer, plane: active - kept.column.pointer)
    }
}
