import Foundation

/// From values to places on the page.
struct Scale {
    enum Kind: Equatable {
        case linear, logarithmic
        /// Linear near zero, logarithmic beyond the threshold: asinh(x / threshold).
        case symmetric(Double)
    }
    let kind: Kind
    private(set) var low: Double
    private(set) var high: Double
    var start: Double
    var end: Double

    /// A range that holds the values, to round numbers.
    init(_ kind: Kind, _ values: [Double], from start: Double, to end: Double, includesZero: Bool = false) {
        self.kind = kind
        (self.start, self.end) = (start, end)
        let finite = values.filter { $0.isFinite && (kind != .logarithmic || $0 > 0) } + (includesZero ? [0] : [])
        var (low, high) = (finite.min() ?? (kind == .logarithmic ? 1 : 0), finite.max() ?? 1)
        switch kind {
        case .logarithmic:
            if high <= low * 1.0001 { (low, high) = (low / 2, high * 2) }
            (self.low, self.high) = (low / 1.25, high * 1.25)
        case .symmetric:
            if high <= low { (low, high) = (low - 1, high + 1) }
            (self.low, self.high) = (low, high)
            let margin = 0.05 * (forward(high) - forward(low))
            (self.low, self.high) = (inverse(forward(low) - margin), inverse(forward(high) + margin))
        case .linear:
            if high <= low {
                let half = max(abs(low) * 0.1, 1e-12)
                (low, high) = (low - half, high + half)
            }
            let step = Self.step((high - low) / 5)
            (self.low, self.high) = ((low / step + 1e-9).rounded(.down) * step, (high / step - 1e-9).rounded(.up) * step)
        }
    }

    /// Exactly this range.
    init(exactly low: Double, _ high: Double, from start: Double, to end: Double) {
        (kind, self.low, self.high, self.start, self.end) = (.linear, low, high > low ? high : low + 1, start, end)
    }

    private func forward(_ x: Double) -> Double {
        switch kind {
        case .linear: x
        case .logarithmic: log(x)
        case .symmetric(let threshold): asinh(x / threshold)
        }
    }

    private func inverse(_ y: Double) -> Double {
        switch kind {
        case .linear: y
        case .logarithmic: exp(y)
        case .symmetric(let threshold): sinh(y) * threshold
        }
    }

    func callAsFunction(_ x: Double) -> Double {
        let fraction = (forward(x) - forward(low)) / (forward(high) - forward(low))
        return start + fraction * (end - start)
    }

    /// 1, 2 or 5 times a power of ten.
    static func step(_ rough: Double) -> Double {
        guard rough > 0, rough.isFinite else { return 1 }
        let power = pow(10, log10(rough).rounded(.down))
        return power * ([1, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10)
    }

    var ticks: [Double] {
        switch kind {
        case .linear:
            let step = Self.step((high - low) / 5)
            let first = (low / step - 1e-9).rounded(.up), last = (high / step + 1e-9).rounded(.down)
            guard last >= first, last - first < 50 else { return [low, high] }
            return stride(from: first, through: last, by: 1).map { $0 * step }
        case .logarithmic:
            let decades = log10(high / low)
            let factors: [Double] = decades > 4 ? [1] : decades > 1.6 ? [1, 3] : [1, 2, 5]
            let first = Int(log10(low).rounded(.down)), last = Int(log10(high).rounded(.up))
            return (first...last).flatMap { power in factors.map { $0 * pow(10, Double(power)) } }.filter {
                $0 >= low * 0.9999 && $0 <= high * 1.0001
            }
        case .symmetric(let threshold):
            let powers = (-12...12).map { pow(10, Double($0)) }.filter { $0 >= threshold }
            let all = powers.map { -$0 }.reversed() + [0] + powers
            let inside = all.filter { $0 >= low && $0 <= high }
            let stride = max(1, inside.count / 7)
            let zero = inside.firstIndex(of: 0) ?? 0
            // Labels next to zero need room.
            return inside.indices.filter { ($0 - zero) % stride == 0 }.map { inside[$0] }
                .filter { $0 == 0 || abs(self($0) - self(0)) > 36 }
        }
    }

    /// A tick's label: with as many digits as the ticks need.
    func label(_ x: Double) -> String {
        if x == 0 || abs(x) < 1e-12 * max(abs(low), abs(high)) { return "0" }
        if kind != .linear || abs(x) >= 1e5 || abs(x) < 1e-3 { return Self.short(x) }
        let step = Self.step((high - low) / 5)
        let decimals = max(0, Int(-log10(step).rounded(.down)))
        return Self.minus(String(format: "%.\(min(decimals, 8))f", x))
    }

    /// 0.02, 300, 1e-5
    static func short(_ x: Double) -> String {
        if x != 0, abs(x) >= 1e4 || abs(x) < 1e-3 {
            let power = Int(log10(abs(x) * 1.0000001).rounded(.down))
            let mantissa = x / pow(10, Double(power))
            let digits = String(format: "%.3g", mantissa)
            return minus(digits == "1" ? "1e\(power)" : "\(digits)e\(power)")
        }
        return minus(String(format: "%.3g", x))
    }

    static func minus(_ text: String) -> String { text.replacingOccurrences(of: "-", with: "\u{2212}") }
}

/// A frame with axes, into which a figure draws.
struct Chart {
    var svg: SVG
    var x: Scale
    var y: Scale

    /// Grid lines, ticks, labels with units.
    mutating func axes(xLabel: String, yLabel: String, title: String? = nil) {
        let (left, right, top, bottom) = (x.start, x.end, y.end, y.start)
        for tick in y.ticks {
            svg.line(left, y(tick), right, y(tick), "stroke=\"\(Style.grid)\"")
            svg.text(y.label(tick), left - 7, y(tick) + 4, .end, size: 11.5, colour: Style.faint)
        }
        for tick in x.ticks {
            svg.line(x(tick), bottom, x(tick), bottom + 4, "stroke=\"\(Style.faint)\"")
            svg.text(x.label(tick), x(tick), bottom + 18, .middle, size: 11.5, colour: Style.faint)
        }
        svg.line(left, bottom, right, bottom, "stroke=\"\(Style.faint)\"")
        svg.text(xLabel, 0.5 * (left + right), bottom + 37, .middle, size: 12.5)
        svg.text(yLabel, 15, 0.5 * (top + bottom), .middle, size: 12.5, rotation: -90)
        if let title { svg.text(title, left, top - 12, size: 13, weight: 600) }
    }

    /// Names at the right end of lines, moved apart where they would meet, with a thin line to where they belong.
    mutating func endLabels(_ labels: [(text: String, y: Double, colour: String)], x place: Double? = nil) {
        let left = (place ?? x.end) + 8
        let order = labels.indices.sorted { labels[$0].y < labels[$1].y }
        let gap = 14.5
        var places = order.map { labels[$0].y }
        for k in places.indices.dropFirst() { places[k] = max(places[k], places[k - 1] + gap) }
        // The whole column moves up where it would leave the frame.
        if let last = places.last, last > y.start + 4 {
            var limit = y.start + 4
            for k in places.indices.reversed() {
                places[k] = min(places[k], limit)
                limit = places[k] - gap
            }
        }
        for (k, index) in order.enumerated() {
            let label = labels[index]
            if abs(places[k] - label.y) > 2 {
                svg.line(left - 6, label.y, left + 4, places[k], "stroke=\"\(label.colour)\" stroke-width=\"0.8\"")
            } else {
                svg.line(left - 6, label.y, left + 4, label.y, "stroke=\"\(label.colour)\" stroke-width=\"0.8\"")
            }
            svg.text(label.text, left + 7, places[k] + 4, size: 12, colour: label.colour, weight: 600)
        }
    }
}
