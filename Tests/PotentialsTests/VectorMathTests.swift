import Foundation
import Potentials
import Testing

/// What results are compared with: 64-bit significands where the machine has them, otherwise libm's doubles, which are within one
/// ulp themselves.
#if arch(x86_64)
    typealias Wide = Float80
    let referenceError = 0.0
#else
    typealias Wide = Double
    let referenceError = 1.0
#endif

@Suite("VectorMath")
struct VectorMathTests {
    // MARK: Inputs

    /// `count` numbers evenly spread over a ... b, and as many spread in the exponent around zero.
    static func points(_ a: Double, _ b: Double, _ count: Int) -> [Double] {
        var x: [Double] = []
        x.reserveCapacity(2 * count + 2)
        for i in 0...count { x.append(a + (b - a) * (Double(i) + 0.3718) / Double(count + 1)) }
        for i in 0..<count / 4 {
            let m = 0x1p-40 * Foundation.pow(2, 40 * Double(i) / Double(count / 4)) * max(abs(a), abs(b))
            if m <= b { x.append(m) }
            if -m >= a { x.append(-m) }
        }
        return x
    }

    /// Largest error in ulps of the exact result.
    static func worst<L: PlainLane>(
        _ name: String, _ x: [Double], _ f: (L) -> L, _ exact: (Wide) -> Wide
    ) -> Double where L.Scalar: BinaryFloatingPoint {
        var largest = 0.0
        var at = 0.0
        for i in stride(from: 0, to: x.count, by: L.laneCount) {
            var lanes = L(0)
            for l in 0..<L.laneCount { lanes[lane: l] = L.Scalar(x[min(i + l, x.count - 1)]) as L.Single }
            let y = f(lanes)
            for l in 0..<L.laneCount {
                let argument = lanes[lane: l]
                let e = exact(Wide(argument))
                let rounded = L.Scalar(e)
                let error = Double(abs(Wide(y[lane: l]) - e) / Wide(rounded.magnitude.ulp))
                if !(error <= largest) { (largest, at) = (error, Double(argument)) }
            }
        }
        print("VectorMath \(name) \(L.self): \(largest) ulp at \(at)")
        return largest
    }

    static func check<L: PlainLane>(_ type: L.Type, _ n: Int, sines: Double, exponents: ClosedRange<Double>, logs: ClosedRange<Double>)
    where L.Scalar: BinaryFloatingPoint {
        let slack = referenceError
        #expect(worst("exp", points(-40, 40, n), { (x: L) in x.exponential() }, { Foundation.exp($0) }) <= 1.1 + slack)
        #expect(
            worst("exp", points(exponents.lowerBound, exponents.upperBound, n), { (x: L) in x.exponential() }, { Foundation.exp($0) })
                <= 1.1 + slack)
        #expect(worst("log", points(0.3, 3, n), { (x: L) in x.logarithm() }, { Foundation.log($0) }) <= 1 + slack)
        let wide = (0..<n).map { Foundation.pow(2, logs.lowerBound + (logs.upperBound - logs.lowerBound) * Double($0) / Double(n)) }
        #expect(worst("log", wide, { (x: L) in x.logarithm() }, { Foundation.log($0) }) <= 1 + slack)
        #expect(worst("tanh", points(-2, 2, n), { (x: L) in x.hyperbolicTangent() }, { Foundation.tanh($0) }) <= 3 + slack)
        #expect(worst("tanh", points(-30, 30, n), { (x: L) in x.hyperbolicTangent() }, { Foundation.tanh($0) }) <= 3 + slack)
        for range in [1.0, 100, sines] {
            #expect(worst("sin", points(-range, range, n), { (x: L) in x.sineCosine().sine }, { Foundation.sin($0) }) <= 1.5 + slack)
            #expect(worst("cos", points(-range, range, n), { (x: L) in x.sineCosine().cosine }, { Foundation.cos($0) }) <= 1.5 + slack)
        }
        // Next to multiples of pi/2, where the reduction cancels most.
        let near = (1..<n / 4).flatMap { (k: Int) -> [Double] in
            let x = Double(L.Scalar(Double(k * k % 60000) * 1.5707963267948966))
            return [x, Double(L.Scalar(x).nextUp), Double(L.Scalar(-x).nextDown)]
        }
        #expect(worst("sin", near, { (x: L) in x.sineCosine().sine }, { Foundation.sin($0) }) <= 1.5 + slack)
        #expect(worst("cos", near, { (x: L) in x.sineCosine().cosine }, { Foundation.cos($0) }) <= 1.5 + slack)
    }

    @Test("errors in ulp, SIMD4<Double>") func double4() {
        Self.check(SIMD4<Double>.self, 200_000, sines: 1e9, exponents: -708...709.7, logs: -1022...1023)
    }
    @Test("errors in ulp, SIMD8<Float>") func float8() {
        Self.check(SIMD8<Float>.self, 200_000, sines: 1e5, exponents: -87...88.7, logs: -126...127)
    }

    // MARK: Widths agree bit for bit

    static func sameBits<L: PlainLane>(_ type: L.Type, _ x: [Double])
    where L.Scalar: BinaryFloatingPoint {
        typealias S = L.Scalar
        for i in stride(from: 0, to: x.count - L.laneCount, by: L.laneCount) {
            var lanes = L(0)
            for l in 0..<L.laneCount { lanes[lane: l] = S(x[i + l]) }
            for l in 0..<L.laneCount {
                let one = S(x[i + l])
                #expect(lanes.exponential()[lane: l] == one.exponential())
                #expect(lanes.absolute().logarithm()[lane: l] == one.absolute().logarithm())
                #expect(lanes.hyperbolicTangent()[lane: l] == one.hyperbolicTangent())
                #expect(lanes.sineCosine().sine[lane: l] == one.sineCosine().sine)
                #expect(lanes.sineCosine().cosine[lane: l] == one.sineCosine().cosine)
            }
        }
    }

    @Test("one lane, four and eight give the same bits") func widths() {
        let x = Self.points(-50, 50, 400)
        Self.sameBits(SIMD4<Double>.self, x)
        Self.sameBits(SIMD8<Double>.self, x)
        Self.sameBits(SIMD4<Float>.self, x)
        Self.sameBits(SIMD8<Float>.self, x)
    }

    // MARK: Special values

    static func specials<L: PlainLane>(_ type: L.Type) where L.Scalar: BinaryFloatingPoint {
        func at(_ x: Double, _ f: (L) -> L) -> Double { Double(f(L(x))[lane: L.laneCount - 1]) }
        let exp = { (x: L) in x.exponential() }, log = { (x: L) in x.logarithm() }, tanh = { (x: L) in x.hyperbolicTangent() }
        let sin = { (x: L) in x.sineCosine().sine }, cos = { (x: L) in x.sineCosine().cosine }
        #expect(at(0, exp) == 1 && at(-0.0, exp) == 1)
        #expect(at(.infinity, exp) == .infinity && at(-.infinity, exp) == 0)
        #expect(at(1e30, exp) == .infinity && at(-1e30, exp) == 0)
        #expect(at(1, log) == 0 && at(0, log) == -.infinity && at(-0.0, log) == -.infinity)
        #expect(at(-1, log).isNaN && at(-.infinity, log).isNaN && at(.infinity, log) == .infinity)
        #expect(at(0, tanh) == 0 && at(-0.0, tanh).sign == .minus)
        #expect(at(.infinity, tanh) == 1 && at(-.infinity, tanh) == -1 && at(1e30, tanh) == 1)
        #expect(at(0, sin) == 0 && at(-0.0, sin) == 0 && at(0, cos) == 1)
        #expect(at(.infinity, sin).isNaN && at(-.infinity, cos).isNaN && at(1e30, sin).isNaN)
        for f in [exp, log, tanh, sin, cos] { #expect(at(.nan, f).isNaN) }
        // A special lane leaves the others alone.
        var mixed = L(1)
        mixed[lane: 0] = .nan
        if L.laneCount > 1 {
            #expect(Double(mixed.exponential()[lane: 1]) == at(1, exp))
            #expect(mixed.logarithm()[lane: 1] == 0)
        }
    }

    @Test("zero, infinity, NaN, huge arguments") func special() {
        Self.specials(Double.self)
        Self.specials(Float.self)
        Self.specials(SIMD4<Double>.self)
        Self.specials(SIMD8<Double>.self)
        Self.specials(SIMD4<Float>.self)
        Self.specials(SIMD8<Float>.self)
    }

    @Test("overflow, underflow and subnormals of exp and log") func edges() {
        let largest = 709.782712893384
        #expect(largest.exponential().isFinite && largest.nextUp.nextUp.exponential() == .infinity)
        for x in [-708.5, -710.0, -720.25, -744.0, -745.1] {
            #expect(abs(x.exponential() - Foundation.exp(x)) <= .leastNonzeroMagnitude)
        }
        #expect((-745.2).exponential() == 0)
        #expect(Double.leastNonzeroMagnitude.logarithm() == Foundation.log(Double.leastNonzeroMagnitude))
        #expect(Double.greatestFiniteMagnitude.logarithm() == Foundation.log(Double.greatestFiniteMagnitude))
        #expect(abs(Float.leastNonzeroMagnitude.logarithm() - Foundation.log(Float.leastNonzeroMagnitude)) <= 1e-5)
        #expect(Float(88.72).exponential().isFinite && Float(88.73).exponential() == .infinity)
    }
}
