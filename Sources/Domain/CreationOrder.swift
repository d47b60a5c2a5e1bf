/// The order in which one rank would hold the atoms, had it made or read them all: what LAMMPS on one rank sums and draws in.
///
/// Sums and random draws that follow this order have the same bits on any number of ranks, and LAMMPS' bits on one. An atom's key
/// is its place in that order, from 0. It is id - 1 as long as atoms were made in the order of their ids without gaps; otherwise
/// (files with shuffled ids, replicate, deleted atoms) the key travels with the atom as an extra property.
extension Atoms {
    private static var keyName: String { "creation order" }

    private var keys: AtomProperty? { extras.first { $0.name == Self.keyName } }

    /// Name of a property of atoms other than the order and those of the atom style, if there is any.
    public var foreignExtra: String? {
        let known =
            [Self.keyName, AtomStyle.chargeName, AtomStyle.moleculeName, Self.specialName] + TopologyKind.allCases.map(Self.propertyName)
        return extras.first { !known.contains($0.name) }?.name
    }

    /// Key of owned atom i.
    public func creationKey(_ i: Int) -> Int { keys.map { Int($0.values[i]) } ?? Int(id[i]) - 1 }

    /// Keys of all owned atoms.
    public func creationKeys() -> [Int] {
        if let keys { return (0..<owned).map { Int(keys.values[$0]) } }
        return (0..<owned).map { Int(id[$0]) - 1 }
    }

    /// Gives every owned atom its key; the property goes when no rank needs it. Collective.
    public mutating func setCreationKeys(_ new: [Int], _ communicator: any Communicator) {
        precondition(new.count == owned)
        let isPlain = (0..<owned).allSatisfy { new[$0] == Int(id[$0]) - 1 }
        extras.removeAll { $0.name == Self.keyName }
        guard communicator.any(!isPlain) else { return }
        let property = AtomProperty(name: Self.keyName, width: 1, count: owned)
        for i in 0..<owned { property.values[i] = Double(new[i]) }
        extras.append(property)
    }

    /// Keys on all ranks for atoms that are appended next, with their ids: call before appending them.
    /// - Returns: the first new id and the first new key. Collective.
    public func nextIdentity(_ communicator: any Communicator) -> (id: Int, key: Int) {
        var largest = 0
        for i in 0..<owned { largest = Swift.max(largest, Int(id[i])) }
        return (communicator.all(.max, largest) + 1, communicator.sum(owned))
    }

    /// Indices of owned atoms in the order of their keys.
    public func indicesInCreationOrder() -> [(key: Int, index: Int)] {
        var list = creationKeys().enumerated().map { (key: $0.element, index: $0.offset) }
        if !zip(list, list.dropFirst()).allSatisfy({ $0.key < $1.key }) { list.sort { $0.key < $1.key } }
        return list
    }

    /// Visits `width` numbers of every atom for which `values` gives some, in creation order, on every rank: `values(i, buffer)` is
    /// asked on the atom's owner, `visit` gets the numbers on all ranks. Time grows with the number of all atoms, memory does not.
    /// Collective.
    public func inCreationOrder(
        width: Int, _ communicator: any Communicator, values: (Int, inout [Double]) -> Bool, visit: (_ key: Int, [Double]) -> Void
    ) {
        let mine = indicesInCreationOrder()
        var numbers = [Double](repeating: 0, count: width)
        if communicator.size == 1 {
            for (key, i) in mine where values(i, &numbers) { visit(key, numbers) }
            return
        }
        let last = communicator.all(.max, mine.last?.key ?? -1)
        let window = 16384
        var next = 0
        var start = 0
        while start <= last {
            let end = Swift.min(start + window, last + 1)
            // One flag and the numbers; each is set on one rank and zero on the others, so the sum is exact.
            var shared = [Double](repeating: 0, count: (end - start) * (width + 1))
            while next < mine.count && mine[next].key < end {
                if values(mine[next].index, &numbers) {
                    let at = (mine[next].key - start) * (width + 1)
                    shared[at] = 1
                    for k in 0..<width { shared[at + 1 + k] = numbers[k] }
                }
                next += 1
            }
            communicator.all(.sum, &shared)
            for key in start..<end {
                let at = (key - start) * (width + 1)
                guard shared[at] == 1 else { continue }
                for k in 0..<width { numbers[k] = shared[at + 1 + k] }
                visit(key, numbers)
            }
            start = end
        }
    }

    /// Sums of `width` numbers over the atoms for which `values` gives some, added one by one in creation order. Collective.
    public func orderedSums(
        _ width: Int, _ communicator: any Communicator, _ values: (Int, inout [Double]) -> Bool
    ) -> [Double] {
        var sums = [Double](repeating: 0, count: width)
        inCreationOrder(width: width, communicator, values: values) { _, numbers in
            for k in 0..<width { sums[k] += numbers[k] }
        }
        return sums
    }
}
