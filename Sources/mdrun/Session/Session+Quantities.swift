import Deck

extension Session {
    public func thermoKeyword(_ name: String) throws -> Double? { nil }
    public func reference(_ reference: Reference) throws -> Double { throw DeckError("'\(reference)' is not known", at: nil) }
    public func function(_ name: String, _ arguments: [String]) throws -> Double? { nil }
}
