/// What holds for all runs of a sweep alike, and does not make a run another run.
public struct RunSettings: Codable, Sendable {
    public var ranks = 1
    /// Wall time of a run in s, all its attempts together; nil: no limit.
    public var walltime: Double?
    /// How often a run that was killed is tried.
    public var tries = 3
    /// s between asking a run to stop and ending it.
    public var grace = 30.0
    /// Whether a run that ended with an error is tried again: an error of a deck or a model comes again.
    public var retriesErrors = false
    public var acceptsChangedDecks = false
    public var resume: Plan.Resume?
    /// More files whose digests are recorded.
    public var files: [String] = []
    public var environment: [String: String] = [:]
    /// Words for mdrun's command line.
    public var options: [String] = []
    /// mdrun: a path, or a name looked for beside mdsweep and then in PATH.
    public var program = "mdrun"
    /// Words before mdrun; `{ranks}` and `{cores}` stand for numbers. nil: none for one rank, otherwise MPICH's mpirun.
    public var launcher: [String]?

    public init() {}
}

/// One run.
public struct RunSpec: Codable, Sendable, Hashable {
    public struct Setting: Codable, Sendable, Hashable {
        public var name: String
        public var value: String
    }

    /// Twelve hexadecimal digits of the SHA-256 of what makes this run this run.
    public var id: String
    /// The name of its folder.
    public var folder: String
    /// Path of the deck.
    public var deck: String
    /// The variables of the sweep that tell this run from the others, in order.
    public var variables: [Setting]
    /// What the deck is given by -var besides: the settings of the model, constants.
    public var settings: [Setting]
    /// Its own number of ranks, where `ranks` is a variable.
    public var ranks: Int?
    /// The page of the queue that it was put on.
    public var page = 0

    public func value(_ name: String) -> String? { (variables.first { $0.name == name } ?? settings.first { $0.name == name })?.value }
}
