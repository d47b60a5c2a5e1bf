import Deck
import Domain
import Observers

/// `compute ID GROUP STYLE ARGS`: something to measure.
struct ComputeCommand: DeckCommand {
    static let name = "compute"
    static let usage = "compute ID GROUP STYLE ARGS   (`mdrun styles` lists them)"
    let compute: any Compute

    init(_ words: inout Words, _ session: Session) throws {
        let id = try words.word("an ID for the compute")
        guard id.text.utf8.allSatisfy({ $0 == UInt8(ascii: "_") || ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) || ($0 >= 48 && $0 <= 57) }) else {
            throw words.error("an ID has letters, digits and underscores only, not '\(id.text)'", at: id)
        }
        _ = try session.requireSystem(Self.name, at: id.location)
        let group = try session.requireGroup(words.word("a group"))
        compute = try session.observation.makeCompute(id: id, group: group, &words)
    }

    func execute(_ session: Session) throws {
        if let state = session.restored.computes[compute.id], state.style == compute.style {
            var reader = StateReader(state.bytes)
            try compute.restore(&reader)
            session.restored.computes[compute.id] = nil
        }
        session.observation.add(compute)
    }
}
