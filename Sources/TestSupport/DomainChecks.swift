import Domain

/// Checks of decomposition, migration, halo and lists against brute force over all atoms of a system, which every rank knows. The same
/// code runs in the test process on one rank and in `mdcheck domain` on several; all of it is collective.
public struct DomainChecks {
    let system: TestSystem
    let communicator: any Communicator
    let decomposition: Decomposition
    /// What is checked is also how wide the halo is and how far the list reaches.
    let distance: Double
    /// Every atom's wrapped position, by index.
    let wrapped: [Vector]
    var results: [CheckResult] = []

    public init(
        _ system: TestSystem, distance: Double, communicator: any Communicator, processors: [Int?] = [nil, nil, nil], isUneven: Bool = false
    ) {
        (self.system, self.distance, self.communicator) = (system, distance, communicator)
        guard
            let decomposition = Decomposition(
                box: system.box, rank: communicator.rank, size: communicator.size, wanted: processors)
        else { fatalError("no grid of \(communicator.size) ranks fits processors \(processors)") }
        // Bricks from thin to wide: the thinnest of seven is a hundredth of the box, so that images come from several bricks away.
        let uneven = decomposition.grid.map { n in Decomposition.equalCuts(n).map { $0 * $0 * (3 - $0) / 2 } }
        self.decomposition = isUneven ? Decomposition(cuts: uneven, rank: communicator.rank, size: communicator.size)! : decomposition
        wrapped = system.positions.map { x in
            var x = x, image = SIMD4<Int32>.zero
            system.box.wrap(&x, &image)
            return x
        }
    }

    /// Systems with a distance each: wide and narrow boxes, tilted, with faces, with atoms far from each other, with hardly any atoms.
    public static func cases() -> [(TestSystem, Double)] {
        var far = TestSystem.cluster(count: 12, distance: 1, margin: 5)
        for i in 0..<4 { far.positions[i] += Vector(xyz: 3e4, 1e4, -2e4) }
        var mixed = TestSystem.liquid(count: 60, distance: 1)
        mixed.box.boundary = [(.periodic, .periodic), (.fixed, .shrink), (.shrinkWithMinimum, .fixed)]
        return [
            (TestSystem.liquid(count: 120, distance: 1), 1.7),
            (TestSystem.triclinicLiquid(count: 60, distance: 1), 2.2),
            (TestSystem.liquid(count: 5, distance: 1).named("narrow box"), 4.1),
            (TestSystem.triclinicLiquid(count: 4, distance: 1).named("narrow tilted box"), 3.7),
            (TestSystem.oneAtomCell(a: 1), 3.3),
            (TestSystem.slab(a: 1.5, vacuum: 9), 2),
            (TestSystem.slab(a: 1.5, vacuum: 9, isPeriodic: false), 2),
            (mixed.named("mixed faces"), 1.9),
            (TestSystem.cluster(count: 20, distance: 1), 1.8),
            (far.isolated().named("far-flung"), 1.8),
            (TestSystem.liquid(count: 7, distance: 1).selecting([]).named("no atoms"), 1.5),
            (TestSystem.crystal(.fcc, a: 1.6, cells: (3, 3, 3), perturbation: 0).named("perfect fcc"), 1.9),
        ]
    }

    public static func all(_ communicator: any Communicator, processors: [Int?] = [nil, nil, nil], isUneven: Bool = false) -> [CheckResult]
    {
        cases().flatMap { system, distance in
            var checks = DomainChecks(system, distance: distance, communicator: communicator, processors: processors, isUneven: isUneven)
            checks.checkMigration()
            checks.checkHalo()
            checks.checkExchange()
            checks.checkLists()
            return checks.results
        } + communicatorChecks(communicator)
    }

    /// The number over all ranks of things that are wrong must be 0.
    mutating func report(_ check: String, wrong: Int, note: String = "") {
        results.append(CheckResult(check, system.name, deviation: Double(communicator.sum(wrong)), tolerance: 0, note: note))
    }

    func ownedAtoms() -> Atoms {
        var atoms = system.atoms(on: decomposition)
        atoms.migrate(box: system.box, decomposition: decomposition, communicator: communicator)
        return atoms
    }

    // MARK: - Migration

    /// Atoms start on the wrong ranks and many boxes away, and must arrive with all they carry.
    mutating func checkMigration() {
        let box = system.box
        var atoms = Atoms(typeCount: system.typeCount)
        let extra = AtomProperty(name: "test", width: 3, count: 0)
        atoms.extras = [extra]
        var random = SeededGenerator(5)
        var far: [Vector] = []
        for i in system.positions.indices {
            var boxes = SIMD4<Int32>.zero
            for d in 0..<3 where box.isPeriodic(d) { boxes[d] = Int32(random.next() % 200) - 100 }
            far.append(system.positions[i] + box.shift(boxes))
            guard i % communicator.size == communicator.rank else { continue }
            atoms.append(
                id: system.ids[i], type: system.types[i], position: far[i], velocity: Vector(xyz: Double(i), 1, 2), mask: UInt32(i + 1))
            for k in 0..<3 { extra.values[(atoms.owned - 1) * 3 + k] = Double(10 * i + k) }
        }
        atoms.migrate(box: box, decomposition: decomposition, communicator: communicator)
        var wrong = 0, sum = 0
        for a in 0..<atoms.owned {
            let i = Int(atoms.id[a]) - 1
            sum += i + 1
            let s = box.fractional(atoms.position[a])
            for d in 0..<3 where box.isPeriodic(d) {
                if !(s[d] >= decomposition.lower(d) - 1e-12 && s[d] <= decomposition.upper(d) + 1e-12) { wrong += 1 }
            }
            if decomposition.owner(of: s) != communicator.rank { wrong += 1 }
            let back = box.unwrapped(atoms.position[a], atoms.image[a]) - far[i]
            if !(back.dot(back) < 1e-18) { wrong += 1 }
            if atoms.position[a].w != Double(system.types[i]) || atoms.type[a] != system.types[i] { wrong += 1 }
            if atoms.velocity[a].xyz != Vector(xyz: Double(i), 1, 2) || atoms.mask[a] != UInt32(i + 1) { wrong += 1 }
            for k in 0..<3 where extra.values[3 * a + k] != Double(10 * i + k) { wrong += 1 }
        }
        if extra.values.count != 3 * atoms.owned { wrong += 1 }
        report("migration: each atom whole on its owner", wrong: wrong)
        let lost = communicator.sum(sum) - system.count * (system.count + 1) / 2
        report("migration: ids conserved", wrong: communicator.rank == 0 && lost != 0 ? 1 : 0)
    }

    // MARK: - Halo

    private struct Image: Hashable {
        let id: Int64
        let boxes: SIMD4<Int32>
    }

    /// All images of all atoms by brute force: those inside the brick grown by the width, in each lattice direction, are ghosts.
    mutating func checkHalo() {
        var atoms = ownedAtoms()
        let halo = Halo(communicator: communicator, box: system.box)
        halo.build(&atoms, decomposition: decomposition, width: distance)
        let box = system.box
        var found: [Image: Int] = [:]
        var wrong = 0
        for g in 0..<atoms.ghosts {
            let j = atoms.owned + g
            let i = Int(atoms.id[j]) - 1
            found[Image(id: atoms.id[j], boxes: atoms.ghostShift[g]), default: 0] += 1
            let d = atoms.position[j] - wrapped[i] - box.shift(atoms.ghostShift[g])
            if !(d.dot(d) < 1e-20 * max(1, wrapped[i].dot(wrapped[i]))) || atoms.type[j] != system.types[i] { wrong += 1 }
            if atoms.position[j].w != Double(system.types[i]) { wrong += 1 }
        }
        report("halo: positions, types, shifts of ghosts", wrong: wrong)
        report("halo: no ghost twice", wrong: found.values.reduce(0) { $0 + $1 - 1 })
        var missing = 0, expected = 0, superfluous = 0
        forEachImage { i, boxes, x in
            if boxes == .zero, decomposition.owner(of: box.fractional(x)) == communicator.rank { return }
            let s = box.fractional(x)
            var isInside = true, isNearby = true
            for d in 0..<3 {
                let depth = distance / box.height(d)
                let below = decomposition.lower(d) - s[d], above = s[d] - decomposition.upper(d)
                // Beyond a face that is not periodic there is no brick, so the last one reaches as far as its atoms do.
                let isLowFace = !box.isPeriodic(d) && decomposition.place[d] == 0
                let isHighFace = !box.isPeriodic(d) && decomposition.place[d] == decomposition.grid[d] - 1
                if !isLowFace, !(below <= depth - 1e-9) { isInside = false }
                if !isHighFace, !(above <= depth - 1e-9) { isInside = false }
                if !isLowFace, !(below <= depth + 1e-9) { isNearby = false }
                if !isHighFace, !(above <= depth + 1e-9) { isNearby = false }
            }
            let isThere = found[Image(id: system.ids[i], boxes: boxes)] != nil
            if isInside {
                expected += 1
                if !isThere { missing += 1 }
            }
            if !isNearby, isThere { superfluous += 1 }
        }
        report("halo: every image within the width", wrong: missing, note: "\(communicator.sum(expected)) ghosts")
        report("halo: no others", wrong: superfluous)
    }

    /// Every image that could be within the distance of the box.
    func forEachImage(_ body: (Int, SIMD4<Int32>, Vector) -> Void) {
        let most = (0..<3).map { d in system.box.isPeriodic(d) ? Int32((distance / system.box.height(d)).rounded(.up)) + 1 : 0 }
        for i in system.positions.indices {
            for a in -most[0]...most[0] {
                for b in -most[1]...most[1] {
                    for c in -most[2]...most[2] {
                        let boxes = SIMD4<Int32>(a, b, c, 0)
                        body(i, boxes, wrapped[i] + system.box.shift(boxes))
                    }
                }
            }
        }
    }
}
