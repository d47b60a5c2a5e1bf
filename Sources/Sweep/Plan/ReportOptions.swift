import Deck
import Foundation
import Yams

/// What a report shows and how it counts.
public struct ReportOptions: Codable, Sendable {
    /// How a run that ended with an error enters the survival curves.
    public enum Failures: String, Codable, Sendable, CaseIterable {
        /// Forces that are not finite and lost atoms count as instabilities, other errors leave the run out.
        case physical
        /// Every error counts.
        case all
        /// None does.
        case none
    }

    /// Runs are grouped by these variables; the first is told by colour, the others by panel. Empty: `model`, or the first variable with
    /// few values.
    public var by: [String] = []
    public var title: String?
    /// ps up to which survival is compared; nil: the longest time.
    public var horizon: Double?
    /// Two-sided confidence level of all bands and intervals.
    public var confidence = 0.95
    public var failures = Failures.physical

    public init() {}

    init(_ node: Node, _ reader: PlanReader) throws {
        for (_, key, value) in try reader.entries(node, of: "report", known: ["by", "title", "horizon", "confidence", "failures"]) {
            switch key {
            case "by": by = try reader.list(value).map { try reader.word($0, "by") }
            case "title": title = try reader.text(value, "title")
            case "horizon":
                horizon = try reader.number(value, "horizon")
                guard horizon! > 0 else { throw reader.error("the horizon should be a positive time in ps", value) }
            case "confidence":
                confidence = try reader.number(value, "confidence")
                guard confidence > 0.5 && confidence < 1 else {
                    throw reader.error("the confidence level should be between 0.5 and 1", value)
                }
            default: failures = try reader.choice(value, "failures", Failures.allCases.map { ($0.rawValue, $0) })
            }
        }
    }
}
