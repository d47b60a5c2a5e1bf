import Integrators
import Observers
import Potentials

/// The text of `mdrun styles`: every word that a deck may use, with its usage line. The manual is made from the same lines.
public func stylesReference() -> String {
    var sections: [(String, [(String, String)])] = []
    sections.append(("Commands", CommandRegistry.builtin.map { ($0.name, $0.usage) }.sorted { $0.0 < $1.0 }))
    sections.append(("Pair styles", PotentialRegistry.builtin.map { ($0.name, $0.usage) }))
    sections.append(("Fix styles", FixRegistry.builtin.map { ($0.name, $0.usage) } + ObservingFixStyle.builtin.map { ($0.name, $0.usage) }))
    sections.append(("Compute styles", ComputeStyle.builtin.map { ($0.name, $0.usage) }))
    sections.append(("Dump styles", DumpStyle.builtin.map { ($0.name, $0.usage) }))
    sections.append(("Thermo keywords", ThermoKeyword.table.map { ($0.name, "\($0.name): \($0.help)\($0.unit.isEmpty ? "" : " (\($0.unit))")") }))
    return sections.map { title, rows in
        title + "\n" + rows.map { "  " + $0.1.split(separator: "\n").joined(separator: "\n    ") }.joined(separator: "\n")
    }.joined(separator: "\n\n")
}

extension Session {
    /// What `mdrun check` says of a deck that passed.
    public func checkReport(deck: String) -> String {
        var lines = ["\(deck): no errors"]
        if let system {
            lines.append("  \(system.atoms.total) atoms of \(system.atoms.typeCount) types, units \(units.name.rawValue)")
        }
        if let potential {
            lines.append("  potential: \(potential.summary)")
        }
        if !fixes.isEmpty { lines.append("  fixes: " + fixes.map { "\($0.id) (\($0.style))" }.joined(separator: ", ")) }
        return lines.joined(separator: "\n")
    }
}
