import Deck
import Domain

/// `write_coeff FILE`: the deck's lines on the potential, to be included by another deck.
struct WriteCoeff: DeckCommand {
    static let name = "write_coeff"
    static let usage = "write_coeff FILE   (the pair_coeff and pair_modify lines of this deck, variables replaced; pair_style as a comment)"
    private let file: Word

    init(_ words: inout Words, _ session: Session) throws {
        _ = try session.requireSystem(Self.name, at: words.location)
        file = try words.word("a file name")
    }

    func execute(_ session: Session) throws {
        guard !session.isDryRun else { return }
        let lines = session.dynamics.pair.map { $0.hasPrefix("pair_style") ? "# " + $0 : $0 }
        if session.communicator.any(session.communicator.rank == 0 && session.isInput(file.text)) {
            throw DeckError("'\(file.text)' is an input of this run and is not overwritten", at: file.location)
        }
        for (k, line) in (["# coefficients, written by mdrun's write_coeff"] + lines).enumerated() {
            try session.output.writeLine(line, to: file.text, append: k > 0)
        }
    }
}
