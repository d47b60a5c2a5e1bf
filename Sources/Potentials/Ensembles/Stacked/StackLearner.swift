import Deck
import Domain

/// A stacked ensemble's network with parameters that change, in single precision or double: what `Fitting` trains.
///
/// Parameters are one flat vector in the order of `tensors`; energies in eV, lengths in Angstrom. The passes are those of the running
/// potentials (`StackEvaluator`), on the atoms of one frame at a time.
public final class StackLearner: Learner {
    private enum Evaluator {
        case single(StackEvaluator<Float>)
        case double(StackEvaluator<Double>)
    }

    public let configuration: StackConfiguration
    private let evaluator: Evaluator
    private var vector: ParameterVector
    private let rows: [Int32]

    public var cutoff: Double { configuration.cutoff }
    public var parameters: [Double] { vector.values }
    /// Name, shape and place in the flat vector of each tensor.
    public var tensors: [(name: String, shape: [Int], range: Range<Int>)] { vector.tensors }

    /// First guesses from a seed.
    public convenience init(_ configuration: StackConfiguration, seed: UInt64, precision: LearningPrecision = .single) throws {
        try self.init(configuration, RandomTensors(seed: seed, last: "readout.1"), precision)
    }

    /// The weights of a file. Its configuration may have been changed where tensors stay the same, or to features that the file lacks,
    /// whose layers then start at zero: the ensemble starts as the file's.
    public convenience init(_ file: StackFile, _ configuration: StackConfiguration? = nil, precision: LearningPrecision = .single) throws {
        try self.init(configuration ?? file.configuration, WarmStart(file: file.tensors), precision)
    }

    private init(_ configuration: StackConfiguration, _ source: some TensorSource, _ precision: LearningPrecision) throws {
        self.configuration = configuration
        let kind: GradientKind = configuration.kind == .direct ? .plain : .tangent
        switch precision {
        case .single: evaluator = .single(StackEvaluator(try StackNetwork(configuration, source, learns: kind)))
        case .double: evaluator = .double(StackEvaluator(try StackNetwork(configuration, source, learns: kind)))
        }
        let groups =
            switch evaluator {
            case .single(let e): e.network.parameters
            case .double(let e): e.network.parameters
            }
        vector = try ParameterVector(groups, source)
        rows = [-1] + configuration.elements.indices.map(Int32.init)
    }

    public func load(_ parameters: [Double]) { vector.set(parameters) }

    public func gradient() -> [Double] { vector.gradient() }

    /// The file of these parameters.
    public func file() throws -> [UInt8] {
        try StackFile.bytes(configuration, vector.named)
    }

    /// The present parameters by name.
    var tensorDictionary: TensorDictionary {
        TensorDictionary(tensors: Dictionary(uniqueKeysWithValues: vector.named.map { ($0.name, $0.values) }))
    }

    // MARK: - Passes over a frame

    public func forward(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ halo: Halo, force: (_ k: Int, _ i: Int) -> Vector,
        energy: (_ k: Int, _ i: Int) -> Double = { _, _ in 0 }
    ) {
        switch evaluator {
        case .single(let e):
            e.prepare(atoms, list, rows: rows, length: 1, force: force, energy: energy)
            e.forward(halo)
        case .double(let e):
            e.prepare(atoms, list, rows: rows, length: 1, force: force, energy: energy)
            e.forward(halo)
        }
    }

    /// G of a direct ensemble on owned atom i.
    public func correction(_ i: Int) -> Vector {
        switch evaluator {
        case .single(let e): e.force(i)
        case .double(let e): e.force(i)
        }
    }

    /// w_ik of owned atom i, of an ensemble with a gate.
    public func gateWeights(_ i: Int) -> [Double] {
        switch evaluator {
        case .single(let e): e.weights(i)
        case .double(let e): e.weights(i)
        }
    }

    /// theta of owned atom i, and with a gate its weighted site energies.
    public func energy(_ i: Int) -> Double {
        switch evaluator {
        case .single(let e): e.energy(i)
        case .double(let e): e.energy(i)
        }
    }

    /// Adds -d theta/dx at constant members' forces to `forces`, and gives v_k = dU/dF_k of every owned atom.
    public func backward(
        _ atoms: borrowing Atoms, _ halo: Halo, into forces: inout Forces, field: (_ k: Int, _ i: Int, _ v: Vector) -> Void
    ) {
        switch evaluator {
        case .single(let e):
            e.backward(halo, keeps: true)
            e.pairs.addForces(into: &forces, atoms, scale: 1, length: 1)
            for i in 0..<atoms.owned { e.field(i) { field($0, i, $1) } }
        case .double(let e):
            e.backward(halo, keeps: true)
            e.pairs.addForces(into: &forces, atoms, scale: 1, length: 1)
            for i in 0..<atoms.owned { e.field(i) { field($0, i, $1) } }
        }
    }

    /// See `StackEvaluator.differentiate`.
    public func learn(
        field r: borrowing Column<Vector>, seeds a: borrowing Column<Double>, _ halo: Halo, force: (_ k: Int, _ i: Int) -> Vector,
        energy: (_ k: Int, _ i: Int) -> Double = { _, _ in 0 }
    ) {
        switch evaluator {
        case .single(let e): e.differentiate(field: r, seeds: a, length: 1, halo, force: force, energy: energy)
        case .double(let e): e.differentiate(field: r, seeds: a, length: 1, halo, force: force, energy: energy)
        }
    }

    /// Adds to the gradient that of sum_i b_i . G_i, after `forward`.
    public func learn(directions b: borrowing Column<Vector>, _ halo: Halo) {
        switch evaluator {
        case .single(let e): e.learn(directions: b, halo)
        case .double(let e): e.learn(directions: b, halo)
        }
    }
}
