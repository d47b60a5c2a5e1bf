extension Atoms {
    /// Wraps owned atoms into the box and sends each to the rank whose brick it is in. Ghosts are removed first.
    ///
    /// One irregular exchange, so an atom may go any distance: the same code serves a time step, read_data and displace_atoms.
    /// Arrivals are appended in rank order after the atoms that stay, so the order depends on nothing but positions and ranks.
    /// An atom beyond a fixed face (boundary f) is lost, as in LAMMPS; `total` is left as it was, so that this can be told.
    public mutating func migrate(box: Box, decomposition: Decomposition, communicator: any Communicator) {
        removeGhosts()
        for i in 0..<owned { box.wrap(&position[i], &image[i]) }
        removeLost(box)
        guard communicator.size > 1 else { return }
        var parcels = [[UInt8]](repeating: [], count: communicator.size)
        var kept = 0
        for i in 0..<owned {
            let owner = decomposition.owner(of: box.fractional(position[i]))
            if owner == communicator.rank {
                if kept != i { move(from: i, to: kept) }
                kept += 1
            } else {
                pack(i, into: &parcels[owner])
            }
        }
        truncate(to: kept)
        for parcel in communicator.allToAll(parcels) { unpack(parcel) }
    }

    private mutating func removeLost(_ box: Box) {
        let fixed = (0..<3).filter { box.faces[$0].contains(.fixed) }
        guard !fixed.isEmpty else { return }
        let isLost = (0..<owned).map { i in
            let s = box.fractional(position[i])
            return fixed.contains { d in box.faces[d][0] == .fixed && s[d] < 0 || box.faces[d][1] == .fixed && s[d] >= 1 }
        }
        if isLost.contains(true) { remove { isLost[$0] } }
    }

    /// Puts owned atoms in the order of cells of about `width`, so that neighbours in space are neighbours in memory.
    public mutating func sortSpatially(box: Box, cellWidth width: Double) {
        precondition(ghosts == 0)
        guard owned > 1 else { return }
        // Cells over the region where this rank's atoms are, wider than asked where that would make many more cells than atoms.
        var lo = Vector(repeating: .infinity), hi = Vector(repeating: -.infinity)
        for i in 0..<owned {
            let s = box.fractional(position[i])
            lo = pointwiseMin(lo, s)
            hi = pointwiseMax(hi, s)
        }
        var width = width
        func number(_ d: Int) -> Double { Swift.max(1, ((hi[d] - lo[d]) * box.height(d) / width).rounded(.down)) }
        let most = Double(Swift.max(4096, 8 * owned))
        // An atom that is infinitely far leaves the order as it is: whoever looks for lost atoms will report it.
        guard (hi - lo).xyz.sum().isFinite else { return }
        while number(0) * number(1) * number(2) > most { width *= 1.26 }
        let cells = (0..<3).map { Int(number($0)) }
        let scale = Vector(xyz: Double(cells[0]), Double(cells[1]), Double(cells[2])) / pointwiseMax(hi - lo, Vector(repeating: 1e-300))
        var key = [Int32](repeating: 0, count: owned)
        for i in 0..<owned {
            let s = (box.fractional(position[i]) - lo) * scale
            // Not a number compares false, and goes to the first cell.
            let at = (0..<3).map { d in s[d] > 0 ? Swift.min(Int(s[d]), cells[d] - 1) : 0 }
            key[i] = Int32((at[2] * cells[1] + at[1]) * cells[0] + at[0])
        }
        // Counting sort: stable, so equal cells keep their order.
        var start = [Int32](repeating: 0, count: cells[0] * cells[1] * cells[2] + 1)
        for k in key { start[Int(k) + 1] += 1 }
        for c in 1..<start.count { start[c] += start[c - 1] }
        var order = [Int](repeating: 0, count: owned)
        for i in 0..<owned {
            order[Int(start[Int(key[i])])] = i
            start[Int(key[i])] += 1
        }
        permute(order)
    }

    private mutating func permute(_ order: [Int]) {
        func permuted<T>(_ column: borrowing Column<T>) -> Column<T> {
            var result = Column<T>(capacity: column.count)
            for i in order { result.append(column[i]) }
            return result
        }
        position = permuted(position)
        velocity = permuted(velocity)
        type = permuted(type)
        id = permuted(id)
        image = permuted(image)
        mask = permuted(mask)
        for extra in extras {
            var result = Column<Double>(capacity: extra.values.count)
            for i in order { for k in 0..<extra.width { result.append(extra.values[i * extra.width + k]) } }
            extra.values = result
        }
    }

    private mutating func move(from i: Int, to j: Int) {
        position[j] = position[i]
        velocity[j] = velocity[i]
        type[j] = type[i]
        id[j] = id[i]
        image[j] = image[i]
        mask[j] = mask[i]
        for extra in extras {
            for k in 0..<extra.width { extra.values[j * extra.width + k] = extra.values[i * extra.width + k] }
        }
    }

    /// Keeps the first `number` owned atoms; there must be no ghosts.
    mutating func truncate(to number: Int) {
        position.resize(to: number, filling: .zero)
        velocity.resize(to: number, filling: .zero)
        type.resize(to: number, filling: 0)
        id.resize(to: number, filling: 0)
        image.resize(to: number, filling: .zero)
        mask.resize(to: number, filling: 0)
        for extra in extras { extra.values.resize(to: number * extra.width, filling: 0) }
        owned = number
    }

    /// Removes the owned atoms for which `isRemoved` holds, keeping the order of the rest; ghosts must have been removed.
    public mutating func remove(where isRemoved: (Int) -> Bool) {
        precondition(ghosts == 0)
        var kept = 0
        for i in 0..<owned where !isRemoved(i) {
            if kept != i { move(from: i, to: kept) }
            kept += 1
        }
        truncate(to: kept)
    }

    private func pack(_ i: Int, into bytes: inout [UInt8]) {
        func put<T: BitwiseCopyable>(_ value: T) { withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) } }
        put(position[i])
        put(velocity[i])
        put(image[i])
        put(id[i])
        put(type[i])
        put(mask[i])
        for extra in extras { for k in 0..<extra.width { put(extra.values[i * extra.width + k]) } }
    }

    private mutating func unpack(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            var at = 0
            func take<T: BitwiseCopyable>(_: T.Type) -> T {
                defer { at += MemoryLayout<T>.size }
                return raw.loadUnaligned(fromByteOffset: at, as: T.self)
            }
            while at < raw.count {
                position.append(take(Vector.self))
                velocity.append(take(Vector.self))
                image.append(take(SIMD4<Int32>.self))
                id.append(take(Int64.self))
                type.append(take(Int32.self))
                mask.append(take(UInt32.self))
                for extra in extras { for _ in 0..<extra.width { extra.values.append(take(Double.self)) } }
                owned += 1
            }
        }
    }
}
