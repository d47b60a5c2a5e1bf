import COpenBLAS
import Deck
import Domain

/// What the deck can choose beside the model.
struct MessagePassingOptions {
    enum Precision: String { case double, single }
    var precision = Precision.double
    var filters = FilterMode.spline

    static let usage = "[precision double|single] [filters spline|exact]"

    init() {}

    init(_ words: inout Words) throws {
        while !words.isAtEnd {
            let option = try words.choice("an option", [("precision", true), ("filters", false)])
            if option {
                precision = try words.choice("a precision", [("double", Precision.double), ("single", .single)])
            } else {
                filters = try words.choice("a way to evaluate filters", [("spline", FilterMode.spline), ("exact", .exact)])
            }
        }
    }
}

/// The networks that pass messages.
public enum MessagePassingArchitecture: String, Codable, Sendable, CaseIterable { case schnet, painn }

/// What SchNet and PaiNN share: the model file, species and units, the pairs of a step, and what becomes of their gradients.
///
/// Energies are sums of e_i = network + offset of the element (SchNetPack's mean and atomic references), in the deck's unit.
final class MessagePassingCore {
    typealias Architecture = MessagePassingArchitecture

    /// Each network with the pairs in its precision: concrete types, so that kernels are compiled for them.
    private enum Network {
        case schnetDouble(SchNetNetwork<Double>, PairTable<Double>)
        case schnetSingle(SchNetNetwork<Float>, PairTable<Float>)
        case painnDouble(PaiNNNetwork<Double>, PairTable<Double>)
        case painnSingle(PaiNNNetwork<Float>, PairTable<Float>)
    }

    let architecture: Architecture
    let options: MessagePassingOptions
    private(set) var requirements = Requirements(cutoff: 0, list: .full)
    private(set) var map: SpeciesMap?
    private(set) var file: ModelFile?
    private var network: Network?
    /// Row of the embedding, and offset in the deck's energy unit, of each deck type.
    private var rowOfType: [Int32] = []
    private var offsetOfType: [Double] = []
    private var scales = (energy: 1.0, length: 1.0)
    private var species = Column<Int32>()
    private var energies = Column<Double>()
    private var energyTangents = Column<Double>()
    /// Whether plain passes keep what a pass on duals needs: from the first of these on, since it costs memory and a little time.
    private var keeps = false
    /// Whether the last plain pass was kept, and the positions (whose w is the type) that it was done at.
    private var isKept = false
    private var keptPositions = Column<Vector>()
    private(set) var summary: String

    init(_ architecture: Architecture, _ options: MessagePassingOptions) {
        (self.architecture, self.options) = (architecture, options)
        summary = "\(architecture.rawValue): no model yet"
    }

    func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        for _ in 0..<2 {
            let range = try words.typeRange("* *: one model holds all types", count: setup.typeCount)
            guard range == 1...setup.typeCount else { throw words.error("a model holds all types: pair_coeff * * MODEL ELEMENT ...") }
        }
        let word = try words.word("the model's file, NAME.json or NAME.safetensors")
        let file = try ModelFile(word, architecture: architecture.rawValue, setup)
        let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: word.text, elements: file.elements)
        scales = try file.scales(setup.units)
        // The embedding's rows in use: one for each element that the deck names.
        var numbers: [Int] = []
        rowOfType = [-1]
        offsetOfType = [0]
        for type in 1...setup.typeCount {
            guard let name = map.names[type]?.text, map.species[type] >= 0, let z = Elements.number(of: name) else {
                rowOfType.append(-1)
                offsetOfType.append(0)
                continue
            }
            if !numbers.contains(z) { numbers.append(z) }
            rowOfType.append(Int32(numbers.firstIndex(of: z)!))
            offsetOfType.append(file.offset(atomicNumber: z) * scales.energy)
        }
        if file.description.species == nil {
            setup.warn("\(word.text) does not say which elements it was trained on; make sure that it knows those named")
        }
        openblas_set_num_threads(1)
        isKept = false
        switch (architecture, options.precision) {
        case (.schnet, .double):
            network = .schnetDouble(try SchNetNetwork(file, numbers: numbers, mode: options.filters), PairTable())
        case (.schnet, .single):
            network = .schnetSingle(try SchNetNetwork(file, numbers: numbers, mode: options.filters), PairTable())
        case (.painn, .double):
            network = .painnDouble(try PaiNNNetwork(file, numbers: numbers, mode: options.filters), PairTable())
        case (.painn, .single):
            network = .painnSingle(try PaiNNNetwork(file, numbers: numbers, mode: options.filters), PairTable())
        }
        let cutoff = try file.cutoffFunction().range
        requirements = Requirements(
            cutoff: cutoff * scales.length, list: .full,
            interactionRange: cutoff * scales.length * Double(file.description.n_interactions), haloDepth: cutoff * scales.length)
        self.map = map
        self.file = file
        summary = describe(file)
    }

    func prepare(_ setup: PotentialSetup) throws {
        guard let map else { throw DeckError("pair_style \(architecture.rawValue) has no pair_coeff * * MODEL ELEMENT ...", at: nil) }
        try map.check(setup)
    }

    private func describe(_ file: ModelFile) -> String {
        func line<N: MessagePassingNetwork>(_ n: N) -> String {
            let filters = n.table.mode == .exact
                ? "exact filters"
                : "filters as splines of \(n.table.intervals) intervals (errors: filter \(brief(n.table.error.value)), its derivative "
                    + "\(brief(n.table.error.derivative)) of the largest)"
            let d = file.description
            return "\(architecture.rawValue): \(file.path): \(n.parameterCount) parameters, \(d.n_atom_basis) features, "
                + "\(d.n_interactions) interactions, cutoff \(d.cutoff) \(d.units.length), \(d.cutoff_function.name) cutoff function, "
                + "\(options.precision.rawValue) precision, \(filters)"
        }
        return switch network! {
        case .schnetDouble(let n, _): line(n)
        case .schnetSingle(let n, _): line(n)
        case .painnDouble(let n, _): line(n)
        case .painnSingle(let n, _): line(n)
        }
    }

    private func brief(_ x: Double) -> String {
        guard x > 0 else { return "0" }
        var exponent = 0, y = x
        while y < 1 { (y, exponent) = (y * 10, exponent + 1) }
        return "\((y * 10).rounded() / 10)e-\(exponent)"
    }

    // MARK: - Computing

    /// - Parameters:
    ///   - seeds: a_i, owned and ghost; nil for 1. - field: v for the pass on dual numbers, in which the seeds are 1 + t a.
    func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?,
        field: UnsafePointer<Vector>?, into forces: inout Forces
    ) {
        guard let network else { preconditionFailure("computed before pair_coeff") }
        species.resize(to: atoms.count, filling: 0)
        for i in 0..<atoms.count { species[i] = rowOfType[Int(atoms.type[i])] }
        switch network {
        case .schnetDouble(let n, let pairs): run(n, pairs, atoms, list, context, seeds, field, &forces)
        case .schnetSingle(let n, let pairs): run(n, pairs, atoms, list, context, seeds, field, &forces)
        case .painnDouble(let n, let pairs): run(n, pairs, atoms, list, context, seeds, field, &forces)
        case .painnSingle(let n, let pairs): run(n, pairs, atoms, list, context, seeds, field, &forces)
        }
    }

    @inline(__always)
    private func run<N: MessagePassingNetwork>(
        _ network: N, _ pairs: PairTable<N.Scalar>, _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        _ seeds: UnsafePointer<Double>?, _ field: UnsafePointer<Vector>?, _ forces: inout Forces
    ) {
        guard let field else {
            let pairs = plainPass(network, pairs, atoms, list, context, seeds)
            addPlain(pairs, atoms, seeds, &forces)
            return
        }
        // All ranks reuse their values or none does, since passes exchange messages.
        if context.communicator.any(!hasKept(atoms)) {
            keeps = true
            _ = plainPass(network, pairs, atoms, list, context, nil)
        }
        pairs.differentiate(owned: atoms.owned, field: field, scale: scales.length)
        pairs.weigh(network.table, dual: true)
        let a = seedColumn(atoms.owned, seeds)
        network.run(
            Dual<SIMD8<N.Scalar>>.self, pairs, species: species, owned: atoms.owned, halo: context.halo, seeds: a,
            energies: &energyTangents, keeps: true)
        pairs.addTangentForces(into: &forces, atoms, scale: scales.energy / scales.length, length: scales.length)
        guard context.wanted.contains(.atomEnergy) else { return }
        for i in 0..<atoms.owned where species[i] >= 0 {
            forces.atomEnergy[i] +=
                energyTangents[i] * scales.energy + (seeds?[i] ?? 0) * (energies[i] * scales.energy + offsetOfType[Int(atoms.type[i])])
        }
    }

    /// - Returns: the pairs with their gradient: `kept` where the pass is kept, else pairs shared with other potentials.
    @inline(__always)
    private func plainPass<N: MessagePassingNetwork>(
        _ network: N, _ kept: PairTable<N.Scalar>, _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        _ seeds: UnsafePointer<Double>?
    ) -> PairTable<N.Scalar> {
        let cutoff = requirements.cutoff / scales.length
        isKept = keeps && seeds == nil
        let pairs = isKept ? kept : context.workspace.pairs(N.Scalar.self, species: rowOfType, cutoff: cutoff, scale: scales.length)
        pairs.build(atoms, list, species: rowOfType, cutoff: cutoff, scale: scales.length)
        pairs.weigh(network.table, dual: false)
        let a = seedColumn(atoms.owned, seeds)
        if isKept {
            network.run(
                SIMD8<N.Scalar>.self, pairs, species: species, owned: atoms.owned, halo: context.halo, seeds: a, energies: &energies,
                keeps: true)
        } else {
            context.workspace.lend(to: network.scratch) {
                network.run(
                    SIMD8<N.Scalar>.self, pairs, species: species, owned: atoms.owned, halo: context.halo, seeds: a,
                    energies: &energies, keeps: false)
            }
        }
        keptPositions.removeAll()
        if isKept {
            keptPositions.reserve(atoms.count)
            for i in 0..<atoms.count { keptPositions.append(atoms.position[i]) }
        }
        return pairs
    }

    /// Whether the last plain pass kept its values at these positions.
    private func hasKept(_ atoms: borrowing Atoms) -> Bool {
        guard isKept, keptPositions.count == atoms.count else { return false }
        for i in 0..<atoms.count where keptPositions[i] != atoms.position[i] { return false }
        return true
    }

    private func seedColumn(_ owned: Int, _ seeds: UnsafePointer<Double>?) -> Column<Double> {
        var column = Column<Double>(repeating: 0, count: owned)
        for i in 0..<owned where species[i] >= 0 { column[i] = seeds?[i] ?? 1 }
        return column
    }

    private func addPlain<S: FeatureScalar>(
        _ pairs: PairTable<S>, _ atoms: borrowing Atoms, _ seeds: UnsafePointer<Double>?, _ forces: inout Forces
    ) {
        pairs.addForces(into: &forces, atoms, scale: scales.energy / scales.length, length: scales.length)
        guard !forces.wanted.isDisjoint(with: [.energy, .atomEnergy]) else { return }
        for i in 0..<atoms.owned where species[i] >= 0 {
            let e = (seeds?[i] ?? 1) * (energies[i] * scales.energy + offsetOfType[Int(atoms.type[i])])
            forces.energy += e
            if forces.wanted.contains(.atomEnergy) { forces.atomEnergy[i] += e }
        }
    }
}

/// A potential whose file says how it was made.
public protocol ProvenanceReporting {
    /// What `mdfit train` wrote into the file; empty for models of other programs. `left_out`: the frames that it was trained without.
    var provenance: [String: String] { get }
}

/// A potential that is a `MessagePassingCore` with a name.
protocol MessagePassingPotential: DifferentiablePotential, SpeciesMapping, ProvenanceReporting {
    var core: MessagePassingCore { get }
}

extension MessagePassingPotential {
    public var style: String { core.architecture.rawValue }
    public var requirements: Requirements { core.requirements }
    public var capabilities: Capabilities { .all }
    public var summary: String { core.summary }
    public var speciesMap: SpeciesMap? { core.map }
    public var provenance: [String: String] { core.file?.description.training ?? [:] }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws { try core.coefficients(&words, setup) }
    public func prepare(_ setup: PotentialSetup) throws { try core.prepare(setup) }

    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        core.compute(atoms, list, context, seeds: nil, field: nil, into: &forces)
    }

    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds a: borrowing Column<Double>, into forces: inout Forces
    ) {
        core.compute(atoms, list, context, seeds: a.pointer, field: nil, into: &forces)
    }

    /// One pass on dual numbers that reuses the values of a plain pass at the same positions (done here where there was none):
    /// tangents of features and adjoints travel, one halo message an interaction.
    public func pullback(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        weights a: borrowing Column<Double>, field v: borrowing Column<Vector>, into forces: inout Forces
    ) {
        core.compute(atoms, list, context, seeds: a.pointer, field: v.pointer, into: &forces)
    }
}
