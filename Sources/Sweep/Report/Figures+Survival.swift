import Foundation

/// A drawing and what is said below it.
struct Figure {
    var name: String
    var svg: String
    var caption: String

    /// The name without a panel's number.
    var family: Substring {
        guard let dash = name.lastIndex(of: "-"), Int(name[name.index(after: dash)...]) != nil else { return name[...] }
        return name[..<dash]
    }
}

extension Report {
    /// The first variable of `by` is told by colour: the place of a group's value among all of that variable.
    var colourValues: [String] {
        var values: [String] = []
        for group in groups where !values.contains(group.values.first ?? "") { values.append(group.values.first ?? "") }
        return values
    }

    func colourPlace(_ group: Group) -> Int { colourValues.firstIndex(of: group.values.first ?? "") ?? 0 }

    /// The groups of each panel: by the other variables of `by`.
    var panels: [(title: String, groups: [Group])] {
        var panels: [(title: String, groups: [Group])] = []
        for group in groups {
            let title = zip(by, group.values).dropFirst().map { "\($0) = \($1)" }.joined(separator: ", ")
            if let place = panels.firstIndex(where: { $0.title == title }) {
                panels[place].groups.append(group)
            } else {
                panels.append((title, [group]))
            }
        }
        return panels
    }

    var timeUnit: String { isReduced ? "\u{3C4}" : "ps" }
    var energyPerAtom: String { isReduced ? "\u{3B5}/atom" : "meV/atom" }
    var isReduced: Bool { runs.contains { $0.end?.analysis?.units == "lj" } }

    /// Room for labels at the right of a figure.
    func labelWidth(_ labels: [String]) -> Double { 30 + (labels.map { Style.width($0) }.max() ?? 0) }

    /// Survival curves of a panel with their bands, and the runs at risk below.
    func survivalFigure(_ title: String, _ groups: [Group], number: Int) -> Figure? {
        let shown = groups.filter { $0.survival.count > 0 }
        guard !shown.isEmpty, horizon > 0 else { return nil }
        let names = shown.map { $0.values.first ?? "all runs" }
        let room = labelWidth(names), left = max(64, 16 + (names.map { Style.width($0, size: 11.5) }.max() ?? 0))
        let plot = 250.0, top = title.isEmpty ? 16.0 : 36.0
        let height = top + plot + 46 + 22 + 17 * Double(shown.count) + 8
        var chart = Chart(
            svg: SVG(width: left + 480 + room, height: height), x: Scale(exactly: 0, horizon, from: left, to: left + 480),
            y: Scale(exactly: 0, 1, from: top + plot, to: top))
        chart.axes(xLabel: "time / \(timeUnit)", yLabel: "fraction stable", title: title.isEmpty ? nil : title)
        for group in shown {
            let steps = group.survival.steps.filter { $0.time <= horizon }
            guard !steps.isEmpty else { continue }
            var upper: [(x: Double, y: Double)] = [], lower: [(x: Double, y: Double)] = []
            var (high, low) = (1.0, 1.0)
            for step in steps {
                upper += [(chart.x(step.time), chart.y(high)), (chart.x(step.time), chart.y(step.high))]
                lower += [(chart.x(step.time), chart.y(low)), (chart.x(step.time), chart.y(step.low))]
                (high, low) = (step.high, step.low)
            }
            let end = min(horizon, group.survival.end)
            upper.append((chart.x(end), chart.y(high)))
            lower.append((chart.x(end), chart.y(low)))
            chart.svg.path(
                upper + lower.reversed(), "fill=\"\(Style.colour(colourPlace(group)))\" fill-opacity=\"0.13\" stroke=\"none\"",
                isClosed: true)
        }
        var labels: [(text: String, y: Double, colour: String)] = []
        for (name, group) in zip(names, shown) {
            let place = colourPlace(group), end = min(horizon, group.survival.end)
            var points = [(x: chart.x(0), y: chart.y(1))], value = 1.0
            for step in group.survival.steps where step.time <= horizon {
                points += [(chart.x(step.time), chart.y(value)), (chart.x(step.time), chart.y(step.survival))]
                value = step.survival
            }
            points.append((chart.x(end), chart.y(value)))
            chart.svg.path(points, Style.stroke(place, width: 2.2))
            labels.append((name, chart.y(value), Style.colour(place)))
        }
        chart.endLabels(labels)
        riskTable(&chart, zip(names, shown).map { ($0, $1) }, top: top + plot + 64, left: left)
        let level = Int((100 * options.confidence).rounded())
        return Figure(
            name: number == 0 ? "survival" : "survival-\(number)",
            svg: chart.svg.document(title: "Survival" + (title.isEmpty ? "" : ", \(title)")),
            caption: """
                Kaplan\u{2013}Meier survival with pointwise \(level) % bands (log\u{2013}log, Greenwood). Below: runs still under observation. \
                A curve without a band has had no event; its Wilson interval is in the next figure.
                """)
    }

    private func riskTable(_ chart: inout Chart, _ rows: [(String, Group)], top: Double, left: Double) {
        chart.svg.text("at risk", left - 10, top, .end, size: 11, colour: Style.faint)
        for (row, (name, group)) in rows.enumerated() {
            let y = top + 17 * Double(row + 1)
            chart.svg.text(name, left - 10, y, .end, size: 11.5, colour: Style.colour(colourPlace(group)), weight: 600)
            for tick in chart.x.ticks {
                // At the very end, those that were observed up to there.
                let count = group.survival.atRisk(tick * (1 - 1e-6))
                chart.svg.text("\(count)", chart.x(tick), y, .middle, size: 11.5)
            }
        }
    }

    /// Wilson intervals of the stable fraction.
    func stableFigure() -> Figure? {
        let shown = groups.filter { $0.knownCount > 0 }
        guard !shown.isEmpty else { return nil }
        let labels = shown.map { $0.label.isEmpty ? "all runs" : $0.label }
        let left = 24 + (labels.map { Style.width($0) }.max() ?? 0), right = 128.0
        let top = 10.0, row = 26.0, bottom = top + row * Double(shown.count)
        var svg = SVG(width: left + 420 + right, height: bottom + 46)
        let x = Scale(exactly: 0, 1, from: left, to: left + 420)
        for tick in x.ticks {
            svg.line(x(tick), top, x(tick), bottom, "stroke=\"\(Style.grid)\"")
            svg.text(x.label(tick), x(tick), bottom + 17, .middle, size: 11.5, colour: Style.faint)
        }
        svg.text("fraction stable at \(Scale.short(horizon)) \(timeUnit)", left + 210, bottom + 36, .middle, size: 12.5)
        for (place, group) in shown.enumerated() {
            let y = top + row * (Double(place) + 0.5), colour = Style.colour(colourPlace(group))
            svg.text(labels[place], left - 12, y + 4, .end)
            svg.line(x(group.stable.low), y, x(group.stable.high), y, "stroke=\"\(colour)\" stroke-width=\"2.2\"")
            for end in [group.stable.low, group.stable.high] {
                svg.line(x(end), y - 5, x(end), y + 5, "stroke=\"\(colour)\" stroke-width=\"2.2\"")
            }
            svg.circle(x(group.stable.value), y, 5, "fill=\"\(colour)\"", title: "\(group.stableCount) of \(group.knownCount)")
            svg.text("\(group.stableCount) of \(group.knownCount)", left + 420 + 14, y + 4, colour: Style.faint)
        }
        return Figure(
            name: "stable", svg: svg.document(title: "Stable fraction"),
            caption:
                "Runs that were stable up to \(Scale.short(horizon)) \(timeUnit), with Wilson's \(Int((100 * options.confidence).rounded())) % score interval."
        )
    }

    /// How runs ended: a bar a group.
    func reasonsFigure() -> Figure? {
        let shown = groups.filter { !$0.counts.isEmpty }
        guard shown.contains(where: { !$0.reasons.isEmpty }) else { return nil }
        var reasons: [String] = []
        for group in shown { for (reason, _) in group.reasons where !reasons.contains(reason) { reasons.append(reason) } }
        let labels = shown.map { $0.label.isEmpty ? "all runs" : $0.label }
        let left = 24 + (labels.map { Style.width($0) }.max() ?? 0)
        let most = Double(shown.map { $0.counts.values.reduce(0, +) }.max() ?? 1)
        let row = 30.0, keys = ["finished"] + reasons
        // The key stands above, in as many lines as it takes.
        var places: [(x: Double, y: Double)] = [], (keyX, keyY) = (left, 20.0)
        for key in keys {
            let width = 26 + Style.width(key)
            if keyX + width > left + 500 && keyX > left { (keyX, keyY) = (left, keyY + 20) }
            places.append((keyX, keyY))
            keyX += width
        }
        let top = keyY + 18, bottom = top + row * Double(shown.count)
        var svg = SVG(width: left + 520, height: bottom + 46)
        let x = Scale(exactly: 0, most, from: left, to: left + 480)
        func fill(_ key: String) -> String {
            guard let place = reasons.firstIndex(of: key) else { return "fill=\"#d9d9d9\"" }
            return "fill=\"\(Style.colour(place))\""
        }
        for (key, place) in zip(keys, places) {
            svg.rectangle(place.x, place.y - 10, 12, 12, fill(key))
            svg.text(key, place.x + 17, place.y)
        }
        for tick in x.ticks where tick == tick.rounded() {
            svg.line(x(tick), top, x(tick), bottom, "stroke=\"\(Style.grid)\"")
            svg.text(x.label(tick), x(tick), bottom + 17, .middle, size: 11.5, colour: Style.faint)
        }
        svg.text("runs", left + 240, bottom + 36, .middle, size: 12.5)
        for (place, group) in shown.enumerated() {
            let y = top + row * Double(place)
            svg.text(labels[place], left - 12, y + row / 2 + 4, .end)
            var from = 0.0
            let parts = [("finished", group.counts[.finished] ?? 0)] + group.reasons.map { ($0.reason, $0.count) }
            for (key, count) in parts where count > 0 {
                let width = x(from + Double(count)) - x(from)
                svg.rectangle(x(from), y + 5, width, row - 10, fill(key) + " stroke=\"white\"", title: "\(key): \(count)")
                if width > 18 {
                    svg.text(
                        "\(count)", x(from) + width / 2, y + row / 2 + 4, .middle, size: 11.5,
                        colour: key == "finished" ? Style.ink : "#ffffff", weight: 600)
                }
                from += Double(count)
            }
        }
        return Figure(
            name: "reasons", svg: svg.document(title: "How runs ended"),
            caption: "How runs ended: to their last step, or by which rule or error.")
    }
}
