import Domain
import TestSupport
import Testing

@Suite struct BoxTests {
    static let boxes = [
        Box(lo: Vector(xyz: -1, 2, 0.5), hi: Vector(xyz: 3, 7, 4)),
        Box(lo: Vector(xyz: -1, 2, 0.5), hi: Vector(xyz: 3, 7, 4), xy: 1.2, xz: -0.7, yz: 2.1),
    ]

    @Test(arguments: boxes) func fractionalRoundTrip(box: Box) {
        var random = SeededGenerator(3)
        for _ in 0..<1000 {
            let x = random.vector(50)
            let back = box.cartesian(box.fractional(x))
            #expect((back - x).xyz.max() < 1e-12 && (back - x).xyz.min() > -1e-12)
        }
        for d in 0..<3 {
            let s = box.fractional(box.lo + box.edge(d))
            for e in 0..<3 { #expect((s[e] - (e == d ? 1 : 0)).magnitude < 1e-15) }
        }
    }

    @Test(arguments: boxes) func wrapsFromAnyDistance(box: Box) {
        var random = SeededGenerator(4)
        for width in [1.0, 5, 30, 3000, 1e6] {
            for _ in 0..<500 {
                let x = random.vector(width)
                var y = Vector(x.x, x.y, x.z, 7), image = SIMD4<Int32>.zero
                box.wrap(&y, &image)
                let s = box.fractional(y)
                for d in 0..<3 { #expect(s[d] >= -1e-14 && s[d] <= 1 + 1e-14) }
                #expect(y.w == 7, "w is untouched")
                let d = box.unwrapped(y, image) - x
                #expect((d * d).xyz.sum() < 1e-18 * max(1, width * width))
            }
        }
    }
}
