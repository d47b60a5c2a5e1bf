import Deck
import Domain
import Integrators
import Potentials

/// What `weight ...` says each atom costs, for `balance` and `fix balance`: a product of factors, as in LAMMPS.
public struct LoadWeights {
    private enum Factor {
        /// An atom in several of the groups gets the product of their factors.
        case groups([(group: Group, factor: Double)])
        /// Pairs of this rank's list for each of its atoms.
        case neighbours(Double)
        /// Seconds that this rank has spent on forces and lists since the last balancing, for each of its atoms.
        case time(Double)
        case variable(String, SourceLocation)
    }

    public static let usage = "weight group N ID FACTOR ... | weight neigh FACTOR | weight time FACTOR | weight var NAME"

    private var factors: [Factor] = []
    /// Seconds of this rank that have been counted already.
    private var counted = 0.0
    private let observation: Observation

    public init(_ observation: Observation) { self.observation = observation }

    /// Reads what follows the word `weight`.
    public mutating func read(_ words: inout Words, groups: Groups) throws {
        switch try words.choice("a kind of weight", ["group", "neigh", "time", "var", "store"].map { ($0, $0) }) {
        case "group":
            let count = try words.positiveInt("the number of groups")
            var list: [(group: Group, factor: Double)] = []
            for _ in 0..<count {
                let word = try words.word("a group")
                guard let group = groups[word.text] else { throw DeckError.unknown("group", word, known: groups.names) }
                list.append((group, try words.positiveDouble("the factor")))
            }
            factors.append(.groups(list))
        case "neigh": factors.append(.neighbours(try words.positiveDouble("the factor")))
        case "time": factors.append(.time(try words.positiveDouble("the factor")))
        case "var":
            let word = try words.word("the name of an atom-style variable")
            let name = word.text.hasPrefix("v_") ? String(word.text.dropFirst(2)) : word.text
            guard try observation.requireHost().variableStyle(name) == .atom else {
                throw words.error("'\(word.text)' must be the name of an atom-style variable", at: word)
            }
            factors.append(.variable(name, word.location))
        default:
            throw words.error("weight store is not supported: there are no custom properties of atoms; use weight var")
        }
    }

    public var isEmpty: Bool { factors.isEmpty }
    public var hasVariable: Bool { factors.contains { if case .variable = $0 { true } else { false } } }

    /// What variables need computed.
    var wants: Wanted {
        factors.reduce([]) { wanted, factor in
            if case .variable(let name, _) = factor { wanted.union(observation.wants(ofVariable: name)) } else { wanted }
        }
    }

    /// Counts time from now on: a new run's clock starts at 0.
    mutating func beginRun() { counted = 0 }

    /// The weight of each owned atom; nil when all cost the same. Collective.
    public mutating func evaluate(_ system: System) throws -> [Double]? {
        guard !factors.isEmpty else { return nil }
        let owned = system.atoms.owned
        var weights = [Double](repeating: 1, count: owned)
        for factor in factors {
            switch factor {
            case .groups(let list):
                for i in 0..<owned {
                    for (group, factor) in list where system.atoms.mask[i] & group.bit != 0 { weights[i] *= factor }
                }
            case .neighbours(let factor):
                let list = try simulation(of: system)?.list
                let pairs = list.map { $0.distance > 0 && $0.generation > 0 ? $0.pairs : -1 } ?? -1
                guard !system.communicator.any(pairs < 0) else {
                    try observation.requireHost().sink.warn("balance weight neigh is left out: there is no neighbour list yet")
                    continue
                }
                multiply(&weights, owned > 0 ? Double(pairs) / Double(owned) : 0, factor, system.communicator)
            case .time(let factor):
                let seconds = try simulation(of: system)?.timings.seconds ?? [:]
                let now = (seconds[.pair] ?? 0) + (seconds[.neighbour] ?? 0)
                if now < counted { counted = 0 }
                // At least a tenth of a second, so that clock noise does not weigh.
                let cost = now - counted + 0.1
                guard system.communicator.max(cost) > 0.1 else { continue }
                multiply(&weights, owned > 0 ? cost / Double(owned) : 0, factor, system.communicator)
                counted += cost
            case .variable(let name, let location):
                let values = try observation.freshly { _ in try observation.requireHost().atomVariable(name, of: .all, at: location) }
                guard !system.communicator.any(!(0..<owned).allSatisfy { values[$0] > 0 }) else {
                    throw DeckError("balance: the weights of v_\(name) must be positive", at: location)
                }
                for i in 0..<owned { weights[i] *= values[i] }
            }
        }
        return weights
    }

    /// Multiplies with one number for all atoms of a rank; `factor` stretches its spread over ranks, as in LAMMPS.
    private func multiply(_ weights: inout [Double], _ own: Double, _ factor: Double, _ communicator: any Communicator) {
        var own = own
        if factor != 1 {
            let low = communicator.min(own == 0 ? Double.greatestFiniteMagnitude : own), high = communicator.max(own)
            guard low != high else { return }
            own = low + (own - low) / (high - low) * (high * factor - low)
        }
        for i in weights.indices { weights[i] *= own }
    }

    private func simulation(of system: System) throws -> Simulation? {
        let simulation = try observation.requireHost().watchedSimulation
        return simulation?.system === system ? simulation : nil
    }

    /// Lines for the log, as LAMMPS prints them.
    public var report: String {
        factors.map { factor in
            switch factor {
            case .groups(let list): "  group weights:" + list.map { " \($0.group.name)=\(Self.number($0.factor))" }.joined() + "\n"
            case .neighbours(let factor): "  neighbor weight factor: \(Self.number(factor))\n"
            case .time(let factor): "  time weight factor: \(Self.number(factor))\n"
            case .variable(let name, _): "  weight variable: \(name)\n"
            }
        }.joined()
    }

    private static func number(_ value: Double) -> String { NumberFormat.table("%.8g").string(value) }
}
