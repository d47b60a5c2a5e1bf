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

    public static let entry = ComputeStyle(
        "reduce", usage: "compute ID GROUP reduce sum|min|max|ave|sumsq|avesq|sumabs|aveabs|minabs|maxabs INPUT ...",
        help: "sum, extreme or mean of per-atom values: x vx fx ... c_ID c_ID[i] v_name"
    ) { id, group, words, observation in
        let mode = try words.choice("what to do", Mode.allCases.map { ($0.rawValue, $0) })
        let words = try expandWildcards(words.remaining(), perAtom: true, observation)
        guard !words.isEmpty else { throw DeckError("compute reduce needs at least one input", at: nil) }
        let inputs = try words.map { try AtomInput($0, observation, what: "input") }
        return ReduceCompute(id: id, group: group, mode: mode, inputs, observation)
    }

    public let id: String
    public let style = "reduce"
    public let group: Group
    public let mode: Mode
    private let values: [AtomInput]
    private unowned let observation: Observation

    init(id: String, group: Group, mode: Mode, _ values: [AtomInput], _ observation: Observation) {
        (self.id, self.group, self.mode, self.values, self.observation) = (id, group, mode, values, observation)
    }

    public var shape: ComputeShape {
        let isSum = mode == .sum || mode == .sumsq || mode == .sumabs
        return values.count == 1
            ? ComputeShape(scalar: true, isExtensive: (isSum, false)) : ComputeShape(vector: values.count, isExtensive: (false, isSum))
    }
    public var inputs: [String] {
        values.compactMap { if case .reference(let reference) = $0.source { reference.id } else { nil } }
    }
    public var wants: Wanted {
        // A variable may use any compute but this one.
        values.contains { if case .variable = $0.source { true } else { false } } ? observation.wantsOfAll(except: id) : []
    }

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
        var totals = try values.map { input -> Double in
            let x = try input.values(snapshot)
            var total = mode.start
            for i in x.indices where system.atoms.mask[i] & group.bit != 0 { mode.add(x[i], to: &total) }
            return total
        }
        system.communicator.all(mode.reduction, &totals)
        if mode.isAverage {
            let count = Double(system.count(group))
            for k in totals.indices where count > 0 { totals[k] /= count }
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
