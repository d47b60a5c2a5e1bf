import Deck
import Domain
import Integrators
import Potentials

/// `fix vector`: global values at every multiple of N steps since it was made, one after the other: f_ID[i] for one input, f_ID[i][j] for
/// several. With `nmax M` only the last M. What has been gathered goes into restarts.
public final class VectorFix: Fix {
    static let entry = ObservingFixStyle(
        name: "vector", usage: "fix ID GROUP vector N INPUT ... [nmax M]   (INPUT: c_ID c_ID[i] f_ID f_ID[i] v_NAME)"
    ) { words, setup, observation in
        let every = try words.positiveInt("the number of steps between values")
        var most: Int?
        // LAMMPS has the keyword before the inputs.
        if words.optional("nmax") { most = try words.positiveInt("the largest number of values") }
        let place = words.location
        let inputs = try words.inputs(while: Words.isReference)
        guard !inputs.isEmpty else { throw DeckError("fix vector needs at least one input: c_ID, f_ID or v_NAME", at: place) }
        let expanded = try expandWildcards(inputs, perAtom: false, observation)
        let values = try expanded.map { try GlobalInput($0, isColumn: false, observation) }
        guard Set(values.map { $0.isExtensive(observation) }).count == 1 else {
            throw DeckError("fix vector: extensive and intensive inputs cannot be in one array", at: place)
        }
        if words.optional("nmax") { most = try words.positiveInt("the largest number of values") }
        return VectorFix(setup, every: every, values, most: most, observation)
    }

    public let id: String
    public let style = "vector"
    public var group: Group
    private let every: Int
    private let values: [GlobalInput]
    private let most: Int?
    private unowned let observation: Observation
    private var next: Int
    private var rows: [[Double]] = []

    init(_ setup: FixSetup, every: Int, _ values: [GlobalInput], most: Int?, _ observation: Observation) {
        (id, group, self.every, self.values, self.most) = (setup.id, setup.group, every, values, most)
        self.observation = observation
        next = (setup.system.step + every - 1) / every * every
    }

    public func wants(at step: Int) -> Wanted { step == next ? values.reduce([]) { $0.union($1.wants(observation)) } : [] }

    public func setup(_ system: System) throws { try endOfStep(system) }

    public func endOfStep(_ system: System) throws {
        guard system.step == next else { return }
        rows.append(try observation.freshly { snapshot in try values.map { try $0.number(snapshot) } })
        if let most, rows.count > most { rows.removeFirst() }
        next += every
    }

    public var vector: [Double] { values.count == 1 ? rows.map { $0[0] } : [] }
    public var array: [[Double]] { values.count > 1 ? rows : [] }
    public var isVectorExtensive: Bool { values[0].isExtensive(observation) }

    public func save(_ state: inout StateWriter) {
        state.put(next)
        state.put(rows.flatMap { $0 })
    }

    public func restore(_ state: inout StateReader) throws {
        next = try state.int()
        let flat = try state.doubles()
        guard flat.count % values.count == 0 else { throw StateError() }
        rows = stride(from: 0, to: flat.count, by: values.count).map { Array(flat[$0..<$0 + values.count]) }
    }
}
