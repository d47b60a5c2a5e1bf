import Potentials
import Testing

@Suite("Dual")
struct DualTests {
    /// f at x + t dx by duals, against the central difference of f.
    static func check(_ name: String, at x: Double, _ f: (Dual<SIMD4<Double>>) -> Dual<SIMD4<Double>>, _ plain: (Double) -> Double) {
        let direction = 0.7, h = 1e-6
        let y = f(Dual(SIMD4<Double>(repeating: x), tangent: SIMD4<Double>(repeating: direction)))
        let expected = direction * (plain(x + h) - plain(x - h)) / (2 * h)
        #expect(abs(y.value[2] - plain(x)) <= 1e-15 * max(1, abs(plain(x))), "\(name) value")
        #expect(abs(y.tangent[3] - expected) <= 1e-8 * max(1, abs(expected)), "\(name) tangent \(y.tangent[3]) \(expected)")
    }

    @Test("derivatives of every operation") func operations() {
        for x in [0.3, 1.7, -0.9, 4.2] {
            Self.check("polynomial", at: x, { $0 * $0 * $0 + Dual(2) * $0 - Dual(1) }, { $0 * $0 * $0 + 2 * $0 - 1 })
            Self.check("quotient", at: x, { (Dual(1) + $0) / (Dual(3) + $0 * $0) }, { (1 + $0) / (3 + $0 * $0) })
            Self.check("reciprocal", at: x, { $0.reciprocal() }, { 1 / $0 })
            Self.check("addingProduct", at: x, { $0.addingProduct($0, -$0) }, { $0.addingProduct($0, -$0) })
            Self.check("plain factor", at: x, { $0.addingProduct($0, plain: SIMD4(3.0)).scaled(by: SIMD4(0.5)) }, { ($0 + 3 * $0) / 2 })
            Self.check("exp", at: x, { $0.exponential() }, { $0.exponential() })
            Self.check("tanh", at: x, { $0.hyperbolicTangent() }, { $0.hyperbolicTangent() })
            Self.check("sin", at: x, { $0.sineCosine().sine }, { $0.sineCosine().sine })
            Self.check("cos", at: x, { $0.sineCosine().cosine }, { $0.sineCosine().cosine })
            Self.check("absolute", at: x, { $0.absolute() }, { $0.absolute() })
            Self.check("root", at: x, { $0.absolute().squareRoot() }, { $0.absolute().squareRoot() })
            Self.check("log", at: x, { $0.absolute().logarithm() }, { $0.absolute().logarithm() })
            Self.check("minimum", at: x, { Dual.minimum($0, Dual(1)) }, { min($0, 1) })
            Self.check("maximum", at: x, { Dual.maximum($0 * $0, Dual(1)) }, { max($0 * $0, 1) })
        }
    }

    @Test("sums, lanes, memory") func memory() {
        typealias D = Dual<SIMD4<Double>>
        var singles = (0..<8).map { Dual<Double>(Double($0), tangent: Double(10 * $0)) }
        let loaded = D.load(singles)
        #expect(loaded.value == SIMD4(0, 1, 2, 3) && loaded.tangent == SIMD4(0, 10, 20, 30))
        #expect(loaded.sum().value == 6 && loaded.sum().tangent == 60)
        let gathered = D.gather(singles, [7, 0, 3, 3])
        #expect(gathered.value == SIMD4(7, 0, 3, 3) && gathered.tangent == SIMD4(70, 0, 30, 30))
        gathered.store(&singles)
        #expect(singles[0].tangent == 70)
        #expect(D.any(loaded.less(than: D(1))) && !D.all(loaded.less(than: D(1))))
        #expect(SIMD8<Float>.load([1, 2, 3, 4, 5, 6, 7, 8]).sum() == 36)
        #expect(SIMD8<Double>.gather([5, 6], [0, 1, 0, 1, 0, 1, 0, 1]).sum() == 44)
    }
}
