import Foundation

extension Report {
    /// A dot for each run and a stroke for the middle, a row for each group.
    private func strip(
        _ name: String, _ title: String, unit: String, logarithmic: Bool, caption: String, _ value: (RunAnalysis) -> Double?
    ) -> Figure? {
        let rows = groups.map { group in
            (
                group,
                group.runs.compactMap { run -> (String, Double)? in
                    guard run.end?.outcome != .failed, let x = run.end?.analysis.flatMap(value), x.isFinite, !logarithmic || x > 0 else {
                        return nil
                    }
                    return (run.run.folder, x)
                }
            )
        }.filter { !$0.1.isEmpty }
        guard !rows.isEmpty else { return nil }
        let all = rows.flatMap { $0.1.map(\.1) }
        let labels = rows.map { $0.0.label.isEmpty ? "all runs" : $0.0.label }
        let left = 24 + (labels.map { Style.width($0) }.max() ?? 0)
        let top = 24.0, row = 26.0, bottom = top + row * Double(rows.count)
        var svg = SVG(width: left + 480 + 90, height: bottom + 46)
        svg.text("median", left + 480 + 12, top - 8, size: 11, colour: Style.faint)
        // Where some models drift a thousand times as much as others, a linear axis shows only those.
        let sizes = all.map(abs).filter { $0 > 0 }.sorted()
        var kind = Scale.Kind.linear
        if logarithmic {
            if let last = sizes.last, let first = sizes.first, last > 20 * first { kind = .logarithmic }
        } else if let last = sizes.last, last > 30 * sizes[sizes.count / 2] {
            kind = .symmetric(pow(10, log10(sizes[sizes.count / 4]).rounded(.down)))
        }
        let x = Scale(kind, all, from: left, to: left + 480, includesZero: kind != .logarithmic)
        for tick in x.ticks {
            svg.line(x(tick), top, x(tick), bottom, "stroke=\"\(tick == 0 ? Style.faint : Style.grid)\"")
            svg.text(x.label(tick), x(tick), bottom + 17, .middle, size: 11.5, colour: Style.faint)
        }
        svg.text("\(title) / \(unit)", left + 240, bottom + 36, .middle, size: 12.5)
        for (place, (group, values)) in rows.enumerated() {
            let y = top + row * (Double(place) + 0.5), colour = Style.colour(colourPlace(group))
            svg.text(labels[place], left - 12, y + 4, .end)
            for (number, (run, value)) in values.enumerated() {
                // Dots of one row lie side by side, not on each other.
                let shift = values.count == 1 ? 0 : 5.0 * (Double(number % 3) - 1)
                svg.circle(x(value), y + shift, 3.6, "fill=\"\(colour)\" fill-opacity=\"0.45\"", title: "\(run): \(Scale.short(value))")
            }
            if let middle = Self.median(values.map(\.1)) {
                svg.line(x(middle), y - 10, x(middle), y + 10, "stroke=\"\(colour)\" stroke-width=\"2.6\"")
                svg.text(Scale.short(middle), left + 480 + 12, y + 4, colour: Style.faint)
            }
        }
        return Figure(
            name: name, svg: svg.document(title: title), caption: caption + " A dot a run; the stroke and the number are the median.")
    }

    func driftFigure() -> Figure? {
        let unit = "\(energyPerAtom)/\(timeUnit)"
        return strip(
            "drift", "energy drift", unit: unit, logarithmic: false,
            caption:
                "Slope of the conserved quantity (econserve where the thermo table has it, otherwise the total energy), by least squares over the last run command."
        ) { $0.drift }
    }

    func costFigure() -> Figure? {
        if isReduced { return nil }
        return strip(
            "cost", "cost", unit: "core h/ns", logarithmic: true, caption: "Wall time of the time loops, times processes, a nanosecond."
        ) { $0.cost }
    }

    // MARK: - In time

    /// Lines of the runs against time.
    private func seriesFigure(
        _ name: String, _ title: String, _ yLabel: String, _ groups: [Group], caption: String, _ values: (RunAnalysis.Series) -> [Double]
    ) -> Figure? {
        let most = max(1, 60 / max(1, groups.count))
        var lines: [(place: Int, name: String, isFirst: Bool, points: [(x: Double, y: Double)])] = []
        var hasMore = false
        for group in groups {
            let usable = group.runs.filter { $0.end != nil && $0.end?.outcome != .failed }
            hasMore = hasMore || usable.count > most
            for run in usable.prefix(most) {
                guard let folder = run.folder, let bytes = try? Files.read(folder + "/series.json"),
                    let series = try? JSONDecoder.standard.decode(RunAnalysis.Series.self, from: bytes)
                else { continue }
                let points = zip(series.time, values(series)).filter { $0.0.isFinite && $0.1.isFinite }.map { (x: $0.0, y: $0.1) }
                let name = group.values.first ?? "all runs"
                if points.count > 1 { lines.append((colourPlace(group), name, !lines.contains { $0.name == name }, points)) }
            }
        }
        guard !lines.isEmpty else { return nil }
        // One run that goes wrong should not flatten all others: the axis holds what lies within ten times the middle half.
        let all = lines.flatMap { $0.points.map(\.y) }.sorted()
        let (q1, q3) = (all[all.count / 4], all[3 * all.count / 4])
        let (low, high) = (q1 - 10 * (q3 - q1), q3 + 10 * (q3 - q1))
        let inside = all.filter { $0 >= low && $0 <= high }
        let isCut = inside.count < all.count
        let names = Array(Set(lines.map(\.name)))
        let left = 76.0, top = title.isEmpty ? 16.0 : 36.0, plot = 210.0
        var chart = Chart(
            svg: SVG(width: left + 480 + labelWidth(names), height: top + plot + 48),
            x: Scale(
                exactly: lines.flatMap { $0.points.map(\.x) }.min()!, lines.flatMap { $0.points.map(\.x) }.max()!, from: left,
                to: left + 480),
            y: Scale(.linear, inside, from: top + plot, to: top))
        chart.axes(xLabel: "time / \(timeUnit)", yLabel: yLabel, title: title.isEmpty ? nil : title)
        var labels: [(text: String, y: Double, colour: String)] = []
        for line in lines.filter({ !$0.isFirst }) + lines.filter(\.isFirst) {
            let points = line.points.map { point in
                (x: chart.x(point.x), y: chart.y(min(max(point.y, chart.y.low), chart.y.high)))
            }
            chart.svg.path(
                points,
                "fill=\"none\" stroke=\"\(Style.colour(line.place))\" stroke-linejoin=\"round\" "
                    + (line.isFirst ? "stroke-width=\"1.5\"" : "stroke-width=\"0.9\" stroke-opacity=\"0.3\""))
            if line.isFirst {
                let end = line.points.last!
                labels.append((line.name, chart.y(min(max(end.y, chart.y.low), chart.y.high)), Style.colour(line.place)))
            }
        }
        chart.endLabels(labels)
        var text = caption
        if isCut { text += " Lines that leave the frame are cut at its edge." }
        if hasMore { text += " The first \(most) runs of each." }
        return Figure(name: name, svg: chart.svg.document(title: yLabel), caption: text)
    }

    func temperatureFigures() -> [Figure] {
        panels.enumerated().compactMap { number, panel in
            seriesFigure(
                number == 0 ? "temperature" : "temperature-\(number)", panel.title, isReduced ? "temperature / \u{3B5}" : "temperature / K",
                panel.groups,
                caption: "Temperature of the thermo table, a line a run; each group's first is drawn strong."
            ) { $0.temperature }
        }
    }

    func conservedFigures() -> [Figure] {
        panels.enumerated().compactMap { number, panel in
            seriesFigure(
                number == 0 ? "conserved" : "conserved-\(number)", panel.title, "conserved quantity / (\(energyPerAtom))", panel.groups,
                caption:
                    "Conserved quantity less its first value, a line a run, each group's first drawn strong; up to the breakdown where there is one."
            ) { $0.conserved }
        }
    }

    // MARK: - Against the time step

    /// Log-log: fluctuation against time step, and drift against time step.
    func timestepFigures() -> [Figure] {
        let series = timestepSeries
        guard !series.isEmpty else { return [] }
        let unit = isReduced ? "\u{3C4}/1000" : "fs"
        return [fluctuationFigure(series, unit), timestepDriftFigure(series, unit)]
    }

    private func loglog(_ series: [TimestepSeries], _ unit: String, yLabel: String, _ value: (TimestepPoint) -> Double, labels: [String])
        -> Chart
    {
        let left = 84.0, top = 16.0, plot = 290.0
        let steps = series.flatMap { $0.points.map(\.timestep) }, values = series.flatMap { $0.points.map(value) }
        var chart = Chart(
            svg: SVG(width: left + 380 + labelWidth(labels), height: top + plot + 48),
            x: Scale(.logarithmic, steps, from: left, to: left + 380), y: Scale(.logarithmic, values, from: top + plot, to: top))
        chart.axes(xLabel: "time step / \(unit)", yLabel: yLabel)
        return chart
    }

    private func fluctuationFigure(_ series: [TimestepSeries], _ unit: String) -> Figure {
        let labels = series.map { line -> String in
            let name = line.label.isEmpty ? "all runs" : line.label
            guard let slope = line.slope else { return name }
            return "\(name): slope \(String(format: "%.2f", slope.value))"
        }
        var chart = loglog(series, unit, yLabel: "fluctuation / (\(energyPerAtom))", { $0.fluctuation }, labels: labels)
        // What a symplectic integrator of second order does on a smooth energy, through the lowest point of the longest step.
        let longest = series.compactMap { $0.points.last }.filter { point in
            point.timestep == series.compactMap { $0.points.last?.timestep }.max()
        }
        if let anchor = longest.min(by: { $0.fluctuation < $1.fluctuation }) {
            let low = chart.x.low, y = anchor.fluctuation * 0.62
            let points = stride(from: 0.0, through: 1, by: 0.02).map { low * pow(anchor.timestep / low, $0) }
                .map { (x: $0, y: y * pow($0 / anchor.timestep, 2)) }.filter { $0.y >= chart.y.low }
            chart.svg.path(
                points.map { (x: chart.x($0.x), y: chart.y($0.y)) },
                "fill=\"none\" stroke=\"\(Style.faint)\" stroke-dasharray=\"1 3\" stroke-width=\"1.4\"")
            if let middle = points.dropFirst(points.count / 2).first {
                chart.svg.text("slope 2", chart.x(middle.x) + 8, chart.y(middle.y) + 14, size: 11.5, colour: Style.faint)
            }
        }
        var ends: [(text: String, y: Double, colour: String)] = []
        for (place, line) in series.enumerated() {
            chart.svg.path(line.points.map { (x: chart.x($0.timestep), y: chart.y($0.fluctuation)) }, Style.stroke(place))
            for point in line.points {
                chart.svg.circle(
                    chart.x(point.timestep), chart.y(point.fluctuation), 4, "fill=\"\(Style.colour(place))\"",
                    title: "\(line.label), \(Scale.short(point.timestep)) \(unit): \(Scale.short(point.fluctuation)) \(energyPerAtom)")
            }
            if let last = line.points.last { ends.append((labels[place], chart.y(last.fluctuation), Style.colour(place))) }
        }
        chart.endLabels(ends)
        return Figure(
            name: "timestep-fluctuation", svg: chart.svg.document(title: "Fluctuation against time step"),
            caption: """
                Root mean square of the conserved quantity about its line. Velocity Verlet on a smooth conservative energy gives a slope of 2; forces that \
                are no gradient, or that jump, give less.
                """)
    }

    private func timestepDriftFigure(_ series: [TimestepSeries], _ unit: String) -> Figure {
        let labels = series.map { $0.label.isEmpty ? "all runs" : $0.label }
        var chart = loglog(series, unit, yLabel: "|drift| / (\(energyPerAtom)/\(timeUnit))", { max(abs($0.drift), 1e-12) }, labels: labels)
        var ends: [(text: String, y: Double, colour: String)] = []
        for (place, line) in series.enumerated() {
            let colour = Style.colour(place)
            let points = line.points.map { (x: chart.x($0.timestep), y: chart.y(max(abs($0.drift), 1e-12)), point: $0) }
            chart.svg.path(points.map { ($0.x, $0.y) }, Style.stroke(place, width: 1.4))
            for (x, y, point) in points {
                let isZero = !(abs(point.drift) > 2 * point.driftError)
                chart.svg.circle(
                    x, y, 4.2, isZero ? "fill=\"white\" stroke=\"\(colour)\" stroke-width=\"1.8\"" : "fill=\"\(colour)\"",
                    title: "\(line.label): \(Scale.short(point.drift)) \u{B1} \(Scale.short(point.driftError))")
            }
            if let last = points.last { ends.append((labels[place], last.y, colour)) }
        }
        chart.endLabels(ends)
        return Figure(
            name: "timestep-drift", svg: chart.svg.document(title: "Drift against time step"),
            caption: "Mean drift over the runs. Hollow: less than twice its standard error, so not told from zero.")
    }
}
