import Domain
import Potentials

/// Lennard-Jones in reduced units. Its force jumps at the cutoff, so each system's cutoff is put where no pair stands.
enum LennardJonesCases {
    static let all: [PotentialCase] = [
        PotentialCase("lj", system: { liquid(1) }, small: { systems(1) }, reference: { try make($0, isPlain: true) }) { try make($0) },
        PotentialCase("lj-two-types", system: { liquid(2) }, small: { systems(2) }, reference: { try make($0, isPlain: true) }) {
            try make($0)
        },
        PotentialCase(
            "lj-bonded", system: { liquid(2).paired(within: 1.3, .fractional) },
            small: { TestSystem.molecular(distance: 1.1).map { separated($0).paired(within: 1.3, .fractional) } },
            reference: { try make($0, isPlain: true) }
        ) { try make($0) },
        PotentialCase("lj-slab", system: { separated(TestSystem.slab(a: 1.6, vacuum: 12, typeCount: 2, isPeriodic: false)) }) {
            try make($0)
        },
        PotentialCase(
            "lj-triclinic", system: { TestSystem.triclinicLiquid(count: 300, distance: 0.95).inReducedUnits() }, small: { [] }
        ) { try make($0) },
        PotentialCase("lj-one-atom", system: { TestSystem.oneAtomCell(a: 1.1).inReducedUnits() }, small: { [] }) { try make($0) },
        PotentialCase("lj-cluster", system: { separated(TestSystem.cluster(count: 40, distance: 0.95, typeCount: 2)) }) { try make($0) },
        PotentialCase("zero", system: { liquid(1) }, small: { systems(1) }) { _ in ZeroPotential(cutoff: 2.5) },
    ]

    /// 2.5 for types 1-1, 2.2 for 1-2, 1.9 for 2-2.
    private static func cutoff(_ i: Int, _ j: Int) -> Double { 2.5 - 0.3 * Double(i + j - 2) }

    private static func liquid(_ typeCount: Int) -> TestSystem {
        TestSystem.liquid(count: 400, distance: 0.95, typeCount: typeCount).inReducedUnits()
    }

    private static func systems(_ typeCount: Int) -> [TestSystem] {
        TestSystem.standard(distance: 1.1, typeCount: typeCount).map(separated)
    }

    /// In reduced units, without pairs at a cutoff.
    private static func separated(_ system: TestSystem) -> TestSystem { system.inReducedUnits().avoiding([2.5, 2.2, 1.9]) }

    /// Shifted, so that finite differences see a continuous energy. Several types have different sizes, depths and cutoffs.
    private static func make(_ setup: PotentialSetup, isPlain: Bool = false) throws -> any Potential {
        let lj = LennardJones(globalCutoff: 2.5, typeCount: setup.typeCount)
        lj.isShifted = true
        lj.usesPlainKernel = isPlain
        for i in 1...setup.typeCount {
            for j in i...setup.typeCount {
                let epsilon = 1 + 0.3 * Double(i - 1), sigma = 1 - 0.06 * Double(j - 1)
                lj.set(i, j, .init(epsilon: epsilon, sigma: sigma, cutoff: cutoff(i, j)))
            }
        }
        try lj.prepare(setup)
        return lj
    }
}

extension TestSystem {
    public func inReducedUnits() -> TestSystem {
        var other = self
        other.units = .lj
        return other
    }
}
