/// Constant weights of base potentials as a JSON file, which `pair_style ensemble/weighted` reads:
///
///     {"format": "mdrun-weights", "version": 1, "bases": ["nep", "painn"], "weights": [0.2, 0.8]}
///     {"format": "mdrun-weights", "version": 1, "bases": [...], "elements": ["Cu", "O"], "weights": [[...], [...]]}   a row an element
public struct WeightsFile: Sendable {
    public var bases: [String]
    /// Whose rows `weights` has; nil: one row for all.
    public var elements: [String]?
    public var weights: [[Double]]

    public init(bases: [String], elements: [String]? = nil, weights: [[Double]]) {
        precondition(weights.count == elements?.count ?? 1 && weights.allSatisfy { $0.count == bases.count })
        (self.bases, self.elements, self.weights) = (bases, elements, weights)
    }

    /// Numbers have the shortest text that reads back to the same bits.
    public var text: String {
        func list(_ items: [String]) -> String { "[\(items.joined(separator: ", "))]" }
        func quoted(_ names: [String]) -> String {
            list(names.map { "\"\($0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" })
        }
        let rows = weights.map { list($0.map { "\($0)" }) }
        let named = elements.map { " \"elements\": \(quoted($0)),\n" } ?? ""
        return """
            {"format": "mdrun-weights", "version": 1,
             "bases": \(quoted(bases)),
            \(named) "weights": \(elements == nil ? rows[0] : list(rows))}

            """
    }
}
