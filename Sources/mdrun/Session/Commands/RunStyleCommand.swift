import Deck

/// `run_style verlet`
struct RunStyleCommand: DeckCommand {
    static let name = "run_style"
    static let usage = "run_style verlet   (the only one)"

    init(_ words: inout Words, _ session: Session) throws {
        let word = try words.word("a run style: verlet")
        if word.text.hasPrefix("respa") || word.text.hasPrefix("verlet/") {
            throw words.error("run_style \(word.text) is not supported: all forces are computed at every step; use verlet", at: word)
        }
        guard word.text == "verlet" else { throw DeckError.unknown("run style", word, known: ["verlet"]) }
    }

    func execute(_ session: Session) {}
}
