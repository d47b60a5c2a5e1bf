/// What went wrong in a sweep, as a sentence. Errors in a plan have places and are `DeckError`s.
public struct SweepError: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
