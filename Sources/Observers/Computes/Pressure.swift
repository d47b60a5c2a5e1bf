import Deck
import Domain
import Integrators

/// `compute pressure`: P = (dof k_B T + tr W) / (d V) in d dimensions and P_ab = (sum m v_a v_b + W_ab) / V as c_ID[1..6] = xx yy zz xy xz yz,
/// pressure units; W is the virial. `compute ID all pressure NULL virial` leaves the kinetic part out.
public final class PressureCompute: Compute {
    public static let entry = ComputeStyle(
        "pressure", usage: "compute ID all pressure TEMP-ID|NULL [virial] [ke] [pair]", help: "pressure and its tensor"
    ) { id, group, words, observation in
        let temperature = try words.word("the id of a temperature compute, or NULL")
        if temperature.text != "NULL", !(try observation.requireCompute(temperature) is TemperatureCompute) {
            throw words.error("compute '\(temperature.text)' is no temperature", at: temperature)
        }
        guard group == .all else { throw words.error("compute pressure is of group all") }
        var parts: Set<String> = []
        while let word = words.peek {
            _ = try words.choice("a part of the pressure", ["virial", "ke", "pair"].map { ($0, $0) })
            parts.insert(word.text)
        }
        if parts.isEmpty { parts = ["ke", "pair"] }
        let hasKinetic = parts.contains("ke")
        if hasKinetic && temperature.text == "NULL" {
            throw words.error("the kinetic part needs a temperature compute; use 'NULL virial' without one", at: temperature)
        }
        return PressureCompute(
            id: id, temperatureID: hasKinetic ? temperature.text : nil, hasVirial: parts != ["ke"])
    }

    public let id: String
    public let style = "pressure"
    public let group = Group.all
    /// nil: no kinetic part.
    public var temperatureID: String?
    let hasVirial: Bool
    public let shape = ComputeShape(scalar: true, vector: 6)
    public var wants: Wanted { hasVirial ? .virial : [] }
    public var inputs: [String] { temperatureID.map { [$0] } ?? [] }

    public init(id: String, temperatureID: String?, hasVirial: Bool = true) {
        (self.id, self.temperatureID, self.hasVirial) = (id, temperatureID, hasVirial)
    }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        let virial = hasVirial ? try snapshot.virial(for: "the pressure '\(id)'") : [0, 0, 0, 0, 0, 0]
        guard let temperatureID else { return Pressure.scalar(snapshot.system, nil, virial) }
        _ = try snapshot.scalar(temperatureID)
        guard let compute = try snapshot.observation.requireCompute(temperatureID) as? TemperatureCompute else {
            throw DeckError("compute '\(temperatureID)' is no temperature", at: nil)
        }
        return Pressure.scalar(snapshot.system, compute.temperature, virial)
    }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        let virial = hasVirial ? try snapshot.virial(for: "the pressure '\(id)'") : [0, 0, 0, 0, 0, 0]
        let kinetic = try temperatureID.map { try snapshot.vector($0) } ?? [0, 0, 0, 0, 0, 0]
        let inverseVolume = 1 / snapshot.system.box.volume
        let tensor = zip(kinetic, virial).map { ($0 + $1) * inverseVolume * snapshot.system.units.nktv2p }
        return snapshot.system.box.dimension == 3 ? tensor : [tensor[0], tensor[1], 0, tensor[3], 0, 0]
    }

    /// The same as a barostat takes it (`fix_modify ID press`).
    public func pressure(_ observation: Observation) throws -> Pressure {
        let temperature = try temperatureID.map { try observation.requireCompute($0) as? TemperatureCompute }
        return Pressure(temperature: temperature??.temperature, hasVirial: hasVirial)
    }
}
