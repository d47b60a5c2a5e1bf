import Foundation

extension Report {
    /// The report as one page that needs nothing else: figures are in it.
    func page() -> String {
        let title = SVG.escape(options.title ?? name)
        let sections = figures().map { section in
            "<section>\n<h2>\(section.heading)</h2>\n\(Self.arranged(section.figures))\n</section>"
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>
            body { font: 15px/1.5 \(Style.font); color: \(Style.ink); background: #fff; margin: 2rem auto; max-width: 70rem; padding: 0 1.2rem; }
            h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
            p.lead { color: \(Style.faint); margin: 0 0 1.4rem; }
            .scroll { overflow-x: auto; }
            table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
            th, td { padding: .28rem .55rem; text-align: right; border-bottom: 1px solid \(Style.grid); white-space: nowrap; }
            th { border-bottom: 1.5px solid \(Style.ink); font-weight: 600; vertical-align: bottom; }
            th small { font-weight: 400; color: \(Style.faint); display: block; } th.text, td.text { text-align: left; }
            figure { margin: 1rem 0 1.8rem; } figure svg { max-width: 100%; height: auto; }
            .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(27rem, 1fr)); gap: .8rem 1.2rem; }
            figcaption { color: \(Style.faint); font-size: 13px; max-width: 46rem; }
            footer { border-top: 1px solid \(Style.grid); margin-top: 2.5rem; padding-top: .8rem; color: \(Style.faint); font-size: 13px; }
            footer p { margin: .3rem 0; max-width: 56rem; }
            @media print { body { margin: 0; max-width: none; font-size: 11pt; } figure, tr { break-inside: avoid; } .scroll { overflow: visible; } }
            </style>
            </head>
            <body>
            <h1>\(title)</h1>
            <p class="lead">\(SVG.escape(lead))</p>
            <div class="scroll">
            \(summaryTable())
            </div>
            \(sections.joined(separator: "\n"))
            <footer>
            \(notes.map { "<p>\(SVG.escape($0))</p>" }.joined(separator: "\n"))
            </footer>
            </body>
            </html>

            """
    }

    /// The figures in their sections; those without figures are left out.
    func figures() -> [(heading: String, figures: [Figure])] {
        // Of runs that all came to their end there is nothing to see.
        let hasEvents = groups.contains { $0.survival.events > 0 || !$0.reasons.isEmpty }
        let curves = hasEvents ? panels.enumerated().compactMap { survivalFigure($1.title, $1.groups, number: $0) } : []
        return [
            ("Survival", curves + [hasEvents ? stableFigure() : nil, reasonsFigure()].compactMap { $0 }),
            ("Energy", [driftFigure()].compactMap { $0 }), ("Time step", timestepFigures()),
            ("In time", temperatureFigures() + conservedFigures()), ("Cost", [costFigure()].compactMap { $0 }),
        ].filter { !$0.1.isEmpty }
    }

    /// Panels of one kind stand side by side, with one caption.
    private static func arranged(_ figures: [Figure]) -> String {
        var families: [[Figure]] = []
        for figure in figures {
            if let last = families.last?.last, last.family == figure.family {
                families[families.count - 1].append(figure)
            } else {
                families.append([figure])
            }
        }
        return families.map { family in
            let drawings = family.map(\.svg).joined(separator: "\n")
            let body = family.count > 1 ? "<div class=\"panels\">\n\(drawings)\n</div>" : drawings
            return "<figure>\n\(body)\n<figcaption>\(SVG.escape(family[0].caption))</figcaption>\n</figure>"
        }.joined(separator: "\n")
    }

    private var lead: String {
        let ended = runs.count { $0.end != nil }
        let events = groups.map(\.survival.events).reduce(0, +)
        var text = "\(ended) of \(runs.count) runs ended"
        if judgesStability { text += "; \(events == 0 ? "none" : "\(events)") broke down" }
        if judgesStability, horizon > 0 { text += "; compared up to \(Scale.short(horizon)) \(timeUnit)" }
        let versions = Set(runs.compactMap { $0.end?.program.version }).sorted()
        if !versions.isEmpty { text += ". \(versions.joined(separator: ", "))" }
        return text + "."
    }

    /// Whether any run had a fix stability, or broke down without.
    private var judgesStability: Bool { runs.contains { $0.end?.stability != nil } || groups.contains { $0.survival.events > 0 } }

    private func summaryTable() -> String {
        var head = by.map { "<th class=\"text\">\(SVG.escape($0))</th>" }
        if by.isEmpty { head = ["<th class=\"text\">runs</th>"] }
        let level = Int((100 * options.confidence).rounded())
        head += ["<th>runs</th>", "<th>finished</th>", "<th>unstable</th>", "<th>failed</th>"]
        if judgesStability {
            head += [
                "<th>stable<small>fraction, \(level) %</small></th>", "<th>median life<small>\(timeUnit)</small></th>",
                "<th>mean stable time<small>\(timeUnit), up to \(Scale.short(horizon))</small></th>",
            ]
        }
        head += [
            "<th>drift<small>\(energyPerAtom)/\(timeUnit)</small></th>", "<th>fluctuation<small>\(energyPerAtom)</small></th>",
            "<th>drift ratio</th>", "<th>T<small>\(isReduced ? "\u{3B5}" : "K")</small></th>", "<th>cost<small>core h/ns</small></th>",
        ]
        let rows = groups.map { group -> String in
            func count(_ outcome: Outcome) -> String { "\(group.counts[outcome] ?? 0)" }
            let stable =
                group.knownCount == 0
                ? "\u{2013}" : String(format: "%.2f (%.2f\u{2013}%.2f)", group.stable.value, group.stable.low, group.stable.high)
            let none = "\u{2013}"
            var (median, stableTime, drift, temperature) = (none, none, none, none)
            if let mean = group.meanStableTime(upTo: horizon) {
                stableTime = Self.withError(mean.value, mean.error)
                median = "> " + Scale.short(min(horizon, group.survival.end))
            }
            if let life = group.survival.median { median = Scale.short(life) }
            if let value = group.drift { drift = Self.withError(value.mean, value.error) }
            if let value = group.meanTemperature { temperature = String(format: "%.1f", value) }
            var cells = ["\(group.runs.count)", count(.finished), count(.unstable), count(.failed)]
            if judgesStability { cells += [stable, median, stableTime] }
            cells += [
                drift, Self.optional(group.medianFluctuation), Self.optional(group.medianDriftRatio), temperature,
                isReduced ? none : Self.optional(group.cost),
            ]
            let names = (group.values.isEmpty ? ["all"] : group.values).map { "<td class=\"text\">\(SVG.escape($0))</td>" }
            return "<tr>\(names.joined())\(cells.map { "<td>\(SVG.escape($0))</td>" }.joined())</tr>"
        }
        return "<table>\n<thead><tr>\(head.joined())</tr></thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n</tbody>\n</table>"
    }

    private static func optional(_ x: Double?) -> String { x.map { Scale.short($0) } ?? "\u{2013}" }

    /// A value with as many digits as its error has two of.
    static func withError(_ x: Double, _ error: Double) -> String {
        guard x.isFinite else { return "\u{2013}" }
        guard error.isFinite, error > 0 else { return Scale.short(x) }
        let power = Int(log10(error).rounded(.down))
        guard power > -5, power < 5 else { return "\(Scale.short(x)) \u{B1} \(Scale.short(error))" }
        let decimals = max(0, 1 - power)
        return Scale.minus(String(format: "%.\(decimals)f \u{B1} %.\(decimals)f", x, error))
    }

    /// What the numbers mean.
    private var notes: [String] {
        let leftOut = groups.map(\.leftOut).reduce(0, +)
        let waiting = groups.map(\.waiting).reduce(0, +)
        var notes: [String] = []
        if waiting > 0 { notes.append("\(waiting) runs have not ended: the report is of those that have.") }
        if leftOut > 0 {
            notes.append(
                "\(leftOut) runs ended with errors that say nothing about stability (or wrote no row) and are left out of the survival statistics."
            )
        }
        if Set(runs.compactMap { $0.end?.program.sha256 }).count > 1 { notes.append("The runs were made by more than one build of mdrun.") }
        let decks = Dictionary(grouping: runs.compactMap { $0.end?.deck }, by: \.path)
        for (path, digests) in decks.sorted(by: { $0.key < $1.key }) where Set(digests.map(\.sha256)).count > 1 {
            notes.append("The deck \(Files.name(of: path)) was changed during the sweep.")
        }
        if judgesStability {
            notes.append(
                """
                Stable: no rule of fix stability fired, forces stayed finite and no atom was lost up to the horizon; intervals: Wilson (J. Am. Stat. Assoc. 22, \
                209, 1927). Survival: Kaplan and Meier (J. Am. Stat. Assoc. 53, 457, 1958), bands log-log with Greenwood's variance. Mean stable time: area \
                under the survival curve.
                """)
        }
        notes.append(
            """
            Drift: least squares, error over runs or, for one run, from the residual's correlation time. Drift ratio: total drift over the \
            standard deviation of the kinetic energy.
            """)
        return notes
    }
}
