/// How a run ended.
public enum Outcome: String, Codable, Sendable, CaseIterable {
    /// To its last step.
    case finished
    /// By a rule of fix stability.
    case unstable
    /// By an error, a limit, or because it was killed too often.
    case failed
}

/// The name of a run's token says everything about the run's state.
public struct Token: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case waiting
        /// By a claim: DRIVER-NUMBER, which occurs once.
        case claimed(String)
        case ended(Outcome, try: Int)
    }

    public var id: String
    /// How often it was killed, or its driver was.
    public var failures = 0
    public var state = State.waiting

    public init(id: String, failures: Int = 0, state: State = .waiting) {
        (self.id, self.failures, self.state) = (id, failures, state)
    }

    /// nil for a name that is no token's.
    public init?(name: String) {
        let parts = name.split(separator: "@", omittingEmptySubsequences: false)
        guard let head = parts.first, let dot = head.lastIndex(of: "."), let failures = Int(head[head.index(after: dot)...]) else {
            return nil
        }
        (id, self.failures) = (String(head[..<dot]), failures)
        switch parts.count {
        case 1: state = .waiting
        case 2: state = .claimed(String(parts[1]))
        case 3:
            guard let outcome = Outcome(rawValue: String(parts[1])), parts[2].hasPrefix("try"), let number = Int(parts[2].dropFirst(3))
            else {
                return nil
            }
            state = .ended(outcome, try: number)
        default: return nil
        }
    }

    public var name: String {
        switch state {
        case .waiting: "\(id).\(failures)"
        case .claimed(let claim): "\(id).\(failures)@\(claim)"
        case .ended(let outcome, let number): "\(id).\(failures)@\(outcome.rawValue)@try\(number)"
        }
    }

    /// The driver of a claim: what stands before its number.
    static func driver(of claim: String) -> String { claim.lastIndex(of: "-").map { String(claim[..<$0]) } ?? claim }
}
