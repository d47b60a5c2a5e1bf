import Domain
import Testing

/// Values of LAMMPS' update.cpp, and what they must be physically.
@Suite struct UnitsTests {
    @Test func constantsOfLAMMPS() {
        #expect(Units.metal.boltzmann == 8.617343e-5)
        #expect(Units.metal.nktv2p == 1.6021765e6)
        #expect(Units.metal.mvv2e == 1.0364269e-4)
        #expect(Units.real.boltzmann == 0.0019872067)
        #expect(Units.real.nktv2p == 68568.415)
        #expect(Units.real.mvv2e == 48.88821291 * 48.88821291)
        #expect(Units.real.qqr2e == 332.06371 && Units.metal.qqr2e == 14.399645)
        #expect(Units.lj.defaultSkin == 0.3 && Units.metal.defaultSkin == 2 && Units.real.defaultSkin == 2)
        #expect(Units.lj.defaultTimestep == 0.005 && Units.metal.defaultTimestep == 0.001 && Units.real.defaultTimestep == 1)
        #expect(Units.si.boltzmann == 1.3806504e-23 && Units.si.qqr2e == 8.9876e9 && Units.cgs.boltzmann == 1.3806504e-16)
        #expect(Units.electron.boltzmann == 3.16681534e-6 && Units.electron.mvv2e == 1.06657236)
        #expect(Units.electron.ftm2v == 0.937582899 && Units.electron.nktv2p == 2.94210108e13)
        #expect(Units.micro.boltzmann == 1.3806504e-8 && Units.micro.qqr2e == 8.987556e6)
        #expect(Units.nano.boltzmann == 0.013806504 && Units.nano.qqr2e == 230.7078669)
        let defaults: [(Units, Double, Double)] = [(.si, 1e-8, 0.001), (.cgs, 1e-8, 0.1), (.electron, 0.001, 2), (.micro, 2, 0.1), (.nano, 0.00045, 0.1)]
        for (units, timestep, skin) in defaults { #expect(units.defaultTimestep == timestep && units.defaultSkin == skin) }
        for name in Units.Name.allCases { #expect(Units.named(name).name == name) }
    }

    /// CODATA 2018 to the few digits that LAMMPS' older constants share.
    @Test func constantsArePhysical() {
        let e = 1.602176634e-19, kB = 1.380649e-23, amu = 1.66053906660e-27, avogadro = 6.02214076e23, calorie = 4.184
        func near(_ a: Double, _ b: Double, _ relative: Double = 3e-6) -> Bool { (a / b - 1).magnitude < relative }
        #expect(near(Units.metal.boltzmann, kB / e))
        #expect(near(Units.metal.mvv2e, amu * 1e4 / e))  // amu (A/ps)^2 in eV
        #expect(near(Units.metal.nktv2p, e / 1e-30 / 1e5))  // eV/A^3 in bar
        let kcal = 1000 * calorie / avogadro
        #expect(near(Units.real.boltzmann, kB / kcal))
        #expect(near(Units.real.mvv2e, amu * 1e10 / kcal))  // amu (A/fs)^2 in kcal/mol
        #expect(near(Units.real.nktv2p, kcal / 1e-30 / 101325))  // in atm
        for units in [Units.metal, .real] { #expect(near(units.ftm2v * units.mvv2e, 1, 1e-14)) }
        #expect(near(Units.real.electronvolt!, e / kcal))
        #expect(near(Units.real.bar!, 1e5 / 101325, 1e-14) && Units.metal.bar == 1)
        #expect(near(Units.metal.mv2d, amu * 1000 / 1e-24, 2e-6))  // amu/A^3 in g/cm^3
        // Energies of 1 eV, lengths of 1 A, times of 1 ps and pressures of 1 bar in each system's SI equivalent.
        let si: [(Units, energy: Double, length: Double, time: Double, pressure: Double)] = [
            (.si, 1, 1, 1, 1), (.cgs, 1e-7, 1e-2, 1, 0.1), (.electron, 4.3597447222071e-18, 5.29177210903e-11, 1e-15, 1),
            (.micro, 1e-15, 1e-6, 1e-6, 1e3), (.nano, 1e-21, 1e-9, 1e-9, 1e6),
        ]
        for (units, energy, length, time, pressure) in si {
            #expect(near(units.electronvolt! * energy, e), "\(units.name)")
            #expect(near(units.angstrom! * length, 1e-10), "\(units.name)")
            #expect(near(units.picosecond! * time, 1e-12, 1e-14) && near(units.bar! * pressure, 1e5, 1e-14), "\(units.name)")
            #expect(near(units.boltzmann * energy, kB), "\(units.name)")
        }
        #expect(Units.lj.electronvolt == nil && Units.lj.picosecond == nil && Units.real.picosecond == 1000)
    }
}
