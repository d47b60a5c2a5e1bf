import Deck
import Domain

/// `boundary x y z`: p periodic, f fixed, s shrink-wrapped, m shrink-wrapped with a minimum; two letters give both faces.
struct BoundaryCommand: DeckCommand {
    static let name = "boundary"
    static let usage = "boundary X Y Z   (each p, f, s or m, or two of f s m for lower and upper face)"
    let faces: [(Boundary, Boundary)]

    init(_ words: inout Words, _ session: Session) throws {
        faces = try Self.read(&words)
        guard session.system == nil else {
            throw words.error("boundary must come before the simulation box is made; change_box changes it later")
        }
    }

    /// Three words.
    static func read(_ words: inout Words) throws -> [(Boundary, Boundary)] {
        var faces: [(Boundary, Boundary)] = []
        for axis in ["x", "y", "z"] {
            let word = try words.word("the boundary along \(axis): p, f, s or m")
            let letters = word.text.compactMap { Boundary(rawValue: $0) }
            guard letters.count == word.text.count, (1...2).contains(letters.count) else {
                throw words.error("expected p, f, s or m, not '\(word.text)'", at: word)
            }
            guard (letters[0] == .periodic) == (letters.last! == .periodic) else {
                throw words.error("both faces along \(axis) must be periodic, or neither", at: word)
            }
            faces.append((letters[0], letters.last!))
        }
        return faces
    }

    func execute(_ session: Session) { session.boundary = faces }
}
