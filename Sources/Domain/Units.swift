/// A LAMMPS unit system: its conversion constants, with LAMMPS' values and spelling so that derived numbers agree to the last digit.
///
/// | | lj | real | metal |
/// |---|---|---|---|
/// | length | sigma | Angstrom | Angstrom |
/// | energy | epsilon | kcal/mol | eV |
/// | time | tau | fs | ps |
/// | pressure | epsilon/sigma^3 | atm | bar |
public struct Units: Sendable, Equatable {
    public enum Name: String, Sendable, CaseIterable { case lj, real, metal }
    public let name: Name
    /// Boltzmann's constant, energy / temperature.
    public let boltzmann: Double
    /// mass x velocity^2 -> energy.
    public let mvv2e: Double
    /// force / mass x time -> velocity.
    public let ftm2v: Double
    /// mass / volume -> density.
    public let mv2d: Double
    /// N k T / V -> pressure.
    public let nktv2p: Double
    /// charge^2 / distance -> energy.
    public let qqr2e: Double
    public let defaultTimestep: Double
    public let defaultSkin: Double

    public static let lj = Units(
        name: .lj, boltzmann: 1, mvv2e: 1, ftm2v: 1, mv2d: 1, nktv2p: 1, qqr2e: 1, defaultTimestep: 0.005, defaultSkin: 0.3)
    public static let real = Units(
        name: .real, boltzmann: 0.0019872067, mvv2e: 48.88821291 * 48.88821291, ftm2v: 1.0 / 48.88821291 / 48.88821291,
        mv2d: 1.0 / 0.602214129, nktv2p: 68568.415, qqr2e: 332.06371, defaultTimestep: 1.0, defaultSkin: 2.0)
    public static let metal = Units(
        name: .metal, boltzmann: 8.617343e-5, mvv2e: 1.0364269e-4, ftm2v: 1.0 / 1.0364269e-4, mv2d: 1.0 / 0.602214129,
        nktv2p: 1.6021765e6, qqr2e: 14.399645, defaultTimestep: 0.001, defaultSkin: 2.0)

    public static func named(_ name: Name) -> Units {
        switch name {
        case .lj: .lj
        case .real: .real
        case .metal: .metal
        }
    }

    /// One eV in this system's energy unit; nil for lj, which has no absolute scale.
    public var electronvolt: Double? {
        switch name {
        case .lj: nil
        case .metal: 1
        case .real: 23.060549  // LAMMPS' metal <-> real conversion (utils.cpp, METAL2REAL)
        }
    }
    /// One Angstrom in this system's length unit; nil for lj.
    public var angstrom: Double? { name == .lj ? nil : 1 }
    /// One picosecond in this system's time unit; nil for lj.
    public var picosecond: Double? { name == .lj ? nil : name == .metal ? 1 : 1000 }
    /// One bar in this system's pressure unit; nil for lj.
    public var bar: Double? { name == .lj ? nil : name == .metal ? 1 : 1 / 1.01325 }
}
