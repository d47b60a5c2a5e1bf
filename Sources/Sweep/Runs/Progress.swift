import Foundation

/// Who is told how far a sweep is.
public protocol ProgressView {
    func show(_ counts: SweepFolder.Counts, mine: Int)
    func end(_ counts: SweepFolder.Counts)
}

/// A line on standard error: on a terminal it is rewritten in place, elsewhere a new one comes once a minute.
public final class ProgressLine: ProgressView {
    private let isTerminal = isatty(2) == 1
    private let interval: Double
    private var samples: [(time: Double, done: Int)] = []
    private var shown = -Double.infinity
    private var width = 0

    public init(interval: Double = 60) { self.interval = interval }

    public func show(_ counts: SweepFolder.Counts, mine: Int) {
        let now = Host.now()
        samples.append((now, counts.done))
        // The pace of the last ten minutes; all drivers' together.
        while samples.count > 2, now - samples[1].time > 600 { samples.removeFirst() }
        guard isTerminal || now - shown >= interval else { return }
        shown = now
        write(Self.text(counts, mine: mine, secondsLeft: secondsLeft(counts)))
    }

    public func end(_ counts: SweepFolder.Counts) {
        write(Self.text(counts, mine: 0, secondsLeft: nil))
        if isTerminal { FileHandle.standardError.write(Data("\n".utf8)) }
    }

    private func secondsLeft(_ counts: SweepFolder.Counts) -> Double? {
        guard let first = samples.first, let last = samples.last, last.done > first.done else { return nil }
        return Double(counts.waiting + counts.running) * (last.time - first.time) / Double(last.done - first.done)
    }

    private func write(_ text: String) {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        width = text.count
        FileHandle.standardError.write(Data((isTerminal ? "\r\(text)\(padding)" : "\(text)\n").utf8))
    }

    /// `[#####     ] 50/100 done: 40 finished, 8 unstable, 2 failed; 2 running, 48 waiting; about 3 min left`
    public static func text(_ counts: SweepFolder.Counts, mine: Int, secondsLeft: Double?) -> String {
        let bars = 20, filled = counts.total == 0 ? bars : bars * counts.done / counts.total
        var text =
            "[\(String(repeating: "#", count: filled))\(String(repeating: " ", count: bars - filled))] \(counts.done)/\(counts.total) done"
        let parts = Outcome.allCases.compactMap { outcome in counts.ended[outcome].map { "\($0) \(outcome.rawValue)" } }
        if !parts.isEmpty { text += ": " + parts.joined(separator: ", ") }
        text += "; \(counts.running) running"
        if mine > 0 && mine < counts.running { text += " (\(mine) here)" }
        text += ", \(counts.waiting) waiting"
        if let secondsLeft, counts.waiting + counts.running > 0 { text += "; about \(duration(secondsLeft)) left" }
        return text
    }

    /// `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`
    public static func duration(_ seconds: Double) -> String {
        let s = Int(seconds.rounded())
        if s < 90 { return "\(s) s" }
        let minutes = (s + 30) / 60
        if minutes < 90 { return "\(minutes) min" }
        if minutes < 48 * 60 { return "\(minutes / 60) h \(minutes % 60) min" }
        return "\(minutes / 1440) d \(minutes % 1440 / 60) h"
    }
}
