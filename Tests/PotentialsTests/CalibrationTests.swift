import Foundation
import Potentials
import TestSupport
import Testing

@Suite struct CalibrationTests {
    private func normal(_ random: inout SeededGenerator) -> Double {
        (-2 * log(1 - random.uniform())).squareRoot() * cos(2 * .pi * random.uniform())
    }

    /// By hand: ratios 2, 1, 3 and one residual without a deviation; <z> = 14/3.
    @Test("both estimators, by hand")
    func byHand() {
        var c = Calibration()
        for (r, s) in [(0.2, 0.1), (-0.5, 0.5), (0.3, -0.0), (-0.6, 0.2)] { c.add(residual: r, deviation: s) }
        #expect(c.unspread == 1 && c.ratios.count == 3)
        #expect((c.maximumLikelihood! - 2.160246899469287).magnitude <= 1e-14)
        // -1/5 + 2/4 14/3 = 32/15
        #expect((c.corrected(members: 5)! - 1.460593486680443).magnitude <= 1e-14)
        #expect(c.corrected(members: 3) == nil)
        // -1/4 + 1/3 14/3 = 47/36
        #expect((c.corrected(members: 4)! - 1.1426091).magnitude <= 1e-7)
        // 3 components, 3 members: -1/3 + 4/6 14/3 = 25/9
        #expect((c.corrected(members: 3, pooled: 3)! - 5.0 / 3).magnitude <= 1e-14)
        #expect(c.covered(within: 1, alpha: 1) == 1 && c.covered(within: 2, alpha: 1.0000001) == 2 && c.covered(within: 1, alpha: 3.1) == 3)
        #expect(Calibration().maximumLikelihood == nil && Calibration().corrected(members: 5) == nil)
        #expect(Calibration.corrected(meanSquare: 0.1, members: 5) == nil)
        // Divisor K instead of K - 1 makes deviations smaller by sqrt(4/5), so alpha larger.
        #expect((Calibration.alpha(1, members: 5, ddof: 0) - 1.118033988749895).magnitude <= 1e-15)
        #expect(Calibration.alpha(1, members: 5, ddof: 1) == 1)
    }

    /// Members drawn from N(m, 1) and the truth from N(m, a^2): with few members only the corrected estimate finds a.
    @Test("the corrected estimator finds the factor that made the data", arguments: [(5, 1), (8, 1), (20, 1), (3, 3), (5, 3)])
    func recovers(K: Int, d: Int) {
        var random = SeededGenerator(7), c = Calibration()
        let a = 2.5
        for _ in 0..<200_000 {
            var squares = 0.0, means: [Double] = []
            for _ in 0..<d {
                let y = (0..<K).map { _ in normal(&random) }
                let mean = y.reduce(0, +) / Double(K)
                squares += y.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                means.append(mean)
            }
            let s = (squares / Double(d * (K - 1))).squareRoot()
            for mean in means { c.add(residual: a * normal(&random) - mean, deviation: s) }
        }
        let corrected = c.corrected(members: K, pooled: d)!, plain = c.maximumLikelihood!, freedom = Double(d * (K - 1))
        // z has no variance for 4 degrees of freedom, so its mean converges slowly there.
        #expect((corrected - a).magnitude <= (freedom < 5 ? 0.1 : 0.02), "\(corrected)")
        let expected = ((a * a + 1 / Double(K)) * freedom / (freedom - 2)).squareRoot()
        #expect((plain - expected).magnitude <= (freedom < 5 ? 0.15 : 0.03), "\(plain), expected \(expected)")
        #expect(plain > corrected)
    }
}
