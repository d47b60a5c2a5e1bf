/// A LAMMPS unit system: its conversion constants, with LAMMPS' values and spelling so that derived numbers agree to the last digit.
///
/// | | length | energy | mass | time | pressure |
/// |---|---|---|---|---|---|
/// | lj | sigma | epsilon | m | tau | epsilon/sigma^3 |
/// | real | Angstrom | kcal/mol | g/mol | fs | atm |
/// | metal | Angstrom | eV | g/mol | ps | bar |
/// | si | m | J | kg | s | Pa |
/// | cgs | cm | erg | g | s | dyne/cm^2 |
/// | electron | Bohr | Hartree | g/mol | fs | Pa |
/// | micro | um | pg um^2/us^2 | pg | us | pg/(um us^2) |
/// | nano | nm | ag nm^2/ns^2 | ag | ns | ag/(nm ns^2) |
public struct Units: Sendable, Equatable {
    public enum Name: String, Sendable, CaseIterable { case lj, real, metal, si, cgs, electron, micro, nano }
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
    /// Divided by the dielectric constant of the medium (command `dielectric`).
    public internal(set) var qqr2e: Double
    public let defaultTimestep: Double
    public let defaultSkin: Double
    /// One Angstrom in this system's length unit; nil for lj, which has no absolute scale.
    public let angstrom: Double?
    /// One eV in this system's energy unit; nil for lj.
    public let electronvolt: Double?
    /// One picosecond in this system's time unit; nil for lj.
    public let picosecond: Double?
    /// One bar in this system's pressure unit; nil for lj.
    public let bar: Double?

    public static let lj = Units(
        name: .lj, boltzmann: 1, mvv2e: 1, ftm2v: 1, mv2d: 1, nktv2p: 1, qqr2e: 1, defaultTimestep: 0.005, defaultSkin: 0.3,
        angstrom: nil, electronvolt: nil, picosecond: nil, bar: nil)
    public static let real = Units(
        name: .real, boltzmann: 0.0019872067, mvv2e: 48.88821291 * 48.88821291, ftm2v: 1.0 / 48.88821291 / 48.88821291,
        mv2d: 1.0 / 0.602214129, nktv2p: 68568.415, qqr2e: 332.06371, defaultTimestep: 1.0, defaultSkin: 2.0,
        angstrom: 1, electronvolt: 23.060549,  // LAMMPS' metal <-> real conversion (utils.cpp, METAL2REAL)
        picosecond: 1000, bar: 1 / 1.01325)
    public static let metal = Units(
        name: .metal, boltzmann: 8.617343e-5, mvv2e: 1.0364269e-4, ftm2v: 1.0 / 1.0364269e-4, mv2d: 1.0 / 0.602214129,
        nktv2p: 1.6021765e6, qqr2e: 14.399645, defaultTimestep: 0.001, defaultSkin: 2.0,
        angstrom: 1, electronvolt: 1, picosecond: 1, bar: 1)
    public static let si = Units(
        name: .si, boltzmann: 1.3806504e-23, mvv2e: 1, ftm2v: 1, mv2d: 1, nktv2p: 1, qqr2e: 8.9876e9, defaultTimestep: 1.0e-8,
        defaultSkin: 0.001, angstrom: 1.0e-10, electronvolt: 1.6021765e-19, picosecond: 1.0e-12, bar: 1.0e5)
    public static let cgs = Units(
        name: .cgs, boltzmann: 1.3806504e-16, mvv2e: 1, ftm2v: 1, mv2d: 1, nktv2p: 1, qqr2e: 1, defaultTimestep: 1.0e-8,
        defaultSkin: 0.1, angstrom: 1.0e-8, electronvolt: 1.6021765e-12, picosecond: 1.0e-12, bar: 1.0e6)
    public static let electron = Units(
        name: .electron, boltzmann: 3.16681534e-6, mvv2e: 1.06657236, ftm2v: 0.937582899, mv2d: 1, nktv2p: 2.94210108e13, qqr2e: 1,
        defaultTimestep: 0.001, defaultSkin: 2.0,
        angstrom: 1.88972612, electronvolt: 3.16681534e-6 / 8.617343e-5, picosecond: 1000, bar: 1.0e5)
    public static let micro = Units(
        name: .micro, boltzmann: 1.3806504e-8, mvv2e: 1, ftm2v: 1, mv2d: 1, nktv2p: 1, qqr2e: 8.987556e6, defaultTimestep: 2.0,
        defaultSkin: 0.1, angstrom: 1.0e-4, electronvolt: 1.6021765e-4, picosecond: 1.0e-6, bar: 100)
    public static let nano = Units(
        name: .nano, boltzmann: 0.013806504, mvv2e: 1, ftm2v: 1, mv2d: 1, nktv2p: 1, qqr2e: 230.7078669, defaultTimestep: 0.00045,
        defaultSkin: 0.1, angstrom: 1.0e-1, electronvolt: 160.21765, picosecond: 1.0e-3, bar: 0.1)

    /// The same in a medium of that dielectric constant.
    public func inMedium(_ dielectric: Double) -> Units {
        var other = self
        other.qqr2e = Units.named(name).qqr2e / dielectric
        return other
    }

    public static func named(_ name: Name) -> Units {
        switch name {
        case .lj: .lj
        case .real: .real
        case .metal: .metal
        case .si: .si
        case .cgs: .cgs
        case .electron: .electron
        case .micro: .micro
        case .nano: .nano
        }
    }

    /// Whether masses are in g/mol, so that a mass tells the element.
    public var hasMolarMasses: Bool { name == .real || name == .metal || name == .electron }
}
