import Fitting

/// A `StackReport` as text tables and as CSV. Forces in meV/A over all components, energies in meV/atom.
struct StackTables {
    private let report: StackReport
    private let names: [String]
    private let elements: [String]
    /// More subsets than these are only in the CSV file.
    private let mostRows = 63

    init(_ report: StackReport, names: [String], elements: [String]) {
        (self.report, self.names, self.elements) = (report, names, elements)
    }

    private func name(_ subset: [Int]) -> String { subset.map { names[$0] }.joined(separator: "+") }
    private func milli(_ x: Double) -> String { fixed(1000 * x, 2) }
    private var all: [Int] { Array(names.indices) }

    var text: String {
        [
            "Errors on VALIDATION (forces: meV/A; energy: RMSE in meV/atom after each element's offset, fitted on TRAIN)", summary.text, "",
            "Weights, fitted on TRAIN", weights.text, "",
            "Correlation of the bases' force errors on TRAIN", correlation.text, "",
            "Subsets: force RMSE and MAE on VALIDATION; held out: RMSE of LWA on frames of TRAIN that it was not fitted to, over "
                + "\(report.folds) folds (all meV/A)",
            subsets.text, note, remarks,
        ].compactMap { $0 }.joined(separator: "\n")
    }

    /// Each base, then AVG and LWA of all bases.
    private var summary: TextTable {
        var table = TextTable(["", "force RMSE", "force MAE", "energy RMSE"] + elements.map { "RMSE on \($0)" })
        func add(_ title: String, _ row: StackReport.Row) {
            table.rows.append([title, milli(row.forceRMSE), milli(row.forceMAE), milli(row.energyRMSE)] + row.elementRMSE.map(milli))
        }
        for k in names.indices { add(names[k], report.row([k], .uniform)) }
        guard names.count > 1 else { return table }
        for method in StackReport.Method.allCases { add("\(method.rawValue) of all", report.row(all, method)) }
        return table
    }

    private var weights: TextTable {
        var table = TextTable([""] + names)
        func add(_ title: String, _ weights: [Double]) { table.rows.append([title] + weights.map { fixed($0, 4) }) }
        add("LWA", report.row(all, .leastSquares).weights[0])
        add("MV (minimum variance, sum 1)", report.minimumVariance)
        for (element, row) in zip(elements, report.row(all, .leastSquaresPerElement).weights) { add("LWA on \(element)", row) }
        return table
    }

    private var correlation: TextTable {
        var table = TextTable([""] + names)
        for (name, row) in zip(names, report.correlation) { table.rows.append([name] + row.map { fixed($0, 3) }) }
        return table
    }

    /// Best held-out error first.
    private var subsets: TextTable {
        let methods = StackReport.Method.allCases.flatMap { [$0.rawValue, "MAE"] }
        var table = TextTable(["subset", "size", "held out"] + methods)
        for (subset, heldOut) in report.heldOut.sorted(by: { $0.forceRMSE < $1.forceRMSE }).prefix(mostRows) {
            let rows = StackReport.Method.allCases.map { report.row(subset, $0) }
            let errors = rows.flatMap { [milli($0.forceRMSE), milli($0.forceMAE)] }
            table.rows.append([name(subset), "\(subset.count)", milli(heldOut)] + errors)
        }
        return table
    }

    private var note: String? {
        report.heldOut.count > mostRows ? "... and \(report.heldOut.count - mostRows) more subsets, which --csv FILE writes" : nil
    }

    private var remarks: String? {
        func heldOut(_ subset: [Int]) -> Double { report.heldOut.first { $0.subset == subset }!.forceRMSE }
        let best = report.heldOut.min { $0.forceRMSE < $1.forceRMSE }!
        var lines = [
            "",
            "keep: \(report.recommended.map { names[$0] }.joined(separator: " ")) (the smallest subset whose held-out error, "
                + "\(milli(heldOut(report.recommended))) meV/A, is within 1% of the least, \(milli(best.forceRMSE)) of "
                + "\(name(best.subset)))",
        ]
        for (k, l) in report.nearDuplicates {
            lines.append("near-duplicates: \(names[k]) and \(names[l]) (error correlation \(fixed(report.correlation[k][l], 3)) > 0.95)")
        }
        if !report.withoutWeight.isEmpty {
            let found = report.withoutWeight.map { names[$0] }.joined(separator: " ")
            lines.append("noisy or redundant: \(found) (|MV weight| < 0.02)")
        }
        return lines.joined(separator: "\n")
    }

    /// A row for each subset and method; weights per element are a column a base and element.
    var csv: String {
        let perElement = elements.flatMap { element in names.map { "weight_\($0)_on_\(element)" } }
        let head = [
            "bases", "size", "method", "force_rmse_meV_per_A", "force_mae_meV_per_A", "energy_rmse_meV_per_atom",
            "held_out_force_rmse_meV_per_A",
        ]
        let headings = head + elements.map { "force_rmse_on_\($0)_meV_per_A" } + perElement
        let heldOut = Dictionary(uniqueKeysWithValues: report.heldOut.map { ($0.subset, $0.forceRMSE) })
        func number(_ x: Double) -> String { x.isNaN ? "" : "\(x)" }
        let rows = report.rows.map { row in
            let weights = elements.indices.flatMap { row.weights.count == 1 ? row.weights[0] : row.weights[$0] }
            let errors = [row.forceRMSE, row.forceMAE, row.energyRMSE, row.method == .leastSquares ? heldOut[row.subset]! : .nan]
            return [name(row.subset), "\(row.subset.count)", row.method.rawValue]
                + (errors + row.elementRMSE).map { number(1000 * $0) } + weights.map(number)
        }
        return ([headings] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
    }
}
