import Domain
import TestSupport
import Testing

@Suite struct BalancingTests {
    /// Atoms with fractions along x of the given density, in a unit cube.
    private func atoms(_ count: Int, _ place: (Double) -> Double) -> Atoms {
        var atoms = Atoms(typeCount: 1), random = SeededGenerator(11)
        for i in 0..<count {
            atoms.append(id: Int64(i + 1), type: 1, position: Vector(xyz: place(random.uniform()), random.uniform(), random.uniform()))
        }
        return atoms
    }

    private let box = Box(lo: .zero, hi: Vector(xyz: 1, 1, 1))
    private let even = [Decomposition.equalCuts(4), Decomposition.equalCuts(2), [0, 1]]

    @Test(arguments: [false, true]) func sharesOutEvenly(interpolates: Bool) {
        let load = Balancer.Load(atoms(4000) { $0 * $0 * $0 }, box, nil, SerialCommunicator())
        #expect(load.imbalance(even).factor > 2.4)
        let balancer = Balancer(dimensions: [0, 1], iterations: 30, stop: 1.02, interpolates: interpolates)
        let moved = balancer.balance(load, cuts: even, lengths: box.lengths, skin: 1e-6)
        #expect(load.imbalance(moved.cuts).factor < 1.06)
        // Where the cumulative density x^(1/3) is a quarter, a half, three quarters.
        for (cut, wanted) in zip(moved.cuts[0].dropFirst(), [1.0 / 64, 1.0 / 8, 27.0 / 64]) { #expect((cut - wanted).magnitude < 0.03) }
        #expect(moved.cuts[2] == [0, 1] && moved.iterations > 2)
    }

    @Test func weighs() {
        // Atoms in the right half cost three times as much.
        let some = atoms(3000) { $0 }
        let weights = (0..<3000).map { some.position[$0].x > 0.5 ? 3.0 : 1.0 }
        let load = Balancer.Load(some, box, weights, SerialCommunicator())
        let balancer = Balancer(dimensions: [0], iterations: 40, stop: 1.001, interpolates: false)
        let moved = balancer.balance(load, cuts: [[0, 0.5, 1], [0, 1], [0, 1]], lengths: box.lengths, skin: 1e-6)
        #expect((moved.cuts[0][1] - 2.0 / 3).magnitude < 0.02)
        #expect(load.imbalance(moved.cuts).factor < 1.005)
    }

    @Test func planesKeepTheSkinApart() {
        // All atoms in one place: planes would coincide.
        let load = Balancer.Load(atoms(100) { _ in 0.3 }, box, nil, SerialCommunicator())
        let balancer = Balancer(dimensions: [0], iterations: 20, stop: 1, interpolates: false)
        let moved = balancer.balance(load, cuts: even, lengths: box.lengths, skin: 0.05)
        let edge = moved.cuts[0]
        for (low, high) in zip(edge, edge.dropFirst()) { #expect(high - low >= 0.05) }
        #expect(edge.first == 0 && edge.last == 1 && edge.contains { ($0 - 0.3).magnitude < 0.16 })
        // No room for four bricks: the planes stay.
        let thin = balancer.balance(load, cuts: even, lengths: box.lengths, skin: 0.4)
        #expect(zip(thin.cuts[0], thin.cuts[0].dropFirst()).allSatisfy { $0 < $1 })
    }
}
