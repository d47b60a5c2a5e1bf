import Deck
import Integrators
import Observers
import Potentials

/// Every word that a deck may use, with its usage line: what `mdrun styles` and the manual print.
private let reference: [(title: String, rows: [(name: String, usage: String)])] = [
    ("Commands", (CommandRegistry.builtin.map { ($0.name, $0.usage) } + Interpreter.languageUsages).sorted { $0.0 < $1.0 }),
    ("Pair styles", PotentialRegistry.builtin.map { ($0.name, $0.usage) }),
    (
        "Fix styles",
        (FixRegistry.builtin.map { ($0.name, $0.usage) } + ObservingFixStyle.builtin.map { ($0.name, $0.usage) }).sorted { $0.0 < $1.0 }
    ),
    ("Compute styles", ComputeStyle.builtin.map { ($0.name, $0.usage + "\n" + $0.help) }.sorted { $0.0 < $1.0 }),
    ("Dump styles", DumpStyle.builtin.map { ($0.name, $0.usage + "\n" + $0.help) }),
    ("Thermo keywords", ThermoKeyword.table.map { ($0.name, "\($0.name): \($0.help)\($0.unit.isEmpty ? "" : " (\($0.unit))")") }),
]

/// The text of `mdrun styles`.
public func stylesReference() -> String {
    reference.map { title, rows in
        title + "\n" + rows.map { "  " + $0.usage.split(separator: "\n").joined(separator: "\n    ") }.joined(separator: "\n")
    }.joined(separator: "\n\n")
}

/// The text of `mdrun manual`, which is docs/Manual.md.
public func manual() -> String {
    var text = """
        # Manual

        Made by `mdrun manual` from the usage lines of the program. Capitals are what you fill in, [ ] may be left out, | is a choice, and ...
        goes on. What each command means is LAMMPS' documentation of the same name; docs/LAMMPS.md says what differs.

        """
    for (title, rows) in reference {
        text += "\n## \(title)\n"
        if title == "Thermo keywords" {
            text += "\n" + rows.map { "- `\($0.name)`\($0.usage.dropFirst($0.name.count))\n" }.joined()
        } else {
            for row in rows { text += "\n### \(row.name)\n\n" + row.usage.split(separator: "\n").map { "    \($0)\n" }.joined() }
        }
    }
    return text
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
