import Deck
import Domain
import Integrators
import Potentials

/// `fix ave/atom`: averages over time of values of each atom of a group, as f_ID (one input) or f_ID[1...]; 0 for other atoms. Averages and
/// samples travel with the atoms and go into restarts.
public final class AveAtom: Fix {
    static let entry = ObservingFixStyle(
        name: "ave/atom",
        usage: "fix ID GROUP ave/atom NEVERY NREPEAT NFREQ INPUT ...   (INPUT: x vx fx ... c_ID c_ID[i] f_ID f_ID[i] v_NAME)"
    ) { words, setup, observation in
        let schedule = try SampleSchedule(&words)
        let place = words.location
        let inputs = try expandWildcards(words.remaining(), perAtom: true, observation)
        guard !inputs.isEmpty else { throw DeckError("fix ave/atom needs at least one input", at: place) }
        return AveAtom(setup, try inputs.map { try AtomInput($0, observation, what: "input") }, schedule, observation)
    }

    public let id: String
    public let style = "ave/atom"
    public var group: Group
    private let values: [AtomInput]
    private var schedule: SampleSchedule
    private let means: AtomProperty
    private let sums: AtomProperty
    private unowned let observation: Observation

    init(_ setup: FixSetup, _ values: [AtomInput], _ schedule: SampleSchedule, _ observation: Observation) {
        (id, group, self.values, self.schedule, self.observation) = (setup.id, setup.group, values, schedule, observation)
        means = setup.system.atoms.claimProperty("f_\(setup.id)", width: values.count).property
        sums = setup.system.atoms.claimProperty("f_\(setup.id)/sums", width: values.count).property
        _ = self.schedule.begin(at: setup.system.step, isFirst: true)
    }

    public func wants(at step: Int) -> Wanted {
        step == schedule.next ? values.reduce([]) { $0.union($1.wants(observation)) } : []
    }

    public func prepare(_ system: System) { _ = schedule.begin(at: system.step, isFirst: false) }
    public func setup(_ system: System) throws { try endOfStep(system) }

    public func endOfStep(_ system: System) throws {
        guard system.step == schedule.next else { return }
        if schedule.taken == 0 { sums.values.fill(0) }
        let columns = try observation.freshly { snapshot in try values.map { try $0.values(snapshot, of: group) } }
        let width = values.count
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            for k in 0..<width { sums.values[i * width + k] += columns[k][i] }
        }
        guard schedule.advance() else { return }
        for k in 0..<system.atoms.owned * width { means.values[k] = sums.values[k] / Double(schedule.repeats) }
    }

    public var atomProperty: AtomProperty? { means }
    public func save(_ state: inout StateWriter) { schedule.save(&state) }
    public func restore(_ state: inout StateReader) throws { try schedule.restore(&state) }
}
