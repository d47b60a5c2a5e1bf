import Deck
import Domain
import Integrators
import Observers

/// `fix ID GROUP STYLE ARGS`
struct FixCommand: DeckCommand {
    static let name = "fix"
    static let usage = "fix ID GROUP STYLE ARGS   (`mdrun styles` lists them)"
    let fix: any Fix

    init(_ words: inout Words, _ session: Session) throws {
        let id = try words.word("an ID for the fix")
        let system = try session.requireSystem(Self.name, at: id.location)
        let group = try session.requireGroup(words.word("a group"))
        var setup = FixSetup(
            id: id.text, group: group, system: system,
            value: { [unowned session] in try session.value($0) },
            atomValue: { [unowned session] word in try session.fixValue(word, group) },
            region: { [unowned session] word in try session.requireRegion(word) },
            formulaWants: { [unowned session] in session.observation.wantsOfAll },
            warn: { [unowned session] in session.output.warn($0) })
        setup.latticeSpacing = session.scale(.lattice)
        fix = try session.observation.makeFix(&words, setup)
            ?? FixRegistry.make(&words, setup, others: ObservingFixStyle.builtin.map(\.name))
    }

    /// A fix of the same ID is replaced in its place, as in LAMMPS.
    func execute(_ session: Session) throws {
        if let state = session.restored.fixes[fix.id], state.style == fix.style {
            var reader = StateReader(state.bytes)
            try fix.restore(&reader)
            session.restored.fixes[fix.id] = nil
            session.output.line("Restoring fix \(fix.id) (\(fix.style)) from the restart file")
        }
        if let index = session.fixes.firstIndex(where: { $0.id == fix.id }) {
            session.fixes[index] = fix
        } else {
            session.fixes.append(fix)
        }
    }
}

extension Session {
    /// A word that is a number, or an equal- or atom-style variable.
    fileprivate func fixValue(_ word: Word, _ group: Group) throws -> FixValue {
        guard word.text.hasPrefix("v_") else {
            var one = Words([word], of: "fix", end: word.location)
            return FixValue(.constant(try one.double("a number, or v_NAME")))
        }
        let name = try variable(word)
        let wants = { [unowned self] in observation.wants(ofVariable: name) }
        guard interpreter.variables.style(of: name) == .atom else {
            return FixValue(.equal { [unowned self] in try interpreter.variables.value(of: name, at: word.location) }, wants: wants)
        }
        return FixValue(
            .atom { [unowned self] in try atomValues(name, of: group, at: word.location) }, wants: wants)
    }
}
