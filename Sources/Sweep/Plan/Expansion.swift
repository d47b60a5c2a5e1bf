import Deck
import Digest
import Foundation

extension Plan {
    /// The values of all variables in one run.
    private typealias Choice = [RunSpec.Setting]

    /// All runs, in the plan's order.
    /// - Throws: if there are none, or two that are the same.
    public func runs() throws -> [RunSpec] {
        var axes: [[Choice]] = []
        if decks.count > 1 { axes.append(decks.map { [.init(name: "deck", value: $0.label)] }) }
        if !models.isEmpty { axes.append(models.map { [.init(name: "model", value: $0.label)] }) }
        var done: Set<String> = []
        for variable in variables where !done.contains(variable.name) {
            let group = zipped.first { $0.contains(variable.name) } ?? [variable.name]
            done.formUnion(group)
            let members = group.map { name in variables.first { $0.name == name }! }
            axes.append(
                members[0].values.indices.map { place in members.map { .init(name: $0.name, value: $0.values[place]) } })
        }
        var choices: [Choice] = [[]]
        for axis in axes {
            guard choices.count * axis.count <= 1_000_000 else { throw SweepError("more than a million runs: is that meant?") }
            choices = choices.flatMap { choice in axis.map { choice + $0 } }
        }
        choices.removeAll { choice in
            excluded.contains { rule in
                rule.allSatisfy { condition in choice.contains { $0.name == condition.name && condition.values.contains($0.value) } }
            }
        }
        guard !choices.isEmpty else { throw SweepError("\(file): everything is excluded") }
        var runs = choices.map { run($0, constants: constants) }
        if order == .shuffled { runs.sort { $0.id < $1.id } }
        var ids: Set<String> = []
        for run in runs where !ids.insert(run.id).inserted {
            throw SweepError("two runs are the same: \(run.folder)")
        }
        return runs
    }

    /// Variables with one value tell no run from another: they are left out of folder names and reports.
    private var constants: Set<String> {
        Set(variables.filter { $0.values.count == 1 }.map(\.name))
    }

    private func run(_ choice: Choice, constants: Set<String>) -> RunSpec {
        var deck = decks[0].path
        var settings: [RunSpec.Setting] = []
        var ranks: Int?
        for setting in choice {
            switch setting.name {
            case "deck": deck = decks.first { $0.label == setting.value }!.path
            case "model":
                for (name, value) in models.first(where: { $0.label == setting.value })!.settings {
                    if name == "deck" { deck = value } else { settings.append(.init(name: name, value: value)) }
                }
            case "ranks": ranks = Int(setting.value)
            case let name where constants.contains(name): settings.append(setting)
            default: break
            }
        }
        let telling = choice.filter { !constants.contains($0.name) }
        let id = identity(choice, settings, deck)
        return RunSpec(
            id: id, folder: Self.folderName(telling, id), deck: deck, variables: telling, settings: settings, ranks: ranks)
    }

    /// What makes a run this run: its deck's name and the values of all its variables, by name. Other runs, the order of the file, limits,
    /// labels of folders and the number of ranks (unless it is a variable) do not.
    private func identity(_ choice: Choice, _ settings: [RunSpec.Setting], _ deck: String) -> String {
        var hash = SHA256()
        let prefix = folder + "/"
        hash.update(deck.hasPrefix(prefix) ? String(deck.dropFirst(prefix.count)) : deck)
        let all = Dictionary(choice.map { ($0.name, $0.value) } + settings.map { ($0.name, $0.value) }) { first, _ in first }
        for (name, value) in all.sorted(by: { $0.key < $1.key }) {
            hash.update(name)
            hash.update(value)
        }
        return String(SHA256.hexadecimal(hash.digest()).prefix(12))
    }

    /// `model-painn-a_temperature-300_seed-1.0a1b2c3d4e5f`
    static func folderName(_ variables: [RunSpec.Setting], _ id: String) -> String {
        func clean(_ text: String) -> String {
            String(decoding: text.utf8.map { isSafeByte($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
        }
        let label = variables.map { "\(clean($0.name))-\(clean($0.value))" }.joined(separator: "_")
        return label.isEmpty ? id : "\(label.prefix(120)).\(id)"
    }
}
