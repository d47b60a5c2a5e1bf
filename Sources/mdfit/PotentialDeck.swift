import Deck
import Digest
import Domain
import Fitting
import Foundation
import Integrators
import MDSession
import Potentials

/// A deck that holds a potential and nothing else:
///
///     units      metal
///     labelmap   atom 1 Cu 2 C 3 O 4 H
///     pair_style nep
///     pair_coeff * * nep.txt Cu C O H
///
/// The labels of `labelmap` are the elements that data sets name, and make the types; masses are the elements' unless the deck sets
/// them. The commands are mdrun's own; variables, `if`, `print`, `include` and the rest of the language work too.
final class PotentialDeck: DeckHost {
    /// What a deck can say of elements, and of a potential for them.
    private static let elementCommands = ["units", "labelmap", "mass"]
    private static let potentialCommands = ["pair_style", "pair_coeff", "pair_modify"]
    private let commands: [String]
    private let session: Session
    private let output: Output
    private var filesRead = SHA256()

    /// Runs the deck and prepares its potential. Collective: rank 0 reads files and broadcasts them.
    /// - Parameter hasPotential: false for a deck of units, labelmap and mass alone, of elements to train a potential for.
    /// - Throws: `DeckError` at the word that is wrong.
    init(_ path: String, _ communicator: any Communicator, hasPotential: Bool = true) throws {
        commands = Self.elementCommands + (hasPotential ? Self.potentialCommands : [])
        output = Output(isWriter: communicator.rank == 0)
        session = try Session(communicator: communicator, output: output, isDryRun: true)
        session.deckFolder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        session.didRead = { [unowned self] in
            filesRead.update("\($0.count)")
            filesRead.update($0)
        }
        try Interpreter(host: self).run(file: path)
        guard let system = session.system else { throw DeckError("\(path) has no labelmap", at: nil) }
        if let type = system.atoms.labels.indices.dropFirst().first(where: { system.atoms.labels[$0] == nil }) {
            throw DeckError("\(path): labelmap gives type \(type) no label", at: nil)
        }
        guard hasPotential else { return }
        guard let potential = session.potential else { throw DeckError("\(path) has no pair_style", at: nil) }
        do {
            try potential.prepare(session.potentialSetup)
        } catch let error as DeckError where error.location == nil {
            throw DeckError(error.message, at: session.potentialLines.last)
        }
    }

    /// Of a deck that has one.
    var potential: any Potential { session.potential! }
    var units: Units { session.units }
    var labels: [String?] { session.system!.atoms.labels }
    var masses: [Double?] { session.system!.atoms.mass }

    /// SHA-256 of the deck, of every file that it and its potential read, of what the potential says of itself, and of this program: what
    /// predictions depend on beside the frames. The same on every rank. Collective.
    func inputDigest(_ communicator: any Communicator) -> [UInt8] {
        var hash = filesRead
        hash.update(potential.summary)
        if communicator.rank == 0, let program = Bundle.main.executablePath.flatMap({ FileManager.default.contents(atPath: $0) }) {
            hash.update(Array(program))
        }
        return communicator.broadcast(communicator.rank == 0 ? hash.digest() : nil)
    }

    func execute(_ command: Command) throws {
        guard commands.contains(command.name.text) else {
            let what = commands.count > Self.elementCommands.count ? "a potential" : "the elements of a potential to train"
            throw DeckError.unknown("command for \(what)", command.name, known: commands)
        }
        if command.name.text == "labelmap" { try makeTypes(command) }
        try session.execute(command)
        guard command.name.text == "labelmap", let system = session.system else { return }
        for (type, label) in system.atoms.labels.enumerated() where system.atoms.mass[type] == nil {
            system.atoms.mass[type] = label.flatMap { Elements.mass(of: $0) }
        }
    }

    /// Types exist in mdrun once there is a box; here the labels make them.
    private func makeTypes(_ command: Command) throws {
        var words = Words(command), last = 0
        guard words.optional("atom") else {
            throw DeckError("expected labelmap atom TYPE LABEL ...", at: words.location)
        }
        while !words.isAtEnd {
            last = max(last, try words.int("the atom type", in: 1...1000))
            _ = try words.word("the label")
        }
        if let system = session.system {
            guard last <= system.atoms.typeCount else {
                throw DeckError(
                    "the first labelmap made \(system.atoms.typeCount) types; name all in one command", at: command.name.location)
            }
            return
        }
        let box = Box(lo: .zero, hi: Vector(1, 1, 1, 0))
        session.install(
            System(communicator: session.communicator, units: session.units, box: box, atoms: Atoms(typeCount: last)))
    }

    func knownCommands() -> [String] { commands }
    func readFile(_ path: String, at location: SourceLocation?) throws -> String { try session.readFile(path, at: location) }
    func echo(_ line: String) {}
    func printLine(_ text: String, to target: PrintTarget) throws { output.line("# \(text)") }

    func thermoKeyword(_ name: String) throws -> Double? { nil }
    func function(_ name: String, _ arguments: [String]) throws -> Double? { nil }
    func reference(_ reference: Reference) throws -> Double {
        throw DeckError("'\(reference)' has no value in a potential's deck", at: nil)
    }
}
