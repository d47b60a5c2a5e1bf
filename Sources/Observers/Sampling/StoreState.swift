import Deck
import Domain
import Integrators
import Potentials

/// `fix store/state`: remembers values of each atom of a group, as f_ID (one input) or f_ID[1...]: as they are when the fix is made (those
/// of computes, fixes and variables: when the next run begins), and again every N steps unless N is 0. 0 for other atoms. `com yes`:
/// unwrapped positions (xu yu zu) relative to the group's centre of mass. The values travel with the atoms and go into restarts.
public final class StoreState: Fix {
    static let entry = ObservingFixStyle(
        name: "store/state",
        usage: "fix ID GROUP store/state N INPUT ... [com yes|no]   (INPUT: id type mass x xs xu vx fx ix ... c_ID f_ID v_NAME)"
    ) { words, setup, observation in
        let every = try words.nonNegativeInt("the number of steps between values, or 0")
        let place = words.location
        let inputs = try words.inputs { $0 != "com" }
        guard !inputs.isEmpty else { throw DeckError("fix store/state needs at least one input", at: place) }
        let values = try expandWildcards(inputs, perAtom: true, observation).map { try AtomInput($0, observation, what: "input") }
        let isRelative = words.optional("com") ? try words.flag("yes or no") : false
        return try StoreState(setup, every: every, values, isRelative: isRelative, observation)
    }

    public let id: String
    public let style = "store/state"
    public var group: Group
    private let every: Int
    private let values: [AtomInput]
    private let isRelative: Bool
    private let stored: AtomProperty
    private unowned let observation: Observation
    private var isFirst = true

    init(_ setup: FixSetup, every: Int, _ values: [AtomInput], isRelative: Bool, _ observation: Observation) throws {
        (id, group, self.every, self.values, self.isRelative) = (setup.id, setup.group, every, values, isRelative)
        self.observation = observation
        let (property, isRestored) = setup.system.atoms.claimProperty("f_\(setup.id)", width: values.count)
        stored = property
        if !isRestored { try store(setup.system) { $0.isQuantity } }
    }

    private func store(_ system: System, where isWanted: (AtomInput) -> Bool) throws {
        let width = values.count
        let centre = isRelative ? system.centreOfMass(of: group).centre : .zero
        try observation.freshly { snapshot in
            for (k, value) in values.enumerated() where isWanted(value) {
                // Forces that have not been computed yet are 0, as in LAMMPS.
                if ["fx", "fy", "fz"].contains(value.name), system.forces.force.count < system.atoms.owned { continue }
                let column = try value.values(snapshot, of: group)
                let shift = ["xu", "yu", "zu"].firstIndex(of: value.name).map { centre[$0] } ?? 0
                for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
                    stored.values[i * width + k] = column[i] - shift
                }
            }
        }
    }

    public func wants(at step: Int) -> Wanted {
        isFirst || every > 0 && step % every == 0 ? values.reduce([]) { $0.union($1.wants(observation)) } : []
    }

    public func setup(_ system: System) throws {
        guard isFirst else { return }
        isFirst = false
        try store(system) { !$0.isQuantity }
    }

    public func endOfStep(_ system: System) throws {
        guard every > 0, system.step % every == 0 else { return }
        try store(system) { _ in true }
    }

    public var atomProperty: AtomProperty? { stored }
    public func save(_ state: inout StateWriter) { state.put(isFirst) }
    public func restore(_ state: inout StateReader) throws { isFirst = try state.bool() }
}

extension AtomInput {
    /// Whether it is a property that atoms have by themselves.
    var isQuantity: Bool { if case .quantity = source { true } else { false } }
}
