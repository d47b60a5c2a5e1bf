/// A potential that knows how long each of its members took, for the run's summary.
public protocol MemberTiming: Potential {
    /// Name and wall seconds on this rank since `resetMemberSeconds`, in the deck's order.
    var memberSeconds: [(name: String, seconds: Double)] { get }
    func resetMemberSeconds()
    /// What it spends beside its members' passes, in parts.
    var ownSeconds: [(name: String, seconds: Double)] { get }
    func resetOwnSeconds()
}

extension MemberTiming {
    public var ownSeconds: [(name: String, seconds: Double)] { [] }
    public func resetOwnSeconds() {}
}

extension MemberSet {
    public var namedSeconds: [(name: String, seconds: Double)] { Array(zip(names, seconds)) }
}

extension Hybrid: MemberTiming {
    public var memberSeconds: [(name: String, seconds: Double)] { memberSet.namedSeconds }
    public func resetMemberSeconds() { memberSet.resetSeconds() }
}

extension Potential {
    /// Rows of the summary's table of members: those of this potential, and, set in by two blanks, those of members that have members.
    public var timingRows: [(name: String, seconds: Double)] {
        guard let timing = self as? any MemberTiming else { return [] }
        return zip(timing.memberSeconds, members).flatMap { row, member in
            [row] + member.timingRows.map { ("  " + $0.name, $0.seconds) }
        } + timing.ownSeconds
    }

    /// Sets the clocks of all members, at any depth, to 0.
    public func resetTimings() {
        (self as? any MemberTiming)?.resetMemberSeconds()
        (self as? any MemberTiming)?.resetOwnSeconds()
        for member in members { member.resetTimings() }
    }
}
