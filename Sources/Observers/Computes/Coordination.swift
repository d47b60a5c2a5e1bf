import Deck
import Domain
import Integrators

/// `compute coord/atom cutoff`: how many neighbours of given types, and of a group, each atom has within a distance; one column for each
/// range of types (c_ID for a single one).
public final class CoordinationCompute: Compute {
    public static let entry = ComputeStyle(
        "coord/atom", usage: "compute ID GROUP coord/atom cutoff R [group GROUP2] [TYPES]...", help: "coordination number of each atom"
    ) { id, group, words, observation in
        _ = try words.choice("cutoff", [("cutoff", ())])
        let distance = try words.positiveDouble("the cutoff")
        let system = try observation.requireSystem()
        var others = Group.all
        if words.optional("group") {
            let word = try words.word("the group of neighbours")
            guard let group = system.groups[word.text] else { throw DeckError.unknown("group", word, known: system.groups.names) }
            others = group
        }
        var types: [ClosedRange<Int>] = []
        while !words.isAtEnd { types.append(try words.typeRange("types", count: system.atoms.typeCount)) }
        return CoordinationCompute(id: id, group: group, distance, others, types.isEmpty ? [1...system.atoms.typeCount] : types)
    }

    public let id: String
    public let style = "coord/atom"
    public let group: Group
    public var shape: ComputeShape { ComputeShape(atomColumns: types.count == 1 ? 0 : types.count) }
    private let distance: Double
    private let others: Group
    private let types: [ClosedRange<Int>]

    init(id: String, group: Group, _ distance: Double, _ others: Group, _ types: [ClosedRange<Int>]) {
        (self.id, self.group, self.distance, self.others, self.types) = (id, group, distance, others, types)
    }

    public func prepare(_ snapshot: Snapshot) throws { try snapshot.checkReach(distance, of: "compute '\(id)' (\(style))") }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system
        let near = try Neighbourhood(snapshot, distance, of: others, for: "compute '\(id)' (\(style))")
        var counts = [Double](repeating: 0, count: system.atoms.owned * types.count)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            near.forEach(i) { j, _ in
                for (k, range) in types.enumerated() where range.contains(Int(system.atoms.type[j])) { counts[i * types.count + k] += 1 }
            }
        }
        guard types.count > 1 else { return AtomValues(vector: counts) }
        var result = AtomValues(width: types.count, count: system.atoms.owned)
        result.values = counts
        return result
    }
}

/// `compute cluster/atom`: the smallest id of all atoms of the group that chains of neighbours within a distance lead to; 0 outside it.
public final class ClusterCompute: Compute {
    public static let entry = ComputeStyle(
        "cluster/atom", usage: "compute ID GROUP cluster/atom R", help: "cluster that each atom is in: its smallest atom id"
    ) { id, group, words, _ in
        let distance = try words.positiveDouble("the cutoff")
        try words.finish()
        return ClusterCompute(id: id, group: group, distance)
    }

    public let id: String
    public let style = "cluster/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 0)
    private let distance: Double

    init(id: String, group: Group, _ distance: Double) { (self.id, self.group, self.distance) = (id, group, distance) }

    public func prepare(_ snapshot: Snapshot) throws { try snapshot.checkReach(distance, of: "compute '\(id)' (\(style))") }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system, atoms = system.atoms.count
        let near = try Neighbourhood(snapshot, distance, of: group, for: "compute '\(id)' (\(style))")
        var cluster = Column<Double>(repeating: 0, count: atoms)
        let members = (0..<system.atoms.owned).filter { system.atoms.mask[$0] & group.bit != 0 }
        for i in members { cluster[i] = Double(system.atoms.id[i]) }
        guard let halo = snapshot.simulation?.halo else { return AtomValues(vector: []) }
        // Each rank settles its own atoms, then ghosts bring what other ranks have found, until nothing changes anywhere.
        while true {
            halo.forward(&cluster)
            var hasChanged = false
            while true {
                var isSettled = true
                for i in members {
                    near.forEach(i) { j, _ in
                        if cluster[j] < cluster[i] {
                            cluster[i] = cluster[j]
                            isSettled = false
                        } else if j < system.atoms.owned, cluster[i] < cluster[j] {
                            cluster[j] = cluster[i]
                            isSettled = false
                        }
                    }
                }
                if isSettled { break }
                hasChanged = true
            }
            if !system.communicator.any(hasChanged) { break }
        }
        return AtomValues(vector: (0..<system.atoms.owned).map { cluster[$0] })
    }
}

/// `compute centro/atom`: the centrosymmetry parameter of Kelchner, Plimpton and Hamilton, Phys. Rev. B 58, 11085 (1998),
///
///     P = sum of the N/2 smallest |R_j + R_k|^2 over pairs of an atom's N nearest neighbours
///
/// length^2: 0 in a perfect lattice (N = 12 for fcc, 8 for bcc). 0 too for atoms outside the group, and with fewer than N neighbours
/// within the potential's cutoff.
public final class CentrosymmetryCompute: Compute {
    public static let entry = ComputeStyle(
        "centro/atom", usage: "compute ID GROUP centro/atom fcc|bcc|N", help: "centrosymmetry parameter of each atom"
    ) { id, group, words, _ in
        let number: Int
        if words.optional("fcc") {
            number = 12
        } else if words.optional("bcc") {
            number = 8
        } else {
            number = try words.positiveInt("fcc, bcc, or an even number of neighbours")
            guard number % 2 == 0 else { throw words.error("the number of neighbours must be even, not \(number)") }
        }
        if let word = words.peek, word.text == "axes" { throw words.error("'axes' is not supported", at: word) }
        try words.finish()
        return CentrosymmetryCompute(id: id, group: group, number)
    }

    public let id: String
    public let style = "centro/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 0)
    private let number: Int

    init(id: String, group: Group, _ number: Int) { (self.id, self.group, self.number) = (id, group, number) }

    public func prepare(_ snapshot: Snapshot) throws {
        guard snapshot.potentialCutoff > 0 else { throw DeckError("compute '\(id)' (\(style)) needs a potential with a cutoff", at: nil) }
    }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system
        let near = try Neighbourhood(snapshot, snapshot.potentialCutoff, of: .all, for: "compute '\(id)' (\(style))")
        var values = [Double](repeating: 0, count: system.atoms.owned)
        for i in values.indices where system.atoms.mask[i] & group.bit != 0 {
            var neighbours: [Vector] = []
            near.forEach(i) { _, d in neighbours.append(d) }
            guard neighbours.count >= number else { continue }
            let nearest = neighbours.sorted { $0.dot($0) < $1.dot($1) }.prefix(number)
            var pairs: [Double] = []
            for j in 0..<number {
                for k in j + 1..<number {
                    let sum = nearest[j] + nearest[k]
                    pairs.append(sum.dot(sum))
                }
            }
            values[i] = pairs.sorted().prefix(number / 2).reduce(0, +)
        }
        return AtomValues(vector: values)
    }
}

/// `compute cna/atom`: the crystal structure around each atom by common neighbour analysis (Faken and Jonsson, Comput. Mater. Sci. 2, 279
/// (1994)): 1 fcc, 2 hcp, 3 bcc, 4 icosahedral, 5 something else; 0 outside the group. The cutoff lies between the shells of neighbours
/// that count and the next one: for fcc (a/2) (1/sqrt(2) + 1), for bcc (a/2) (sqrt(2) + 1).
public final class CommonNeighbourCompute: Compute {
    public static let entry = ComputeStyle(
        "cna/atom", usage: "compute ID GROUP cna/atom R", help: "structure around each atom: 1 fcc, 2 hcp, 3 bcc, 4 icosahedral, 5 other"
    ) { id, group, words, _ in
        let distance = try words.positiveDouble("the cutoff")
        try words.finish()
        return CommonNeighbourCompute(id: id, group: group, distance)
    }

    public let id: String
    public let style = "cna/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 0)
    private let distance: Double

    init(id: String, group: Group, _ distance: Double) { (self.id, self.group, self.distance) = (id, group, distance) }

    public func prepare(_ snapshot: Snapshot) throws { try snapshot.checkReach(distance, of: "compute '\(id)' (\(style))") }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system
        let near = try Neighbourhood(snapshot, distance, of: .all, for: "compute '\(id)' (\(style))")
        var values = [Double](repeating: 0, count: system.atoms.owned)
        for i in values.indices where system.atoms.mask[i] & group.bit != 0 {
            var neighbours: [Vector] = []
            near.forEach(i) { _, d in neighbours.append(d) }
            values[i] = neighbours.count == 12 || neighbours.count == 14 ? structure(neighbours) : 5
        }
        return AtomValues(vector: values)
    }

    private func structure(_ neighbours: [Vector]) -> Double {
        let limit = distance * distance
        func areBonded(_ a: Int, _ b: Int) -> Bool {
            let d = neighbours[a] - neighbours[b]
            return d.dot(d) < limit
        }
        var kinds: [[Int]: Int] = [:]
        for j in neighbours.indices {
            let common = neighbours.indices.filter { $0 != j && areBonded($0, j) }
            var bonds = common.map { _ in 0 }
            for a in common.indices {
                for b in a + 1..<max(common.count, a + 1) where areBonded(common[a], common[b]) {
                    bonds[a] += 1
                    bonds[b] += 1
                }
            }
            kinds[[common.count, bonds.reduce(0, +) / 2, bonds.max() ?? 0, bonds.min() ?? 0], default: 0] += 1
        }
        if neighbours.count == 12 {
            if kinds[[4, 2, 1, 1]] == 12 { return 1 }
            if kinds[[4, 2, 1, 1]] == 6 && kinds[[4, 2, 2, 0]] == 6 { return 2 }
            return kinds[[5, 5, 2, 2]] == 12 ? 4 : 5
        }
        return kinds[[4, 4, 2, 2]] == 6 && kinds[[6, 6, 2, 2]] == 8 ? 3 : 5
    }
}
