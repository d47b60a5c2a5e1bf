import Deck
import Domain
import Integrators
import Observers
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a deck has built so far. Commands fill it; `run` turns it into a `Simulation` and runs that.
public final class Session {
    public let communicator: any Communicator
    public let output: Output
    /// `mdrun check`: everything but dynamics and output files.
    public let isDryRun: Bool
    public var registry = PotentialRegistry()
    public private(set) var interpreter: Interpreter!

    // Settings that a deck makes before there is a box.
    public var units = Units.lj
    public var boundary: [(Boundary, Boundary)] = Array(repeating: (.periodic, .periodic), count: 3)
    /// 2 or 3.
    public var dimension = 3
    public var atomStyle = AtomStyle.atomic
    public var lattice: Lattice?
    public var regions: [String: Region] = [:]
    /// Whose atoms the formula that is being evaluated is for.
    var drawingGroup = Group.all
    public var neighbours = NeighbourSettings(skin: Units.lj.defaultSkin)
    public var processors: [Int?] = [nil, nil, nil]
    public var sortEvery = 1000
    /// `run_style respa`
    public var respa: RespaLevels?
    /// How `minimize` goes about it.
    public var minimizer = MinimizerSettings()
    /// nil: the unit system's default.
    public var timestep: Double?

    /// Box, atoms and groups; nil until create_box or read_data.
    public var system: System?
    public var potential: (any Potential)?
    /// `bond_style` and the like.
    public private(set) var bonded = BondedForces()
    /// `special_bonds`
    public var specialBonds = SpecialBonds()
    /// Where its pair_coeff lines are, for errors that show only when everything is known.
    public var potentialLines: [SourceLocation] = []
    public var fixes: [any Fix] = []
    public private(set) var observation = Observation()
    /// Files that were read, which no output may replace.
    public private(set) var inputs: Set<String> = []
    /// Told of the bytes of each file that is read, on every rank.
    public var didRead: (([UInt8]) -> Void)?
    public var simulation: Simulation?
    /// States from a restart whose owners the deck has not made yet.
    var restored = RestoredStates()
    var dynamics = DynamicsLines()
    /// Commands on potentials that came before the box.
    var deferred: [Command] = []
    /// The section of coefficients whose style has been compared with the deck's.
    var noticedStyle = ""
    /// `restart`: files at intervals.
    var restarts: RestartObserver?
    /// `timer timeout`, and signals.
    let limits = RunLimits()
    /// Set when a fix has ended a run so that later runs are skipped (`fix halt ... error soft`).
    var skipsRuns = false
    /// Exit status that a fix has asked for.
    public internal(set) var endStatus: Int32?

    /// Files of models that the present command has read.
    var modelFiles: [ModelFile] = []

    /// Folder of the deck, for files that are not found from the working folder.
    public var deckFolder = ""

    public init(
        communicator: any Communicator, output: Output, isDryRun: Bool = false, variables: [(String, [String])] = []
    ) throws {
        (self.communicator, self.output, self.isDryRun) = (communicator, output, isDryRun)
        interpreter = try Interpreter(host: self, commandLineVariables: variables)
        observation.host = self
    }

    /// The system, for commands that need a box.
    /// - Throws: `DeckError` at `location` when there is none yet.
    public func requireSystem(_ command: String, at location: SourceLocation?) throws -> System {
        guard let system else {
            throw DeckError("\(command) needs a simulation box: use create_box or read_data before it", at: location)
        }
        return system
    }

    public func requireGroup(_ word: Word) throws -> Group {
        let system = try requireSystem("a group", at: word.location)
        guard let group = system.groups[word.text] else {
            throw DeckError.unknown("group", word, known: system.groups.names)
        }
        return group
    }

    /// A word that is a type number or label.
    public func requireType(_ word: Word) throws -> Int {
        let system = try requireSystem("an atom type", at: word.location)
        if let index = system.atoms.labels.firstIndex(of: word.text) { return index }
        guard let number = Int(word.text), (1...system.atoms.typeCount).contains(number) else {
            throw DeckError("expected an atom type from 1 to \(system.atoms.typeCount) or a type label, not '\(word.text)'", at: word.location)
        }
        return number
    }

    /// Gives the box and atoms to the session; called once by create_box, read_data, read_restart.
    public func install(_ system: System) {
        atomStyle.addProperties(&system.atoms)
        if let timestep { system.timestep = timestep }
        system.interruption = { [unowned self] in limits.interruption(at: self.system?.step ?? 0) }
        self.system = system
    }

    public var potentialSetup: PotentialSetup {
        let system = self.system
        var setup = PotentialSetup(
            units: units, typeCount: system?.atoms.typeCount ?? 0, masses: system?.atoms.mass ?? [nil],
            labels: system?.atoms.labels ?? [nil], communicator: communicator,
            read: { [unowned self] path, at in
                let bytes = try self.readBytes(path, at: at), file = ModelFile(path, bytes)
                if !modelFiles.contains(file) {
                    modelFiles.append(file)
                    output.line("  model file \(path): \(bytes.count) bytes, SHA-256 \(file.digest)")
                }
                return bytes
            },
            warn: { [unowned self] in self.output.warn($0) }, value: { [unowned self] in try self.laterValue($0) })
        setup.hasCharges = system?.atoms.charge != nil
        return setup
    }

    /// A word that is a number, or `v_NAME`: an equal-style variable, evaluated whenever the value is asked for.
    /// - Throws: `DeckError` at the word: neither, or no such variable.
    func value(_ word: Word) throws -> () throws -> Double {
        guard word.text.hasPrefix("v_") else { return try PotentialSetup.constant(word) }
        let name = try variable(word)
        return { [unowned self] in try interpreter.variables.value(of: name, at: word.location) }
    }

    /// The same, with the variable looked for when its value is asked for: it may be defined after the pair_style that names it, or after
    /// read_restart, as in LAMMPS.
    private func laterValue(_ word: Word) throws -> () throws -> Double {
        guard word.text.hasPrefix("v_") else { return try PotentialSetup.constant(word) }
        return { [unowned self] in try value(word)() }
    }

    /// The name in a word `v_NAME`.
    /// - Throws: `DeckError` at the word when there is no such variable.
    func variable(_ word: Word) throws -> String {
        let name = String(word.text.dropFirst(2))
        guard interpreter.variables.isDefined(name) else {
            throw DeckError.unknown("variable", Word(text: name, location: word.location), known: interpreter.variables.names)
        }
        return name
    }

    /// A file's bytes, read on rank 0 and broadcast: from the working folder, else from the deck's.
    public func readBytes(_ path: String, at location: SourceLocation?) throws -> [UInt8] {
        // Where LAMMPS looks for a potential file by the last part of its path.
        let further = getenv("LAMMPS_POTENTIALS").map { String(cString: $0) } ?? ""
        let folders = further.split(separator: ":").map(String.init)
        let bytes = try readShared(path, fallbackFolders: [deckFolder] + folders, nameFolders: folders, communicator, at: location)
        didRead?(bytes)
        noteInput(path)
        return bytes
    }

    public func readInput(_ path: String, at location: SourceLocation?) throws -> [UInt8] { try readBytes(path, at: location) }

    /// A file that is read in another way; no output may replace it.
    func noteInput(_ path: String) {
        inputs.formUnion(deckFolder.isEmpty || path.hasPrefix("/") ? [path] : [path, deckFolder + "/" + path])
    }

    /// Forgets everything but variables (the command `clear`).
    public func reset() {
        units = .lj
        boundary = Array(repeating: (.periodic, .periodic), count: 3)
        dimension = 3
        atomStyle = .atomic
        minimizer = MinimizerSettings()
        respa = nil
        lattice = nil
        regions = [:]
        neighbours = NeighbourSettings(skin: Units.lj.defaultSkin)
        processors = [nil, nil, nil]
        timestep = nil
        system = nil
        potential = nil
        bonded = BondedForces()
        specialBonds = SpecialBonds()
        fixes = []
        observation = Observation()
        observation.host = self
        simulation = nil
        restored = RestoredStates()
        dynamics = DynamicsLines()
        deferred = []
        restarts = nil
        skipsRuns = false
    }
}
