import Domain

/// The functions as cubics between samples, (value, slope, curvature / 2, third / 6) in the fraction p of a step, with slopes from the
/// five-point formula: LAMMPS' splines (pair_eam.cpp), once continuously differentiable. Row m starts at (m - 1) steps; row 0 is unused.
struct EAMSpline {
    static func rows(_ f: [Double]) -> [Vector] {
        let n = f.count
        var slope = [Double](repeating: 0, count: n)
        slope[0] = f[1] - f[0]
        slope[1] = 0.5 * (f[2] - f[0])
        slope[n - 2] = 0.5 * (f[n - 1] - f[n - 3])
        slope[n - 1] = f[n - 1] - f[n - 2]
        for m in 2..<(n - 2) { slope[m] = ((f[m - 2] - f[m + 2]) + 8 * (f[m + 1] - f[m - 1])) / 12 }
        var rows = [Vector.zero]
        for m in 0..<(n - 1) {
            let rise = f[m + 1] - f[m]
            rows.append(Vector(f[m], slope[m], 3 * rise - 2 * slope[m] - slope[m + 1], slope[m] + slope[m + 1] - 2 * rise))
        }
        return rows + [Vector(f[n - 1], slope[n - 1], 0, 0)]
    }
}

/// All splines of a model, laid out so that what one pair needs lies side by side.
struct EAMTables: ~Copyable {
    let elements: Int
    /// Whether every type is the one element: no tables by pair then.
    let isSingle: Bool
    let cutoffSquared: Double
    let inverseStep: Double
    let inverseDensityStep: Double
    /// Rows of one function.
    let rowCount: Int
    let densityRowCount: Int
    let largestDensity: Double
    /// [element][row]
    var embedding = Column<Vector>()
    /// [a][b][row][rho_ab, rho_ba], where single [row].
    var density = Column<Vector>()
    /// [a][b][row][rho_ab, rho_ba, r phi], where single [row][rho, r phi].
    var pair = Column<Vector>()

    init(_ functions: EAMFunctions, isSingle: Bool) {
        self.isSingle = isSingle
        elements = functions.embedding.count
        cutoffSquared = functions.cutoff * functions.cutoff
        inverseStep = 1 / functions.step
        inverseDensityStep = 1 / functions.densityStep
        rowCount = functions.count + 1
        densityRowCount = functions.densityCount + 1
        largestDensity = Double(functions.densityCount - 1) * functions.densityStep
        for f in functions.embedding { for row in EAMSpline.rows(f) { embedding.append(row) } }
        let rho = functions.density.map(EAMSpline.rows), phi = functions.pair.map(EAMSpline.rows)
        for a in 0..<elements {
            for b in 0..<elements {
                let here = rho[a * elements + b], there = rho[b * elements + a], z = phi[a * elements + b]
                for m in 0..<rowCount {
                    density.append(here[m])
                    pair.append(here[m])
                    if !isSingle {
                        density.append(there[m])
                        pair.append(there[m])
                    }
                    pair.append(z[m])
                }
            }
        }
    }
}
