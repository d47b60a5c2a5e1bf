import Deck
import Domain
import Integrators
import Potentials

/// `fix uncertainty`: keeps configurations on which the members of the ensemble disagree, for labelling, and ends the run where they
/// disagree too much.
///
///     s = max over atoms of the group of sigma_i        (`MemberStatistics`: calibrated, relative where the ensemble says so)
///     s > LO: the frame is recorded, up to M frames;  s > HI: the run is ended besides, as `fix halt` does
///
/// It looks every N steps, at the end of the step and never before a run's first; members that only observe are evaluated at these
/// steps alone. Frames are extended XYZ as `dump extxyz` writes them, of all atoms, with `force_deviation` for each atom and
/// `max_force_deviation` (in eV/Angstrom for units metal and real; without a unit when relative). Forces are those at the end of the
/// step: what fixes have added or set is in them. The file is emptied at its first run unless `append yes`.
///
/// f_ID is the number of frames recorded, f_ID[1] the s found last, in force units. Both, and all that is done, are equal on every rank.
public final class UncertaintyFix: Fix {
    static let entry = ObservingFixStyle(
        name: "uncertainty",
        usage: """
            fix ID GROUP uncertainty N lo LO [hi HI] file FILE.extxyz [max M] [stop soft|hard|continue|no] [append yes|no]
            """
    ) { words, setup, observation in
        let place = words.location
        var settings = Settings(every: try words.positiveInt("the number of steps between checks"))
        var low: Double?, path: String?
        let keywords = ["lo", "hi", "file", "max", "stop", "append"].enumerated().map { ($1, $0) }
        while !words.isAtEnd {
            switch try words.choice("a keyword of fix uncertainty", keywords) {
            case 0: low = try words.nonNegativeDouble("the deviation above which frames are recorded")
            case 1: settings.high = try words.nonNegativeDouble("the deviation above which the run ends")
            case 2: path = try words.string("the file of frames")
            case 3: settings.most = try words.positiveInt("the largest number of frames")
            case 4:
                settings.action = try words.choice(
                    "soft, hard, continue or no", StopAction.allCases.map { ($0.rawValue, $0) } + [("no", nil)])
            default: settings.appends = try words.flag("yes or no")
            }
        }
        guard let low, let path else { throw words.error("fix uncertainty needs: lo LO file FILE") }
        settings.low = low
        guard settings.high >= low else { throw words.error("hi \(settings.high) is less than lo \(low)") }
        _ = try observation.requireEnsemble(of: "fix uncertainty", at: place)
        return UncertaintyFix(setup, settings, path, observation, at: place)
    }

    struct Settings {
        var every: Int
        var low = 0.0
        var high = Double.infinity
        var most = Int.max
        /// nil: the run goes on.
        var action: StopAction? = .soft
        var appends = false
    }

    public let id: String
    public let style = "uncertainty"
    public var group: Group
    private let settings: Settings
    private let dump: Dump
    private let location: SourceLocation?
    private unowned let observation: Observation
    private var recorded = 0
    private var largest = 0.0

    init(_ setup: FixSetup, _ settings: Settings, _ path: String, _ observation: Observation, at location: SourceLocation?) {
        (id, group, self.settings, self.observation, self.location) = (setup.id, setup.group, settings, observation, location)
        dump = Dump(
            id: setup.id, style: "fix uncertainty", path: path, group: .all, schedule: Schedule(.never), format: ExtendedXYZFormat(),
            observation, at: location)
        dump.isAppending = settings.appends
    }

    private func isDue(_ step: Int) -> Bool { step % settings.every == 0 }

    public func wants(at step: Int) -> Wanted { isDue(step) ? [.members, .energy, .virial] : [] }

    public func prepare(_ system: System) throws {
        _ = try ensemble()
        try dump.open(system)
    }

    public func setup(_ system: System) throws {
        if isDue(system.step) { largest = try deviation(system) }
    }

    public func endOfStep(_ system: System) throws {
        guard isDue(system.step) else { return }
        largest = try deviation(system)
        guard largest > settings.low else { return }
        if recorded < settings.most {
            recorded += 1
            try dump.append(observation.snapshot())
        }
        guard largest > settings.high, let action = settings.action else { return }
        try action.end(system, style: style, id: id, value: NumberFormat.table("%g").string(largest))
    }

    public var scalar: Double? { Double(recorded) }
    public var vector: [Double] { [largest] }

    private func ensemble() throws -> any MemberReporting { try observation.requireEnsemble(of: "fix uncertainty", at: location) }

    /// s of the step's forces. Collective.
    private func deviation(_ system: System) throws -> Double {
        let ensemble = try ensemble()
        if group == .all { return ensemble.report.force.max }
        var most = 0.0
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 { most = max(most, ensemble.forceDeviation(atom: i)) }
        return system.communicator.max(most)
    }
}
