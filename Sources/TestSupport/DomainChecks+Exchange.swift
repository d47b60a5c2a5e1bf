import Domain

extension DomainChecks {
    // MARK: - Forward and reverse

    mutating func checkExchange() {
        var atoms = ownedAtoms()
        let halo = Halo(communicator: communicator, box: system.box)
        halo.build(&atoms, decomposition: decomposition, width: distance)
        func vector(_ n: Int) -> Vector { Vector(Double(n), 1, Double(-n), 3) }
        func tensor(_ n: Int) -> Tensor { Tensor(x: vector(n).xyz, y: vector(n + 1).xyz, z: vector(2 - n).xyz) }
        func tensorDot(_ a: Tensor, _ b: Tensor) -> Double { a.x.dot(b.x) + a.y.dot(b.y) + a.z.dot(b.z) }
        exchange(halo, atoms, "Double", stride: 1, value: { Double($0) }, dot: { $0 * $1 })
        exchange(halo, atoms, "Double x 3", stride: 3, value: { Double($0) }, dot: { $0 * $1 })
        exchange(halo, atoms, "Float x 5", stride: 5, value: { Float($0) }, dot: { Double($0) * Double($1) })
        exchange(halo, atoms, "Int32", stride: 1, value: { Int32($0) }, dot: { Double($0) * Double($1) })
        exchange(halo, atoms, "Vector x 2", stride: 2, value: vector, dot: { ($0 * $1).sum() })
        exchange(halo, atoms, "Tensor", stride: 1, value: tensor, dot: tensorDot)
        // Positions follow their owners, moved by whole boxes; the type in w is not moved.
        var before: [Vector] = []
        for i in 0..<atoms.count { before.append(atoms.position[i]) }
        let by = Vector(xyz: 0.01, -0.02, 0.03)
        for i in 0..<atoms.owned { atoms.position[i] += by }
        halo.forwardPositions(&atoms)
        var wrong = 0
        for i in 0..<atoms.count {
            let d = atoms.position[i] - before[i] - by
            if !((d * d).sum() < 1e-20 * max(1, before[i].dot(before[i]))) { wrong += 1 }
        }
        report("forwardPositions", wrong: wrong)
    }

    /// Small whole numbers, so that sums in any order are exact.
    private mutating func exchange<T: Summable & Equatable>(
        _ halo: Halo, _ atoms: borrowing Atoms, _ name: String, stride: Int, value: (Int) -> T, dot: (T, T) -> Double
    ) {
        func number(_ id: Int64, _ c: Int) -> Int { (Int(id) * 7 + c * 13) % 101 - 50 }
        var x = Column<T>(repeating: T.zeroValue, count: atoms.count * stride)
        for i in 0..<atoms.owned { for c in 0..<stride { x[i * stride + c] = value(number(atoms.id[i], c)) } }
        halo.forward(&x, stride: stride)
        var wrong = 0
        for i in 0..<atoms.count { for c in 0..<stride where x[i * stride + c] != value(number(atoms.id[i], c)) { wrong += 1 } }
        report("forward \(name)", wrong: wrong)
        // <forward x, y> = <x, reverse y> for any y.
        var random = SeededGenerator(UInt64(17 + communicator.rank))
        var y = Column<T>(repeating: T.zeroValue, count: atoms.count * stride)
        var left = 0.0
        for k in 0..<y.count {
            y[k] = value(Int(random.next() % 21) - 10)
            left += dot(x[k], y[k])
        }
        halo.reverse(&y, stride: stride)
        var right = 0.0
        for k in 0..<atoms.owned * stride { right += dot(x[k], y[k]) }
        report("reverse \(name) is forward's adjoint", wrong: communicator.sum(left - right) == 0 ? 0 : 1)
    }

    // MARK: - Lists

    private struct Pair: Hashable, BitwiseCopyable {
        var i: Int64
        var j: Int64
        /// How many boxes j's wrapped position is moved for this pair.
        var boxes: SIMD4<Int32>

        /// The same pair seen from the side that comes first.
        var canonical: Pair {
            let back = Pair(i: j, j: i, boxes: .zero &- boxes)
            if i != j { return i < j ? self : back }
            for d in 0..<3 where boxes[d] != 0 { return boxes[d] > 0 ? self : back }
            return self
        }
    }

    mutating func checkLists() {
        var atoms = ownedAtoms()
        let halo = Halo(communicator: communicator, box: system.box)
        halo.build(&atoms, decomposition: decomposition, width: distance)
        let grid = CellGrid()
        let half = NeighbourList(kind: .half, distance: distance), full = NeighbourList(kind: .full, distance: distance)
        for _ in 0..<2 {  // the second time with everything left from the first
            grid.build(half, atoms)
            grid.build(full, atoms)
        }
        compare("half list", half, atoms, within: distance)
        compare("full list", full, atoms, within: distance)
        let near = 0.8 * distance
        compare("half trimmed from half", half.trimmed(kind: .half, distance: near, atoms), atoms, within: near)
        compare("half trimmed from full", full.trimmed(kind: .half, distance: near, atoms), atoms, within: near)
        compare("full trimmed", full.trimmed(kind: .full, distance: near, atoms), atoms, within: near)
        compare("half of full", full.trimmed(kind: .half, distance: distance, atoms), atoms, within: distance)
        report("a list trimmed to itself is itself", wrong: full.trimmed(kind: .full, distance: distance, atoms) === full ? 0 : 1)
        // A rebuild renews what was trimmed, at the positions of the rebuild.
        let derived = full.trimmed(kind: .half, distance: near, atoms)
        let twice = derived.trimmed(kind: .half, distance: 0.9 * near, atoms)
        let stale = derived.pairs
        atoms.migrate(box: system.box, decomposition: decomposition, communicator: communicator)
        halo.build(&atoms, decomposition: decomposition, width: distance)
        grid.build(full, atoms)
        compare("trimmed list after a rebuild", derived, atoms, within: near)
        compare("trimmed twice after a rebuild", twice, atoms, within: 0.9 * near)
        report("trimmed list is of the same build", wrong: derived.generation == full.generation && stale == derived.pairs ? 0 : 1)
    }

    /// Collects a list's pairs from all ranks and compares them with all pairs of atoms and images.
    private mutating func compare(_ name: String, _ list: NeighbourList, _ atoms: borrowing Atoms, within limit: Double) {
        var mine: [Pair] = []
        for i in 0..<atoms.owned {
            for k in Int(list.offsets[i])..<Int(list.offsets[i + 1]) {
                let j = Int(list.neighbours[k])
                let boxes = j < atoms.owned ? .zero : atoms.ghostShift[j - atoms.owned]
                mine.append(Pair(i: atoms.id[i], j: atoms.id[j], boxes: boxes))
            }
        }
        var wrong = list.offsets.count == atoms.owned + 1 ? 0 : 1
        if let parcels = communicator.gather(mine.withUnsafeBytes { Array($0) }) {
            var found: [Pair: Int] = [:]
            for bytes in parcels {
                bytes.withUnsafeBytes { raw in
                    for at in Swift.stride(from: 0, to: raw.count, by: MemoryLayout<Pair>.stride) {
                        let pair = raw.loadUnaligned(fromByteOffset: at, as: Pair.self)
                        found[list.kind == .half ? pair.canonical : pair, default: 0] += 1
                    }
                }
            }
            wrong += found.values.reduce(0) { $0 + $1 - 1 }
            forEachImage { j, boxes, x in
                for i in system.positions.indices where i != j || boxes != .zero {
                    let pair = Pair(i: system.ids[i], j: system.ids[j], boxes: boxes)
                    if list.kind == .half && pair != pair.canonical { continue }
                    let d = x - wrapped[i]
                    let r = d.dot(d).squareRoot()
                    // A pair at exactly the distance may round either way.
                    guard (r - limit).magnitude > 1e-9 else {
                        found[pair] = nil
                        continue
                    }
                    if (found.removeValue(forKey: pair) != nil) != (r < limit) { wrong += 1 }
                }
            }
            wrong += found.count  // pairs that brute force does not know
        }
        report(name, wrong: wrong, note: "\(communicator.sum(list.pairs)) pairs")
    }

    // MARK: - Communicator

    static func communicatorChecks(_ communicator: any Communicator) -> [CheckResult] {
        let rank = communicator.rank, size = communicator.size
        var results: [CheckResult] = []
        func report(_ check: String, _ isRight: Bool) {
            results.append(CheckResult(check, "communicator", deviation: communicator.any(!isRight) ? 1 : 0, tolerance: 0))
        }
        let triangle = size * (size + 1) / 2
        report("sum", communicator.sum(rank + 1) == triangle && communicator.sum(Double(rank + 1)) == Double(triangle))
        report("min and max", communicator.min(Double(rank)) == 0 && communicator.max(Double(rank)) == Double(size - 1))
        var several = [rank, -rank, 7]
        communicator.all(.max, &several)
        report("reduction of several", several == [size - 1, 0, 7])
        report("any", communicator.any(rank == size - 1) && !communicator.any(false))
        report("allGather", communicator.allGather(rank * rank) == (0..<size).map { $0 * $0 })
        let text = Array("a broadcast of some bytes".utf8)
        report("broadcast", communicator.broadcast(rank == size - 1 ? text : nil, from: size - 1) == text)
        report("empty broadcast", communicator.broadcast(rank == 0 ? [] : nil) == [])
        // Rank r sends r + s copies of the byte r to rank s: among them empty parcels.
        let received = communicator.allToAll((0..<size).map { [UInt8](repeating: UInt8(rank), count: rank * $0) })
        report("allToAll", received == (0..<size).map { [UInt8](repeating: UInt8($0), count: $0 * rank) })
        let gathered = communicator.gather([UInt8](repeating: 3, count: rank))
        report("gather", rank == 0 ? gathered == (0..<size).map { [UInt8](repeating: 3, count: $0) } : gathered == nil)
        // Around the ring, with a large message one way and an empty one in another round.
        var from = [Int](repeating: -1, count: 100_000)
        let mine = [Int](repeating: rank, count: 100_000)
        mine.withUnsafeBytes { out in
            from.withUnsafeMutableBytes { into in
                communicator.exchange(send: out, to: (rank + 1) % size, receive: into, from: (rank + size - 1) % size)
            }
        }
        report("exchange", from.allSatisfy { $0 == (rank + size - 1) % size })
        communicator.barrier()
        return results
    }
}
