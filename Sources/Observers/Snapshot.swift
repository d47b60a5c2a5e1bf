import Deck
import Domain
import Integrators
import Potentials

/// The system at one moment, with what computes have found on it so far: each compute works once a snapshot.
///
/// Every method that evaluates is collective.
public final class Snapshot {
    public let system: System
    public let potential: (any Potential)?
    public let fixes: [any Fix]
    public let simulation: Simulation?
    /// The step at which this snapshot was taken.
    public let step: Int
    /// The run that is going on, if any.
    public let run: Run?
    unowned let observation: Observation

    private var scalars: [String: Double] = [:]
    private var vectors: [String: [Double]] = [:]
    private var arrays: [String: [[Double]]] = [:]
    private var atomValues: [String: AtomValues] = [:]
    private var busy: Set<String> = []
    private var reducedEnergy: Double?
    private var reducedVirial: [Double]?
    private var reducedShares: [Double]?
    private var reducedPairs: Double?

    init(_ observation: Observation, system: System, potential: (any Potential)?, fixes: [any Fix], simulation: Simulation?, run: Run?) {
        (self.observation, self.system, self.potential) = (observation, system, potential)
        (self.fixes, self.simulation, self.run) = (fixes, simulation, run)
        step = system.step
    }

    public var owned: Int { system.atoms.owned }

    // MARK: - What the potential left

    /// Checks that the last force evaluation brought what is asked for.
    /// - Throws: `DeckError` that says why not: no forces yet, a potential that cannot, or a step at which nobody asked.
    func require(_ wanted: Wanted, for what: String) throws {
        guard let potential, system.forces.force.count >= system.atoms.owned, simulation != nil else {
            throw DeckError("\(what) has no value yet: forces have not been computed; use run 0 before", at: nil)
        }
        if let missing = potential.lacks(wanted) {
            throw DeckError("\(what) needs the \(missing), which pair_style \(potential.style) does not have", at: nil)
        }
        guard system.forces.wanted.isSuperset(of: wanted) else {
            throw DeckError(
                "\(what) was not computed at step \(system.step): only steps with output compute it; print it at a multiple of the thermo interval",
                at: nil)
        }
    }

    /// Energy of bonds, angles and so on of all ranks, energy units.
    public func bondedEnergy(_ kinds: [TopologyKind] = TopologyKind.allCases) throws -> Double {
        if let reducedShares { return kinds.reduce(0) { $0 + reducedShares[$1.rawValue] } }
        try require(.energy, for: "the energy of bonds")
        guard !system.forces.bonded.isEmpty else { return 0 }
        var energies = system.forces.bonded.map(\.energy)
        system.communicator.all(.sum, &energies)
        reducedShares = energies
        return kinds.reduce(0) { $0 + energies[$1.rawValue] }
    }

    /// Virial of bonds, angles and so on of all ranks: xx yy zz xy xz yz.
    public func bondedVirial(_ kinds: some Sequence<TopologyKind>) throws -> [Double] {
        try require(.virial, for: "the virial of bonds")
        var virial = [0.0, 0, 0, 0, 0, 0]
        guard !system.forces.bonded.isEmpty else { return virial }
        for kind in kinds { for (k, w) in system.forces.bonded[kind.rawValue].virial.voigt.enumerated() { virial[k] += w } }
        system.communicator.all(.sum, &virial)
        return virial
    }

    /// Energy of the potential of pairs or atoms, without that of bonds and so on.
    public func pairEnergy() throws -> Double {
        guard !system.forces.bonded.isEmpty else { return try potentialEnergy() }
        if let reducedPairs { return reducedPairs }
        try require(.energy, for: "the energy of pairs")
        let energy = system.communicator.sum(system.forces.energyOfPairs)
        reducedPairs = energy
        return energy
    }

    /// Energy of the potential and of bonds and so on, of all ranks, energy units; what fixes add is `addedEnergy`.
    public func potentialEnergy(for what: String = "the potential energy") throws -> Double {
        if let reducedEnergy { return reducedEnergy }
        try require(.energy, for: what)
        let energy = system.communicator.sum(system.forces.energy)
        reducedEnergy = energy
        return energy
    }

    /// What of the potential's energy is Coulomb's and what a tail correction, of all ranks.
    public func energyParts() throws -> EnergyParts {
        try require(.energy, for: "the parts of the energy")
        var sums = [system.forces.parts.coulomb, system.forces.parts.tail]
        system.communicator.all(.sum, &sums)
        var parts = EnergyParts()
        (parts.coulomb, parts.tail) = (sums[0], sums[1])
        return parts
    }

    /// Energy that fixes add (`fix_modify ID energy yes`), of all ranks.
    public func addedEnergy() -> Double { fixes.reduce(0) { $0 + $1.potentialEnergy } }

    /// The share of `virial` that fixes have added to it.
    public func addedVirial() throws -> [Double] {
        try require(.virial, for: "the virial of fixes")
        var virial = system.forces.addedVirial.voigt
        system.communicator.all(.sum, &virial)
        return virial
    }

    /// Virial of all ranks, sum r_a f_b in energy units, what fixes add included: xx yy zz xy xz yz.
    public func virial(for what: String = "the virial") throws -> [Double] {
        if let reducedVirial { return reducedVirial }
        try require(.virial, for: what)
        var virial = system.forces.virial.voigt
        system.communicator.all(.sum, &virial)
        reducedVirial = virial
        return virial
    }

    // MARK: - Computes

    public func scalar(_ id: String) throws -> Double {
        try cached(id, in: \.scalars) { try $0.scalar(self) }
    }

    public func vector(_ id: String) throws -> [Double] {
        try cached(id, in: \.vectors) { try $0.vector(self) }
    }

    public func array(_ id: String) throws -> [[Double]] {
        try cached(id, in: \.arrays) { try $0.array(self) }
    }

    public func atoms(_ id: String) throws -> AtomValues {
        try cached(id, in: \.atomValues) { try $0.atoms(self) }
    }

    private func cached<T>(
        _ id: String, in store: ReferenceWritableKeyPath<Snapshot, [String: T]>, _ make: (any Compute) throws -> T
    ) throws -> T {
        if let known = self[keyPath: store][id] { return known }
        let compute = try observation.requireCompute(id)
        guard busy.insert(id).inserted else { throw DeckError("compute '\(id)' depends on itself", at: nil) }
        defer { busy.remove(id) }
        let value = try make(compute)
        self[keyPath: store][id] = value
        return value
    }

    // MARK: - References of decks

    /// c_ID, c_ID[i], c_ID[i][j], f_ID, f_ID[i] where one number is needed.
    public func value(_ reference: Reference) throws -> Double {
        switch reference.kind {
        case .compute:
            if try lacksRow(reference) { return 0 }
            switch reference.indices.count {
            case 0: return try scalar(reference.id)
            case 1:
                let values = try vector(reference.id)
                return try element(values, reference.indices[0], of: reference)
            default:
                let rows = try array(reference.id)
                let row = try element(rows, reference.indices[0], of: reference)
                return try element(row, reference.indices[1], of: reference)
            }
        case .fix:
            let fix = try requireFix(reference.id)
            if reference.indices.isEmpty {
                guard let scalar = fix.scalar else {
                    throw DeckError("fix '\(fix.id)' (\(fix.style)) has no scalar value f_\(fix.id)", at: nil)
                }
                return scalar
            }
            if fix.hasVariableRows, reference.indices[0] > (reference.indices.count == 2 ? fix.array.count : fix.vector.count) { return 0 }
            if reference.indices.count == 2 {
                return try element(try element(fix.array, reference.indices[0], of: reference), reference.indices[1], of: reference)
            }
            return try element(fix.vector, reference.indices[0], of: reference)
        }
    }

    /// Whether it is an element of something that grows and shrinks, beyond its present end.
    private func lacksRow(_ reference: Reference) throws -> Bool {
        guard let row = reference.indices.first, observation.compute(reference.id)?.shape.hasVariableRows == true else { return false }
        if reference.indices.count == 2 { return try row > array(reference.id).count }
        // A vector may also be that of a whole temperature (temp/chunk), which never grows.
        return observation.compute(reference.id)?.shape.arrayColumns == nil ? try row > vector(reference.id).count : false
    }

    /// A global vector, or with an index a column of a global array.
    public func globalVector(_ reference: Reference) throws -> [Double] {
        switch (reference.kind, reference.indices.count) {
        case (.compute, 0): return try vector(reference.id)
        case (.compute, _): return try array(reference.id).map { try element($0, reference.indices[0], of: reference) }
        case (.fix, 0): return try requireFix(reference.id).vector
        case (.fix, _): return try requireFix(reference.id).array.map { try element($0, reference.indices[0], of: reference) }
        }
    }

    /// Per-atom values of the owned atoms: a per-atom vector, or with an index a column of a per-atom array.
    public func atomColumn(_ reference: Reference) throws -> [Double] {
        let values = reference.kind == .compute ? try atoms(reference.id) : try fixValues(reference.id)
        let whose = reference.kind == .compute ? "compute '\(reference.id)'" : "fix '\(reference.id)'"
        let word = (reference.kind == .compute ? "c_" : "f_") + reference.id
        if reference.indices.isEmpty {
            guard values.isVector else {
                throw DeckError("\(whose) has \(values.width) per-atom columns: use \(word)[i]", at: nil)
            }
            return values.values
        }
        guard !values.isVector else {
            throw DeckError("\(whose) has one value per atom: use \(word)", at: nil)
        }
        let column = reference.indices[0]
        guard (1...values.width).contains(column) else {
            throw DeckError("\(reference): the index must be from 1 to \(values.width)", at: nil)
        }
        return values.column(column - 1)
    }

    private func fixValues(_ id: String) throws -> AtomValues {
        let fix = try requireFix(id)
        guard let property = fix.atomProperty else { throw DeckError("fix '\(id)' (\(fix.style)) has no per-atom values", at: nil) }
        let numbers = (0..<owned * property.width).map { property.values[$0] }
        guard property.width > 1 else { return AtomValues(vector: numbers) }
        var values = AtomValues(width: property.width, count: owned)
        values.values = numbers
        return values
    }

    private func requireFix(_ id: String) throws -> any Fix {
        guard let fix = fixes.first(where: { $0.id == id }) else {
            throw DeckError.unknownID("fix", id, known: fixes.map(\.id))
        }
        return fix
    }

    private func element<T>(_ values: [T], _ index: Int, of reference: Reference) throws -> T {
        guard values.indices.contains(index - 1) else {
            throw DeckError(
                values.isEmpty ? "\(reference): there is no vector" : "\(reference): the index must be from 1 to \(values.count)", at: nil)
        }
        return values[index - 1]
    }
}

/// Per-atom results for this rank's owned atoms, row by row.
public struct AtomValues: Sendable {
    /// True when each atom has one value, addressed without an index.
    public let isVector: Bool
    public let width: Int
    public var values: [Double]

    public init(vector values: [Double]) {
        (isVector, width, self.values) = (true, 1, values)
    }

    public init(width: Int, count: Int) {
        isVector = false
        self.width = width
        values = [Double](repeating: 0, count: width * count)
    }

    public func column(_ c: Int) -> [Double] { stride(from: c, to: values.count, by: width).map { values[$0] } }
}

extension Potential {
    /// In words, the first of the wanted quantities that this potential cannot compute; nil when it can do all.
    func lacks(_ wanted: Wanted) -> String? {
        if wanted.contains(.energy) && !capabilities.contains(.energy) { return "energy" }
        if wanted.contains(.virial) && !capabilities.contains(.virial) { return "virial" }
        if wanted.contains(.atomEnergy) && !capabilities.contains(.atomEnergy) { return "energy per atom" }
        if wanted.contains(.atomVirial) && !capabilities.contains(.atomVirial) { return "virial per atom" }
        return nil
    }
}

extension DeckError {
    /// An unknown id, with the nearest known one.
    static func unknownID(_ kind: String, _ id: String, known: [String], at location: SourceLocation? = nil) -> DeckError {
        var message = "there is no \(kind) '\(id)'"
        if let near = nearestName(to: id, in: known) { message += "; did you mean '\(near)'?" }
        if !known.isEmpty && known.count <= 8 { message += " (known: \(known.sorted().joined(separator: ", ")))" }
        return DeckError(message, at: location)
    }

    /// The same error with a location, if it had none.
    func placed(at place: SourceLocation?) -> DeckError { location == nil ? DeckError(message, at: place) : self }
}

/// Runs `body`; a `DeckError` without a place gets `location`.
func placing<T>(at location: SourceLocation?, _ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as DeckError { throw error.placed(at: location) }
}
