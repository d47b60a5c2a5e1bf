/// How much bonded neighbours interact through the pair potential (`special_bonds`).
public struct SpecialBonds: Sendable, Equatable {
    /// Factors of neighbours over one, two and three bonds at index 1, 2, 3; index 0 is 1. The defaults are LAMMPS'.
    public var lj = [1.0, 0, 0, 0]
    public var coulomb = [1.0, 0, 0, 0]
    /// Only those are 1-3 neighbours that an angle connects, only those 1-4 neighbours that a dihedral does.
    public var trimsAngles = false
    public var trimsDihedrals = false

    public init() {}

    /// What becomes of a pair of a level.
    enum Treatment { case plain, excluded, scaled }

    /// - Parameters:
    ///   - keepsExcluded: pairs with factors 0 are kept apart too, for potentials that take something from them.
    ///   - scales: whether the potential knows factors between 0 and 1; to others such a pair is one as any other, as in LAMMPS.
    func treatment(_ level: Int, keepsExcluded: Bool, scales: Bool) -> Treatment {
        if lj[level] == 0, coulomb[level] == 0 { return keepsExcluded ? .scaled : .excluded }
        return lj[level] == 1 && coulomb[level] == 1 || !scales ? .plain : .scaled
    }

    /// Whether a factor lies between 0 and 1.
    public var isFractional: Bool { zip(lj, coulomb).contains { $0 != $1 || $0 != 0 && $0 != 1 } }
}

/// A pair of a half list that interacts with factors.
public struct SpecialPair: BitwiseCopyable, Sendable {
    public var i: Int32
    public var j: Int32
    public var lj: Double
    public var coulomb: Double
}

/// The special pairs of a list and of all that are trimmed from it.
public final class SpecialPairs {
    public internal(set) var pairs = Column<SpecialPair>()
    public init() {}
    public var isEmpty: Bool { pairs.isEmpty }
}

/// What takes bonded neighbours out of a list.
public struct SpecialFilter {
    public var bonds: SpecialBonds
    /// Of the potential; see `SpecialBonds.treatment`.
    public var keepsExcluded: Bool
    public var scales: Bool
    public var box: Box

    public init(_ bonds: SpecialBonds, box: Box, keepsExcluded: Bool, scales: Bool) {
        (self.bonds, self.box, self.keepsExcluded, self.scales) = (bonds, box, keepsExcluded, scales)
    }
}

extension Atoms {
    static let specialName = "special neighbours"

    /// For each owned atom how many neighbours it has over one, at most two, at most three bonds, then their ids in that order.
    public var special: AtomProperty? { property(Self.specialName) }

    /// Finds the neighbours over one to three bonds of every owned atom, as LAMMPS does: an atom counts at the least number of bonds;
    /// levels beyond which all factors are 1 are not looked for.
    ///
    /// Ids meet at the rank that is their remainder, so memory stays in proportion to the atoms of a rank. Collective.
    /// - Returns: the lines that LAMMPS prints of it.
    public mutating func findSpecialNeighbours(_ bonds: SpecialBonds, _ communicator: any Communicator) -> [String] {
        extras.removeAll { $0.name == Self.specialName }
        var lines: [String] = []
        func report(_ list: IDPairs, _ what: String) {
            lines.append(right("\(communicator.all(.max, list.longest))") + " = max # of \(what) neighbors")
        }
        var direct: [Int64] = []
        for i in 0..<owned {
            forEachConnection(.bond, of: i) { _, ids in direct += [Int64(ids[0]), Int64(ids[1]), Int64(ids[1]), Int64(ids[0])] }
        }
        var levels = [IDPairs(communicator.rendezvous(direct, width: 2))]
        report(levels[0], "1-2")
        func matters(_ level: Int) -> Bool { bonds.lj[level] != 1 || bonds.coulomb[level] != 1 }
        if matters(2) || matters(3) {
            var pairs: [Int64] = []
            levels[0].forEach { _, partners in
                for p in partners.indices { for q in partners.indices where p != q { pairs += [partners[p], partners[q]] } }
            }
            levels.append(IDPairs(communicator.rendezvous(pairs, width: 2)))
            report(levels[1], "1-3")
        }
        if matters(3) {
            var pairs: [Int64] = []
            levels[1].forEach { id, far in
                let near = levels[0].partners(of: id)
                for j in far { for k in near { pairs += [j, k] } }
            }
            levels.append(IDPairs(communicator.rendezvous(pairs, width: 2)))
            report(levels[2], "1-4")
        }
        for level in levels.indices { levels[level].removeDuplicates() }
        if bonds.trimsAngles, levels.count > 1 { lines += trim(&levels[1], "1-3", "angle", angleEnds(), communicator) }
        if bonds.trimsDihedrals, levels.count > 2 { lines += trim(&levels[2], "1-4", "dihedral", dihedralEnds(), communicator) }
        lines.append(keepSpecial(levels, communicator))
        return lines
    }

    private func right(_ text: String) -> String { String(repeating: " ", count: Swift.max(0, 6 - text.count)) + text }

    /// Pairs of ids, both ways, that angles or dihedrals make neighbours over two bonds.
    private func angleEnds() -> [Int64] {
        var pairs: [Int64] = []
        func add(_ a: Double, _ b: Double) { pairs += [Int64(a), Int64(b), Int64(b), Int64(a)] }
        for i in 0..<owned {
            forEachConnection(.angle, of: i) { _, ids in add(ids[0], ids[2]) }
            forEachConnection(.dihedral, of: i) { _, ids in
                add(ids[0], ids[2])
                add(ids[1], ids[3])
            }
        }
        return pairs
    }

    private func dihedralEnds() -> [Int64] {
        var pairs: [Int64] = []
        for i in 0..<owned {
            forEachConnection(.dihedral, of: i) { _, ids in pairs += [Int64(ids[0]), Int64(ids[3]), Int64(ids[3]), Int64(ids[0])] }
        }
        return pairs
    }

    private func trim(_ list: inout IDPairs, _ what: String, _ name: String, _ kept: [Int64], _ communicator: any Communicator) -> [String]
    {
        let before = communicator.sum(list.count)
        list.keep(only: IDPairs(communicator.rendezvous(kept, width: 2)))
        return [
            "  \(before) = # of \(what) neighbors before \(name) trim",
            "  \(communicator.sum(list.count)) = # of \(what) neighbors after \(name) trim",
        ]
    }

    /// Sends the lists from the ranks where ids have met to the atoms' owners.
    private mutating func keepSpecial(_ levels: [IDPairs], _ communicator: any Communicator) -> String {
        // Each owner asks for its atoms: id and rank.
        let asked = communicator.rendezvous((0..<owned).flatMap { [id[$0], Int64(communicator.rank)] }, width: 2)
        var answers = [[Int64]](repeating: [], count: communicator.size)
        for at in stride(from: 0, to: asked.count, by: 2) {
            var known: [Int64] = [], ends: [Int64] = []
            for level in 0..<3 {
                if level < levels.count {
                    for partner in levels[level].partners(of: asked[at]) where partner != asked[at] && !known.contains(partner) {
                        known.append(partner)
                    }
                }
                ends.append(Int64(known.count))
            }
            if !known.isEmpty { answers[Int(asked[at + 1])] += [asked[at]] + ends + known }
        }
        let arrived = communicator.delivered(answers)
        var longest = 0
        for list in arrived {
            var at = 0
            while at < list.count {
                longest = Swift.max(longest, Int(list[at + 3]))
                at += 4 + Int(list[at + 3])
            }
        }
        longest = communicator.all(.max, longest)
        let line = right("\(Swift.max(1, longest) + topology.extraSpecial)") + " = max # of special neighbors"
        guard longest > 0 else { return line }
        let property = AtomProperty(name: Self.specialName, width: 3 + longest, count: owned)
        var index: [Int64: Int] = Dictionary(minimumCapacity: owned)
        for i in 0..<owned { index[id[i]] = i }
        for list in arrived {
            var at = 0
            while at < list.count {
                let number = Int(list[at + 3])
                if let i = index[list[at]] {
                    for k in 0..<3 + number { property.values[i * property.width + k] = Double(list[at + 1 + k]) }
                }
                at += 4 + number
            }
        }
        extras.append(property)
        return line
    }
}

/// Pairs (id, partner) in the order of ids; partners of an id in the order in which they came.
struct IDPairs {
    private var ids: [Int64] = []
    private var starts: [Int] = [0]
    private var values: [Int64] = []

    init(_ flat: [Int64]) {
        let order = stride(from: 0, to: flat.count, by: 2).sorted { (flat[$0], $0) < (flat[$1], $1) }
        for at in order { append(flat[at], flat[at + 1]) }
    }

    private mutating func append(_ id: Int64, _ partner: Int64) {
        if ids.last != id {
            ids.append(id)
            starts.append(values.count)
        }
        values.append(partner)
        starts[ids.count] = values.count
    }

    var count: Int { values.count }
    var longest: Int { ids.indices.lazy.map { starts[$0 + 1] - starts[$0] }.max() ?? 0 }

    func forEach(_ body: (Int64, ArraySlice<Int64>) -> Void) {
        for k in ids.indices { body(ids[k], values[starts[k]..<starts[k + 1]]) }
    }

    func partners(of id: Int64) -> ArraySlice<Int64> {
        var low = 0, high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id ? values[starts[low]..<starts[low + 1]] : []
    }

    /// Keeps the first of equal partners, and none that is the id itself.
    mutating func removeDuplicates() { filter { id, partner, before in partner != id && !before.contains(partner) } }

    mutating func keep(only other: IDPairs) {
        filter { id, partner, _ in other.partners(of: id).contains(partner) }
    }

    private mutating func filter(_ isKept: (Int64, Int64, ArraySlice<Int64>) -> Bool) {
        let old = self
        (ids, starts, values) = ([], [0], [])
        old.forEach { id, partners in
            let first = values.count
            for partner in partners where isKept(id, partner, values[first...]) { append(id, partner) }
        }
    }
}

extension NeighbourList {
    /// Takes bonded neighbours out, except where their factors are 1; those whose are not 0 either go to `special`.
    ///
    /// A pair that is farther apart than half the box along a periodic direction is not the bonded image but another, as in LAMMPS.
    func removeSpecial(_ atoms: borrowing Atoms, _ filter: SpecialFilter) {
        special.pairs.removeAll()
        guard let known = atoms.special else { return }
        let treatments = [.plain] + (1...3).map { filter.bonds.treatment($0, keepsExcluded: filter.keepsExcluded, scales: filter.scales) }
        guard treatments.contains(where: { $0 != .plain }) else { return }
        let lengths = filter.box.hi - filter.box.lo
        var half = Vector(repeating: .infinity)
        for d in 0..<3 where filter.box.isPeriodic(d) { half[d] = 0.5 * lengths[d] }
        let x = atoms.position.pointer, ids = atoms.id.pointer, values = known.values.pointer, width = known.width
        let start = offsets.pointer, list = neighbours.pointer
        var mine = [Int64](repeating: 0, count: width)
        var kept = 0, first = 0
        for i in 0..<offsets.count - 1 {
            let last = Int(start[i + 1]), row = values + i * width
            let n1 = Int(row[0]), n2 = Int(row[1]), n3 = Int(row[2])
            for k in 0..<n3 { mine[k] = Int64(row[3 + k]) }
            for k in first..<last {
                let j = list[k], other = ids[Int(j)]
                var place = 0
                while place < n3 && mine[place] != other { place &+= 1 }
                if place < n3 {
                    let level = place < n1 ? 1 : place < n2 ? 2 : 3
                    let d = x[i] - x[Int(j)]
                    let isImage = d.x.magnitude > half.x || d.y.magnitude > half.y || d.z.magnitude > half.z
                    if !isImage && treatments[level] != .plain {
                        if treatments[level] == .scaled, kind == .half || atoms.holdsPair(i, Int(j)) {
                            special.pairs.append(
                                SpecialPair(i: Int32(i), j: j, lj: filter.bonds.lj[level], coulomb: filter.bonds.coulomb[level]))
                        }
                        continue
                    }
                }
                list[kept] = j
                kept += 1
            }
            first = last
            start[i + 1] = Int32(kept)
        }
        neighbours.assume(count: kept)
    }
}
