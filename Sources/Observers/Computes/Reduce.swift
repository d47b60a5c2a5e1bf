import Deck
import Domain
import Integrators

/// `compute reduce`: one number from the values of a group's atoms; a scalar for one input, c_ID[i] for several.
public final class ReduceCompute: Compute {
    public enum Mode: String, Sendable, CaseIterable {
        case sum, min, max, ave, sumsq, avesq, sumabs, aveabs, minabs, maxabs

        var isAverage: Bool { self == .ave || self == .avesq || self == .aveabs }
        var start: Double {
            switch self {
            case .min, .minabs: 1e20  // what LAMMPS gives for an empty group
            case .max, .maxabs: -1e20
            default: 0
            }
        }
        var reduction: Reduction { start == 0 ? .sum : start > 0 ? .min : .max }

        func add(_ x: Double, to total: inout Double) {
            switch self {
            case .sum, .ave: total += x
            case .sumsq, .avesq: total += x * x
            case .sumabs, .aveabs: total += x.magnitude
            case .min: total = Swift.min(total, x)
            case .max: total = Swift.max(total, x)
            case .minabs: total = Swift.min(total, x.magnitude)
            case .maxabs: total = Swift.max(total, x.magnitude)
            }
        }
    }

    private static let modes = Mode.allCases.map(\.rawValue).joined(separator: "|")

    public static let entry = ComputeStyle(
        "reduce", usage: "compute ID GROUP reduce \(modes) INPUT ... [replace I J] [inputs peratom]",
        help: "sum, extreme or mean of per-atom values: x vx fx ... c_ID c_ID[i] f_ID f_ID[i] v_name"
    ) { id, group, words, observation in
        try make(id, group, &words, observation, region: nil)
    }

    /// `compute reduce/region`: of the group's atoms in a region.
    static let inRegion = ComputeStyle(
        "reduce/region", usage: "compute ID GROUP reduce/region REGION \(modes) INPUT ... [replace I J] [inputs peratom]",
        help: "sum, extreme or mean of per-atom values of atoms in a region"
    ) { id, group, words, observation in
        let region = try observation.requireHost().region(words.word("a region"))
        return try make(id, group, &words, observation, region: region)
    }

    private static func make(
        _ id: String, _ group: Group, _ words: inout Words, _ observation: Observation, region: (any Region)?
    ) throws -> ReduceCompute {
        let mode = try words.choice("what to do", Mode.allCases.map { ($0.rawValue, $0) })
        var inputs: [Word] = []
        while let word = words.peek, !["replace", "inputs"].contains(word.text) { inputs.append(try words.word("an input")) }
        guard !inputs.isEmpty else { throw DeckError("compute reduce needs at least one input", at: words.location) }
        let values = try expandWildcards(inputs, perAtom: true, observation).map { try AtomInput($0, observation, what: "input") }
        var replacements: [(value: Int, extreme: Int)] = []
        while !words.isAtEnd {
            if try words.choice("a keyword of compute reduce", [("replace", true), ("inputs", false)]) {
                guard mode == .min || mode == .max else { throw words.error("replace has a meaning with min and max only") }
                let first = try words.int("an input", in: 1...values.count), second = try words.int("an input", in: 1...values.count)
                guard first != second, !replacements.contains(where: { $0.value == first - 1 }) else {
                    throw words.error("replace needs two different inputs, and replaces each one once")
                }
                replacements.append((first - 1, second - 1))
            } else {
                _ = try words.choice("the kind of inputs: peratom", [("peratom", ())])
            }
        }
        // LAMMPS follows no chains: what tells the atom must itself be an extreme.
        if let chained = replacements.first(where: { one in replacements.contains { $0.value == one.extreme } }) {
            throw words.error("input \(chained.extreme + 1) is replaced itself, so it names no atom")
        }
        return ReduceCompute(id: id, group: group, mode: mode, values, observation, region, replacements)
    }

    public let id: String
    public let style: String
    public let group: Group
    public let mode: Mode
    private let values: [AtomInput]
    private unowned let observation: Observation
    private let region: (any Region)?
    /// Of which input the value at the atom where another input has its extreme is given instead of its own extreme.
    private let replacements: [(value: Int, extreme: Int)]

    init(
        id: String, group: Group, mode: Mode, _ values: [AtomInput], _ observation: Observation, _ region: (any Region)? = nil,
        _ replacements: [(value: Int, extreme: Int)] = []
    ) {
        (self.id, self.group, self.mode, self.values, self.observation) = (id, group, mode, values, observation)
        (self.region, self.replacements) = (region, replacements)
        style = region == nil ? "reduce" : "reduce/region"
    }

    public var shape: ComputeShape {
        let isSum = mode == .sum || mode == .sumsq || mode == .sumabs
        return values.count == 1
            ? ComputeShape(scalar: true, isExtensive: (isSum, false)) : ComputeShape(vector: values.count, isExtensive: (false, isSum))
    }
    public var inputs: [String] {
        values.compactMap { if case .reference(let reference) = $0.source, reference.kind == .compute { reference.id } else { nil } }
    }
    public var wants: Wanted { values.reduce([]) { $0.union($1.wants(observation)) } }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        guard values.count == 1 else {
            throw DeckError("compute '\(id)' reduces \(values.count) inputs: use c_\(id)[i]", at: nil)
        }
        return try reduced(snapshot)[0]
    }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        guard values.count > 1 else { throw DeckError("compute '\(id)' reduces one input: use c_\(id)", at: nil) }
        return try reduced(snapshot)
    }

    private func reduced(_ snapshot: Snapshot) throws -> [Double] {
        let system = snapshot.system
        let chosen = (0..<system.atoms.owned).filter { i in
            system.atoms.mask[i] & group.bit != 0 && region?.contains(system.atoms.position[i].xyz) ?? true
        }
        let columns = try values.map { try $0.values(snapshot, of: group) }
        var totals = columns.map { x in
            var total = mode.start
            for i in chosen { mode.add(x[i], to: &total) }
            return total
        }
        let own = totals
        system.communicator.all(mode.reduction, &totals)
        if mode.isAverage {
            let count = Double(system.communicator.sum(chosen.count))
            for k in totals.indices where count > 0 { totals[k] /= count }
        }
        for (value, extreme) in replacements {
            // Of several atoms with the same extreme, the one of the smallest id.
            let isHere = own[extreme] == totals[extreme]
            let here =
                isHere ? chosen.filter { columns[extreme][$0] == totals[extreme] }.min { system.atoms.id[$0] < system.atoms.id[$1] } : nil
            let first = system.communicator.all(.min, here.map { Int(system.atoms.id[$0]) } ?? Int.max)
            let isMine = here.map { Int(system.atoms.id[$0]) == first } ?? false
            totals[value] = system.communicator.sum(isMine ? here.map { columns[value][$0] } ?? 0 : 0)
        }
        return totals
    }
}

/// `compute property/atom`: properties of atoms as per-atom values, so that other commands can name them; 0 outside the group.
public final class PropertyCompute: Compute {
    public static let entry = ComputeStyle(
        "property/atom", usage: "compute ID GROUP property/atom NAME ...", help: "properties of atoms: id type mass x xs xu ix vx fx ..."
    ) { id, group, words, observation in
        var quantities: [AtomQuantity] = []
        repeat {
            let word = try words.word("a property of atoms")
            guard let quantity = AtomQuantity.byName[word.text] else {
                throw DeckError.unknown("property", word, known: AtomQuantity.table.map(\.name))
            }
            quantities.append(quantity)
        } while !words.isAtEnd
        return PropertyCompute(id: id, group: group, quantities)
    }

    public let id: String
    public let style = "property/atom"
    public let group: Group
    private let quantities: [AtomQuantity]
    public var shape: ComputeShape { ComputeShape(atomColumns: quantities.count == 1 ? 0 : quantities.count) }

    init(id: String, group: Group, _ quantities: [AtomQuantity]) { (self.id, self.group, self.quantities) = (id, group, quantities) }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system
        var columns = try quantities.map { try $0.values(system) }
        for c in columns.indices { for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit == 0 { columns[c][i] = 0 } }
        if columns.count == 1 { return AtomValues(vector: columns[0]) }
        var result = AtomValues(width: columns.count, count: system.atoms.owned)
        for (c, column) in columns.enumerated() { for i in column.indices { result.values[i * columns.count + c] = column[i] } }
        return result
    }
}
