import Deck

/// When an observer looks: multiples of a number of steps, or the steps that an equal-style variable names one after the other.
public struct Schedule: Sendable {
    public enum Kind: Sendable, Equatable {
        case never
        case every(Int)
        /// The variable's value is the next step.
        case variable(String)
    }
    public let kind: Kind
    private let location: SourceLocation?
    /// Of a variable: the step that it named last.
    private var named: Int?

    public init(_ kind: Kind, at location: SourceLocation? = nil) { (self.kind, self.location) = (kind, location) }

    /// A word: a number of steps (0 = never), or `v_name`.
    public init(_ word: Word, zeroIsNever: Bool = false, what: String) throws(DeckError) {
        if word.text.hasPrefix("v_") {
            self.init(.variable(String(word.text.dropFirst(2))), at: word.location)
        } else if let every = Int(word.text), every > 0 {
            self.init(.every(every), at: word.location)
        } else if zeroIsNever, word.text == "0" {
            self.init(.never, at: word.location)
        } else {
            throw DeckError("\(what) must be a \(zeroIsNever ? "" : "positive ")number of steps or v_name, not '\(word.text)'", at: word.location)
        }
    }

    public func next(after step: Int) -> Int? {
        switch kind {
        case .never: nil
        case .every(let n): (step / n + 1) * n
        case .variable: named.flatMap { $0 > step ? $0 : nil }
        }
    }

    func contains(_ step: Int) -> Bool {
        switch kind {
        case .never: false
        case .every(let n): step % n == 0
        case .variable: named == step
        }
    }

    /// Asks the variable for the step after `step`, where that is not known. Collective if the formula is.
    /// - Throws: `DeckError` when it names a step that is not later.
    mutating func advance(after step: Int, _ host: any ObservationHost) throws {
        guard case .variable(let name) = kind, (named ?? step) <= step else { return }
        let value = try host.variableValue(name, at: location)
        guard value.isFinite, value > Double(step), value >= 9e18 || Int(value) > step else {
            throw DeckError("variable '\(name)' must name a step after \(step), not \(value)", at: location)
        }
        // What functions such as stride() give when no step is left.
        named = value >= 9e18 ? Int.max : Int(value)
    }
}
