import Domain
import Foundation
import Potentials

/// Pair functions, embedded atoms and three-body potentials, with the synthetic parameters of Tests/Reference/lammps/potentials.
enum ClassicalCases {
    static let all: [PotentialCase] = [
        pairs("morse", "morse 6.0", "1 1 0.3 1.4 3.0\n1 2 0.25 1.5 2.9 5.5\n2 2 0.2 1.3 3.1", [5.5, 6]),
        pairs("born", "born 6.0", "1 1 0.2 0.33 2.4 20 4\n1 2 0.3 0.31 2.3 15 -3 5.5\n2 2 0.25 0.35 2.2 25 7", [5.5, 6]),
        pairs("zbl", "zbl 3.0 4.4", "1 1 14 14\n2 2 28 28", [3, 4.4]),
        pairs("yukawa", "yukawa 0.7 6.0", "1 1 30\n2 2 50", [6]),
        pairs("soft", "soft 3.6", "1 1 2.0\n2 2 3.0", [3.6]),
        pairs("mie", "mie/cut 6.0", "1 1 0.02 2.2 11 6\n2 2 0.03 2.3 14 7", [6]),
        pairs("lj96", "lj96/cut 6.0", "1 1 0.02 2.2\n2 2 0.03 2.3", [6]),
        pairs("lj-expand", "lj/expand 5.0", "1 1 0.02 2.0 0.2\n1 2 0.02 2.1 0.2\n2 2 0.03 2.2 0.2", [5.2]),
        pairs("lj-smooth", "lj/smooth 4.0 6.0", "1 1 0.02 2.2\n2 2 0.03 2.3", [4, 6]),
        pairs("lj-smooth-linear", "lj/smooth/linear 6.0", "1 1 0.02 2.2\n2 2 0.03 2.3", [6]),
        pairs("lj-gromacs", "lj/gromacs 4.0 6.0", "1 1 0.02 2.2\n2 2 0.03 2.3", [4, 6]),
        pairs("lj-coulomb", "lj/cut/coul/cut 5.0 6.0", "1 1 0.02 2.2\n2 2 0.03 2.3", [5, 6], charge: [0, 0.3, -0.45]),
        pairs("coul-debye", "coul/debye 0.4 6.0", "* *", [6], charge: [0, 0.3, -0.45]),
        pairs("morse-smooth-linear", "morse/smooth/linear 6.0", "* * 0.3 1.4 3.0", [6]),
        pairs("gauss", "gauss 6.0", "1 1 0.3 0.15\n2 2 -0.2 0.1", [6]),
        pairs("born-gauss", "born/gauss 6.0", "* * 900 3.1 0.3 0.5 3.2", [6]),
        pairs("beck", "beck 6.0", "* * 399 50 0.675 2.0 4.390e-4", [6]),
        pairs("lj-debye", "lj/cut/coul/debye 0.4 5.0 6.0", "1 1 0.02 2.2\n2 2 0.03 2.3", [5, 6], charge: [0, 0.3, -0.45]),
        pairs("born-dsf", "born/coul/dsf 0.25 5.0 6.0", "* * 0.2 0.33 2.4 20 4", [5, 6], charge: [0, 0.3, -0.45]),
        pairs("lj-class2", "lj/class2 6.0", "1 1 0.02 2.2\n2 2 0.03 2.3", [6]),
        pairs("class2-coulomb", "lj/class2/coul/cut 5.0 6.0", "1 1 0.02 2.2\n2 2 0.03 2.3", [5, 6], charge: [0, 0.3, -0.45]),
        pairs("lj-cubic", "lj/cubic", "1 1 0.02 2.2\n2 2 0.03 2.3", cubicEnds),
        pairs("lj-mdf", "lj/mdf 4.0 6.0", "1 1 0.02 2.2\n2 2 0.03 2.3", [4, 6]),
        pairs("buck-mdf", "buck/mdf 4.0 6.0", "* * 900 0.33 20", [4, 6]),
        pairs("lennard-mdf", "lennard/mdf 4.0 6.0", "* * 1000 9", [4, 6]),
        pairs("nm", "nm/cut 6.0", "* * 0.02 2.4 11 6", [6]),
        pairs("lj-soft", "lj/cut/soft 2 0.5 6.0", "1 1 0.02 2.2 0.7\n2 2 0.03 2.3 0.7", [6]),
        pairs("class2-soft", "lj/class2/soft 2 0.5 6.0", "1 1 0.02 2.2 0.7\n2 2 0.03 2.3 0.7", [6]),
        pairs("lj-coulomb-soft", "lj/cut/coul/cut/soft 2 0.5 10.0 5.0 6.0", "1 1 0.02 2.2 0.7\n2 2 0.03 2.3 0.7", [5, 6], charge: [0, 0.3, -0.45]),
        pairs("coul-soft", "coul/cut/soft 2 8.0 6.0", "* * 0.6", [6], charge: [0, 0.3, -0.45]),
        pairs("coul-slater", "coul/slater/cut 0.8 6.0", "* *", [6], charge: [0, 0.3, -0.45]),
        pairs("gauss-cut", "gauss/cut 6.0", "1 1 0.9 2.0 0.9\n2 2 -0.4 3.1 0.6", [6]),
        pairs("harmonic-cut", "harmonic/cut", "1 1 0.8 3.6\n1 2 0.9 3.7\n2 2 1.1 3.9", [3.6, 3.7, 3.9]),
        pairs("ufm", "ufm 6.0", "1 1 1.2 1.9\n2 2 0.9 2.2", [6]),
        pairs("table", "table spline 4000", "1 1 dense.table FIRST\n1 2 dense.table SECOND\n2 2 dense.table SECOND", [6]),
        pairs(
            "lj-coulomb-bonded", "lj/cut/coul/cut 5.0 6.0", "1 1 0.02 2.2\n2 2 0.03 2.3", [5, 6], charge: [0, 0.3, -0.45], isBonded: true),
        pairs(
            "born-dsf-bonded", "born/coul/dsf 0.25 6.0 2.3", "* * 0.2 0.33 2.4 20 4", [2.3, 6], charge: [0, 0.3, -0.45], isBonded: true),
        pairs(
            "table-bonded", "table spline 4000", "1 1 dense.table FIRST\n1 2 dense.table SECOND\n2 2 dense.table SECOND", [6],
            isBonded: true),
        bodies("eam-alloy", "eam/alloy", "* * both.eam.alloy Si Ni", []),
        bodies("eam-fs", "eam/fs", "* * both.eam.fs Si Ni", []),
        bodies("eam", "eam", "1 1 first.eam\n2 2 second.eam", funcflEnd),
        bodies("eam-one", "eam/alloy", "* * both.eam.alloy Ni Ni", []),
        bodies("eam-single", "eam", "* * first.eam", funcflEnd),
        bodies("eam-null", "eam/alloy", "* * both.eam.alloy NULL Ni", []),
        bodies("sw", "sw", "* * both.sw Si Ni", []),
        bodies("sw-one", "sw", "* * both.sw Si Si", []),
        bodies("sw-null", "sw", "* * both.sw Si NULL", []),
        bodies("tersoff", "tersoff", "* * both.tersoff Si Ni", [2.7, 3.1, 3.2, 2.65, 3.15]),
        bodies("tersoff-one", "tersoff", "* * both.tersoff Ni Ni", [2.7, 3.2]),
        bodies("tersoff-shift", "tersoff shift -0.02", "* * both.tersoff Si Ni", [2.72, 3.12, 3.22, 2.67, 3.17]),
        bodies("tersoff-zbl", "tersoff/zbl", "* * both.tersoff.zbl Si Ni", [2.7, 3.1, 3.2, 2.65, 3.15]),
        bodies("tersoff-mod", "tersoff/mod", "* * both.tersoff.mod Si Ni", [2.7, 3.1, 3.2, 2.65, 3.15]),
        bodies("tersoff-modc", "tersoff/mod/c", "* * both.tersoff.modc Si Ni", [2.7, 3.1, 3.2, 2.65, 3.15]),
        bodies("tersoff-null", "tersoff", "* * both.tersoff Si NULL", [2.7, 3.1]),
    ]

    /// The common grid of funcfl files ends a step before the cutoff (as LAMMPS makes it): forces jump a little there.
    private static let funcflEnd = [5.2, 5.2 * (1 - 1 / 3999.0)]

    /// Point of inflection and cutoff of `lj/cubic` for sigma 2.2, 2.3 and their geometric mean.
    private static let cubicEnds = [2.2, 2.3, (2.2 * 2.3).squareRoot()].flatMap { sigma in
        [1.1086834179687215, 1.5475375611646651].map { $0 * 1.122462048309373 * sigma }
    }

    private static func pairs(
        _ name: String, _ style: String, _ lines: String, _ distances: [Double], charge: [Double]? = nil, isBonded: Bool = false
    ) -> PotentialCase {
        make(name, style, lines, distances, charge: charge, isShifted: true, isBonded: isBonded)
    }

    private static func bodies(_ name: String, _ style: String, _ lines: String, _ distances: [Double]) -> PotentialCase {
        make(name, style, lines, distances, charge: nil, isShifted: false, isBonded: false)
    }

    /// Forces of a table are the gradient to its resolution, so it is fine here.
    private static let denseTable: String = {
        var text = ""
        for (name, depth) in [("FIRST", 0.3), ("SECOND", 0.2)] {
            text += "\(name)\nN 4000 R 0.8 6.0\n\n"
            for k in 0..<4000 {
                let r = 0.8 + 5.2 * Double(k) / 3999, x = exp(-1.3 * (r - 3))
                text += "\(k + 1) \(r) \(depth * (x * x - 2 * x)) \(2.6 * depth * (x * x - x))\n"
            }
        }
        return text
    }()

    private static func make(
        _ name: String, _ style: String, _ lines: String, _ distances: [Double], charge: [Double]?, isShifted: Bool, isBonded: Bool
    ) -> PotentialCase {
        @Sendable func prepared(_ system: TestSystem) -> TestSystem {
            var other = distances.isEmpty ? system : system.avoiding(distances)
            other.charge = charge
            // Whatever the elements, they are told apart by type alone.
            other.masses = other.masses.map { _ in nil }
            return isBonded ? other.paired(within: 3, .fractional) : other
        }
        @Sendable func model(_ setup: PotentialSetup, isPlain: Bool) throws -> any Potential {
            var setup = setup
            setup.read = { path, _ in
                switch path {
                case "dense.table": Array(denseTable.utf8)
                case "first.eam": Array(SyntheticEAM().single(0.8).utf8)
                case "second.eam": Array(SyntheticEAM().single(1.1).utf8)
                case "both.eam.alloy": Array(SyntheticEAM().text.utf8)
                case "both.eam.fs": Array(SyntheticEAM(isFinnisSinclair: true).text.utf8)
                default: try readFile("\(DeckRunner.root)/Tests/Reference/lammps/potentials/\(path)")
                }
            }
            let potential = try potential(style, lines, setup)
            (potential as? any HasPlainKernel)?.usesPlainKernel = isPlain
            if isShifted, let modifiable = potential as? any PairModifiable {
                modifiable.isShifted = true
                try potential.prepare(setup)
            }
            return potential
        }
        var options = ConformanceOptions()
        options.largestReplica = 120
        return PotentialCase(
            name, options: options,
            system: {
                var system = TestSystem.liquid(count: 150, distance: 2.2, typeCount: 2)
                system.charge = charge
                system.masses = [nil, nil, nil]
                return isBonded ? system.paired(within: 3, .fractional) : system
            },
            small: { (isBonded ? TestSystem.molecular(distance: 2.4) : TestSystem.standard(distance: 2.4, typeCount: 2)).map(prepared) },
            reference: { try model($0, isPlain: true) }, make: { try model($0, isPlain: false) })
    }
}

extension SpecialBonds {
    /// Bonded neighbours have parts of their interaction.
    static let fractional: SpecialBonds = {
        var bonds = SpecialBonds()
        (bonds.lj[1], bonds.coulomb[1]) = (0.35, 0.6)
        return bonds
    }()
}

extension TestSystem {
    /// Those of the standard systems that are wide enough for bonds to be shorter than half the box.
    static func molecular(distance: Double) -> [TestSystem] {
        let all = standard(distance: distance, typeCount: 2)
        return [all[0], all[2], all[3], all[5]]
    }
}
