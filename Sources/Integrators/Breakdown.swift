/// A run had to stop; the message is complete.
public struct SimulationError: Error, CustomStringConvertible {
    public let description: String
    /// Where it says that the trajectory has stopped making sense, on every rank alike.
    public let breakdown: Breakdown?

    public init(_ description: String, breakdown: Breakdown? = nil) { (self.description, self.breakdown) = (description, breakdown) }
}

/// How a trajectory broke down without a rule of the deck's having been broken before.
public struct Breakdown: Sendable {
    /// `non-finite` or `lost`.
    public let rule: String
    public let atoms: [Int64]
    public let message: String

    public init(rule: String, atoms: [Int64], message: String) { (self.rule, self.atoms, self.message) = (rule, atoms, message) }
}

/// A fix that decides what a breakdown means for the run.
public protocol StabilityJudge: Fix {
    /// Called on every rank. Throws how the run ends, `Unstable` in general.
    func breakDown(_ breakdown: Breakdown, _ system: System) throws -> Never
}

/// The run was declared unstable: a result, not a failure.
public struct Unstable: Error, CustomStringConvertible {
    /// Exit status of the program, beside 75 (`Interrupted`) and those of errors.
    public static let status: Int32 = 76
    public let description: String
    public init(_ description: String) { self.description = description }
}
