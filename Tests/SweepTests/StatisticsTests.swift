import Foundation
import Sweep
import Testing

@Suite("Statistics of sweeps") struct StatisticsTests {
    /// Weeks to relapse under 6-mercaptopurine (E. J. Freireich et al., Blood 21, 699 (1963)), the textbooks' example.
    static let relapse: [(time: Double, isEvent: Bool)] =
        [6, 6, 6, 7, 10, 13, 16, 22, 23].map { ($0, true) } + [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map { ($0, false) }

    /// scipy 1.17.1: scipy.stats.ecdf(CensoredData(uncensored, right)).sf and its confidence_interval(method="log-log").
    @Test("Kaplan-Meier and log-log bands are scipy's") func kaplanMeier() {
        let expected: [(Double, Double, Double, Double)] = [
            (6, 0.8571428571428571, 0.6197179552659838, 0.951551747646997), (7, 0.8067226890756302, 0.5631465646222333, 0.9228090192028804),
            (10, 0.7529411764705881, 0.5031995107999564, 0.8893618351692655), (13, 0.6901960784313724, 0.43161022248618397, 0.8490659633494507),
            (16, 0.6274509803921567, 0.36751085598750205, 0.8049121894718412), (22, 0.53781512605042, 0.26777893676713505, 0.7467907176353944),
            (23, 0.4481792717086834, 0.18805200595923235, 0.6801426284952414),
        ]
        let survival = Survival(Self.relapse)
        #expect(survival.count == 21 && survival.events == 9 && survival.end == 35 && survival.steps.count == expected.count)
        for (step, want) in zip(survival.steps, expected) {
            #expect(step.time == want.0)
            #expect(abs(step.survival - want.1) < 1e-14 && abs(step.low - want.2) < 1e-12 && abs(step.high - want.3) < 1e-12, "\(step)")
        }
        #expect(survival.steps.map(\.atRisk) == [21, 17, 15, 12, 11, 7, 6])
        #expect(survival.median == 23)
        // scipy, and lifelines 0.30.3: restricted_mean_survival_time(fit, 30).
        #expect(abs(survival.mean(upTo: 30).value - 21.04649859943977) < 1e-12)
        #expect(survival.atRisk(6) == 21 && survival.atRisk(6.5) == 17 && survival.atRisk(35) == 1)
        #expect(survival.at(5).value == 1 && survival.at(8).value == survival.steps[1].survival)
    }

    @Test("without censoring the mean is the mean, and its error that of a mean") func restrictedMean() {
        let survival = Survival((1...5).map { (Double($0), true) })
        let mean = survival.mean(upTo: 10)
        #expect(abs(mean.value - 3) < 1e-12 && abs(mean.error - (2.0 / 5).squareRoot()) < 1e-12)
        #expect(survival.steps.last!.survival < 1e-15)
        let none = Survival([(3, false), (3, false)])
        #expect(none.steps.isEmpty && none.median == nil && none.mean(upTo: 2).value == 2)
    }

    /// scipy 1.17.1: binomtest(k, n).proportion_ci(method="wilson").
    @Test("Wilson's interval is scipy's") func wilson() {
        for (k, n, low, high) in [
            (0, 10, 0.0, 0.27753279986288926), (10, 10, 0.7224672001371109, 1.0), (7, 10, 0.39677814746114526, 0.892208732593699),
            (13, 40, 0.20084502231782703, 0.4798225381012233),
        ] {
            let interval = Proportion(k, of: n)
            #expect(abs(interval.low - low) < 1e-12 && abs(interval.high - high) < 1e-12 && interval.value == Double(k) / Double(n))
        }
        #expect(abs(Normal.width(0.95) - 1.959963984540054) < 1e-11 && abs(Normal.width(0.99) - 2.5758293035489004) < 1e-11)
    }

    /// scipy 1.17.1: linregress.
    @Test("a line and its error") func line() throws {
        let fit = try #require(LineFit([0, 1, 2, 3, 4, 5], [1.0, 1.2, 0.9, 1.6, 1.4, 2.1]))
        #expect(abs(fit.slope - 0.19428571428571428) < 1e-14 && abs(fit.intercept - 0.8809523809523807) < 1e-13)
        #expect(abs(fit.slopeError - 0.06684330341092032) < 1e-14)
        #expect(LineFit([1], [2]) == nil && LineFit([1, 1], [2, 3]) == nil)
        // Residuals that stay on one side for long: fewer independent points, a larger error.
        let x = (0..<400).map { Double($0) }, wave = x.map { sin($0 / 20) }
        let plain = try #require(LineFit(x, wave)), series = try #require(LineFit(x, wave, isSeries: true))
        #expect(series.slope == plain.slope && series.slopeError > 5 * plain.slopeError)
    }

    @Test("rows of mdrun's table") func rows() {
        func read(_ text: String) -> [String: Double]? { JSONRow.read(Data(text.utf8)) }
        #expect(read(#"{"run": 1, "Step": 10, "Temp": -1.5e-3, "c_a[1]": 2}"#) == ["run": 1, "Step": 10, "Temp": -0.0015, "c_a[1]": 2])
        #expect(read(#"{"a": null}"#)?["a"]?.isNaN == true)
        for text in ["", "{", #"{"run": 1, "St"#, #"{"run": 1"#, #"{"run" 1}"#, "[1]"] { #expect(read(text) == nil, "\(text)") }
    }
}
