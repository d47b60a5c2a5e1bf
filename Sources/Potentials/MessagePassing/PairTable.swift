import Domain

/// The pairs of visible atoms within the cutoff, each pair once, with what kernels need of its geometry.
///
/// Two owned atoms make one pair, at the one with the smaller index; an owned atom and a ghost make a pair here and, mirrored, at
/// the ghost's owner, each rank using only what its own centre receives. r = x_j - x_i points from the centre i to its neighbour j,
/// u = r / d. Rebuilt from the full neighbour list at new positions; members of an ensemble that select the same pairs share a table
/// (`Workspace.pairs`), and then what one has built the others find there.
final class PairTable<S: FeatureScalar> {
    /// Pairs of owned atom i are start[i] ..< start[i + 1].
    private(set) var start = Column<Int32>()
    private(set) var neighbour = Column<Int32>()
    /// First row of the filter table.
    private(set) var base = Column<Int32>()
    /// u in x, y, z and d in w, in the model's length unit.
    private(set) var unit = Column<Vector>()
    /// Tangents of u and d in the dual pass.
    private(set) var unitTangent = Column<Vector>()
    /// [pair][plane][16]: w_0 ... w_5, w'_0 ... w'_5, u_x, u_y, u_z, unused.
    private(set) var factors = Column<S>()
    /// dE/du in x, y, z and dE/dd in w, summed by the backward pass over interactions; and its tangent.
    var gradient = Column<Vector>()
    var gradientTangent = Column<Vector>()

    static var factorStride: Int { 16 }
    var count: Int { neighbour.count }

    /// What the pairs were built from.
    private struct Origin {
        var seen: [Bool] = []
        var cutoff = 0.0, scale = 0.0
        var owned = 0, generation = 0
        weak var list: NeighbourList?
    }

    /// The grid that `base` and the plain factors are for.
    private struct Grid: Equatable {
        var mode: FilterMode
        var intervals: Int
        var spacing: Double
    }

    private var origin: Origin?
    /// Positions, whose w is the type, that the pairs were built at.
    private var positions = Column<Vector>()
    private var grid: Grid?

    /// Whether the table was last built for atoms and distances selected like this, or not at all.
    func selects(species: [Int32], cutoff: Double, scale: Double) -> Bool {
        guard let origin else { return true }
        return origin.cutoff == cutoff && origin.scale == scale && origin.seen.count == species.count
            && zip(origin.seen, species).allSatisfy { $0 == ($1 >= 0) }
    }

    private func isBuilt(_ atoms: borrowing Atoms, _ list: NeighbourList) -> Bool {
        guard let origin, origin.list === list, origin.generation == list.generation, origin.owned == atoms.owned,
            positions.count == atoms.count
        else { return false }
        let old = positions.pointer, new = atoms.position.pointer
        for i in 0..<positions.count where old[i] != new[i] { return false }
        return true
    }

    /// Pairs of these atoms, with gradients of zero. Nothing but the latter is left to do where they are built already.
    ///
    /// - Parameters:
    ///   - species: for each deck type, negative where atoms are not seen. - cutoff: in the model's length unit.
    ///   - scale: the model's length unit in the deck's.
    func build(_ atoms: borrowing Atoms, _ list: NeighbourList, species: [Int32], cutoff: Double, scale: Double) {
        if !(selects(species: species, cutoff: cutoff, scale: scale) && isBuilt(atoms, list)) {
            findPairs(atoms, list, species: species, cutoff: cutoff, scale: scale)
            origin = Origin(
                seen: species.map { $0 >= 0 }, cutoff: cutoff, scale: scale, owned: atoms.owned, generation: list.generation, list: list)
            positions.resize(to: atoms.count, filling: .zero)
            positions.pointer.update(from: atoms.position.pointer, count: atoms.count)
            grid = nil
        }
        gradient.removeAll()
        gradient.resize(to: count, filling: .zero)
    }

    private func findPairs(_ atoms: borrowing Atoms, _ list: NeighbourList, species: [Int32], cutoff: Double, scale: Double) {
        let limit = cutoff * cutoff, inverse = 1 / scale
        let x = atoms.position.pointer, type = atoms.type.pointer
        let first = list.offsets.pointer, others = list.neighbours.pointer
        let owned = atoms.owned
        // Written through pointers: appending to a class's columns checks exclusivity at every pair.
        start.resize(to: owned + 1, filling: 0)
        let most = Int(first[owned]) - Int(first[0])
        neighbour.resize(to: most, filling: 0)
        unit.resize(to: most, filling: .zero)
        let start = self.start.pointer, neighbour = self.neighbour.pointer, unit = self.unit.pointer
        var found = 0
        start[0] = 0
        species.withUnsafeBufferPointer { species in
            for i in 0..<owned {
                if species[Int(type[i])] >= 0 {
                    for k in Int(first[i])..<Int(first[i + 1]) {
                        let j = Int(others[k])
                        guard j > i, species[Int(type[j])] >= 0 else { continue }
                        let r = (x[j] - x[i]).xyz * inverse
                        let d2 = r.dot(r)
                        guard d2 < limit else { continue }
                        let d = d2.squareRoot()
                        var u = r / d
                        u.w = d
                        neighbour[found] = Int32(j)
                        unit[found] = u
                        found += 1
                    }
                }
                start[i + 1] = Int32(found)
            }
        }
        self.neighbour.removeLast(most - found)
        self.unit.removeLast(most - found)
    }

    /// Tangents of the pairs' geometry for positions x - t v.
    func differentiate(owned: Int, field v: UnsafePointer<Vector>, scale: Double) {
        let inverse = 1 / scale
        unitTangent.resize(to: count, filling: .zero)
        for i in 0..<owned {
            for p in Int(start[i])..<Int(start[i + 1]) {
                let u = unit[p]
                let dr = (v[i] - v[Int(neighbour[p])]).xyz * inverse
                let dd = dr.dot(u)
                var du = (dr - u.xyz * dd) / u.w
                du.w = dd
                unitTangent[p] = du
            }
        }
        gradientTangent.removeAll()
        gradientTangent.resize(to: count, filling: .zero)
    }

    /// Fills `base` and `factors` for these filters. The plain ones are the same for all filters on one grid.
    func weigh(_ table: FilterTable<S>, dual: Bool) {
        let grid = Grid(mode: table.mode, intervals: table.intervals, spacing: table.spacing)
        if !dual, grid == self.grid { return }
        self.grid = dual ? nil : grid
        let planes = dual ? 2 : 1
        base.resize(to: count, filling: 0)
        factors.resize(to: count * planes * Self.factorStride, filling: 0)
        let unit = self.unit.pointer, factors = self.factors.pointer
        let inverse = table.mode == .spline ? 1 / table.spacing : 0
        for p in 0..<count {
            let u = unit[p]
            var weights = QuinticWeights(0)
            var scale = 1.0
            switch table.mode {
            case .spline:
                let s = u.w * inverse
                let m = min(Int(s), table.intervals - 1)
                base[p] = Int32(m)
                weights = QuinticWeights(s - Double(m))
                scale = inverse
            case .exact:
                base[p] = Int32(3 * p)
                weights.value = (1, 0, 0, 0, 0, 0)
                weights.first = (0, 1, 0, 0, 0, 0)
                weights.second = (0, 0, 1, 0, 0, 0)
            }
            let into = factors + p * planes * Self.factorStride
            Self.put(weights.value, 1, into)
            Self.put(weights.first, scale, into + 6)
            (into[12], into[13], into[14], into[15]) = (S(u.x), S(u.y), S(u.z), 0)
            guard dual else { continue }
            let du = unitTangent[p]
            Self.put(weights.first, scale * du.w, into + 16)
            Self.put(weights.second, scale * scale * du.w, into + 22)
            (into[28], into[29], into[30], into[31]) = (S(du.x), S(du.y), S(du.z), 0)
        }
    }

    @inline(__always)
    private static func put(
        _ w: (Double, Double, Double, Double, Double, Double), _ scale: Double, _ into: UnsafeMutablePointer<S>
    ) {
        into[0] = S(w.0 * scale)
        into[1] = S(w.1 * scale)
        into[2] = S(w.2 * scale)
        into[3] = S(w.3 * scale)
        into[4] = S(w.4 * scale)
        into[5] = S(w.5 * scale)
    }

    // MARK: - Forces

    /// Adds what the pairs' gradients mean for forces and virials: with g = dE/dr = (dE/dd) u + (1 - u u^T) (dE/du) / d the force
    /// on i is g, on j -g. `scale` turns the model's force unit into the deck's.
    func addForces(into forces: inout Forces, _ atoms: borrowing Atoms, scale: Double, length: Double) {
        let f = forces.force.pointer
        for i in 0..<atoms.owned {
            for p in Int(start[i])..<Int(start[i + 1]) {
                let u = unit[p].xyz, d = unit[p].w, g = gradient[p]
                let across: Vector = g.xyz - u * g.dot(u)
                var force: Vector = u * g.w
                force += across * (1 / d)
                force *= scale
                Self.add(force, u * (-d * length), i, Int(neighbour[p]), f, &forces)
            }
        }
    }

    /// The same for the dual pass: the tangent of g, with the plain edge in the virial.
    func addTangentForces(into forces: inout Forces, _ atoms: borrowing Atoms, scale: Double, length: Double) {
        let f = forces.force.pointer
        for i in 0..<atoms.owned {
            for p in Int(start[i])..<Int(start[i + 1]) {
                let u = unit[p].xyz, d = unit[p].w, g = gradient[p]
                let du = unitTangent[p].xyz, dd = unitTangent[p].w, dg = gradientTangent[p]
                let along = g.dot(u)
                let across: Vector = g.xyz - u * along
                let alongTangent = dg.dot(u) + g.dot(du)
                var acrossTangent: Vector = dg.xyz - du * along
                acrossTangent -= u * alongTangent
                var force: Vector = u * dg.w
                force += du * g.w
                force += acrossTangent * (1 / d)
                force -= across * (dd / (d * d))
                force *= scale
                Self.add(force, u * (-d * length), i, Int(neighbour[p]), f, &forces)
            }
        }
    }

    @inline(__always)
    private static func add(
        _ force: Vector, _ edge: Vector, _ i: Int, _ j: Int, _ f: UnsafeMutablePointer<Vector>, _ forces: inout Forces
    ) {
        f[i] += force
        f[j] -= force
        if forces.wanted.contains(.virial) { forces.virial.add(edge, force) }
        if forces.wanted.contains(.atomVirial) {
            var half = Tensor.zero
            half.add(edge, force * 0.5)
            forces.atomVirial[i] += half
            forces.atomVirial[j] += half
        }
    }
}
