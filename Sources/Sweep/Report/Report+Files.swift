import Foundation

extension Report {
    /// Writes the page, its figures as SVG files, the tables as CSV, and everything as JSON.
    /// - Returns: what was written.
    public func write(to folder: String) throws -> [String] {
        try Files.makeFolder(folder)
        let all = figures()
        var files: [(String, String)] = [
            ("report.html", page()), ("groups.csv", groupsCSV()), ("runs.csv", runsCSV()), ("survival.csv", survivalCSV()),
            ("report.json", try json()),
        ]
        if !timestepSeries.isEmpty { files.append(("timestep.csv", timestepCSV())) }
        for figure in all.flatMap(\.figures) { files.append(("\(figure.name).svg", figure.svg)) }
        for (name, text) in files { try Files.write(text, to: "\(folder)/\(name)", isSynced: false) }
        return files.map { "\(folder)/\($0.0)" }
    }

    // MARK: - Tables

    /// RFC 4180: quoted where it has to be.
    static func cell(_ text: String) -> String {
        text.contains { ",\"\n\r".contains($0) } ? "\"\(text.replacingOccurrences(of: "\"", with: "\"\""))\"" : text
    }

    /// Every digit; nothing for what is not known.
    private static func cell(_ x: Double?) -> String { x.map { $0.isFinite ? "\($0)" : "" } ?? "" }

    private static func lines(_ rows: [[String]]) -> String { rows.map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n" }

    private func groupsCSV() -> String {
        var rows = [
            by + [
                "runs", "finished", "unstable", "failed", "not_ended", "left_out", "horizon", "stable", "known", "stable_fraction",
                "stable_low", "stable_high",
                "median_life", "mean_stable_time", "mean_stable_time_error", "drift", "drift_error", "fluctuation", "drift_ratio",
                "temperature",
                "core_hours_per_ns", "reasons",
            ]
        ]
        for group in groups {
            let mean = group.meanStableTime(upTo: horizon)
            var row = group.values.map { Self.cell($0) }
            row += ["\(group.runs.count)"] + Outcome.allCases.map { "\(group.counts[$0] ?? 0)" }
            row += ["\(group.waiting)", "\(group.leftOut)", Self.cell(horizon), "\(group.stableCount)", "\(group.knownCount)"]
            row += [group.stable.value, group.stable.low, group.stable.high].map { group.knownCount > 0 ? Self.cell($0) : "" }
            row += [Self.cell(group.survival.median), Self.cell(mean?.value), Self.cell(mean?.error)]
            row += [
                Self.cell(group.drift?.mean), Self.cell(group.drift?.error), Self.cell(group.medianFluctuation),
                Self.cell(group.medianDriftRatio),
            ]
            row += [Self.cell(group.meanTemperature), Self.cell(group.cost)]
            row.append(Self.cell(group.reasons.map { "\($0.reason): \($0.count)" }.joined(separator: "; ")))
            rows.append(row)
        }
        return Self.lines(rows)
    }

    private func runsCSV() -> String {
        var names: [String] = []
        for run in runs { for setting in run.run.variables where !names.contains(setting.name) { names.append(setting.name) } }
        var rows = [
            ["id"] + names + [
                "state", "reason", "time", "steps", "timestep", "rule_step", "rule_value", "drift", "drift_error", "fluctuation",
                "drift_ratio", "temperature",
                "temperature_deviation", "wall_s", "processor_s", "peak_MiB", "ranks", "attempts", "exit_code", "core_hours_per_ns", "host",
                "folder",
            ]
        ]
        for run in runs {
            let end = run.end, analysis = end?.analysis
            var row = [run.run.id] + names.map { Self.cell(run.run.value($0) ?? "") } + [run.state.word, Self.cell(end?.reason ?? "")]
            row += [Self.cell(end.flatMap { Self.time($0) }), analysis.map { "\($0.lastStep)" } ?? "", Self.cell(analysis?.timestep)]
            row += [end?.stability?.unstable == true ? end?.stability?.step.map { "\($0)" } ?? "" : "", Self.cell(end?.stability?.value)]
            row += [analysis?.drift, analysis?.driftError, analysis?.fluctuation, analysis?.driftRatio].map { Self.cell($0) }
            row += [analysis?.meanTemperature, analysis?.temperatureDeviation, end?.wall, end.map { $0.user + $0.system }, end?.peakMemory]
                .map { Self.cell($0) }
            row += [
                end.map { "\($0.ranks)" } ?? "", end.map { "\($0.attempts)" } ?? "", end.map { "\($0.exitCode)" } ?? "",
                Self.cell(analysis?.cost),
            ]
            row += [end?.host ?? "", Self.cell(run.folder.map { "runs/\(run.run.folder)/\(Files.name(of: $0))" } ?? "")]
            rows.append(row)
        }
        return Self.lines(rows)
    }

    private func survivalCSV() -> String {
        var rows = [by + ["time", "at_risk", "events", "survival", "low", "high"]]
        for group in groups where group.survival.count > 0 {
            let start = group.survival.at(-1)
            let names = group.values.map { Self.cell($0) }
            rows.append(names + ["0", "\(group.survival.count)", "0", "1", Self.cell(start.low), "1"])
            for step in group.survival.steps {
                rows.append(
                    names + [Self.cell(step.time), "\(step.atRisk)", "\(step.events)"]
                        + [step.survival, step.low, step.high].map { Self.cell($0) })
            }
        }
        return Self.lines(rows)
    }

    private func timestepCSV() -> String {
        var rows = [["series", "timestep", "fluctuation", "drift", "drift_error", "slope", "slope_error"]]
        for series in timestepSeries {
            for point in series.points {
                rows.append(
                    [
                        Self.cell(series.label), Self.cell(point.timestep), Self.cell(point.fluctuation), Self.cell(point.drift),
                        Self.cell(point.driftError),
                    ]
                        + [Self.cell(series.slope?.value), Self.cell(series.slope?.error)])
            }
        }
        return Self.lines(rows)
    }

    // MARK: - JSON

    private struct GroupRecord: Encodable {
        var values: [String: String]
        var runs: Int
        var finished: Int
        var unstable: Int
        var failed: Int
        var stable: Int
        var known: Int
        var stableFraction: [Double]?
        var medianLife: Double?
        var meanStableTime: Double?
        var drift: Double?
        var driftError: Double?
        var fluctuation: Double?
        var driftRatio: Double?
        var temperature: Double?
        var coreHoursPerNanosecond: Double?
        var reasons: [String: Int]
        var survival: [[Double]]
    }

    private struct Document: Encodable {
        var name: String
        var horizon: Double
        var confidence: Double
        var by: [String]
        var groups: [GroupRecord]
        var versions: [String]
    }

    private func json() throws -> String {
        let records = groups.map { group in
            GroupRecord(
                values: Dictionary(zip(by, group.values)) { $1 }, runs: group.runs.count, finished: group.counts[.finished] ?? 0,
                unstable: group.counts[.unstable] ?? 0, failed: group.counts[.failed] ?? 0, stable: group.stableCount,
                known: group.knownCount,
                stableFraction: group.knownCount > 0 ? [group.stable.value, group.stable.low, group.stable.high] : nil,
                medianLife: group.survival.median, meanStableTime: group.meanStableTime(upTo: horizon)?.value,
                drift: group.drift?.mean, driftError: group.drift?.error, fluctuation: group.medianFluctuation,
                driftRatio: group.medianDriftRatio,
                temperature: group.meanTemperature, coreHoursPerNanosecond: group.cost,
                reasons: Dictionary(group.reasons.map { ($0.reason, $0.count) }) { $1 },
                survival: group.survival.steps.map { [$0.time, $0.survival, $0.low, $0.high] })
        }
        let document = Document(
            name: name, horizon: horizon, confidence: options.confidence, by: by, groups: records,
            versions: Set(runs.compactMap { $0.end?.program.version }).sorted())
        return String(decoding: try JSONEncoder.readable.encode(document), as: UTF8.self) + "\n"
    }
}
