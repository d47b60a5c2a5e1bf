import Foundation

/// A table of text: the first column aligned to the left, the others to the right.
struct TextTable {
    var headings: [String]
    var rows: [[String]] = []

    init(_ headings: [String]) { self.headings = headings }

    var text: String {
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.indices.map { column in
                let blanks = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + blanks : blanks + row[column]
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

/// A number with so many decimals; `-` for NaN.
func fixed(_ x: Double, _ decimals: Int) -> String { x.isNaN ? "-" : String(format: "%.\(decimals)f", x) }
