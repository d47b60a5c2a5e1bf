import Deck
import Domain

/// What a potential needs from the engine.
public struct Requirements: Sendable, Equatable {
    /// How far apart interacting atoms can be, in length units: the neighbour list's distance before the skin. 0: no list.
    public var cutoff: Double
    public var list: ListKind
    /// How far an atom's force can depend on others: the cutoff times message-passing layers; `.infinity` for whole-molecule models.
    public var interactionRange: Double
    /// How deep the halo must be beyond the brick. Message passing exchanges features layer by layer, so its halo is one cutoff deep.
    public var haloDepth: Double

    public init(cutoff: Double, list: ListKind, interactionRange: Double? = nil, haloDepth: Double? = nil) {
        self.cutoff = cutoff
        self.list = list
        self.interactionRange = interactionRange ?? cutoff
        self.haloDepth = haloDepth ?? cutoff
    }
}

/// What a potential may use while it computes, beside the atoms and the list.
public struct ComputeContext {
    public let halo: Halo
    public let communicator: any Communicator
    public var step: Int
    public var wanted: Wanted
    /// The skin in the neighbour list's distance, so that ensembles can trim lists for members.
    public var skin: Double
    /// Memory to work in; whoever computes step after step passes the same one.
    public let workspace: Workspace

    public init(halo: Halo, step: Int, wanted: Wanted, skin: Double, workspace: Workspace = Workspace()) {
        self.halo = halo
        self.workspace = workspace
        communicator = halo.communicator
        self.step = step
        self.wanted = wanted
        self.skin = skin
    }

    public func wanting(_ wanted: Wanted) -> ComputeContext {
        var other = self
        other.wanted = wanted
        return other
    }
}

/// An interatomic potential: reads `Atoms`, writes `Forces`.
///
/// Life: made from the words of `pair_style`, given every `pair_coeff` line, `prepare`d once the deck is complete (types known,
/// masses set), then computed each step. All methods are collective over ranks.
public protocol Potential: AnyObject {
    /// The deck word: `lj/cut`, `nep`, `ensemble/committee`.
    var style: String { get }

    /// Valid after `prepare`.
    var requirements: Requirements { get }

    /// What this potential can compute. A step that wants more is refused when the deck is read.
    var capabilities: Capabilities { get }

    /// Reads the words after `pair_coeff I J`: types in LAMMPS' range syntax are the first two words.
    func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws

    /// Checks that every type has its parameters or a model's species. Called before each run.
    func prepare(_ setup: PotentialSetup) throws

    /// Adds to `forces` (which the caller has cleared for owned + ghost atoms) this potential's forces, and what is wanted beside
    /// them. Ghosts' positions are current. The list holds at least `requirements.cutoff` + skin; entries beyond the cutoff are
    /// skipped by the kernel. Forces and per-atom values on ghosts are summed to owners by the caller afterwards.
    func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces)

    /// Members of an ensemble or hybrid, with the names used in output; empty for a base potential.
    var members: [any Potential] { get }

    /// Which model made the force on local atom i (owned or ghost) non-finite, for the error message.
    func culprit(atom i: Int) -> String

    /// What its energy and virial are of, where they are not those of its forces: words for a warning. nil otherwise.
    var energyIsOf: String? { get }

    /// Lines for the summary of a run, told behind the times of members. Equal on every rank.
    var remarks: [String] { get }

    /// One line on what was loaded, for the log: file, digest, species, cutoff, parameter count.
    var summary: String { get }
}

/// A potential whose parameters follow variables of the deck.
public protocol StepDependent: Potential {
    /// Reads them. Called before each evaluation. Collective.
    func update() throws
}

extension Potential {
    /// Updates this potential and its members.
    public func updateAll() throws {
        try (self as? any StepDependent)?.update()
        for member in members { try member.updateAll() }
    }
}

extension Potential {
    public var members: [any Potential] { [] }
    public func prepare(_ setup: PotentialSetup) throws {}
    public func culprit(atom i: Int) -> String { style }
    public var energyIsOf: String? { members.lazy.compactMap(\.energyIsOf).first }
    public var remarks: [String] { members.flatMap(\.remarks) }
}

/// What a potential can give beside forces, asked before the first step.
public struct Capabilities: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let energy = Capabilities(rawValue: 1)
    public static let virial = Capabilities(rawValue: 2)
    public static let atomEnergy = Capabilities(rawValue: 4)
    public static let atomVirial = Capabilities(rawValue: 8)
    /// Its forces are minus the gradient of its energy. Without it minimisers and barostats refuse, and a run of constant energy drifts.
    public static let gradient = Capabilities(rawValue: 16)
    public static let all: Capabilities = [.energy, .virial, .atomEnergy, .atomVirial, .gradient]
}

extension Potential {
    /// The parts of `Wanted` that it can compute, `.members` apart.
    public var computable: Wanted {
        var result: Wanted = []
        if capabilities.contains(.energy) { result.insert(.energy) }
        if capabilities.contains(.virial) { result.insert(.virial) }
        if capabilities.contains(.atomEnergy) { result.insert(.atomEnergy) }
        if capabilities.contains(.atomVirial) { result.insert(.atomVirial) }
        return result
    }
}

/// What the deck has settled before a potential is made or prepared.
public struct PotentialSetup {
    public var units: Units
    public var typeCount: Int
    /// Masses by type, index 0 unused; nil where not set (yet).
    public var masses: [Double?]
    /// Type labels, index 0 unused.
    public var labels: [String?]
    /// A model file's bytes: read on rank 0, relative to the deck's folder if not found from the working one, and broadcast.
    public var read: (_ path: String, _ at: SourceLocation?) throws -> [UInt8]
    public var warn: (String) -> Void
    /// A word that is a number, or `v_NAME`: an equal-style variable, read whenever the value is needed (collective).
    public var value: (Word) throws -> () throws -> Double
    public var communicator: any Communicator
    /// Whether atoms have charges.
    public var hasCharges = false

    public init(
        units: Units, typeCount: Int, masses: [Double?], labels: [String?],
        communicator: any Communicator,
        read: @escaping (_ path: String, _ at: SourceLocation?) throws -> [UInt8], warn: @escaping (String) -> Void,
        value: @escaping (Word) throws -> () throws -> Double = PotentialSetup.constant
    ) {
        (self.units, self.typeCount, self.masses, self.labels) = (units, typeCount, masses, labels)
        (self.communicator, self.read, self.warn, self.value) = (communicator, read, warn, value)
    }

    /// Where there are no variables: numbers only.
    public static func constant(_ word: Word) throws -> () throws -> Double {
        var words = Words([word], of: "pair_style", end: word.location)
        let number = try words.double("a number")
        return { number }
    }
}
