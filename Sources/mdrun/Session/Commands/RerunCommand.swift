import Deck
import Domain
import Integrators
import Observers

/// `rerun`: the present potential on the frames of a trajectory, with the output of a run.
struct RerunCommand: DeckCommand {
    static let name = "rerun"
    static let usage = """
        rerun FILE ... [first STEP] [last STEP] [every N] [skip N] [start STEP] [stop STEP] [post yes|no] dump FIELD ... [KEYWORD VALUE ...]
        \(SnapshotFields.usage)
        Reads LAMMPS text dumps (custom, atom), XYZ and extended XYZ (FILE.extxyz), also .gz and .zst.
        """
    private var files: [Word] = []
    private var selection = SnapshotSource.Selection()
    private var start: Int?
    private var stop: Int?
    private var isSummarised = false
    private let fields: SnapshotFields
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem(Self.name, at: location)
        let keywords = ["first", "last", "every", "skip", "start", "stop", "post", "dump"]
        while let word = words.peek, !keywords.contains(word.text) { files.append(try words.word("a file")) }
        guard !files.isEmpty else { throw words.error("which file?") }
        var isComplete = false
        while !isComplete {
            switch try words.choice("a keyword of rerun", keywords.enumerated().map { ($1, $0) }) {
            case 0: selection.first = try words.nonNegativeInt("the first step")
            case 1: selection.last = try words.nonNegativeInt("the last step")
            case 2: selection.every = try words.nonNegativeInt("the interval of steps, 0 for all")
            case 3: selection.skip = try words.positiveInt("every how manieth frame")
            case 4: start = try words.nonNegativeInt("the step at which ramps start")
            case 5: stop = try words.nonNegativeInt("the step at which ramps stop")
            case 6: isSummarised = try words.flag("post")
            default: isComplete = true
            }
        }
        guard selection.first <= selection.last else { throw words.error("first is after last") }
        guard start ?? 0 <= stop ?? Int.max else { throw words.error("start is after stop") }
        words.context = "rerun ... dump"
        fields = try SnapshotFields(&words)
        guard fields.takesStep else { throw words.error("timestep no is for read_dump: frames of a rerun have their steps") }
    }

    func execute(_ session: Session) throws {
        let simulation = try session.prepareSimulation(at: location)
        guard !session.isDryRun else { return }
        let source = SnapshotSource(session, files, fields, selection, at: location)
        try source.begin()
        var run = Run(first: source.header?.step ?? 0, last: Int.max)
        run.rampFirst = start ?? selection.first
        run.rampLast = stop ?? selection.last
        run.isSummarised = isSummarised
        try session.rerun(simulation, run, source)
    }
}
