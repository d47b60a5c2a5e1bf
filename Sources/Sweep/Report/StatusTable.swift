import Foundation

/// The tables of `mdsweep status`.
public enum StatusTable {
    /// A line for each value of the variables `by`, and a sum.
    /// - Throws: if there is no such variable.
    public static func summary(_ runs: [IndexedRun], by: [String]) throws -> String {
        let by = try Grouping.variables(by, in: runs)
        var table = TextTable(by + ["runs", "waiting", "running", "finished", "unstable", "failed", "wall", "core h"])
        func row(_ label: [String], _ members: [IndexedRun]) {
            func count(_ state: IndexedRun.State) -> String { "\(members.count { $0.state == state })" }
            let ends = members.compactMap(\.end)
            let wall = ends.map(\.wall).reduce(0, +)
            let hours = ends.map { $0.wall * Double($0.ranks) }.reduce(0, +) / 3600
            table.rows.append(
                label + [
                    "\(members.count)", count(.waiting), count(.running), count(.ended(.finished)), count(.ended(.unstable)),
                    count(.ended(.failed)),
                    ends.isEmpty ? "-" : ProgressLine.duration(wall), ends.isEmpty ? "-" : String(format: "%.2f", hours),
                ])
        }
        let groups = Grouping.groups(runs, by: by)
        for (values, members) in groups { row(values, members) }
        if groups.count > 1 { row(["all"] + by.dropFirst().map { _ in "" }, runs) }
        return table.text
    }

    public static func runs(_ runs: [IndexedRun]) -> String {
        var table = TextTable(["run", "state", "try", "time ps", "wall s", "reason"])
        for run in runs {
            let end = run.end
            table.rows.append([
                run.run.folder, run.state.word, run.folder.map { String(Files.name(of: $0).dropFirst(3)) } ?? "-",
                end?.analysis.map { String(format: "%.4g", $0.time) } ?? "-", end.map { String(format: "%.1f", $0.wall) } ?? "-",
                [end?.reason, end?.outcome == .failed ? end?.message : nil].compactMap { $0 }.joined(separator: ": "),
            ])
        }
        return table.text
    }

    public static func json(_ runs: [IndexedRun]) throws -> String {
        struct Line: Encodable {
            var id: String
            var folder: String
            var state: String
            var variables: [String: String]
            var end: RunEnd?
        }
        let lines = runs.map { run in
            Line(
                id: run.run.id, folder: run.folder ?? run.run.folder, state: run.state.word,
                variables: Dictionary(run.run.variables.map { ($0.name, $0.value) }) { $1 }, end: run.end)
        }
        return String(decoding: try JSONEncoder.readable.encode(lines), as: UTF8.self)
    }
}

/// A table of text: words to the left, numbers to the right.
struct TextTable {
    var headings: [String]
    var rows: [[String]] = []

    init(_ headings: [String]) { self.headings = headings }

    var text: String {
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let isText = headings.indices.map { column in
            column == 0 || rows.contains { !$0[column].isEmpty && $0[column] != "-" && Double($0[column]) == nil }
        }
        return all.map { row in
            row.indices.map { column in
                let blanks = String(repeating: " ", count: widths[column] - row[column].count)
                return isText[column] ? row[column] + blanks : blanks + row[column]
            }.joined(separator: "  ").replacing(/\ +$/, with: "")
        }.joined(separator: "\n")
    }
}

/// Runs in groups by the values of variables.
enum Grouping {
    /// The variables asked for, or `model`, or the first that is no seed.
    /// - Throws: if there is no such variable.
    static func variables(_ wanted: [String], in runs: [IndexedRun]) throws -> [String] {
        var known: [String] = []
        for run in runs.prefix(1) + runs.suffix(1) {
            for setting in run.run.variables where !known.contains(setting.name) { known.append(setting.name) }
        }
        for name in wanted where !known.contains(name) && !runs.contains(where: { $0.run.value(name) != nil }) {
            throw SweepError("no variable '\(name)' (there are: \(known.joined(separator: ", ")))")
        }
        if !wanted.isEmpty { return wanted }
        if known.contains("model") { return ["model"] }
        return known.first { $0 != "seed" }.map { [$0] } ?? []
    }

    /// In the order in which the groups occur first.
    static func groups(_ runs: [IndexedRun], by: [String]) -> [(values: [String], runs: [IndexedRun])] {
        var places: [[String]: Int] = [:]
        var groups: [(values: [String], runs: [IndexedRun])] = []
        for run in runs {
            let values = by.map { run.run.value($0) ?? "-" }
            if let place = places[values] {
                groups[place].runs.append(run)
            } else {
                places[values] = groups.count
                groups.append((values, [run]))
            }
        }
        return groups
    }
}
