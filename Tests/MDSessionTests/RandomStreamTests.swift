import Domain
import Testing

@Suite struct RandomStreamTests {
    /// Park and Miller's own check: from seed 1 the 10,000th state is 1043618065.
    @Test func parkMiller() {
        var stream = ParkMillerStream(seed: 1)
        #expect(stream.uniform() == 16807.0 / 2_147_483_647.0)
        var value = 0.0
        for _ in 1..<10_000 { value = stream.uniform() }
        #expect((value * 2_147_483_647.0).rounded() == 1_043_618_065)
    }

    @Test func extremeSeeds() {
        for seed in [1, 2, Int(Int32.max) - 1, Int(Int32.max)] {
            var stream = ParkMillerStream(seed: seed)
            for _ in 0..<100 {
                let u = stream.uniform()
                #expect(u >= 0 && u <= 1)
            }
        }
    }

    @Test func gaussianMoments() {
        var stream = ParkMillerStream(seed: 77)
        let n = 200_000
        var sum = 0.0, square = 0.0
        for _ in 0..<n {
            let g = stream.gaussian()
            sum += g
            square += g * g
        }
        #expect((sum / Double(n)).magnitude < 0.01)
        #expect((square / Double(n) - 1).magnitude < 0.01)
    }
}
