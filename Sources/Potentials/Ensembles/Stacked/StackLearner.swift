import Deck
import Domain

/// A stacked ensemble's network with parameters that change, in single precision or double: what `Fitting` trains.
///
/// Parameters are one flat vector in the order of `tensors`; energies in eV, lengths in Angstrom. The passes are those of the running
/// potentials (`StackEvaluator`), on the atoms of one frame at a time.
public final class StackLearner {
    private enum Evaluator {
        case single(StackEvaluator<Float>)
        case double(StackEvaluator<Double>)
    }

    public let configuration: StackConfiguration
    /// Name, shape and place in the flat vector of each tensor.
    public let tensors: [(name: String, shape: [Int], range: Range<Int>)]
    public private(set) var parameters: [Double]
    private let evaluator: Evaluator
    private let groups: [ParameterGroup]
    private let rows: [Int32]

    public enum Precision: Sendable { case single, double }

    /// First guesses from a seed.
    public convenience init(_ configuration: StackConfiguration, seed: UInt64, precision: Precision = .single) throws {
        try self.init(configuration, RandomTensors(seed: seed), precision)
    }

    /// The weights of a file. Its configuration may have been changed where tensors stay the same, or to features that the file lacks, whose
    /// layers then start at zero: the ensemble starts as the file's.
    public convenience init(_ file: StackFile, _ configuration: StackConfiguration? = nil, precision: Precision = .single) throws {
        try self.init(configuration ?? file.configuration, WarmStart(file: file.tensors), precision)
    }

    private init(_ configuration: StackConfiguration, _ source: some TensorSource, _ precision: Precision) throws {
        self.configuration = configuration
        let kind: GradientKind = configuration.kind == .direct ? .plain : .tangent
        switch precision {
        case .single: evaluator = .single(StackEvaluator(try StackNetwork(configuration, source, learns: kind)))
        case .double: evaluator = .double(StackEvaluator(try StackNetwork(configuration, source, learns: kind)))
        }
        groups =
            switch evaluator {
            case .single(let e): e.network.parameters
            case .double(let e): e.network.parameters
            }
        var tensors: [(String, [Int], Range<Int>)] = [], parameters: [Double] = []
        for tensor in groups.flatMap(\.tensors) {
            let values = try source.tensor(tensor.name, shape: tensor.shape)
            tensors.append((tensor.name, tensor.shape, parameters.count..<parameters.count + values.count))
            parameters += values
        }
        self.tensors = tensors
        self.parameters = parameters
        rows = [-1] + configuration.elements.indices.map(Int32.init)
        load(parameters)
    }

    /// Sets all parameters and clears the gradient.
    public func load(_ parameters: [Double]) {
        precondition(parameters.count == self.parameters.count)
        self.parameters = parameters
        var at = 0
        for group in groups {
            group.set(
                group.tensors.map { tensor in
                    let count = tensor.shape.reduce(1, *)
                    defer { at += count }
                    return Array(parameters[at..<at + count])
                })
            group.clear()
        }
    }

    /// What has been added up since the last `load`.
    public func gradient() -> [Double] { groups.flatMap { $0.gradient().flatMap { $0 } } }

    /// The file of these parameters.
    public func file() throws -> [UInt8] {
        try StackFile.bytes(configuration, tensors.map { ($0.name, $0.shape, Array(parameters[$0.range])) })
    }

    /// The present parameters by name.
    var tensorDictionary: TensorDictionary {
        TensorDictionary(tensors: Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, Array(parameters[$0.range])) }))
    }

    // MARK: - Passes over a frame

    /// Takes in a frame and passes it forward. The types of `atoms` are 1 + the elements' indices.
    /// - Parameters:
    ///   - force: of member k on owned atom i. - energy: site energy of member k, for a gate.
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

    /// Adds to the gradient that of sum_i r_i . F_i + sum_i a_i u_i, after `backward`. See `StackEvaluator.differentiate`.
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
