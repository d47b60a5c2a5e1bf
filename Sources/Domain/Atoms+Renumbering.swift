extension Atoms {
    /// Place of every owned atom among all, in creation order, from 0: the keys without gaps. Collective.
    public func creationPlaces(_ communicator: any Communicator) -> [Int] {
        let keys = creationKeys()
        let total = communicator.sum(owned)
        // Keys are distinct, so none is missing when the largest is as large as it must be.
        if communicator.all(.max, keys.max() ?? -1) < total { return keys }
        let mine = indicesInCreationOrder()
        var places = [Int](repeating: 0, count: owned)
        var next = 0, place = 0
        inCreationOrder(width: 0, communicator, values: { _, _ in true }) { key, _ in
            if next < mine.count, mine[next].key == key {
                places[mine[next].index] = place
                next += 1
            }
            place += 1
        }
        return places
    }

    /// Gives ids 1 to N in creation order. Collective.
    public mutating func resetIDs(_ communicator: any Communicator) {
        let places = creationPlaces(communicator)
        renumberConnections((0..<owned).map { (id[$0], Int64(places[$0] + 1)) }, communicator)
        for i in 0..<owned { id[i] = Int64(places[i] + 1) }
        setCreationKeys(places, communicator)
    }

    /// Removes the marked atoms. The last atoms in creation order take the places of removed ones, as LAMMPS fills its arrays; with
    /// `renumbers`, ids are then given anew in that order. Collective.
    /// - Parameter isRemoved: a mark for each owned atom; there must be no ghosts.
    public mutating func remove(_ isRemoved: [Bool], renumbers: Bool, _ communicator: any Communicator) {
        let places = creationPlaces(communicator)
        let mine = (0..<owned).sorted { places[$0] < places[$1] }
        let removed = communicator.sum(isRemoved.count { $0 })
        let left = communicator.sum(owned) - removed
        // First all places in order: what is removed below `left` is a hole, what is kept from there on fills one, the last the first.
        var holes = 0, fillers = 0, next = 0, place = 0
        var fillerNumber: [(index: Int, number: Int)] = []
        var newKeys = places
        inPlaceOrder(mine, places, isRemoved, communicator) { isGone in
            if place < left {
                if isGone { holes += 1 }
            } else if !isGone {
                if next < mine.count, places[mine[next]] == place { fillerNumber.append((mine[next], fillers)) }
                fillers += 1
            }
            if next < mine.count, places[mine[next]] == place { next += 1 }
            place += 1
        }
        // Then the holes again: the owner of filler number n waits for hole holes - 1 - n.
        var waiting = fillerNumber.map { (index: $0.index, hole: holes - 1 - $0.number) }
        waiting.sort { $0.hole < $1.hole }
        (holes, next, place) = (0, 0, 0)
        inPlaceOrder(mine, places, isRemoved, communicator) { isGone in
            if isGone && place < left {
                if next < waiting.count, waiting[next].hole == holes {
                    newKeys[waiting[next].index] = place
                    next += 1
                }
                holes += 1
            }
            place += 1
        }
        newKeys = (0..<owned).filter { !isRemoved[$0] }.map { newKeys[$0] }
        remove { isRemoved[$0] }
        if renumbers { for i in 0..<owned { id[i] = Int64(newKeys[i] + 1) } }
        setCreationKeys(newKeys, communicator)
    }

    /// Calls `visit` on every rank for all atoms in order, with each one's mark.
    private func inPlaceOrder(
        _ mine: [Int], _ places: [Int], _ marks: [Bool], _ communicator: any Communicator, _ visit: (Bool) -> Void
    ) {
        if communicator.size == 1 {
            for i in mine { visit(marks[i]) }
            return
        }
        let total = communicator.sum(owned)
        let window = 65536
        var next = 0
        for start in stride(from: 0, to: total, by: window) {
            let end = Swift.min(start + window, total)
            var shared = [Int](repeating: 0, count: end - start)
            while next < mine.count, places[mine[next]] < end {
                shared[places[mine[next]] - start] = marks[mine[next]] ? 1 : 0
                next += 1
            }
            communicator.all(.sum, &shared)
            for mark in shared { visit(mark == 1) }
        }
    }

    /// Chooses exactly `wanted` of the marked atoms at random, as LAMMPS' subset selection does on one rank; the same ones on any number of
    /// ranks. Collective.
    /// - Returns: a mark for each owned atom.
    public func randomSubset(
        of isEligible: [Bool], wanted: Int, uniform: () -> Double, _ communicator: any Communicator
    ) -> [Bool] {
        // An atom is in the set of those that may still be chosen (0), in that of those that may be given back (1), or in none.
        var set = isEligible.map { $0 ? 0 : -1 }
        var sizes = [communicator.sum(isEligible.count { $0 }), 0]
        var chosen = isEligible.map { _ in false }
        let mine = indicesInCreationOrder()
        var number = 0
        while number != wanted {
            let mode = wanted > number ? 0 : 1
            guard sizes[mode] > 0 else { break }
            let threshold = Swift.min(Swift.max(Double((wanted - number).magnitude) / Double(sizes[mode]), 0.01), 0.99)
            var next = 0, flips = 0
            var sizesAfter = [0, 0]
            var setAfter = set.map { _ in -1 }
            inCreationOrder(width: 0, communicator, values: { i, _ in set[i] == mode }) { key, _ in
                let flipped = uniform() < threshold
                if flipped { flips += 1 }
                let now = flipped ? 1 - mode : mode
                sizesAfter[now] += 1
                while next < mine.count, mine[next].key < key { next += 1 }
                if next < mine.count, mine[next].key == key {
                    chosen[mine[next].index] = now == 1
                    setAfter[mine[next].index] = now
                }
            }
            (set, sizes) = (setAfter, sizesAfter)
            number += mode == 0 ? flips : -flips
        }
        return chosen
    }
}
