import Domain

/// Pressure of the whole system, with the kinetic part from a temperature, for barostats.
///
///     P = (dof k_B T + tr W) / (d V),   P_ab = (sum m v_a v_b + W_ab) / V
///
/// in d dimensions, W being the virial; in two dimensions V is the area and components along z are 0. Pressure units.
public final class Pressure {
    /// nil: no kinetic part.
    public var temperature: Temperature?
    public let hasVirial: Bool

    public init(temperature: Temperature?, hasVirial: Bool = true) { (self.temperature, self.hasVirial) = (temperature, hasVirial) }

    /// `fix_modify ID temp|press` of a fix that has a pressure; false for another word.
    static func modify(_ pressure: inout Pressure, _ keyword: String, _ value: FixModification) -> Bool {
        switch value {
        case .temperature(let other) where keyword == "temp": pressure.temperature = pressure.temperature.map { _ in other }
        case .pressure(let other) where keyword == "press": pressure = other
        default: return false
        }
        return true
    }

    public var wants: Wanted { hasVirial ? .virial : [] }

    /// xx yy zz xy xz yz of all ranks in energy units; entries of a third dimension that is not there are 0. Collective.
    public static func virial(_ system: System) -> [Double] {
        var virial = system.forces.virial.voigt
        system.communicator.all(.sum, &virial)
        return inPlane(virial, system)
    }

    static func inPlane(_ tensor: [Double], _ system: System) -> [Double] {
        system.box.dimension == 3 ? tensor : [tensor[0], tensor[1], 0, tensor[3], 0, 0]
    }

    /// The pressure; the temperature's last value is used. Collective.
    public func scalar(_ system: System) -> Double {
        let virial = hasVirial ? Self.virial(system) : [0, 0, 0, 0, 0, 0]
        return Self.scalar(system, temperature, virial)
    }

    /// The same from a virial that is known already.
    public static func scalar(_ system: System, _ temperature: Temperature?, _ virial: [Double]) -> Double {
        let kinetic = temperature.map { $0.degreesOfFreedom * system.units.boltzmann * $0.value } ?? 0
        let inverse = 1 / system.box.volume, dimension = Double(system.box.dimension)
        let trace = system.box.dimension == 3 ? kinetic + virial[0] + virial[1] + virial[2] : kinetic + virial[0] + virial[1]
        return trace / dimension * inverse * system.units.nktv2p
    }

    /// xx yy zz xy xz yz, with a kinetic tensor that is known or, for nil, is computed. Collective.
    public func tensor(_ system: System, kinetic known: [Double]? = nil) -> [Double] {
        let virial = hasVirial ? Self.virial(system) : [0, 0, 0, 0, 0, 0]
        let kinetic = temperature.map { known ?? Self.inPlane($0.kineticTensor(system).voigt, system) } ?? [0, 0, 0, 0, 0, 0]
        let inverse = 1 / system.box.volume
        return zip(kinetic, virial).map { ($0 + $1) * inverse * system.units.nktv2p }
    }
}
