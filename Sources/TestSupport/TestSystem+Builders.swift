import Domain

extension TestSystem {
    public enum Lattice: Sendable {
        case simpleCubic, fcc, bcc, diamond, rocksalt

        /// Fractional position and sublattice of each atom of the cubic cell.
        var basis: [(Vector, Int)] {
            let corners = [(0.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5)].map { Vector(xyz: $0.0, $0.1, $0.2) }
            switch self {
            case .simpleCubic: return [(.zero, 0)]
            case .bcc: return [(.zero, 0), (Vector(xyz: 0.5, 0.5, 0.5), 1)]
            case .fcc: return corners.map { ($0, 0) }
            case .diamond: return corners.map { ($0, 0) } + corners.map { ($0 + Vector(xyz: 0.25, 0.25, 0.25), 1) }
            case .rocksalt: return corners.map { ($0, 0) } + corners.map { ($0 + Vector(xyz: 0.5, 0, 0), 1) }
            }
        }
    }

    /// `cells` cubic cells of edge `a`, atoms off their sites by up to `perturbation`. Types alternate over sublattices where there
    /// are several, over atoms otherwise.
    public static func crystal(
        _ lattice: Lattice, a: Double, cells: (Int, Int, Int) = (2, 2, 2), typeCount: Int = 1, perturbation: Double = 0.05,
        seed: UInt64 = 1
    ) -> TestSystem {
        var positions: [Vector] = [], types: [Int32] = []
        for k in 0..<cells.2 {
            for j in 0..<cells.1 {
                for i in 0..<cells.0 {
                    for (site, sublattice) in lattice.basis {
                        positions.append((Vector(xyz: Double(i), Double(j), Double(k)) + site) * a)
                        let hasSublattices = lattice == .diamond || lattice == .rocksalt || lattice == .bcc
                        types.append(Int32((hasSublattices ? sublattice : positions.count - 1) % typeCount) + 1)
                    }
                }
            }
        }
        let hi = Vector(xyz: Double(cells.0), Double(cells.1), Double(cells.2)) * a
        return TestSystem("\(lattice)", box: Box(lo: .zero, hi: hi), positions: positions, types: types, typeCount: typeCount)
            .perturbed(perturbation, seed: seed)
    }

    /// `count` atoms at random, no two closer than `distance`, in a periodic box with edges in the ratio 1 : 1.1 : 0.9 whose atoms have
    /// the volume `distance`^3 times `spread` each. Types alternate.
    public static func liquid(
        count: Int, distance: Double, spread: Double = 1.8, typeCount: Int = 1, seed: UInt64 = 1
    ) -> TestSystem {
        let edge = cubeRoot(Double(count) * spread * distance * distance * distance / 0.99)
        let box = Box(
            lo: Vector(xyz: -0.3, 0.7, 1.1) * distance, hi: Vector(xyz: -0.3, 0.7, 1.1) * distance + Vector(xyz: 1, 1.1, 0.9) * edge)
        return TestSystem(
            "liquid", box: box, positions: scattered(count, in: box, distance: distance, seed: seed), typeCount: typeCount)
    }

    /// A perturbed crystal of a few layers with `vacuum` above it. `isPeriodic` false makes z a fixed boundary.
    public static func slab(
        _ lattice: Lattice = .fcc, a: Double, vacuum: Double, typeCount: Int = 1, isPeriodic: Bool = true, seed: UInt64 = 1
    ) -> TestSystem {
        var system = crystal(lattice, a: a, cells: (3, 3, 2), typeCount: typeCount, perturbation: 0.04 * a, seed: seed)
        system.box.lo.z -= vacuum / 2
        system.box.hi.z += vacuum / 2
        if !isPeriodic { system.box.boundary[2] = (.fixed, .fixed) }
        return system.named(isPeriodic ? "slab" : "slab, z fixed")
    }

    /// One atom, periodic, in a tilted cell.
    public static func oneAtomCell(a: Double, type: Int32 = 1, typeCount: Int = 1) -> TestSystem {
        let box = Box(lo: .zero, hi: Vector(xyz: a, 0.93 * a, 1.04 * a), xy: 0.21 * a, xz: -0.13 * a, yz: 0.34 * a)
        return TestSystem(
            "one-atom cell", box: box, positions: [Vector(xyz: 0.1, 0.2, 0.3) * a], types: [type], typeCount: typeCount)
    }

    /// `count` atoms in a heap in a box that is nowhere periodic, no two closer than `distance`.
    public static func cluster(count: Int, distance: Double, typeCount: Int = 1, margin: Double = 1, seed: UInt64 = 1) -> TestSystem {
        let edge = cubeRoot(Double(count) * 1.8) * distance
        let box = Box(lo: .zero, hi: Vector(xyz: edge, edge, edge))
        return TestSystem(
            "cluster", box: box, positions: scattered(count, in: box, distance: distance, isPeriodic: false, seed: seed),
            typeCount: typeCount
        ).isolated(margin: margin)
    }

    /// Tilted cell of a liquid: tilts of a third, a fifth and minus a quarter of the edges.
    public static func triclinicLiquid(
        count: Int, distance: Double, spread: Double = 1.8, typeCount: Int = 1, seed: UInt64 = 1
    ) -> TestSystem {
        var box = liquid(count: count, distance: distance, spread: spread).box
        let l = box.lengths
        box = Box(lo: box.lo, hi: box.hi, xy: l.x / 3, xz: l.x / 5, yz: -l.y / 4)
        return TestSystem(
            "triclinic liquid", box: box, positions: scattered(count, in: box, distance: distance, seed: seed), typeCount: typeCount)
    }

    /// What every potential should be right for: `distance` is a typical nearest-neighbour distance. Small enough for slow models.
    public static func standard(distance d: Double, typeCount: Int = 1) -> [TestSystem] {
        [
            crystal(.fcc, a: d * 2.0.squareRoot(), cells: (2, 2, 3), typeCount: typeCount, perturbation: 0.06 * d),
            crystal(.rocksalt, a: 2 * d, cells: (1, 2, 1), typeCount: typeCount, perturbation: 0.08 * d),
            liquid(count: 40, distance: 0.85 * d, typeCount: typeCount),
            triclinicLiquid(count: 32, distance: 0.85 * d, typeCount: typeCount),
            slab(a: d * 2.0.squareRoot(), vacuum: 6 * d, typeCount: typeCount),
            cluster(count: 12, distance: 0.9 * d, typeCount: typeCount),
            oneAtomCell(a: d, typeCount: typeCount),
        ]
    }

    /// Random sequential addition. It jams at about 38 % of volume; the distance shrinks by 1 % after every 2,000 failures.
    private static func scattered(_ count: Int, in box: Box, distance: Double, isPeriodic: Bool = true, seed: UInt64) -> [Vector] {
        var random = SeededGenerator(seed)
        var positions: [Vector] = []
        var least = distance
        while positions.count < count {
            var failures = 0
            while failures < 2000 {
                let u = random.vector(0.5) + Vector(xyz: 0.5, 0.5, 0.5)
                let x = box.cartesian(u)
                let isFree = positions.allSatisfy { other in
                    for i in isPeriodic ? -1...1 : 0...0 {
                        for j in isPeriodic ? -1...1 : 0...0 {
                            for k in isPeriodic ? -1...1 : 0...0 {
                                let d = x - other - box.shift(SIMD4(Int32(i), Int32(j), Int32(k), 0))
                                if d.dot(d) < least * least { return false }
                            }
                        }
                    }
                    return true
                }
                if isFree {
                    positions.append(x)
                    break
                }
                failures += 1
            }
            if failures == 2000 { least *= 0.99 }
        }
        return positions
    }

    /// The same in molecules of two: each atom joins the nearest later one that is still alone and within `reach`, as the positions are
    /// (not its periodic images).
    public func paired(within reach: Double, _ bonds: SpecialBonds) -> TestSystem {
        var other = self, molecules = Array(1...max(1, count)).prefix(count).map { $0 }
        var isAlone = Array(repeating: true, count: count)
        for i in positions.indices where isAlone[i] {
            func distance(_ j: Int) -> Double {
                let d = (positions[i] - positions[j]).xyz
                return d.dot(d).squareRoot()
            }
            let near = positions.indices.dropFirst(i + 1).filter { isAlone[$0] && distance($0) < reach }
            guard let j = near.min(by: { distance($0) < distance($1) }) else { continue }
            molecules[j] = molecules[i]
            isAlone[j] = false
        }
        (other.molecules, other.specialBonds) = (molecules, bonds)
        return other.named("\(name), bonded")
    }

    /// The same with atoms nudged until no pair stands within `margin` of any of these distances: derivatives by difference of a
    /// potential with a kink at its cutoff need that no pair crosses it. Images of one atom stay where they are.
    public func avoiding(_ distances: [Double], margin: Double = 5e-4) -> TestSystem {
        var other = self
        var random = SeededGenerator(991)
        for _ in 0..<10_000 {
            guard let offender = other.firstPair(near: distances, margin: margin) else { return other }
            other.positions[offender] += random.vector(4 * margin)
        }
        fatalError("\(name): cannot keep pairs away from \(distances)")
    }

    private func firstPair(near distances: [Double], margin: Double) -> Int? {
        let most = (0..<3).map { d in
            box.isPeriodic(d) ? Int32((((distances.max() ?? 0) + margin) / box.height(d)).rounded(.up)) + 1 : 0
        }
        let images = (-most[0]...most[0]).flatMap { a in
            (-most[1]...most[1]).flatMap { b in (-most[2]...most[2]).map { c in box.shift(SIMD4(a, b, c, 0)) } }
        }
        for i in positions.indices {
            for j in 0..<i {
                let d = positions[i] - positions[j]
                for image in images {
                    let r = ((d + image) * (d + image)).sum().squareRoot()
                    if distances.contains(where: { (r - $0).magnitude < margin }) { return i }
                }
            }
        }
        return nil
    }
}

/// The positive cube root by Newton's method, so that no C library is needed.
func cubeRoot(_ x: Double) -> Double {
    var y = max(1, x)
    for _ in 0..<200 { y = (2 * y + x / (y * y)) / 3 }
    return y
}
