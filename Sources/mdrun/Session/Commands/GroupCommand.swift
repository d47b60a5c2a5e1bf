import Deck
import Domain
import Integrators

/// `group`: names a set of atoms; a second command for the same name adds to it.
struct GroupCommand: DeckCommand {
    static let name = "group"
    static let usage = """
        group NAME type|id|molecule VALUE|FIRST:LAST|FIRST:LAST:STEP ...      (type labels may stand for types)
        group NAME type|id|molecule <|<=|>|>=|==|!= VALUE | <> LOW HIGH
        group NAME region ID
        group NAME variable V        (atom-style variable V is not 0)
        group NAME union GROUP ...
        group NAME subtract GROUP GROUP ...        (in the first, in none of the others)
        group NAME intersect GROUP GROUP ...
        group NAME empty|clear|delete
        """

    /// A set of whole numbers.
    private enum Selection {
        case ranges([(first: Int, last: Int, step: Int)])
        case condition(Comparison, Int)
        case between(Int, Int)

        func contains(_ value: Int) -> Bool {
            switch self {
            case .ranges(let list):
                list.contains { value >= $0.first && value <= $0.last && (value - $0.first) % $0.step == 0 }
            case .condition(let comparison, let bound): comparison.holds(value, bound)
            case .between(let low, let high): value >= low && value <= high
            }
        }
    }

    private enum Action {
        case type(Selection)
        case id(Selection)
        case molecule(Selection)
        case region(any Region)
        case variable(AtomValue)
        case union([Group])
        case subtract([Group])
        case intersect([Group])
        case empty
        case clear
        case delete
    }
    private enum Style { case type, id, molecule, region, variable, union, subtract, intersect, empty, clear, delete, unsupported }

    private let groupName: String
    private let action: Action
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem("group", at: location)
        let nameWord = try words.word("the group's name")
        groupName = nameWord.text
        guard !groupName.isEmpty, groupName.utf8.allSatisfy(Self.isNameByte) else {
            throw words.error("a group's name has letters, digits, _ and -", at: nameWord)
        }
        let style = try words.choice(
            "group style",
            [
                ("type", Style.type), ("id", .id), ("region", .region), ("union", .union), ("subtract", .subtract),
                ("intersect", .intersect), ("empty", .empty), ("clear", .clear), ("delete", .delete), ("molecule", .molecule),
                ("include", .unsupported), ("variable", .variable), ("dynamic", .unsupported), ("static", .unsupported),
            ])
        switch style {
        case .type: action = .type(try Self.selection(&words, session, areTypes: true))
        case .id: action = .id(try Self.selection(&words, session, areTypes: false))
        case .molecule:
            let style = session.system?.atoms.style ?? .atomic
            guard style.hasMolecule else { throw words.error("atom_style \(style.rawValue) has no molecules") }
            action = .molecule(try Self.selection(&words, session, areTypes: false))
        case .region: action = .region(try session.requireRegion(try words.word("a region")))
        case .variable:
            let word = try words.word("an atom-style variable")
            let variables = session.interpreter.variables
            guard variables.isDefined(word.text) else {
                throw DeckError.unknown("variable", word, known: variables.names)
            }
            guard variables.style(of: word.text) == .atom else {
                throw words.error("variable '\(word.text)' must be of style atom", at: word)
            }
            action = .variable(.variable(word.text, word.location))
        case .union: action = .union(try Self.groups(&words, session, least: 1))
        case .subtract: action = .subtract(try Self.groups(&words, session, least: 2))
        case .intersect: action = .intersect(try Self.groups(&words, session, least: 2))
        case .empty: action = .empty
        case .clear, .delete:
            let group = try session.requireGroup(nameWord)
            guard group != .all else { throw words.error("group all cannot be changed", at: nameWord) }
            if style == .delete, let fix = session.fixes.first(where: { $0.group == group }) {
                throw words.error("group '\(groupName)' is used by fix \(fix.id)", at: nameWord)
            }
            if style == .delete, let compute = session.observation.computes.first(where: { $0.group == group }) {
                throw words.error("group '\(groupName)' is used by compute \(compute.id)", at: nameWord)
            }
            action = style == .clear ? .clear : .delete
        case .unsupported: throw words.error("this group style is not supported")
        }
    }

    private static func isNameByte(_ c: UInt8) -> Bool {
        c == UInt8(ascii: "_") || c == UInt8(ascii: "-") || (48...57).contains(c) || (65...90).contains(c) || (97...122).contains(c)
    }

    private static func groups(_ words: inout Words, _ session: Session, least: Int) throws -> [Group] {
        var list: [Group] = []
        while list.count < least || !words.isAtEnd { list.append(try session.requireGroup(try words.word("a group"))) }
        return list
    }

    private static func selection(_ words: inout Words, _ session: Session, areTypes: Bool) throws -> Selection {
        let what = areTypes ? "an atom type" : "an atom id"
        if let word = words.peek, let comparison = Comparison(rawValue: word.text), comparison != .exclusiveOr {
            _ = try words.word(what)
            return .condition(comparison, try value(&words, session, what, areTypes))
        }
        if words.optional("<>") {
            let low = try value(&words, session, what, areTypes)
            return .between(low, try value(&words, session, what, areTypes))
        }
        var ranges: [(first: Int, last: Int, step: Int)] = []
        repeat {
            let word = try words.word(what)
            if areTypes, let type = session.system!.atoms.labels.firstIndex(of: word.text) {
                ranges.append((type, type, 1))
                continue
            }
            let parts = word.text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...3).contains(parts.count), let first = parts[0], parts.allSatisfy({ $0 != nil }) else {
                throw words.error("expected \(what) or a range such as 3, 1:9 or 1:9:2, not '\(word.text)'", at: word)
            }
            let step = parts.count == 3 ? parts[2]! : 1
            guard step > 0 else { throw words.error("the step of a range must be positive", at: word) }
            ranges.append((first, parts.count > 1 ? parts[1]! : first, step))
        } while !words.isAtEnd
        return .ranges(ranges)
    }

    private static func value(_ words: inout Words, _ session: Session, _ what: String, _ isType: Bool) throws -> Int {
        if isType, let word = words.peek, let type = session.system!.atoms.labels.firstIndex(of: word.text) {
            _ = try words.word(what)
            return type
        }
        return try words.int(what)
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("group", at: location)
        guard let group = system.groups.make(groupName) else {
            throw DeckError("group: there are 32 groups already, which is the most", at: location)
        }
        let mask = system.atoms.mask.pointer
        func add(_ isIn: (Int) -> Bool) { for i in 0..<system.atoms.owned where isIn(i) { mask[i] |= group.bit } }
        switch action {
        case .type(let selection): add { selection.contains(Int(system.atoms.type[$0])) }
        case .id(let selection): add { selection.contains(Int(system.atoms.id[$0])) }
        case .molecule(let selection):
            guard let molecule = system.atoms.molecule else { break }
            add { selection.contains(Int(molecule.values[$0])) }
        case .region(let region): add { region.contains(system.atoms.position[$0]) }
        case .variable(let variable):
            let value = try variable.evaluate(session)
            add { value($0) != 0 }
        case .union(let list): add { i in list.contains { mask[i] & $0.bit != 0 } }
        case .intersect(let list): add { i in list.allSatisfy { mask[i] & $0.bit != 0 } }
        case .subtract(let list):
            add { mask[$0] & list[0].bit != 0 }
            let others = list.dropFirst().reduce(UInt32(0)) { $0 | $1.bit }
            for i in 0..<system.atoms.owned where mask[i] & others != 0 { mask[i] &= ~group.bit }
        case .empty: break
        case .clear, .delete:
            for i in 0..<system.atoms.owned { mask[i] &= ~group.bit }
            if case .delete = action { system.groups.remove(groupName) }
            return
        }
        session.output.line("\(system.count(group)) atoms in group \(groupName)")
    }
}
