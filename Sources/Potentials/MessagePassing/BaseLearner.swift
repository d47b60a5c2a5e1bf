import Domain
import Foundation

/// A SchNet or PaiNN with parameters that change, in single precision or double: what `Fitting` trains to be a base potential.
///
/// The passes are those of the running potentials (`MessagePassingNetwork`), and the files are theirs.
public final class BaseLearner: Learner {
    private enum Passes {
        case schnetSingle(NetworkPasses<SchNetNetwork<Float>>)
        case schnetDouble(NetworkPasses<SchNetNetwork<Double>>)
        case painnSingle(NetworkPasses<PaiNNNetwork<Float>>)
        case painnDouble(NetworkPasses<PaiNNNetwork<Double>>)
    }

    public let model: BaseModel
    private let passes: Passes
    private var vector: ParameterVector

    public var cutoff: Double { model.cutoff }
    public var parameters: [Double] { vector.values }
    /// Name, shape and place in the flat vector of each tensor.
    public var tensors: [(name: String, shape: [Int], range: Range<Int>)] { vector.tensors }

    /// First guesses from a seed.
    /// - Precondition: the model has no fault.
    public init(_ model: BaseModel, seed: UInt64, precision: LearningPrecision = .single) throws {
        precondition(model.fault == nil, model.fault!)
        self.model = model
        let source = RandomTensors(seed: seed, last: BaseModel.readout + ".1")
        let file = try ModelFile(model.description(weights: ""), source), numbers = model.numbers
        func make<N: MessagePassingNetwork>(_ network: N) -> NetworkPasses<N> {
            NetworkPasses(network, elements: numbers.count, cutoff: model.cutoff)
        }
        let groups: [ParameterGroup]
        switch (model.architecture, precision) {
        case (.schnet, .single):
            let p = make(try SchNetNetwork<Float>(file, numbers: numbers, mode: .spline, learns: .tangent))
            (passes, groups) = (.schnetSingle(p), p.network.parameters)
        case (.schnet, .double):
            let p = make(try SchNetNetwork<Double>(file, numbers: numbers, mode: .spline, learns: .tangent))
            (passes, groups) = (.schnetDouble(p), p.network.parameters)
        case (.painn, .single):
            let p = make(try PaiNNNetwork<Float>(file, numbers: numbers, mode: .spline, learns: .tangent))
            (passes, groups) = (.painnSingle(p), p.network.parameters)
        case (.painn, .double):
            let p = make(try PaiNNNetwork<Double>(file, numbers: numbers, mode: .spline, learns: .tangent))
            (passes, groups) = (.painnDouble(p), p.network.parameters)
        }
        vector = try ParameterVector(groups, source)
    }

    public func load(_ parameters: [Double]) { vector.set(parameters) }

    public func gradient() -> [Double] { vector.gradient() }

    /// The two files of these parameters, that `pair_style schnet` and `painn` read: NAME.json and NAME.safetensors.
    /// - Parameter name: the second file's name in the first.
    public func files(weights name: String) throws -> (json: [UInt8], safetensors: [UInt8]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var writer = SafetensorsWriter(metadata: ["format": ModelFile.format, "version": "1", "architecture": model.architecture.rawValue])
        for tensor in vector.named { writer.add(tensor.name, shape: tensor.shape, tensor.values, .single) }
        return (Array(try encoder.encode(model.description(weights: name))) + [10], try writer.bytes())
    }

    // MARK: - Passes over a frame

    public func forward(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ halo: Halo, force: (_ k: Int, _ i: Int) -> Vector = { _, _ in .zero },
        energy: (_ k: Int, _ i: Int) -> Double = { _, _ in 0 }
    ) {
        switch passes {
        case .schnetSingle(let p): p.plain(atoms, list, halo)
        case .schnetDouble(let p): p.plain(atoms, list, halo)
        case .painnSingle(let p): p.plain(atoms, list, halo)
        case .painnDouble(let p): p.plain(atoms, list, halo)
        }
    }

    public func energy(_ i: Int) -> Double {
        let (energy, species) =
            switch passes {
            case .schnetSingle(let p): p.energy(i)
            case .schnetDouble(let p): p.energy(i)
            case .painnSingle(let p): p.energy(i)
            case .painnDouble(let p): p.energy(i)
            }
        return energy + model.energyOffsets[species]
    }

    public func backward(
        _ atoms: borrowing Atoms, _ halo: Halo, into forces: inout Forces,
        field: (_ k: Int, _ i: Int, _ v: Vector) -> Void = { _, _, _ in }
    ) {
        switch passes {
        case .schnetSingle(let p): p.pairs.addForces(into: &forces, atoms, scale: 1, length: 1)
        case .schnetDouble(let p): p.pairs.addForces(into: &forces, atoms, scale: 1, length: 1)
        case .painnSingle(let p): p.pairs.addForces(into: &forces, atoms, scale: 1, length: 1)
        case .painnDouble(let p): p.pairs.addForces(into: &forces, atoms, scale: 1, length: 1)
        }
    }

    public func learn(
        field r: borrowing Column<Vector>, seeds a: borrowing Column<Double>, _ halo: Halo,
        force: (_ k: Int, _ i: Int) -> Vector = { _, _ in .zero }, energy: (_ k: Int, _ i: Int) -> Double = { _, _ in 0 }
    ) {
        switch passes {
        case .schnetSingle(let p): p.differentiate(r, a, halo)
        case .schnetDouble(let p): p.differentiate(r, a, halo)
        case .painnSingle(let p): p.differentiate(r, a, halo)
        case .painnDouble(let p): p.differentiate(r, a, halo)
        }
    }
}

/// A network that learns, on the atoms of a frame: its pairs and species, the plain pass and the one on duals.
private final class NetworkPasses<N: MessagePassingNetwork> {
    let network: N
    let pairs = PairTable<N.Scalar>()
    private let rows: [Int32]
    private let cutoff: Double
    private var species = Column<Int32>()
    private var energies = Column<Double>()
    private var owned = 0

    init(_ network: N, elements: Int, cutoff: Double) {
        (self.network, self.cutoff) = (network, cutoff)
        rows = [-1] + (0..<elements).map(Int32.init)
    }

    /// Energies, and in `pairs` the gradient of their sum.
    func plain(_ atoms: borrowing Atoms, _ list: NeighbourList, _ halo: Halo) {
        owned = atoms.owned
        species.resize(to: atoms.count, filling: 0)
        for i in 0..<atoms.count { species[i] = rows[Int(atoms.type[i])] }
        pairs.build(atoms, list, species: rows, cutoff: cutoff, scale: 1)
        pairs.weigh(network.table, dual: false)
        network.run(
            SIMD8<N.Scalar>.self, pairs, species: species, owned: owned, halo: halo, seeds: Column(repeating: 1, count: owned),
            energies: &energies, keeps: true)
    }

    /// Without its offset, with the element's index.
    func energy(_ i: Int) -> (energy: Double, species: Int) { (energies[i], Int(species[i])) }

    /// Positions x - t r, seeds 1 + t a: the parameters' gradient of sum_i r_i . F_i + sum_i a_i e_i.
    func differentiate(_ r: borrowing Column<Vector>, _ a: borrowing Column<Double>, _ halo: Halo) {
        pairs.differentiate(owned: owned, field: r.pointer, scale: 1)
        pairs.weigh(network.table, dual: true)
        network.run(
            Dual<SIMD8<N.Scalar>>.self, pairs, species: species, owned: owned, halo: halo, seeds: a, energies: &energies, keeps: true)
    }
}
