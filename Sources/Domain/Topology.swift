/// What connects atoms in molecules.
public enum TopologyKind: Int, CaseIterable, Sendable {
    case bond, angle, dihedral, improper

    /// How many atoms one connects.
    public var size: Int { [2, 3, 4, 4][rawValue] }
    public var name: String { ["bond", "angle", "dihedral", "improper"][rawValue] }
    public var plural: String { name + "s" }
    /// The section of a data file, `Bonds`.
    public var section: String { plural.prefix(1).uppercased() + plural.dropFirst() }
    public var title: String { name.prefix(1).uppercased() + name.dropFirst() }
    /// Which of its atoms keeps it: the first of a bond, the second of all others, as in LAMMPS with `newton on`.
    public var keeper: Int { self == .bond ? 0 : 1 }
    /// Numbers of one: its type, then the ids of its atoms.
    public var stride: Int { size + 1 }
}

/// Which connections atoms can have, their types, and how many there are.
public struct Topology: Sendable, Equatable {
    /// How many of `TopologyKind` the atom style has, from the first: 0, 1 (bond), 2 (angle) or 4 (molecular, full).
    public var kinds = 0
    /// Number of types of each kind.
    public var types = [0, 0, 0, 0]
    /// Labels of types of each kind, index 0 unused.
    public var labels: [[String?]] = Array(repeating: [nil], count: 4)
    /// Connections of each kind on all ranks.
    public var counts = [0, 0, 0, 0]
    /// Room for special neighbours beyond the largest number of any atom; only in what is printed, since there is always room here.
    public var extraSpecial = 0

    public init() {}

    public var isEmpty: Bool { kinds == 0 }
    public func has(_ kind: TopologyKind) -> Bool { kind.rawValue < kinds }

    public mutating func setTypes(_ kind: TopologyKind, _ number: Int) {
        types[kind.rawValue] = number
        labels[kind.rawValue] = Array(labels[kind.rawValue].prefix(number + 1))
        labels[kind.rawValue] += [String?](repeating: nil, count: number + 1 - labels[kind.rawValue].count)
    }
}

extension Topology {
    public func save(_ state: inout StateWriter) {
        state.put(kinds)
        for kind in TopologyKind.allCases {
            state.put(types[kind.rawValue])
            state.put(counts[kind.rawValue])
            for label in labels[kind.rawValue].dropFirst() { state.put(label ?? "") }
        }
    }

    public init(_ state: inout StateReader) throws(StateError) {
        kinds = try state.int()
        for kind in TopologyKind.allCases {
            let number = try state.int()
            guard (0...1_000_000).contains(number) else { throw StateError() }
            setTypes(kind, number)
            counts[kind.rawValue] = try state.int()
            for type in 0..<number {
                let label = try state.text()
                labels[kind.rawValue][type + 1] = label.isEmpty ? nil : label
            }
        }
    }
}

/// Connections of an atom lie with their keeper in a property of fixed width: slots of `stride` numbers, an unused one all 0.
extension Atoms {
    static func propertyName(_ kind: TopologyKind) -> String { kind.plural }

    /// The connections that owned atoms keep; nil where there are none on any rank.
    public func connections(_ kind: TopologyKind) -> AtomProperty? { property(Self.propertyName(kind)) }

    /// Calls `body` for every connection that owned atom i keeps, with its type and the ids of its atoms.
    public func forEachConnection(_ kind: TopologyKind, of i: Int, _ body: (_ type: Int, _ ids: UnsafeBufferPointer<Double>) -> Void) {
        guard let kept = connections(kind) else { return }
        let stride = kind.stride
        for slot in Swift.stride(from: i * kept.width, to: (i + 1) * kept.width, by: stride) {
            let row = kept.values.pointer + slot
            guard row[0] > 0 else { break }
            body(Int(row[0]), UnsafeBufferPointer(start: row + 1, count: kind.size))
        }
    }

    /// Replaces what owned atoms keep: `rows[i]` holds atom i's connections one after the other, each a type and ids. Collective.
    public mutating func setConnections(_ kind: TopologyKind, _ rows: [[Double]], _ communicator: any Communicator) {
        precondition(rows.count == owned)
        extras.removeAll { $0.name == Self.propertyName(kind) }
        let width = communicator.all(.max, rows.lazy.map(\.count).max() ?? 0)
        topology.counts[kind.rawValue] = communicator.sum(rows.reduce(0) { $0 + $1.count }) / kind.stride
        guard width > 0 else { return }
        let property = AtomProperty(name: Self.propertyName(kind), width: width, count: owned)
        for (i, row) in rows.enumerated() { for (k, number) in row.enumerated() { property.values[i * width + k] = number } }
        extras.append(property)
    }

    /// What `setConnections` takes, as it is now.
    public func connectionRows(_ kind: TopologyKind) -> [[Double]] {
        (0..<owned).map { i in
            var row: [Double] = []
            forEachConnection(kind, of: i) { type, ids in row += [Double(type)] + ids }
            return row
        }
    }

    /// Forgets connections for which `isRemoved` holds. Collective.
    public mutating func removeConnections(
        _ kind: TopologyKind, _ communicator: any Communicator, where isRemoved: (_ type: Int, _ ids: UnsafeBufferPointer<Double>) -> Bool
    ) {
        guard connections(kind) != nil else { return }
        let rows = (0..<owned).map { i in
            var row: [Double] = []
            forEachConnection(kind, of: i) { type, ids in if !isRemoved(type, ids) { row += [Double(type)] + ids } }
            return row
        }
        setConnections(kind, rows, communicator)
    }

    /// Gives every connection the new ids of its atoms. Collective.
    /// - Parameter ids: each owned atom's old id and its new one.
    mutating func renumberConnections(_ ids: [(old: Int64, new: Int64)], _ communicator: any Communicator) {
        guard !topology.isEmpty else { return }
        for kind in TopologyKind.allCases {
            guard let kept = connections(kind) else { continue }
            var wanted = Set<Int64>()
            for i in 0..<owned { forEachConnection(kind, of: i) { _, ids in for id in ids { wanted.insert(Int64(id)) } } }
            let found = communicator.lookUp(wanted, in: ids.map { ($0.old, $0.new) })
            let stride = kind.stride
            for slot in Swift.stride(from: 0, to: owned * kept.width, by: stride) where kept.values[slot] > 0 {
                for k in 1..<stride {
                    kept.values[slot + k] = found[Int64(kept.values[slot + k])].map(Double.init) ?? kept.values[slot + k]
                }
            }
        }
    }
}

extension Communicator {
    /// Sends rows of numbers each to the rank that its first number names by its remainder; returns all that came here, in rank order.
    /// Collective.
    public func rendezvous(_ rows: [Int64], width: Int) -> [Int64] {
        guard size > 1 else { return rows }
        return rendezvous(rows, width: width) { Int($0) % size }
    }

    /// The same to the rank that `destination` gives for a row's first number.
    func rendezvous(_ rows: [Int64], width: Int, to destination: (Int64) -> Int) -> [Int64] {
        var parcels = [[Int64]](repeating: [], count: size)
        for at in stride(from: 0, to: rows.count, by: width) { parcels[destination(rows[at])] += rows[at..<at + width] }
        return delivered(parcels).flatMap { $0 }
    }

    /// Numbers for each rank; returns each rank's for this one. Collective.
    func delivered(_ parcels: [[Int64]]) -> [[Int64]] {
        allToAll(parcels.map { list in list.withUnsafeBytes { Array($0) } }).map { bytes in
            bytes.withUnsafeBytes { raw in (0..<raw.count / 8).map { raw.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) } }
        }
    }

    /// The values of keys that any rank has; a key that none has is missing. Collective.
    public func lookUp(_ wanted: Set<Int64>, in entries: [(key: Int64, value: Int64)]) -> [Int64: Int64] {
        var table: [Int64: Int64] = [:]
        let stored = rendezvous(entries.flatMap { [$0.key, $0.value] }, width: 2)
        for at in stride(from: 0, to: stored.count, by: 2) { table[stored[at]] = stored[at + 1] }
        let asked = rendezvous(wanted.sorted().flatMap { [$0, Int64(rank)] }, width: 2)
        var answers = [[Int64]](repeating: [], count: size)
        for at in stride(from: 0, to: asked.count, by: 2) {
            if let value = table[asked[at]] { answers[Int(asked[at + 1])] += [asked[at], value] }
        }
        var found: [Int64: Int64] = [:]
        for list in delivered(answers) { for at in stride(from: 0, to: list.count, by: 2) { found[list[at]] = list[at + 1] } }
        return found
    }
}
